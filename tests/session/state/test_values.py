"""The values of a session: the fields that each transition changes, and those it keeps."""

from __future__ import annotations

import numpy as np
import pytest

from bridge.latent.walks import Walk, WalkKind, start_walk
from bridge.model.messages import BarTokens
from bridge.music.chords import Chart
from bridge.music.key import Key, KeyTracker
from bridge.music.notes import Note, Part, PlayerKey
from bridge.music.phrase import Phrase
from bridge.session.messages.commands import Mode
from bridge.session.state.band import Band
from bridge.session.state.bars import BARS_KEPT, GeneratedBar, Loop, PendingRequest, Plan
from bridge.session.state.clock import Clock
from bridge.session.state.listening import Listening
from bridge.session.state.session_state import Sync
from bridge.session.state.song.chart import FixedChords
from bridge.session.state.walking import Walking
from bridge.session.state.worker import WorkerState, WorkerStatus
from bridge.session.sync.internal import InternalClock
from bridge.timing.clock_sender import ClockMessage, ClockSender
from bridge.timing.tempo import BeatLine

LINE = BeatLine(0.0, 10.0, 0.5)
"""Beat 0 at second 10, 120 BPM."""
REST = (0,) * 16


def generated(style: str = "rock") -> GeneratedBar:
    return GeneratedBar(BarTokens(REST, REST, REST), 0, (), style)


def asked(generation: int, bar: int = 1) -> PendingRequest:
    return PendingRequest(generation, bar, 0, 0, "rock", False, 0)


# --- clock ----------------------------------------------------------------------------------


def test_a_started_clock_stands_before_the_first_bar_line() -> None:
    clock = Clock(LINE).started(-2)
    assert clock.running
    assert (clock.first_bar, clock.bar) == (-2, -3)
    assert clock.coming_bar == 0


def test_a_stop_keeps_the_beat_and_a_second_stop_does_not_move_it() -> None:
    stopped = Clock(LINE).started(0).stopped(12.0)
    assert stopped.beat_at(99.0) == 4.0
    assert stopped.stopped(50.0).stopped_at == 4.0


def test_a_jump_back_before_the_take_makes_its_first_bar_earlier() -> None:
    clock = Clock(LINE).started(8).jumped(LINE, 2)
    assert (clock.bar, clock.first_bar) == (1, 2)
    assert clock.jumped(LINE, 20).first_bar == 2


# --- band -----------------------------------------------------------------------------------


def band(**changes: object) -> Band:
    return Band("rock", Mode.FOLLOW, {"swing": 0.0}).but(**changes)


def test_a_pending_style_takes_over_with_the_first_bar_made_in_it() -> None:
    pending = band(pending_style="jazz")
    assert pending.next_style == "jazz"
    still = pending.at_bar(3, "rock")
    assert (still.style, still.pending_style) == ("rock", "jazz")
    taken = still.at_bar(4, "jazz")
    assert (taken.style, taken.pending_style) == ("jazz", "")


def test_a_bar_without_notes_takes_up_no_style() -> None:
    assert band().at_bar(3, "").style == "rock"


def test_a_pending_mode_takes_over_at_the_next_bar_line() -> None:
    pending = band(pending_mode=Mode.LOOP)
    assert (pending.mode, pending.next_mode) == (Mode.FOLLOW, Mode.LOOP)
    taken = pending.at_bar(1, "")
    assert (taken.mode, taken.pending_mode) == (Mode.LOOP, None)


def test_a_fill_is_over_after_its_bar() -> None:
    filling = band(fill_bar=3)
    assert filling.at_bar(3, "").fill_bar == 3
    assert filling.at_bar(4, "").fill_bar == -1


def test_a_part_is_muted_and_heard_again() -> None:
    muted = band().with_mute(Part.DRUMS, on=True)
    assert muted.muted == {Part.DRUMS}
    assert muted.with_mute(Part.DRUMS, on=False).muted == frozenset()


# --- listening ------------------------------------------------------------------------------


C, D = PlayerKey(60), PlayerKey(62)


def listening() -> Listening:
    loop = Loop(0, 2, (Note(0, 60, 10, 90),))
    key = KeyTracker().pin(Key.parse("A minor"))
    return Listening(
        Phrase().note_on(0, C, 90),
        key,
        loop=loop,
        passed_notes={(0, 60): C},
    )


def test_a_fresh_take_knows_no_notes_and_no_loop_but_the_key() -> None:
    fresh = listening().fresh()
    assert fresh.phrase == Phrase()
    assert fresh.loop is None
    assert str(fresh.key.key) == "A minor"


def test_a_cleared_phrase_keeps_keys_that_are_down_and_a_pinned_key() -> None:
    cleared = listening().cleared()
    assert cleared.phrase.held_pitches() == {60}
    assert cleared.loop is None
    assert cleared.key.pinned == Key.parse("A minor")


def test_a_jump_back_forgets_the_notes_after_it() -> None:
    heard = Listening().with_key(100, C, 90).with_key(200, C, 0).with_key(5000, D, 90)
    assert heard.until(4000).phrase.held_pitches() == frozenset()
    assert heard.phrase.held_pitches() == {62}


# --- plan -----------------------------------------------------------------------------------


def test_a_fresh_take_begins_with_the_bar_made_ready_and_takes_no_old_result() -> None:
    first = generated()
    plan = Plan().with_request(asked(1)).asked_for(7, 2).with_bar(6, generated("jazz"))
    fresh = plan.fresh(0, first)
    assert fresh.bars == {0: first}
    assert fresh.pending == {}
    assert fresh.last_asked == (-1, -1)
    assert fresh.generation == 1, "numbers of requests are never used twice"


def test_a_jump_drops_the_bars_after_it() -> None:
    plan = Plan().with_bar(3, generated()).with_bar(4, generated()).with_bar(9, generated())
    assert set(plan.jumped(4, generated()).bars) == {3, 4}
    assert set(plan.jumped(2, None).bars) == set()


def test_an_answer_makes_all_older_requests_stale() -> None:
    plan = Plan()
    for number in range(1, 5):
        plan = plan.with_request(asked(number))
    assert set(plan.answered(3).pending) == {4}


@pytest.mark.parametrize("count", [9, 30])
def test_only_the_newest_requests_are_remembered(count: int) -> None:
    plan = Plan()
    for number in range(1, count + 1):
        plan = plan.with_request(asked(number))
    assert max(plan.pending) == count
    assert len(plan.pending) == 9


def test_bars_long_gone_are_dropped() -> None:
    plan = Plan().with_bar(0, generated()).with_bar(BARS_KEPT, generated())
    assert set(plan.without_old(BARS_KEPT + 1).bars) == {BARS_KEPT}
    assert plan.without_old(BARS_KEPT) is plan


# --- walking, chords, worker, sync ------------------------------------------------------------


def test_a_new_take_walks_from_the_start_and_keeps_the_profile() -> None:
    walk = Walk(WalkKind.BROWNIAN, 1, 8.0)
    walking = Walking(walk, profile_bar=5, last_heard_code=(1.0,))
    restarted = walking.at_start(start_walk(walk, 2))
    assert restarted.profile_bar == -1
    assert restarted.last_heard_code == (1.0,)
    assert restarted.place is not None
    assert np.array_equal(restarted.place.point, np.zeros(2))


def test_only_the_newest_anchors_are_kept() -> None:
    walking = Walking()
    for value in range(5):
        walking = walking.with_anchor((float(value),), 3)
    assert walking.anchors == ((2.0,), (3.0,), (4.0,))


def test_codes_of_old_bars_are_dropped() -> None:
    walking = Walking().with_code(1, (1.0,), 0).with_code(9, (9.0,), 2)
    assert walking.codes == {9: (9.0,)}


def test_a_chart_begins_again_with_a_new_take() -> None:
    chords = FixedChords(Chart.parse("Am F"), 7)
    assert chords
    assert chords.restarted().from_bar == 0
    assert not FixedChords()


def test_a_worker_answers_only_when_it_is_ready() -> None:
    assert not WorkerStatus().is_ready
    assert WorkerStatus(WorkerState.READY).is_ready


def test_receivers_hear_start_and_stop() -> None:
    sync = Sync(InternalClock(), joining=True, senders=(ClockSender(),))
    started = sync.clocks_started(LINE, 10.0, 0)
    sender, messages = started.senders[0].due(LINE, 10.0)
    assert [message.kind for message in messages][:2] == [ClockMessage.START, ClockMessage.CLOCK]
    stopped = started.but(senders=(sender,)).stopped()
    assert not stopped.joining
    assert stopped.senders[0].due(LINE, 10.01)[1][0].kind is ClockMessage.STOP

"""Another clock chosen while the band plays: no note is lost, none hangs, the beat goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from clock_master import (
    CLOCK,
    CONTINUE,
    PERIOD,
    START,
    STOP,
    Master,
    clocks_from_start,
    position,
    words,
)
from playing import BAR, T0, assert_closed, ons, run, told, tune

from bridge.music.grid import FOUR_FOUR
from bridge.session.messages import commands as m
from bridge.session.simulation import Played
from bridge.session.state.effects import ClockOut, LinkOut, Relocated, TurnClockOuts
from bridge.session.state.events import ClockChosen, ClockIn, ClockSentTo, Event, LinkIn
from bridge.session.state.session_state import State
from bridge.timing.tempo import BeatLine

Make = Callable[..., State]
CHANGE = T0 + 2.3 * BAR
"""In the middle of a bar, between two beats."""


def played(session: Make, *events: Event, bars: float = 8, **setup: object) -> Played:
    """A band that plays from T0 on, and what happens to it."""
    return run(session(**setup), [told(0.0, m.Start()), *events], bars * BAR)


def rows(session: Make, *events: Event, **setup: object) -> Sequence[object]:
    return played(session, *events, **setup).rows


@pytest.mark.parametrize(
    "chosen", [ClockChosen(CHANGE, "DAW"), ClockChosen(CHANGE, link=True), ClockChosen(CHANGE)]
)
def test_the_band_plays_on_as_if_nothing_had_happened_until_the_new_clock_speaks(
    session: Make, chosen: ClockChosen
) -> None:
    keys = tune(8)
    changed, plain = rows(session, *keys, chosen), rows(session, *keys)
    assert changed == plain
    assert len(ons(played(session, chosen), "drums")) > 20


def test_the_masters_first_clock_is_taken_for_the_one_that_is_due(session: Make) -> None:
    """Its clocks come a fiftieth of a beat after ours: the band moves there, and counts on."""
    master = Master()
    master.now = T0 + 3 * BAR + 0.01
    master.clocks(24 * 4 * 4)
    result = played(session, ClockChosen(CHANGE, "DAW"), *master.events, bars=7)
    assert result.state.sync.source.name == "DAW"
    assert result.state.message == "following DAW"
    assert not [e for e in result.effects if isinstance(e, Relocated)]
    late = [at - T0 - r.tick / FOUR_FOUR.ticks * BAR for at, r in result.sent if at > T0 + 4 * BAR]
    assert late
    assert max(late) - min(late) < 1e-4
    assert abs(late[0] - 0.01) <= PERIOD / 2, "the nearest clock, not the first of a bar"
    assert {r.tick // FOUR_FOUR.ticks for r in ons(result, "drums")} == set(range(7))


def test_the_masters_tempo_is_taken_over(session: Make) -> None:
    master = Master(period=60 / 90 / 24)
    master.now = CHANGE + 0.2
    master.clocks(24 * 12)
    result = played(session, ClockChosen(CHANGE, "DAW"), *master.events, bars=5)
    assert result.state.clock.line.bpm == pytest.approx(90.0, abs=0.1)


@pytest.mark.parametrize("place", [(START,), (position(32), CONTINUE)])
def test_a_master_that_starts_after_it_was_chosen_says_where_the_music_is(
    session: Make, place: tuple[bytes, ...]
) -> None:
    master = Master()
    master.now = CHANGE + 0.3
    begun = master.now
    master.say(*place).clocks(24 * 8)
    result = played(session, ClockChosen(CHANGE, "DAW"), *master.events, bars=5)
    first = 0 if place == (START,) else 32 * 240
    moved = [e.to for e in result.effects if isinstance(e, Relocated)]
    assert moved == [first]
    beat = result.state.clock.line.beat_at(begun + 2.0)
    assert beat == pytest.approx(first / 960 + 4.0, abs=0.01)


def test_a_chosen_master_stops_the_band_and_nothing_sounds_after(session: Make) -> None:
    master = Master()
    master.now = CHANGE + 0.2
    master.clocks(96).say(STOP)
    stopped = master.now
    result = played(session, ClockChosen(CHANGE, "DAW"), *master.events)
    assert not result.state.clock.running
    assert_closed(result)
    assert max(at for at, _ in result.sent) <= stopped + 1e-6


def test_who_stops_a_band_on_a_clock_alone_starts_it_again_on_that_clock(session: Make) -> None:
    master = Master()
    master.now = CHANGE + 0.2
    master.clocks(24 * 16)
    again = [told(3 * BAR, m.Stop()), told(3.5 * BAR, m.Start())]
    events = sorted([ClockChosen(CHANGE, "DAW"), *master.events, *again], key=lambda e: e.at)
    result = played(session, *events, bars=6)
    assert result.state.clock.running
    assert result.state.message == "joined the clock of DAW"


def test_our_own_clock_takes_over_from_a_master_without_a_step(session: Make) -> None:
    master = Master()
    master.say(START).clocks(24 * 4 * 3)
    taken = ClockChosen(master.now - 0.3)
    late = ClockIn(master.now + 0.5, STOP)
    events = sorted([*master.events, taken, late], key=lambda e: e.at)
    result = run(session(clock="DAW"), events, 6 * BAR)
    assert result.state.clock.running, "the old master is heard no more"
    assert result.state.setup.clock == ""
    assert {r.tick // FOUR_FOUR.ticks for r in ons(result, "drums")} >= set(range(6))
    for at, sent in result.sent:
        assert at == pytest.approx(T0 + sent.tick / FOUR_FOUR.ticks * BAR, abs=1e-3)


def test_a_receiver_of_our_clock_notices_nothing(session: Make) -> None:
    chosen = [ClockChosen(CHANGE, "DAW"), ClockChosen(CHANGE + BAR), ClockChosen(CHANGE + 2 * BAR)]
    changed = played(session, *chosen, clock_outs=(0.0,))
    plain = played(session, clock_outs=(0.0,))
    assert words(changed) == words(plain)
    assert clocks_from_start(changed) == pytest.approx(clocks_from_start(plain), abs=1e-9)


def link_news(at: float, beat: float, bpm: float = 120.0, **more: object) -> LinkIn:
    return LinkIn(at, BeatLine(beat, at, 60 / bpm), **more)  # type: ignore[arg-type]


def link_outs(result: Played) -> list[LinkOut]:
    return [e for e in result.effects if isinstance(e, LinkOut)]


def test_alone_in_a_link_session_the_band_brings_its_beat_along(session: Make) -> None:
    ours = (CHANGE + 0.62 - T0) / BAR * 4
    events = [
        ClockChosen(CHANGE, link=True),
        link_news(CHANGE + 0.6, 77.3),
        link_news(CHANGE + 0.62, ours, playing=True, done=1),
    ]
    result = played(session, *events)
    (told_link,) = link_outs(result)
    assert (told_link.play, told_link.bpm) == (True, pytest.approx(120.0))
    assert told_link.at == pytest.approx(T0), "our beat 0"
    assert result.rows == played(session).rows


def test_among_others_the_bars_move_to_theirs_and_keep_their_numbers(session: Make) -> None:
    """Their bar line is half a bar after ours: we go back by half a bar."""
    at = CHANGE + 0.62
    theirs = (at - T0) / BAR * 4 - 2
    events = [
        ClockChosen(CHANGE, link=True),
        link_news(CHANGE + 0.6, 77.3, peers=2),
        link_news(at, theirs, peers=2, done=1),
    ]
    result = played(session, *events)
    (told_link,) = link_outs(result)
    assert (told_link.play, told_link.bpm, told_link.align) == (None, 0.0, True)
    assert result.state.clock.running, "that the others stand does not stop us"
    assert result.state.clock.line.beat_at(at + BAR) == pytest.approx(theirs + 4, abs=1e-6)
    assert_closed(played(session, *events, told(7 * BAR, m.Stop())))


def test_leaving_a_link_session_the_band_keeps_its_beat(session: Make) -> None:
    events = [
        ClockChosen(CHANGE, link=True),
        link_news(CHANGE + 0.6, 77.3),
        ClockChosen(CHANGE + 1.0),
        link_news(CHANGE + 1.1, 3.0, playing=True, done=1),
    ]
    assert played(session, *events).rows == played(session).rows


def test_our_clock_begins_on_a_new_output_where_the_music_is(session: Make) -> None:
    """The receiver before is stopped; the new one is told the place, and runs from the next 16th
    on."""
    events = [ClockSentTo(CHANGE, (0.0,))]
    result = played(session, *events, clock_outs=(0.0, 0.0))
    at = next(n for n, e in enumerate(result.effects) if isinstance(e, TurnClockOuts))
    before = [e for e in result.effects[:at] if isinstance(e, ClockOut)]
    after = [e for e in result.effects[at:] if isinstance(e, ClockOut)]
    assert {e.output for e in before} == {0, 1}
    assert [(e.output, e.message) for e in before[-2:]] == [(0, STOP), (1, STOP)]
    assert {e.output for e in after} == {0}
    assert after[0].message[:1] == b"\xf2"
    units = after[0].message[1] | after[0].message[2] << 7
    begins = next(n for n, e in enumerate(after) if e.message == CONTINUE)
    clock = after[begins + 1]
    assert clock.message == CLOCK
    assert clock.due == pytest.approx(T0 + units / 4 * 0.5)
    assert 0 <= clock.due - CHANGE < 0.126


def test_to_nowhere_and_while_nothing_plays(session: Make) -> None:
    nowhere = played(session, ClockSentTo(CHANGE), clock_outs=(0.0,))
    assert max(e.due for e in nowhere.effects if isinstance(e, ClockOut)) <= CHANGE
    still = run(session(), [ClockSentTo(T0 + 0.1, (0.0,))], BAR)
    messages = {e.message for e in still.effects if isinstance(e, ClockOut)}
    assert messages == {CLOCK}, "clocks give the tempo, and nothing starts"

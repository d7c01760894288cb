"""The code player in a session: sample, mark A and B, travel, back."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from playing import BAR, T0, RecordingWorker, during, run, simple_answer, told

from bridge.latent.space import sample, slerp
from bridge.model.answering.answer import answer
from bridge.model.fake import FakeTrio
from bridge.model.messages import FromWorker, Request
from bridge.session import core
from bridge.session.messages import commands as m
from bridge.session.messages.code_commands import (
    BackCode,
    CodeStatus,
    DrawCode,
    MarkCode,
    PlayCodes,
    Travel,
)
from bridge.session.simulation import Played
from bridge.session.state.code_player import MarkedCode
from bridge.session.state.effects import KeepCode
from bridge.session.state.session_state import State

Make = Callable[..., State]
DRAW, A, B, TRAVEL, BACK = DrawCode(), MarkCode("a"), MarkCode("b"), Travel(4), BackCode()


class RequestLog(RecordingWorker):
    """The test's worker, which tells the codes that were to be decoded."""

    def codes(self, *bars: int) -> list[tuple[float, ...]]:
        return [self.asked[bar].offset for bar in bars]


def code(seed: int) -> tuple[float, ...]:
    return tuple(sample(1, 2, seed)[0].tolist())


def played(state: State, *events: object, bars: int = 8) -> tuple[Played, RequestLog]:
    log = RequestLog()
    flat = [e for group in events for e in (group if isinstance(group, list) else [group])]
    return run(state, [told(0.0, m.Start()), *flat], bars * BAR, answer=log), log


# --- sampling -----------------------------------------------------------------------------


def test_a_sample_plays_from_the_next_bar_on_with_its_melody(session: Make) -> None:
    done, log = played(session(), during(1, DRAW), bars=4)
    assert log.codes(2, 3) == [code(1), code(1)]
    request = log.asked[2]
    assert (request.listen, request.variation, request.seed, request.chords) == (0.0, 0.0, 1, ())
    assert [log.asked[bar].bars for bar in (2, 3)] == [(0,), (1,)]  # from its window's beginning
    starts = [r.tick // 3840 for r in done.rows if r.part == "melody" and r.kind == "on"]
    assert starts[0] == 2
    assert {r.part for r in done.rows if r.tick >= 2 * 3840} == {"melody", "bass", "drums"}


def test_each_draw_is_the_next_seed_and_kept_for_the_history(session: Make) -> None:
    done, log = played(session(seed=7), during(1, DRAW), during(3, DRAW), bars=6)
    assert log.codes(2, 4) == [code(7), code(8)]
    kept = [e for e in done.effects if isinstance(e, KeepCode)]
    assert [(k.made, k.seed, k.codes) for k in kept] == [
        ("sample", 7, (code(7),)),
        ("sample", 8, (code(8),)),
    ]
    assert kept[0].temperature == pytest.approx(0.5)


def test_a_seed_may_be_asked_for(session: Make) -> None:
    _, log = played(session(), during(1, DrawCode(99)), bars=4)
    assert log.codes(2) == [code(99)]


def test_a_stopped_session_starts_with_the_sample(session: Make) -> None:
    log = RequestLog()
    state = session()
    done = run(state, [told(0.0, DRAW)], 4 * BAR, answer=log)
    assert done.state.clock.running
    assert log.codes(0, 1, 2) == [code(1)] * 3
    assert [log.asked[bar].bars for bar in (0, 1, 2)] == [(0,), (1,), (2,)]
    first = min(seconds for seconds, _ in done.sent)
    assert first < T0 + 0.1


def test_knobs_move_a_sample_as_they_move_everything(session: Make) -> None:
    state = session()
    knob = m.SetControl("direction:density", 0.5)
    _, log = played(state, during(1, DRAW), during(3, knob), bars=6)
    assert log.asked[5].offset == pytest.approx((code(1)[0] + 0.5, code(1)[1]))


def test_a_knob_moved_before_the_new_sample_begins_leaves_the_old_one_playing(
    session: Make,
) -> None:
    state = session()
    events = during(3, DRAW, m.SetControl("temperature", 0.9))
    seen: list[Request] = []

    def ear(request: Request) -> FromWorker:
        seen.append(request)
        return simple_answer(request)

    run(state, [told(0.0, m.Start()), *during(1, DRAW), *events], 6 * BAR, answer=ear)
    patched = [r for r in seen if r.target_bar == 3 and r.temperature == pytest.approx(0.9)]
    assert all(r.offset == code(1) for r in patched)
    assert [r.offset for r in seen if r.target_bar == 4][-1] == code(2)


# --- marked codes and travel --------------------------------------------------------------


def both(session: Make) -> list:
    """A is the first sample, B the second; A plays."""
    return [*during(1, DRAW), *during(2, A, DRAW), *during(3, B, BACK)]


def test_travel_goes_from_a_to_b_and_stays_there(session: Make) -> None:
    events = [both(session), during(4, TRAVEL)]
    done, log = played(session(), *events, bars=12)
    way = slerp(np.float32(code(1)), np.float32(code(2)), np.arange(5) / 4)
    assert np.allclose(log.codes(5, 6, 7, 8, 9), way, atol=1e-6)
    assert log.codes(10, 11) == [code(2), code(2)]
    assert done.state.message == "A to B"
    seeds = {log.asked[bar].seed for bar in range(5, 12)}
    assert len(seeds) == 1  # the same noise: only the code changes


def test_travelling_again_leads_back(session: Make) -> None:
    events = [both(session), during(4, TRAVEL), during(10, TRAVEL)]
    _, log = played(session(), *events, bars=17)
    assert log.codes(10) == [code(2)]
    assert log.codes(15, 16) == [code(1), code(1)]


def test_back_goes_through_what_played_before_and_then_to_the_player(session: Make) -> None:
    events = [during(1, DRAW), during(2, DRAW), during(4, BACK), during(6, BACK)]
    done, log = played(session(), *events, bars=9)
    assert log.codes(3, 5) == [code(2), code(1)]
    assert log.asked[7].listen == 1.0
    assert done.state.message == "the band follows you again"
    assert done.state.codes.sequence is None


def test_an_anchor_can_be_what_the_band_made_of_the_player(session: Make) -> None:
    done, _ = played(session(), during(2, A), bars=4)
    assert done.state.codes.a == MarkedCode((0.0, 0.0))  # the code of the test band's answers
    assert done.state.message == "A is set"


def test_choosing_a_mode_leads_back_to_the_player(session: Make) -> None:
    _, log = played(session(), during(1, DRAW), during(3, m.SetMode(m.Mode.FOLLOW)), bars=6)
    assert log.codes(2) == [code(1)]
    assert log.asked[5].listen == 1.0


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (TRAVEL, "A is not set: set A and B, then go from one to the other"),
        (BACK, "there is nothing to go back to"),
        (A, "nothing has sounded yet: draw an idea, or play a bar"),
    ],
)
def test_what_cannot_be_yet_is_said(session: Make, command: m.Command, message: str) -> None:
    state, _ = core.step(session(), told(0.0, command))
    assert state.message == message


# --- the history --------------------------------------------------------------------------


def test_codes_of_the_history_play_one_after_another_as_they_were_made(session: Make) -> None:
    codes = (code(5), code(6))
    entry = PlayCodes(codes, seed=40, label="history 3", temperature=0.25, stride=2)
    _, log = played(session(), during(0, entry), bars=12)
    assert log.codes(1, 4, 5, 8, 9) == [codes[0], codes[0], codes[1], codes[1], codes[0]]
    assert [log.asked[b].seed for b in (1, 5)] == [40, 42]
    assert {log.asked[b].temperature for b in range(1, 9)} == {0.25}


def test_codes_of_another_model_are_refused(session: Make) -> None:
    wide = PlayCodes(((0.0, 0.0, 0.0),), seed=1, label="wide")
    state, _ = core.step(session(), told(0.0, wide))
    assert state.message.startswith("codes are 3 wide, the model's are 2")
    assert state.codes.sequence is None


def test_a_code_sounds_the_same_live_and_off_line() -> None:
    from bridge.model.codec import load_codec
    from bridge.offline.codes import decoded

    trio = FakeTrio()
    wanted = sample(1, 8, 3)
    whole = decoded(load_codec("fake"), wanted, temperature=1.0, seed=3)[0]
    request = Request(
        generation=1,
        target_bar=0,
        bars=(2,),
        melody=(0,) * 64,
        heard=(0,) * 64,
        style=(0.0,) * 4,
        offset=tuple(wanted[0].tolist()),
        listen=0.0,
        temperature=1.0,
        seed=3,
    )
    bar = answer(trio, request).bars[0]
    assert np.array_equal(np.array([bar.melody, bar.bass, bar.drums]).T, whole[32:48])


def test_the_screen_is_told_what_plays(session: Make) -> None:
    from bridge.session.handlers.code_player import status_of

    assert status_of(session()) is None
    done, _ = played(session(), both(session), during(4, TRAVEL), bars=7)
    assert status_of(done.state) == CodeStatus("A to B", 2, 5, True, True, 1)

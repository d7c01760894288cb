"""The latent point in a session: latency, glide, undo, anchors."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from playing import BAR, BEAT, T0, run, simple_answer, told, tune

from bridge.controllers.bindings import Binding, Coding
from bridge.controllers.control_sources import SourceKind
from bridge.latent.anchors import Anchor
from bridge.model.messages import FromWorker, Request
from bridge.session import core
from bridge.session.latent import point
from bridge.session.messages import commands as m
from bridge.session.simulation import Played
from bridge.session.state.effects import KeepAnchors
from bridge.session.state.events import MidiIn, Remapped
from bridge.session.state.session_state import State

Make = Callable[..., State]
OPEN_HAT = 46
"""The note that the test's worker adds on every step while the density knob is up."""


def after(state: State, *commands: m.Command, at: float = 0.0) -> State:
    for number, command in enumerate(commands):
        state, _ = core.step(state, told(at + 2.0 * number, command))
    return state


def density(value: float) -> m.SetControl:
    return m.SetControl("direction:density", value)


def values(state: State) -> dict[str, float]:
    return point.values_of(state.band.controls)


class RequestLog:
    """The test's worker, which records the offset of each request."""

    def __init__(self) -> None:
        self.offsets: list[float] = []
        self.requests: list[Request] = []

    def __call__(self, request: Request) -> FromWorker:
        self.offsets.append(request.offset[0])
        self.requests.append(request)
        return simple_answer(request)


# --- latency ------------------------------------------------------------------------------


def first_extra(played: Played, since: float) -> float:
    """Beats from the start to the first drum note that only the turned knob makes."""
    plain = {36, 38}
    return min(
        (s - T0) / BEAT
        for s, e in played.sent
        if e.part == "drums" and e.message[0] & 0xF0 == 0x90 and e.message[1] not in plain
        if s > T0 + since
    )


@pytest.mark.parametrize("beat", [0.05, 0.5, 0.85, 1.2, 2.4, 3.02, 3.5, 3.85])
def test_a_knob_turned_in_mid_bar_is_heard_in_the_next_beat(session: Make, beat: float) -> None:
    """A move less than 60 ms before a beat is too late for it."""
    at = 2 * BAR + beat * BEAT
    events = [told(0, m.Start()), *tune(4), told(at, density(1.0))]
    heard = first_extra(run(session(), events, 4 * BAR), at) - 8
    assert heard == pytest.approx(int(beat) + 1, abs=0.05)


def test_a_knob_turned_just_before_a_beat_is_heard_in_the_one_after(session: Make) -> None:
    at = 2 * BAR + 0.95 * BEAT
    events = [told(0, m.Start()), *tune(4), told(at, density(1.0))]
    assert first_extra(run(session(), events, 4 * BAR), at) - 8 == pytest.approx(2.0, abs=0.05)


# --- glide --------------------------------------------------------------------------------


def test_a_glide_of_four_beats_is_asked_for_beat_by_beat(session: Make) -> None:
    log = RequestLog()
    events = [
        told(0, m.Start()),
        *tune(5),
        told(0.1, m.SetControl("glide", 4.0)),
        told(2 * BAR + 0.5 * BEAT, density(1.0)),
    ]
    run(session(), events, 5 * BAR, log)
    moving = [offset for offset in log.offsets if 0.0 < offset < 1.0]
    assert sorted(set(moving)) == [0.25, 0.5, 0.75]
    assert log.offsets[-1] == 1.0
    assert max(np.diff(log.offsets)) <= 0.25 + 1e-6


def test_a_glide_by_bars_takes_a_step_at_each_bar_line(session: Make) -> None:
    log = RequestLog()
    events = [
        told(0, m.Start()),
        *tune(8),
        told(0.1, m.SetControl("glide", 4.0)),
        told(2 * BAR + 0.5 * BEAT, density(1.0)),
    ]
    run(session(glide_by_bar=True), events, 8 * BAR, log)
    by_bar = {r.target_bar: r.offset[0] for r in log.requests}
    assert [by_bar[bar] for bar in (2, 3, 4, 5, 6)] == [0.0, 0.25, 0.5, 0.75, 1.0]


def test_while_stopped_the_point_is_at_once_where_it_is_sent(session: Make) -> None:
    state = after(session(), m.SetControl("glide", 16.0), density(1.0))
    offset, *_ = point.place_at(state, 0)
    assert offset.tolist() == [1.0, 0.0]
    log = RequestLog()
    run(state, [told(0, m.Start()), *tune(2)], BAR, log)
    assert set(log.offsets) == {1.0}


def test_a_fast_hand_makes_no_burst_of_requests(session: Make) -> None:
    log = RequestLog()
    turned = [told(BAR + 0.001 * n, density(n / 1000)) for n in range(1, 1001)]
    run(session(), [told(0, m.Start()), *tune(3), *turned], 2.5 * BAR, log, latency=0.02)
    assert len(log.offsets) < 80
    assert log.offsets[-1] == 1.0


# --- controls -----------------------------------------------------------------------------


def test_a_random_direction_is_there_for_who_asks_and_the_same_again(session: Make) -> None:
    state = after(session(), m.SetControl("direction:random:7", 1.0))
    there = point.place_at(state, 0)[0]
    assert np.linalg.norm(there) > 0.5
    assert np.array_equal(
        there, point.place_at(after(session(), m.MoveTarget("direction:random:7", 1.0)), 0)[0]
    )
    assert "direction:random:7" in state.band.controls


def test_a_style_axis_moves_the_style_of_the_request(session: Make) -> None:
    log = RequestLog()
    state = after(session(), m.SetControl("style:1", 1.0))
    run(state, [told(0, m.Start()), *tune(2)], BAR, log)
    assert log.requests[-1].style == pytest.approx((1.0,))
    assert after(session(), m.SetControl("style:2", 1.0)).message.startswith("no control")


def test_a_style_by_name_is_still_a_style(session: Make) -> None:
    assert after(session(), m.MoveTarget("style:swing", 1.0)).band.style == "swing"


@pytest.mark.parametrize("target", ["nonsense", "style:", "mode:wrong", "mute piano", "anchor:x"])
def test_a_wrong_target_is_a_message_and_no_end(session: Make, target: str) -> None:
    assert after(session(), m.MoveTarget(target, 1.0)).message.startswith("no ")


def test_the_transport_is_a_switch_too(session: Make) -> None:
    state = after(session(), m.MoveTarget("play", 1.0))
    assert state.clock.running
    assert not after(state, m.MoveTarget("play", 0.0), at=1.0).clock.running


# --- undo, reset --------------------------------------------------------------------------


def test_undo_goes_back_a_gesture_at_a_time(session: Make) -> None:
    state = session()
    for n in range(10):
        state, _ = core.step(state, told(0.1 * n, density(n / 10)))
    state = after(state, m.SetControl("direction:wild", -0.5), at=5.0)
    state = after(state, m.UndoPoint(), at=6.0)
    assert values(state) == {"direction:density": 0.9}
    state = after(state, m.UndoPoint(), at=7.0)
    assert values(state) == {}
    assert "nothing to undo" in after(state, m.UndoPoint(), at=8.0).message


def test_reset_brings_all_knobs_of_the_point_home_and_can_be_undone(session: Make) -> None:
    state = after(session(), density(0.5), m.SetControl("style:1", -1.0), m.ResetPoint())
    assert values(state) == {}
    state = after(state, m.UndoPoint(), at=10.0)
    assert values(state) == {"direction:density": 0.5, "style:1": -1.0}


# --- anchors ------------------------------------------------------------------------------


def saved_by(state: State, command: m.Command) -> tuple[Anchor, ...]:
    _, effects = core.step(state, told(0, command))
    return next(e.anchors for e in effects if isinstance(e, KeepAnchors))


def test_a_saved_anchor_is_written_and_comes_back(session: Make) -> None:
    state = after(session(), density(0.5))
    assert saved_by(state, m.SaveAnchor("home")) == (Anchor("home", {"direction:density": 0.5}),)
    state = after(state, m.SaveAnchor("home"), m.ResetPoint(), m.RecallAnchor("home"))
    assert values(state) == {"direction:density": 0.5}
    assert saved_by(state, m.ForgetAnchor("home")) == ()
    assert after(state, m.RecallAnchor("hom"), at=9.0).message.startswith("no place named 'hom'")


def test_without_a_name_anchors_are_numbered(session: Make) -> None:
    state = after(session(), m.SaveAnchor(""), m.MoveTarget("save anchor", 1.0), m.SaveAnchor("x"))
    assert list(state.point.saved) == ["place 1", "place 2", "x"]


def test_anchors_of_the_last_session_are_there(session: Make) -> None:
    state = session(anchors=(Anchor("old", {"direction:density": 2.0, "direction:gone": 1.0}),))
    state = after(state, m.MoveTarget("anchor:old", 1.0))
    assert values(state) == {"direction:density": 1.0}


def test_one_fader_leads_from_one_anchor_to_the_other(session: Make) -> None:
    a, b = Anchor("a", {"direction:density": -1.0}), Anchor("b", {"direction:wild": 1.0})
    state = session(anchors=(Anchor("z", {}), a, b))
    state = after(state, m.SetMorph("a", "b"), m.MoveTarget("morph", 0.25))
    assert values(state) == {"direction:density": -0.75, "direction:wild": 0.25}
    state = after(state, m.MoveTarget("morph", 1.0), at=8.0)
    assert values(state) == {"direction:wild": 1.0}
    state = after(state, m.SetMorph("", ""), at=9.0)
    assert "morph" not in state.band.controls
    assert values(state) == {"direction:wild": 1.0}


def test_morph_takes_the_first_two_anchors_where_none_are_chosen(session: Make) -> None:
    assert "save two first" in after(session(), m.MoveTarget("morph", 0.5)).message
    both = (Anchor("a", {}), Anchor("b", {"direction:wild": 1.0}))
    state = after(session(anchors=both), m.MoveTarget("morph", 0.5))
    assert values(state) == {"direction:wild": 0.5}
    assert state.point.morph == ("a", "b")


@pytest.mark.parametrize("message", [b"\x99\x24\x40", b"\xc0\x05", b"\xb0\x14\x7f"])
def test_a_pad_a_program_change_and_a_button_recall_an_anchor(
    session: Make, message: bytes
) -> None:
    state = after(session(), density(0.5), m.SaveAnchor("calm"), m.ResetPoint())
    kinds = ((SourceKind.NOTE, 36), (SourceKind.PROGRAM, 5), (SourceKind.CC, 20))
    bindings = tuple(
        Binding("anchor:calm", kind, number, coding=Coding.MOMENTARY) for kind, number in kinds
    )
    state, _ = core.step(state, Remapped(8.0, bindings))
    assert values(state) == {}
    state, _ = core.step(state, MidiIn(9.0, message, "port"))
    assert values(state) == {"direction:density": 0.5}

"""MIDI learn in a session: a target is chosen on the screen, then the player moves a control."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playing import told

from bridge.controllers.bindings import Binding, Coding, Takeover
from bridge.controllers.control_sources import SourceKind
from bridge.session import core
from bridge.session.messages import commands as m
from bridge.session.state.effects import Effect, KeepBindings, PlayerNote
from bridge.session.state.events import MidiIn
from bridge.session.state.session_state import State

Make = Callable[..., State]
PORT = "port"


def send(state: State, *messages: bytes, at: float = 0.0) -> tuple[State, list[Effect]]:
    effects: list[Effect] = []
    for number, message in enumerate(messages):
        state, more = core.step(state, MidiIn(at + 0.01 * number, message, PORT))
        effects += more
    return state, effects


def knob(number: int, *values: int) -> list[bytes]:
    return [bytes((0xB0, number, value)) for value in values]


SWEEP = (10, 20, 30, 40, 50, 60)


def learning(state: State, target: str, at: float = 0.0) -> State:
    state, _ = core.step(state, told(at, m.Learn(target)))
    return state


def kept(effects: list[Effect]) -> list[KeepBindings]:
    return [effect for effect in effects if isinstance(effect, KeepBindings)]


def test_a_moved_knob_is_bound_and_kept(session: Make) -> None:
    state, effects = send(learning(session(), "swing"), *knob(20, *SWEEP))
    bound = Binding("swing", SourceKind.CC, 20, 0, Coding.ABSOLUTE, Takeover.PICKUP)
    assert state.controllers.bindings.bindings == (bound,)
    assert kept(effects) == [KeepBindings(bound)]
    assert state.controllers.learn is not None
    assert state.controllers.learn.status.done
    assert "cc 20 ch 1 moves 'swing'" in state.message
    state, _ = send(state, *knob(20, 0, 64), at=1.0)
    assert state.band.control("swing") == pytest.approx(64 / 127)


def test_what_was_learned_is_said_by_its_title(session: Make) -> None:
    state, _ = send(learning(session(), "direction:density"), *knob(20, *SWEEP))
    assert state.message == "cc 20 ch 1 moves 'density' now"
    state, _ = send(learning(state, "draw code"), *knob(20, *SWEEP))
    assert state.controllers.learn is not None
    assert "moves 'density': confirm" in state.controllers.learn.status.conflict


def test_while_learning_a_knob_moves_nothing(session: Make) -> None:
    state, _ = send(learning(session(), "swing"), *knob(20, *SWEEP))
    state = learning(state, "humanize")
    before = state.band.control("swing")
    state, _ = send(state, *knob(20, 64, 70, 80, 90), at=1.0)
    assert state.band.control("swing") == before


def test_a_learned_pad_plays_no_more(session: Make) -> None:
    state, effects = send(learning(session(), "fill"), b"\x99\x24\x64", b"\x89\x24\x00")
    assert kept(effects)[0].added == Binding("fill", SourceKind.NOTE, 36, 9, Coding.MOMENTARY)
    state, effects = send(state, b"\x99\x24\x64", b"\x89\x24\x00", at=1.0)
    assert not [e for e in effects if isinstance(e, PlayerNote)]
    assert state.counters.notes_in == 0
    state, _ = send(state, b"\x99\x26\x64", at=2.0)
    assert state.counters.notes_in == 1, "another pad still plays"


def test_a_note_held_when_learning_begins_still_ends(session: Make) -> None:
    state, _ = send(session(), b"\x90\x3c\x64")
    state, _ = send(learning(state, "fill", 0.5), b"\x80\x3c\x00", at=0.6)
    assert state.heard.phrase.held_pitches() == set()


def test_a_control_that_moves_something_else_is_asked_about(session: Make) -> None:
    state, _ = send(learning(session(), "swing"), *knob(20, *SWEEP))
    before = state.controllers.bindings.bindings
    state, effects = send(learning(state, "humanize", 1.0), *knob(20, *SWEEP), at=1.0)
    assert state.controllers.learn is not None
    assert "cc 20 ch 1 moves 'swing'" in state.controllers.learn.status.conflict
    assert kept(effects) == []
    assert state.controllers.bindings.bindings == before
    state, effects = core.step(state, told(2.0, m.ConfirmLearn()))
    assert [b.target for b in state.controllers.bindings.bindings] == ["humanize"]
    assert kept(effects)[0].removed == before


def test_at_a_conflict_another_control_can_be_taken_instead(session: Make) -> None:
    state, _ = send(learning(session(), "swing"), *knob(20, *SWEEP))
    state, _ = send(learning(state, "humanize", 1.0), *knob(20, *SWEEP), *knob(21, *SWEEP), at=1.0)
    assert [(b.number, b.target) for b in state.controllers.bindings.bindings] == [
        (20, "swing"),
        (21, "humanize"),
    ]


def test_the_same_again_clears(session: Make) -> None:
    state, _ = send(learning(session(), "swing"), *knob(20, *SWEEP))
    before = state.controllers.bindings.bindings
    state, effects = send(learning(state, "swing", 1.0), *knob(20, *SWEEP), at=1.0)
    assert state.controllers.bindings.bindings == ()
    assert kept(effects) == [KeepBindings(None, before)]
    assert "no more" in state.message


def test_cancelled_learning_leaves_all_as_it_was(session: Make) -> None:
    state, _ = send(learning(session(), "swing"), *knob(20, 5, 6))
    state, _ = core.step(state, told(1.0, m.CancelLearn()))
    assert state.controllers.learn is None
    state, effects = send(state, *knob(20, *SWEEP), at=2.0)
    assert state.controllers.bindings.bindings == ()
    assert kept(effects) == []


def test_an_unsure_control_can_be_taken_as_it_seems(session: Make) -> None:
    state, _ = send(learning(session(), "swing"), *knob(20, 1, 1, 1, 1))
    state, effects = core.step(state, told(1.0, m.ConfirmLearn()))
    assert kept(effects)[0].added is not None
    assert state.controllers.bindings.bindings[0].coding in (
        Coding.TWOS_COMPLEMENT,
        Coding.SIGNED_BIT,
    )


def test_confirming_before_anything_was_moved_does_nothing(session: Make) -> None:
    state, effects = core.step(learning(session(), "swing"), told(1.0, m.ConfirmLearn()))
    assert kept(effects) == []
    assert state.controllers.learn is not None
    assert not state.controllers.learn.status.done


@pytest.mark.parametrize("target", ["swong", "direction:none", "style:9", "anchor:"])
def test_a_target_that_does_not_exist_is_told_and_nothing_is_learned(
    session: Make, target: str
) -> None:
    state = learning(session(), target)
    assert state.controllers.learn is None
    assert state.message.startswith("no target")

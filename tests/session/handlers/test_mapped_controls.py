"""Mapped controls in a session: pick-up of values, mapped keys, and random input."""

from __future__ import annotations

import pytest
from playing import FACTS, T0, off, on, run, told

from bridge.cli.bench.controls import stress
from bridge.controllers.bindings import Binding, Coding, ControlState, Takeover
from bridge.controllers.control_sources import SourceKind
from bridge.controllers.halves import WAIT_SECONDS
from bridge.music.notes import Part
from bridge.session import core
from bridge.session.messages.commands import (
    CancelLearn,
    Learn,
    Mute,
    SetControl,
    SetStyle,
    SetTempo,
    Start,
)
from bridge.session.new_session import first_state
from bridge.session.state.events import Event, MidiIn, Remapped, Tick
from bridge.session.state.session_state import State
from bridge.session.state.setup import Setup


def bound(*bindings: Binding, **setup: object) -> State:
    return first_state(
        Setup(bpm=120.0, key="C major", **setup),  # type: ignore[arg-type]
        FACTS,
        ControlState(bindings),
    )


def after(state: State, *events: Event) -> State:
    for event in events:
        state, _ = core.step(state, event)
    return state


def cc(number: int, value: int, at: float = 1.0) -> MidiIn:
    return MidiIn(at, bytes((0xB0, number, value)), "port")


def pickup(target: str) -> Binding:
    return Binding(target, SourceKind.CC, 70, takeover=Takeover.PICKUP)


def test_at_the_start_a_knob_has_to_pick_up_the_default() -> None:
    state = after(bound(pickup("volume drums")), cc(70, 0), cc(70, 20))
    assert state.band.controls["volume drums"] == 1.0
    assert after(state, cc(70, 127), cc(70, 64)).band.controls["volume drums"] == 64 / 127


def test_a_value_moved_on_the_screen_has_to_be_picked_up_again() -> None:
    state = after(bound(pickup("swing")), cc(70, 0), cc(70, 10))
    assert state.band.controls["swing"] == 10 / 127
    state = after(state, told(1, SetControl("swing", 0.9)), cc(70, 20))
    assert state.band.controls["swing"] == 0.9
    assert after(state, cc(70, 120), cc(70, 60)).band.controls["swing"] == 60 / 127


def test_a_style_that_brings_its_swing_takes_it_from_the_knob() -> None:
    state = after(bound(pickup("swing")), cc(70, 0), told(1, SetStyle("swing")), cc(70, 5))
    assert state.band.controls["swing"] == 0.6


def test_a_tempo_from_elsewhere_takes_it_from_the_knob() -> None:
    state = after(bound(pickup("tempo")), cc(70, 51), cc(70, 60))
    held = state.clock.line.bpm
    assert held > 120
    state = after(state, told(1, SetTempo(200.0)), cc(70, 62))
    assert round(state.clock.line.bpm) == 200


def test_a_knob_that_holds_a_value_keeps_it_while_it_turns() -> None:
    state = bound(pickup("temperature"))
    state = after(state, cc(70, 42), *[cc(70, v) for v in range(43, 128)])
    assert state.band.controls["temperature"] == 1.5


def test_a_switch_mutes_and_knows_what_the_screen_muted() -> None:
    pad = Binding("mute drums", SourceKind.NOTE, 36, coding=Coding.TOGGLE)
    hit = MidiIn(1.0, b"\x90\x24\x40")
    state = after(bound(pad), hit)
    assert state.band.muted == {Part.DRUMS}
    state = after(state, told(1, Mute(Part.DRUMS, on=False)), hit)
    assert state.band.muted == {Part.DRUMS}


def test_a_pad_can_choose_a_style_by_name() -> None:
    pad = Binding("style:swing", SourceKind.NOTE, 36, coding=Coding.MOMENTARY)
    assert after(bound(pad), MidiIn(1.0, b"\x90\x24\x40")).band.style == "swing"


def test_other_bindings_come_while_it_plays_and_know_the_values() -> None:
    state = after(bound(), told(0, SetControl("swing", 0.5)))
    state = after(state, Remapped(2.0, (pickup("swing"),), "mapping changed"))
    assert state.message == "mapping changed"
    assert after(state, cc(70, 0, 2.1)).band.controls["swing"] == 0.5
    assert after(state, cc(70, 64, 2.1)).band.controls["swing"] == 64 / 127


def test_a_key_that_is_mapped_while_it_sounds_still_ends() -> None:
    fill = Binding("fill", SourceKind.NOTE, 60, coding=Coding.MOMENTARY)
    events = [told(0, Start()), on(0.1, 60), Remapped(T0 + 0.2, (fill,)), off(0.3, 60)]
    played = run(bound(), events, 1.0)
    assert played.state.heard.passed_notes == {}
    assert played.state.heard.phrase.held_pitches() == set()


# --- controls in two halves ----------------------------------------------------------------


def test_an_msb_alone_counts_a_moment_later_though_nothing_else_comes() -> None:
    state = bound(Binding("swing", SourceKind.CC14, 7))
    state = after(state, cc(7, 127), cc(39, 127, 1.001), cc(7, 0, 2.0))
    assert state.band.control("swing") == 1.0
    assert core.next_deadline(state) == 2.0 + WAIT_SECONDS
    state = after(state, Tick(2.0 + WAIT_SECONDS))
    assert state.band.control("swing") == 0.0
    assert core.next_deadline(state) is None


def test_while_the_band_plays_an_msb_alone_counts_in_time() -> None:
    events = [told(0, Start()), cc(7, 64, T0 + 0.2), cc(39, 1, T0 + 0.201), cc(7, 0, T0 + 0.4)]
    played = run(bound(Binding("swing", SourceKind.CC14, 7)), events, 0.5)
    assert played.state.band.control("swing") == 0.0


def test_a_half_heard_while_learning_moves_nothing_and_is_known_afterwards() -> None:
    state = bound(Binding("swing", SourceKind.CC14, 7))
    state = after(state, told(0, Learn("humanize")), cc(39, 5, T0 + 0.1), Tick(T0 + 1.0))
    before = state.band.control("swing")
    state = after(state, told(1.1, CancelLearn()), Tick(T0 + 1.2))
    assert state.band.control("swing") == before
    state = after(state, cc(7, 8, T0 + 1.3))
    assert state.band.control("swing") == (8 << 7 | 5) / 16383


# --- fuzz ---------------------------------------------------------------------------------


def test_thousands_of_random_messages_do_no_harm() -> None:
    """No exception, no control outside its range, and after a stop no note that sounds;
    `latent-bridge bench controls` sends a million."""
    found = stress(8_000, 1)
    assert found.faults == []
    assert found.answers > 30
    assert found.shown > 30


@pytest.mark.parametrize("coding", list(Coding))
def test_random_messages_do_no_harm_by_any_coding(coding: Coding) -> None:
    assert stress(1_200, 3, (coding,)).faults == []

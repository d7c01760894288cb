"""Mute, solo, transpose, metronome. Pure."""

from __future__ import annotations

from bridge.controllers.catalog import TRANSPOSE, control_range
from bridge.session.bars.render import replace_future
from bridge.session.messages.arranger_commands import Solo, SwitchMetronome, Transpose
from bridge.session.messages.commands import Mute
from bridge.session.state.band import Band
from bridge.session.state.session_state import State, Step
from bridge.session.transport import metronome
from bridge.session.transport.mixer import with_band


def mute(state: State, at: float, command: Mute) -> Step:
    """Mute a part, whose notes end, or let it play."""
    return _mixed(state, at, state.band.with_mute(command.part, command.on))


def solo(state: State, at: float, command: Solo) -> Step:
    """Solo a part, so that the notes of the others end, or no more."""
    return _mixed(state, at, state.band.with_solo(command.part, command.on))


def _mixed(state: State, at: float, band: Band) -> Step:
    state, effects = with_band(state, at, band)
    return replace_future(state, at), effects


def transpose(state: State, at: float, command: Transpose) -> Step:
    """Transpose the band by some semitones more, or (0) not at all; notes that sound end as they
    would have, and later ones are transposed."""
    low, high, _ = control_range(TRANSPOSE)
    value = state.band.transpose + command.by if command.by else 0
    state = state.but(band=state.band.with_control(TRANSPOSE, min(high, max(low, value))))
    text = f"transposed by {state.band.transpose:+d}" if state.band.transpose else "not transposed"
    return replace_future(state.say(text), at), []


def switch_metronome(state: State, at: float, command: SwitchMetronome) -> Step:
    """Turn the metronome on or off."""
    on = not state.metronome.on if command.on is None else command.on
    return metronome.switched(state.say(f"metronome {'on' if on else 'off'}"), at, on)

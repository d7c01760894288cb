"""The bar line: what was asked for takes effect, with its tempo, and silent parts end. Pure."""

from __future__ import annotations

from bridge.session.arranger.coming import is_pending, turned
from bridge.session.state.session_state import State, Step
from bridge.session.transport.mixer import with_band
from bridge.timing.tempo import clamp_bpm


def turn(state: State, at: float, bar: int) -> Step:
    """The session after the bar line of ``bar``: variation, memory, form and passage have changed
    as asked."""
    if not is_pending(state, bar):
        return state, []
    memory, before = state.arranger.recalled, state.band
    after = turned(state, bar)
    state, effects = with_band(after.but(band=before), at, after.band)
    if memory is not None:
        state, more = _with_tempo(state, at, memory.bpm)
        effects += more
        band, bpm = state.band, state.clock.line.bpm
        synced = state.controllers.synced(bpm, band.controls, band.muted)
        state = state.but(controllers=synced)
    return state, effects


def _with_tempo(state: State, at: float, bpm: float) -> Step:
    """The session at another tempo, if it is ours to set."""
    if abs(bpm - state.clock.line.bpm) < 1e-3 or not state.sync.source.owns_transport:
        return state, []
    return state.sync.source.set_tempo(state, at, clamp_bpm(bpm))

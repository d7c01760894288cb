"""Mute and solo: what falls silent ends at once. Pure."""

from __future__ import annotations

from bridge.music.notes import Part
from bridge.session.state.band import Band
from bridge.session.state.effects import Effect
from bridge.session.state.session_state import State, Step
from bridge.session.transport import thru
from bridge.session.transport.take import note_off


def with_band(state: State, at: float, band: Band) -> Step:
    """The session with other settings of the band: parts that fall silent by them end now."""
    gone = band.silenced - state.band.silenced
    state = state.but(band=band)
    effects: list[Effect] = []
    for part in sorted(gone):
        state, more = _ended(state, at, part)
        effects += more
    return state, effects


def _ended(state: State, at: float, part: Part) -> Step:
    """Note-offs for all that sounds on a part's output, the player's own notes too."""
    tick = state.clock.line.tick_at(at)
    pitches, lane = state.lanes[part].released()
    effects: list[Effect] = [note_off(state.setup, part, pitch, at, tick) for pitch in pitches]
    state = state.but(lanes={**state.lanes, part: lane})
    if part is not Part.MELODY:
        return state, effects
    state, more = thru.end_all(state, at)
    return state, effects + more

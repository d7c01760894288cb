"""The player's energy, measured each beat; the band follows it by the control's amount. Pure."""

from __future__ import annotations

from dataclasses import replace

from bridge.listening.energy import BEATS
from bridge.model.contract import CHORDS_PER_BAR
from bridge.session.bars.energy_steering import FOLLOW_ENERGY
from bridge.session.bars.render import replace_future
from bridge.session.state.session_state import State


def deadline(state: State) -> float | None:
    """The time (seconds) of the next measurement; None while nothing follows it."""
    if not state.clock.running or not state.band.control(FOLLOW_ENERGY):
        return None
    following = state.clock.grid.beat_start(_beat(state, state.clock.now) + 1)
    return state.clock.line.second_at_tick(following)


def watch(state: State, at: float) -> State:
    """Measure the energy when a beat has begun, and let the band follow it. A lift in the second
    half of a bar is answered with a fill."""
    if not state.clock.running:
        return state
    beat, energy = _beat(state, at), state.ears.energy
    if beat == energy.beat or beat < 0:
        return state
    grid = state.clock.grid
    end = grid.beat_start(beat)
    metre = grid.span_of(end).metre
    since = end - BEATS * metre.ticks_per_beat
    notes = state.heard.phrase.notes(end, since) + state.ears.others.notes(end, since)
    measured = energy.at_beat(beat, end, notes, metre) if notes or energy.beat >= 0 else energy
    state = state.but(ears=replace(state.ears, energy=replace(measured, beat=beat)))
    if not state.band.control(FOLLOW_ENERGY):
        return state
    if measured.is_lift and grid.half_of(end) % CHORDS_PER_BAR:
        state = state.but(band=state.band.but(fill_bar=grid.bar_of(end)))
    elif measured.level == energy.level:
        return state
    return replace_future(state, at)


def _beat(state: State, at: float) -> int:
    return state.clock.grid.beat_of(state.clock.line.tick_at(at))

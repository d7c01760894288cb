"""The player's energy, measured each beat; the band follows it by the control's amount. Pure."""

from __future__ import annotations

from dataclasses import replace

from bridge.music.grid import BEATS_PER_BAR, FOUR_FOUR, TICKS_PER_BEAT, bar_of
from bridge.session.bars.energy_steering import FOLLOW_ENERGY
from bridge.session.bars.render import replace_future
from bridge.session.state.session_state import State

LAST_BEATS = 2
"""Beats before a bar line in which a lift is answered with a fill."""


def deadline(state: State) -> float | None:
    """The time (seconds) of the next measurement; None while nothing follows it."""
    if not state.clock.running or not state.band.control(FOLLOW_ENERGY):
        return None
    return state.clock.line.second_at_tick((_beat(state, state.clock.now) + 1) * TICKS_PER_BEAT)


def watch(state: State, at: float) -> State:
    """Measure the energy when a beat has begun, and let the band follow it."""
    if not state.clock.running:
        return state
    beat, energy = _beat(state, at), state.ears.energy
    if beat == energy.beat or beat < 0:
        return state
    end = beat * TICKS_PER_BEAT
    notes = state.heard.phrase.notes(end, end - FOUR_FOUR.ticks)
    notes += state.ears.others.notes(end, end - FOUR_FOUR.ticks)
    measured = energy.at_beat(beat, notes, FOUR_FOUR) if notes or energy.beat >= 0 else energy
    state = state.but(ears=replace(state.ears, energy=replace(measured, beat=beat)))
    if not state.band.control(FOLLOW_ENERGY):
        return state
    if measured.is_lift and beat % BEATS_PER_BAR >= BEATS_PER_BAR - LAST_BEATS:
        state = state.but(band=state.band.but(fill_bar=bar_of(end)))
    elif measured.level == energy.level:
        return state
    return replace_future(state, at)


def _beat(state: State, at: float) -> int:
    return state.clock.line.tick_at(at) // TICKS_PER_BEAT

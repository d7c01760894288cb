"""Chords and styles of a take, noted bar by bar for its markers. Pure."""

from __future__ import annotations

from bridge.model.contract import CHORDS_PER_BAR
from bridge.session.bars import heard_bass
from bridge.session.bars.chord_chart import chord_at
from bridge.session.state.effects import ChordNoted, Effect, StyleBegan, TakeOver
from bridge.session.state.session_state import State


def at_bar_line(state: State) -> list[Effect]:
    """Effects of a bar line: the chords of the bar that has ended, and the style where the bar that
    begins is in another."""
    bar = state.clock.bar
    effects = _chords(state, bar - 1)
    now, before = state.plan.bars.get(bar), state.plan.bars.get(bar - 1)
    if now is not None and before is not None and now.style != before.style:
        effects.append(StyleBegan(state.clock.grid.bar_start(bar), now.style))
    return effects


def at_stop(state: State, at: float) -> list[Effect]:
    """Effects of a stop at ``at`` (seconds): the chords so far of the bar that played; and the
    take is over, unless a master may continue it."""
    if not state.clock.running:
        return []
    over: list[Effect] = [TakeOver()] if state.sync.source.owns_transport else []
    return [*at_jump(state, at), *over]


def at_jump(state: State, at: float) -> list[Effect]:
    """Effects of a jump at ``at`` (seconds): the chords so far of the bar that played."""
    now = state.clock.line.tick_at(at)
    found = _chords(state, state.clock.bar)
    return [effect for effect in found if isinstance(effect, ChordNoted) and effect.tick < now]


def _chords(state: State, bar: int) -> list[Effect]:
    """The chord of each half of a bar: the one heard, else the one that it was made for."""
    if bar < 0:
        return []
    grid, bars = state.clock.grid, state.plan.bars
    effects: list[Effect] = []
    for half in range(CHORDS_PER_BAR * bar, CHORDS_PER_BAR * (bar + 1)):
        tick = grid.half_start(half)
        heard = None if state.chords else heard_bass.chord_at(state.ears, bars, grid, tick)
        name = chord_at(bars, half) if heard is None else heard.name
        if name:
            effects.append(ChordNoted(tick, name))
    return effects

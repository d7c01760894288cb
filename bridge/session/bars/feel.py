"""The feel of the player, found at each bar line, and followed by the band. Pure."""

from __future__ import annotations

from typing import Final

from bridge.music.grid import FOUR_FOUR, FOUR_FOUR_TRIPLETS
from bridge.music.rhythm.feel import FeelKind, FoundFeel, feel_of
from bridge.session.messages.commands import Mode
from bridge.session.state.session_state import State
from bridge.session.state.setup import FeelSource

BARS_HEARD: Final = 8
"""Bars of the player's notes that the feel is found from."""
STEADY_BARS: Final = 2
"""Bars in a row with triplets (or without) before the band's beats are in three (or four)."""
QUARTERS: Final = 4
"""Denominator of the time signatures whose beats are quarter notes."""
LEAST_CHANGE: Final = 0.05
"""Smaller changes of swing are not followed."""
SWING: Final = "swing"


def at_bar(state: State, bar: int) -> State:
    """The state at the bar line of ``bar``: the feel of what was played is known, and drums and
    bass swing as the player does, unless the setting or the knob has pinned their swing. Beats of
    a dotted quarter (6/8, 12/8) are in three as written: no feel is looked for."""
    if state.clock.metre.denominator != QUARTERS:
        return state.but(heard=state.heard.with_feel(FoundFeel()))
    grid = state.clock.grid
    start = grid.bar_start(bar)
    since = start - BARS_HEARD * grid.metre_of(bar).ticks
    found = feel_of(n.tick for n in state.heard.phrase.notes(start, since) if n.tick >= since)
    if found.kind is FeelKind.UNKNOWN:
        return state
    state = state.but(heard=state.heard.with_feel(found))
    follows = state.setup.feel == FeelSource.FOLLOW and not state.band.swing_pinned
    return _swung(state, found.swing) if follows else state


def wanted_metre(state: State) -> str:
    """The name of the metre that the player's feel asks for: 4/4 in triplets or straight; empty
    where the present one stays."""
    metre, heard = state.clock.metre, state.heard
    pair = {FOUR_FOUR.name, FOUR_FOUR_TRIPLETS.name}
    follows = state.setup.feel == FeelSource.FOLLOW and pair <= set(state.facts.spec.metres)
    follows = follows and state.band.next_mode is not Mode.TAP and state.codes.guest is None
    if not follows or metre.name not in pair or heard.feel_bars < STEADY_BARS:
        return ""
    wanted = FOUR_FOUR_TRIPLETS if heard.feel.in_three else FOUR_FOUR
    return "" if wanted == metre else wanted.name


def _swung(state: State, swing: float) -> State:
    """The state with the band's swing at another amount; knobs take hold where it is now."""
    if abs(state.band.control(SWING) - swing) < LEAST_CHANGE:
        return state
    band = state.band.with_control(SWING, swing)
    controllers = state.controllers.synced(state.clock.line.bpm, band.controls, band.muted)
    return state.but(band=band, controllers=controllers)

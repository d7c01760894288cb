"""Ends of phrases, which the drums mark by a fill, and rests while nobody plays. Pure."""

from __future__ import annotations

from bridge.music.arrange import fill_steps
from bridge.music.repetition import phrase_bars
from bridge.session.arranger.passages import ends_with_fill
from bridge.session.bars.form_sections import BarInForm
from bridge.session.messages.commands import Mode, WhenSilent
from bridge.session.state.session_state import State

BARS_UNTIL_REST = 2
"""Bars of silence from the player before the band rests."""


def fill_of(state: State, bar: int, here: BarInForm | None) -> int:
    """The length of the fill at the end of ``bar`` in steps: the whole bar if the player
    asked for one, or a section or an intro ends with one, or an ending follows; by the control
    ``fills`` if a phrase ends."""
    metre = state.clock.grid.metre_of(bar)
    if bar >= 0 and (bar == state.band.fill_bar or ends_with_fill(state.arranger, bar)):
        return metre.steps
    if here is not None:
        return metre.steps if here.section.fill and here.is_last else 0
    return fill_steps(state.band.control("fills"), metre) if ends_phrase(state, bar) else 0


def ends_phrase(state: State, bar: int) -> bool:
    """True if ``bar`` is the last of a phrase: of the loop, of call and answer, or of the period
    that the player seems to repeat."""
    mode, loop = state.band.next_mode, state.heard.loop
    first, period = 0, state.heard.memory.period
    if mode is Mode.LOOP and loop is not None:
        first, period = loop.start, loop.bars
    elif mode is Mode.RESPOND:
        period = 2 * state.setup.respond_bars
    return bar >= first and (bar + 1 - first) % phrase_bars(period) == 0


def is_rest(state: State, bar: int) -> bool:
    """True if the band rests in ``bar``: it is set to rest while nobody plays, and nobody has
    played for :data:`BARS_UNTIL_REST` bars."""
    follows = state.band.next_mode is Mode.FOLLOW
    if state.setup.when_silent is WhenSilent.KEEP or not follows or state.heard.phrase.held:
        return False
    grid, ended = state.clock.grid, state.heard.phrase.ended
    silence = BARS_UNTIL_REST * grid.metre_of(bar).ticks
    return not ended or grid.bar_start(bar) - ended[-1].end >= silence

"""Ends of phrases, which the drums mark by a fill, and rests while nobody plays. Pure."""

from __future__ import annotations

from bridge.music.arrange import fill_steps
from bridge.music.grid import STEPS_PER_BAR, TICKS_PER_BAR, bar_start
from bridge.music.repetition import phrase_bars
from bridge.session.bars.form_sections import BarInForm
from bridge.session.messages.commands import Mode, WhenSilent
from bridge.session.state.session_state import State

BARS_UNTIL_REST = 2
"""Bars of silence from the player before the band rests."""


def fill_of(state: State, bar: int, here: BarInForm | None) -> int:
    """The length of the fill at the end of ``bar`` in steps (0..16): the whole bar if the player
    asked for one or a section ends with one; by the control ``fills`` if a phrase ends."""
    if 0 <= bar == state.band.fill_bar:
        return STEPS_PER_BAR
    if here is not None:
        return STEPS_PER_BAR if here.section.fill and here.is_last else 0
    return fill_steps(state.band.control("fills")) if ends_phrase(state, bar) else 0


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
    ended = state.heard.phrase.ended
    return not ended or bar_start(bar) - ended[-1].end >= BARS_UNTIL_REST * TICKS_PER_BAR

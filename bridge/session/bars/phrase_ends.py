"""Where phrases end, which the drums show by a fill, and when nobody plays. Pure."""

from __future__ import annotations

from bridge.music.arrange import fill_steps
from bridge.music.grid import STEPS_PER_BAR, TICKS_PER_BAR, bar_start
from bridge.music.repetition import phrase_bars
from bridge.session.bars import form_sections
from bridge.session.messages.commands import Mode, WhenSilent
from bridge.session.state.session_state import State

BARS_UNTIL_REST = 2
"""So long nobody plays before a band that rests leaves off."""


def filled_steps(state: State, bar: int) -> int:
    """How many of the bar's last steps are a fill: all where one was asked for or a section
    ends, as many as the control says where a phrase ends."""
    section = form_sections.section_at(state, bar)
    if 0 <= bar == state.fill_bar:
        return STEPS_PER_BAR
    if section is not None:
        return STEPS_PER_BAR if section.fill and form_sections.last_bar(state, bar) else 0
    return fill_steps(state.control("fills")) if ends_phrase(state, bar) else 0


def ends_phrase(state: State, bar: int) -> bool:
    """Whether ``bar`` is the last of a phrase: of the loop, of call and answer, or of the
    form that the player is believed to go round in."""
    mode = state.next_mode
    first, period = 0, state.form.period
    if mode is Mode.LOOP and state.loop is not None:
        first, period = state.loop.start, state.loop.bars
    elif mode is Mode.RESPOND:
        period = 2 * state.setup.respond_bars
    return bar >= first and (bar + 1 - first) % phrase_bars(period) == 0


def resting(state: State, bar: int) -> bool:
    """Whether the band leaves ``bar`` out, because nobody has played for two bars and the
    setting says so."""
    mode = state.next_mode
    if state.setup.when_silent is WhenSilent.KEEP or mode is not Mode.FOLLOW:
        return False
    if state.phrase.held:
        return False
    ended = state.phrase.ended
    return not ended or bar_start(bar) - ended[-1].end >= BARS_UNTIL_REST * TICKS_PER_BAR

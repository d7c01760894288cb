"""Variations, intro, break, ending, and the arranger's settings. Pure."""

from __future__ import annotations

from typing import Final

from bridge.controllers.memories import Variation
from bridge.errors import ConfigError
from bridge.session.arranger import passages
from bridge.session.bars.ask_again import coming_changed
from bridge.session.messages.arranger_commands import (
    Break,
    Ending,
    Intro,
    SetArranger,
    SetVariation,
)
from bridge.session.state.session_state import State, Step
from bridge.session.state.song.arranger import PHRASES, Arranger, Passage, PassageKind

MOST_INTRO_BARS: Final = 8
MOST_COUNT_IN: Final = 2
NOT_RUNNING: Final = "nothing plays: start first"


def _with(state: State, at: float, arranger: Arranger, text: str) -> Step:
    """The session with another arranger, whose coming bar is made anew, and a line about it."""
    return coming_changed(state.but(arranger=arranger).say(text), at)


# --- variations ---------------------------------------------------------------------------


def set_variation(state: State, at: float, command: SetVariation) -> Step:
    """Play another variation from the next bar on, at once while nothing plays."""
    wanted, arranger = Variation(command.variation), state.arranger
    if arranger.recalled is not None:
        return _with(
            state, at, arranger.with_recalled(variation=wanted), f"variation {wanted} next"
        )
    if not state.clock.running:
        return _with(state, at, arranger.but(variation=wanted), f"variation {wanted}")
    coming = None if wanted is arranger.variation else wanted
    if coming is arranger.coming:
        return state, []
    text = f"variation {wanted} {'next' if coming else 'goes on'}"
    return _with(state, at, arranger.but(coming=coming), text)


# --- passages -----------------------------------------------------------------------------


def intro(state: State, at: float, command: Intro) -> Step:
    """Ask for an intro, or take it back."""
    arranger, bar = state.arranger, state.clock.coming_bar
    if not state.clock.running:
        on = not arranger.intro
        text = "the intro comes first" if on else "no intro"
        return _with(state, at, arranger.but(intro=on), text)
    passage = arranger.passage
    if passage is not None and passage.since < bar:
        return state.say(f"the {passage.kind} plays"), []
    if passage is not None and passage.kind is PassageKind.INTRO:
        return _with(state, at, arranger.but(passage=None), "no intro")
    passage = Passage(PassageKind.INTRO, bar, arranger.intro_bars)
    return _with(state, at, arranger.but(passage=passage), "intro next")


def take_break(state: State, at: float, command: Break) -> Step:
    """Leave the band out from the next bar on, for one bar more, or let it come back."""
    arranger, bar = state.arranger, state.clock.coming_bar
    if not state.clock.running:
        return state.say(NOT_RUNNING), []
    passage = arranger.passage
    if passage is not None and passage.kind is PassageKind.INTRO and passage.since < bar:
        return state.say("the intro plays: a break can follow it"), []
    if passage is None or passage.kind is PassageKind.INTRO:
        passage = Passage(PassageKind.BREAK, bar, 0 if command.hold else 1)
        return _with(state, at, arranger.but(passage=passage), "break next")
    if passage.since >= bar:
        return _with(state, at, arranger.but(passage=None), "no break")
    if passage.bars == 0 or command.hold:
        ended = Passage(PassageKind.BREAK, passage.since, bar - passage.since)
        if passage.bars == 0:
            return _with(state, at, arranger.but(passage=ended), "the band comes back next")
        held = Passage(PassageKind.BREAK, passage.since, 0)
        return _with(state, at, arranger.but(passage=held), "the band stays out")
    longer = Passage(PassageKind.BREAK, passage.since, bar - passage.since + 1)
    return _with(state, at, arranger.but(passage=longer), "one bar more")


def ending(state: State, at: float, command: Ending) -> Step:
    """Ask for the ending, or take it back."""
    arranger = state.arranger
    if not state.clock.running:
        return state.say(NOT_RUNNING), []
    if arranger.ending < 0:
        bar = passages.next_phrase(state)
        return _with(state, at, arranger.but(ending=bar), "the ending comes with the phrase")
    if state.clock.bar >= arranger.ending:
        return state.say("the ending plays"), []
    return _with(state, at, arranger.but(ending=-1), "the band plays on")


# --- settings -----------------------------------------------------------------------------


def set_arranger(state: State, at: float, command: SetArranger) -> Step:
    """Change the arranger's settings. ConfigError for a value out of range."""
    changes: dict[str, int | bool] = {}
    if command.phrase_bars is not None:
        if command.phrase_bars not in PHRASES:
            raise ConfigError(f"a phrase of {command.phrase_bars} bars: choose 2, 4 or 8")
        changes["phrase_bars"] = command.phrase_bars
    if command.intro_bars is not None:
        changes["intro_bars"] = _within(command.intro_bars, 1, MOST_INTRO_BARS, "an intro")
    if command.count_in is not None:
        changes["count_in"] = _within(command.count_in, 0, MOST_COUNT_IN, "a count-in")
    if command.break_drums is not None:
        changes["break_drums"] = command.break_drums
    return coming_changed(state.but(arranger=state.arranger.but(**changes)), at)


def _within(bars: int, low: int, high: int, what: str) -> int:
    if not low <= bars <= high:
        raise ConfigError(f"{what} of {bars} bars: choose {low} to {high}")
    return bars

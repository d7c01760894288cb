"""Printing into the DAW: which bars, under which name, at which place of its song. Pure."""

from __future__ import annotations

from typing import Final

import msgspec

from bridge.music.grid import TICKS_PER_BEAT, Metre
from bridge.session.bars import form_sections
from bridge.session.messages.daw import USUAL_BARS, DawStatus, PrintClips, PrintWhat
from bridge.session.state.effects import Effect, PrintBand, SectionBegan, TakeBackPrint
from bridge.session.state.session_state import State, Step

NO_DAW: Final = "no DAW to print into: start with --daw NAME"
NOTHING: Final = "no whole bar has been played yet, so nothing to print"
NO_LOOP: Final = "nothing loops: press m for mode loop, or switch the DAW's loop on"
SHORT_LOOP: Final = "the DAW's loop is shorter than a bar: make it longer"

Bars = tuple[int, int]
"""The first bar and the bar after the last."""


def print_now(state: State, at: float, command: PrintClips) -> Step:
    """Print what the command asks for; what cannot be printed becomes a message."""
    if state.daw is None:
        return state.say(NO_DAW), []
    found = _bars(state, command)
    if isinstance(found, str):
        return state.say(found), []
    effect = _effect(state, found, int(state.clock.beat_at(at) * TICKS_PER_BEAT))
    return state.say(f"printing {effect.name}, {bars_text(found)}, into {state.daw.name}"), [effect]


def undo(state: State) -> Step:
    """Take the last print back."""
    if state.daw is None:
        return state.say(NO_DAW), []
    return state, [TakeBackPrint()]


def at_bar_line(state: State) -> list[Effect]:
    """Effects of a bar line: the section that begins there is noted, and the last bars are
    printed, if the band prints as it plays."""
    bar, every = state.clock.bar, state.setup.print_every
    effects: list[Effect] = []
    here = form_sections.in_form(state, bar)
    if here is not None and here.bar_of_section == 0 and bar >= 0:
        effects.append(SectionBegan(_bar_start(state, bar), here.section.name))
    first = max(state.clock.since_bar, 0)
    if every and state.daw is not None and bar > first and (bar - first) % every == 0:
        effects.append(_effect(state, (bar - every, bar), _bar_start(state, bar)))
    return effects


def rest(state: State, tick: int) -> list[Effect]:
    """The print of the bars since the last print, as the music stops or jumps away at ``tick``,
    if the band prints as it plays."""
    every = state.setup.print_every
    if not every or state.daw is None or not state.clock.running:
        return []
    first, end = max(state.clock.since_bar, 0), nearest_bar(state, tick)
    begin = first + max(state.clock.bar - first, 0) // every * every
    return [_effect(state, (begin, end), tick)] if begin < end else []


def nearest_bar(state: State, tick: int) -> int:
    """The bar whose bar line is nearest to a tick."""
    return state.clock.grid.bar_of(tick + _metre(state).ticks // 2)


def bars_text(bars: Bars) -> str:
    """Bars as a person counts them, from 1."""
    first, end = bars
    return f"bar {first + 1}" if end - first <= 1 else f"bars {first + 1} to {end}"


def status_of(state: State) -> DawStatus | None:
    """The DAW for the screen, with what the print key would print now."""
    if state.daw is None:
        return None
    found = _bars(state, PrintClips())
    coming = "" if isinstance(found, str) else bars_text(found)
    return msgspec.structs.replace(state.daw, coming=coming)


# --- which bars, and where ----------------------------------------------------------------


def _bars(state: State, command: PrintClips) -> Bars | str:
    """The bars that a command asks for, or why there are none."""
    if command.what is PrintWhat.LOOP:
        return _loop_bars(state)
    end = _end(state)
    first = 0
    if command.what is PrintWhat.LAST:
        count = command.bars or state.setup.print_every or USUAL_BARS
        first = max(0, end - count)
        if state.clock.since_bar < end:
            first = max(first, state.clock.since_bar)
    return (first, end) if first < end else NOTHING


def _end(state: State) -> int:
    """The bar after the last that was played whole; after a stop, after the last that was begun
    but for a moment."""
    clock = state.clock
    if not clock.running:
        stopped = int(clock.stopped_at * TICKS_PER_BEAT) - TICKS_PER_BEAT // 4
        return state.clock.grid.bar_of(stopped - 1) + 1
    if clock.bar <= clock.since_bar and clock.left_bar is not None:
        return clock.left_bar
    return clock.bar


def _loop_bars(state: State) -> Bars | str:
    """The last whole round of the band's loop, else the DAW's loop."""
    loop = state.heard.loop
    if loop is not None:
        rounds = (_end(state) - loop.start) // loop.bars
        first = loop.start + (rounds - 1) * loop.bars
        return (first, first + loop.bars) if rounds > 0 else NOTHING
    ring = state.daw.loop if state.daw is not None else None
    if ring is None:
        return NO_LOOP
    length = _metre(state).ticks
    first, end = (round(beat * TICKS_PER_BEAT / length) for beat in ring)
    if (ring[1] - ring[0]) * TICKS_PER_BEAT < length or first >= end:
        return SHORT_LOOP
    shift = _shift(state) or 0
    first, end = first - shift, end - shift
    return (first, end) if first >= 0 and state.clock.first_bar < end else NOTHING


def _effect(state: State, bars: Bars, now: int) -> PrintBand:
    first, end = (_bar_start(state, bar) for bar in bars)
    shift = _shift(state)
    start = None if shift is None else first + _bar_start(state, shift)
    here = form_sections.in_form(state, bars[1] - 1)
    section = f" {here.section.name}" if here is not None else ""
    return PrintBand(
        name=f"{state.band.style}{section}",
        first=first,
        end=end,
        now=now,
        start=None if start is None or start < 0 else start,
        bpm=state.clock.line.bpm,
        metre=_metre(state),
    )


def _shift(state: State) -> int | None:
    """Bars of the DAW's song before our bar 0. None where it is not known: the DAW's clock is not
    followed, and it does not play along."""
    daw = state.daw
    if state.setup.clock:
        return 0
    if daw is None or not daw.playing or not state.clock.running:
        return None
    ours = state.clock.line.beat_at(daw.at)
    return round((daw.beat - ours) * TICKS_PER_BEAT / _metre(state).ticks)


def _metre(state: State) -> Metre:
    return state.clock.metre


def _bar_start(state: State, bar: int) -> int:
    return state.clock.grid.bar_start(bar)

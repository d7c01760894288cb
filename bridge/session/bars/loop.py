"""The looped phrase of mode loop, and the call of mode respond. Pure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bridge.music.grid import Grid
from bridge.music.notes import Note
from bridge.music.phrase import Phrase
from bridge.music.tokens import encode_line
from bridge.session.messages.commands import Mode
from bridge.session.state.bars import Loop
from bridge.session.state.session_state import State


def capture_loop(state: State, bar: int) -> State:
    """In mode loop, capture the loop once the phrase is as long as the loop.

    The bar after it is requested before its last notes are played, so the loop is captured
    again until that bar begins.
    """
    length = state.setup.loop_bars
    loop, first = state.heard.loop, state.heard.phrase.first_tick
    if state.band.next_mode is not Mode.LOOP or first is None:
        return state
    if loop is not None and bar != loop.start + length:
        return state
    grid = state.clock.grid
    early = grid.metre.ticks_per_step // 2
    since = max(grid.bar_of(first + early), grid.changed_before(bar))
    if bar < since + length:
        return state
    notes = phrase_notes(state.heard.phrase, grid, bar - length, bar)
    loop = Loop(bar - length, length, notes)
    return state.but(heard=state.heard.but(loop=loop), message=f"looping {length} bars")


def call_of(phrase: Phrase, grid: Grid, bar: int, length: int) -> Loop:
    """The player's call of ``length`` bars that ``bar`` is an answer to."""
    start = (bar // length - 1) * length
    return Loop(start, length, phrase_notes(phrase, grid, start, start + length))


def is_answer(bar: int, length: int) -> bool:
    """True if ``bar`` is an answer in mode respond: ``length`` bars of call take turns with as many
    of answer."""
    return bar >= 0 and (bar // length) % 2 == 1


def phrase_notes(phrase: Phrase, grid: Grid, first: int, after: int) -> tuple[Note, ...]:
    """The player's notes that start in bars [first, after), cut at the last bar line."""
    start, end = grid.bar_start(first), grid.bar_start(after)
    early = grid.metre_of(first).ticks_per_step // 2
    return tuple(
        replace(n, tick=max(n.tick, start), length=max(1, min(n.end, end) - max(n.tick, start)))
        for n in phrase.notes(end)
        if start - early <= n.tick < end
    )


def loop_notes(loop: Loop | None, grid: Grid, bar: int) -> list[Note]:
    """The loop's melody in ``bar``; empty before the loop is complete."""
    if loop is None or bar < loop.start + loop.bars:
        return []
    source = loop.start + (bar - loop.start) % loop.bars
    by = grid.bar_start(bar) - grid.bar_start(source)
    return [replace(n, tick=n.tick + by) for n in loop.notes if grid.bar_of(n.tick) == source]


def loop_window(loop: Loop, grid: Grid, bar: int, bars: int) -> tuple[np.ndarray, np.ndarray, int]:
    """The window of ``bars`` bars of a repeating phrase that ``bar`` lies in: classes [T], heard
    flags [T] (all 1), and the index of the bar in it."""
    place = (bar - loop.start) % loop.bars
    first, index = divmod(place, bars)
    metre = grid.metre_of(loop.start)
    length = metre.bar_start(loop.bars)
    origin = grid.bar_start(loop.start)
    copies = [
        replace(n, tick=n.tick - origin + again * length)
        for again in range(-(-(first + 1) * bars // loop.bars))
        for n in loop.notes
    ]
    steps = bars * metre.steps
    classes = encode_line(copies, metre.bar_start(first * bars), steps, metre)
    return classes, np.ones(steps, np.int64), index

"""The looped phrase, and the call that an answer answers. Pure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bridge.music.grid import STEPS_PER_BAR, TICKS_PER_BAR, TICKS_PER_STEP, bar_of, bar_start
from bridge.music.notes import Note
from bridge.music.tokens import encode_line
from bridge.session.messages.commands import Mode
from bridge.session.state.bars import Loop
from bridge.session.state.session_state import State


def _tiled(loop: Loop, bar: int, bars: int) -> tuple[np.ndarray, np.ndarray, int]:
    """The window of a repeating phrase that ``bar`` lies in, all heard, and its index."""
    place = (bar - loop.start) % loop.bars
    first, index = divmod(place, bars)
    length = loop.bars * TICKS_PER_BAR
    origin = bar_start(loop.start)
    copies = [
        replace(n, tick=n.tick - origin + again * length)
        for again in range(-(-(first + 1) * bars // loop.bars))
        for n in loop.notes
    ]
    steps = bars * STEPS_PER_BAR
    classes = encode_line(copies, first * bars * TICKS_PER_BAR, steps)
    return classes, np.ones(steps, np.int64), index


# --- loop and respond -------------------------------------------------------------------


def capture_loop(state: State, bar: int) -> State:
    """In loop mode: close the loop once the phrase is as long as a loop.

    The bar after it is asked for before its last notes are played, so the loop is taken
    again until that bar begins.
    """
    length = state.setup.loop_bars
    first = state.phrase.first_tick
    if state.next_mode is not Mode.LOOP or first is None:
        return state
    if state.loop is not None and bar != state.loop.start + length:
        return state
    if bar < bar_of(first + TICKS_PER_STEP // 2) + length:
        return state
    loop = Loop(bar - length, length, phrase_notes(state, bar - length, bar))
    return state.but(loop=loop, message=f"looping {length} bars")


def phrase_notes(state: State, first: int, after: int) -> tuple[Note, ...]:
    """The player's notes that start in bars [first, after), cut at the last bar line."""
    start, end = bar_start(first), bar_start(after)
    return tuple(
        replace(n, tick=max(n.tick, start), length=max(1, min(n.end, end) - max(n.tick, start)))
        for n in state.phrase.notes(end)
        if start - TICKS_PER_STEP // 2 <= n.tick < end
    )


def is_answer(state: State, bar: int) -> bool:
    """In respond mode bars go by turns: ``respond_bars`` of call, as many of answer."""
    return bar >= 0 and (bar // state.setup.respond_bars) % 2 == 1


def _call(state: State, bar: int) -> Loop:
    length = state.setup.respond_bars
    start = (bar // length - 1) * length
    return Loop(start, length, phrase_notes(state, start, start + length))


def loop_notes(state: State, bar: int) -> list[Note]:
    """What the loop's melody plays in ``bar``."""
    loop = state.loop
    if loop is None or bar < loop.start + loop.bars:
        return []
    source = loop.start + (bar - loop.start) % loop.bars
    by = bar_start(bar - source)
    return [replace(n, tick=n.tick + by) for n in loop.notes if bar_of(n.tick) == source]

"""The window of bars that a request gives to the model. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bridge.listening.live_chord import ListenMode
from bridge.model.contract import CHORDS_PER_BAR
from bridge.music.chord_features import BARS_BEFORE
from bridge.music.chords import held_chord, transpose_class
from bridge.music.grid import Grid
from bridge.music.repetition import RepetitionMemory
from bridge.music.tokens import NOTE_OFF, shift_classes
from bridge.session.bars.chord_chart import fixed_classes
from bridge.session.bars.heard_bass import chord_at
from bridge.session.bars.loop import call_of, is_answer, loop_window
from bridge.session.messages.commands import Mode
from bridge.session.state.session_state import State


@dataclass(frozen=True, slots=True)
class Window:
    """The melody for a request in the played key: ``classes`` [T], ``heard`` flags [T] (1: heard),
    and the ``index`` of the requested bar. ``answer``: the melody of the result is played."""

    classes: np.ndarray
    heard: np.ndarray
    index: int
    answer: bool = False


def window_of(state: State, at: float, bar: int) -> Window:
    """The window for ``bar`` at time ``at`` (seconds): of the loop, the call, or the last bars."""
    bars, loop, mode = state.facts.spec.bars, state.heard.loop, state.band.next_mode
    turns, phrase, grid = state.setup.respond_bars, state.heard.phrase, state.clock.grid
    if mode is Mode.LOOP and loop is not None and bar >= loop.start:
        return Window(*loop_window(loop, grid, bar, bars))
    if mode is Mode.RESPOND and is_answer(bar, turns):
        call = call_of(phrase, grid, bar, turns)
        if grid.metre_of(call.start) == grid.metre_of(bar):
            return Window(*loop_window(call, grid, bar, bars), answer=True)
    metre = grid.metre_of(bar)
    start = grid.bar_start(bar) - metre.bar_start(bars - 1)
    classes = phrase.classes(start, bars * metre.steps, state.setup.split, metre)
    until = state.clock.line.tick_at(at)
    heard = heard_flags(phrase.first_tick, until, start, len(classes), grid, bar)
    if not (classes > NOTE_OFF).any():
        heard[:] = 0  # silence is not a melody
    return Window(np.where(heard > 0, classes, 0), heard, bars - 1)


def heard_flags(
    first: int | None, until: int, start: int, steps: int, grid: Grid, bar: int
) -> np.ndarray:
    """1 for each of the ``steps`` from tick ``start`` that has been heard: since the bar of the
    ``first`` note's tick (silence before it is not a melody), in the metre of ``bar``, and before
    tick ``until``."""
    if first is None:
        return np.zeros(steps, np.int64)
    ticks = start + np.arange(steps) * grid.metre_of(bar).ticks_per_step
    since = grid.bar_start(max(grid.bar_of(first), grid.changed_before(bar)))
    return ((ticks >= since) & (ticks < until)).astype(np.int64)


def remember_melody(
    memory: RepetitionMemory, bar: int, classes: np.ndarray, grid: Grid
) -> RepetitionMemory:
    """The memory with the melody of the bar before ``bar``, which is the last but one of the window
    ``classes`` [T]; a bar of another metre is not remembered."""
    steps = grid.metre_of(bar).steps
    heard = classes[-2 * steps : -steps]
    return (
        memory.with_melody(bar - 1, heard.tolist())
        if bar > max(0, grid.changed_before(bar))
        else memory
    )


def heard_before(state: State, first: int, shift: int) -> tuple[int, ...]:
    """The melody before the window's bar ``first``, in the common key, for the chord reader:
    classes of the bars that are known without a gap, at most ``BARS_BEFORE``."""
    follows = state.band.next_mode is Mode.FOLLOW
    known = state.heard.memory.melody if follows else {}
    bar = first
    while bar - 1 in known and first - bar < BARS_BEFORE:
        bar -= 1
    lines = [shift_classes(np.asarray(known[b]), shift) for b in range(bar, first)]
    return tuple(np.concatenate(lines).tolist()) if lines else ()


def expected_chords(state: State, bar: int, index: int, shift: int) -> tuple[int, ...]:
    """The window's chord classes for the request, two a bar, in the common key; -1: unknown; empty
    if none is known. For the requested bar the chord that the player holds below the split comes
    first, then the chart, then the chords remembered for it; for the bars before, those heard."""
    given = fixed_classes(state.chords, bar - index, state.facts.spec.bars)
    for half, cls in heard_halves(state, bar - index, index):
        given[half] = cls
    own_bar = slice(CHORDS_PER_BAR * index, CHORDS_PER_BAR * (index + 1))
    held = held_chord(state.heard.phrase.chord_held(state.setup.split))
    stays = state.ears.chord if state.ears.mode is ListenMode.LEFT and not state.chords else None
    if stays is not None:
        given[own_bar] = [stays.cls] * CHORDS_PER_BAR
    elif held:
        given[own_bar] = [held] * CHORDS_PER_BAR
    elif state.band.next_mode is Mode.FOLLOW and not state.chords:
        given[own_bar] = state.heard.memory.expected(bar) or given[own_bar]
    if max(given) < 0:
        return ()
    return tuple(cls if cls < 0 else transpose_class(cls, shift) for cls in given)


def heard_halves(state: State, first: int, bars: int) -> Iterator[tuple[int, int]]:
    """The half bars of the ``bars`` bars from ``first`` on in which a chord was heard, since the
    metre of the bar after them began: their index, its class."""
    if state.chords or state.band.next_mode is not Mode.FOLLOW:
        return
    grid = state.clock.grid
    since = max(first, grid.changed_before(first + bars))
    for half in range(CHORDS_PER_BAR * (since - first), CHORDS_PER_BAR * bars):
        tick = grid.half_start(CHORDS_PER_BAR * first + half) + grid.metre_of(since).ticks_per_step
        chord = chord_at(state.ears, state.plan.bars, grid, tick)
        if chord is not None:
            yield half, chord.cls

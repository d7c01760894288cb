"""The harmony of a whole piece, from all its pitched notes. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from bridge.listening.chord_features import beat_features, in_beats, places
from bridge.listening.chord_reader import read_features
from bridge.listening.chord_symbol import ChordSymbol
from bridge.listening.lines import has_harmony
from bridge.music.grid import Grid
from bridge.music.notes import Note


@dataclass(frozen=True)
class Harmony:
    """The chords that are heard from tick ``origin`` on, where bar 0 of ``grid`` begins: one a
    beat, None where only a single line sounds (or nothing yet), so that a reader of melodies is
    better."""

    grid: Grid
    origin: int
    beats: tuple[ChordSymbol | None, ...]

    def at(self, tick: int) -> ChordSymbol | None:
        """The chord at a tick; None outside the piece."""
        beat = self.grid.beat_of(tick - self.origin)
        return self.beats[beat] if 0 <= beat < len(self.beats) else None

    @property
    def halves(self) -> tuple[ChordSymbol | None, ...]:
        """The chords of the half bars, two a bar: of their first beats."""
        return tuple(self.beats[beat] for beat in half_beats(self.grid, len(self.beats)))


def half_beats(grid: Grid, count: int) -> list[int]:
    """Of ``count`` beats from bar 0 on, those at which half bars begin, two a bar. In a bar that is
    cut short the second half is its last beat."""
    found: list[int] = []
    for bar in range(grid.bar_of(grid.beat_start(count) - 1) + 1 if count else 0):
        second = grid.beat_of(grid.half_start(2 * bar + 1))
        found += (grid.beat_of(grid.bar_start(bar)), min(second, bar_beats(grid, bar).stop - 1))
    return found


def bar_beats(grid: Grid, bar: int) -> range:
    """The numbers of the beats of a bar."""
    return range(grid.beat_of(grid.bar_start(bar)), grid.beat_of(grid.bar_start(bar + 1)))


def hear(notes: Sequence[Note], grid: Grid, origin: int, bars: int) -> Harmony:
    """The harmony of ``bars`` bars of ``grid`` from tick ``origin`` on. All are in one metre; bars
    may be cut short."""
    metre, count = grid.metre, grid.beat_of(grid.bar_start(bars))
    starts = [max(0, span.beat) for span in grid.spans if span.beat < max(1, count)]
    parts = [(origin + grid.beat_start(a), b - a) for a, b in pairwise((*starts, count))]
    played = [in_beats(notes, metre, tick) for tick, _ in parts]
    lengths = [length for _, length in parts]
    features = np.concatenate(
        [beat_features(part, 0, length) for part, length in zip(played, lengths, strict=True)]
    )
    where = np.concatenate([places(metre, 0, length) for length in lengths])
    chords = read_features(features, where)
    known = [k for part, n in zip(played, lengths, strict=True) for k in has_harmony(part, n)]
    beats = tuple(c if k else None for c, k in zip(chords, known, strict=True))
    return Harmony(grid, origin, beats)

"""A master's clock as a grid, and the distance of notes from it. Pure."""

from __future__ import annotations

import statistics
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, NamedTuple

from bridge.midi.messages import CLOCK, CONTINUE, SONG_POSITION, START, STOP
from bridge.music.grid import CLOCKS_PER_BEAT

CLOCKS_PER_STEP: Final = CLOCKS_PER_BEAT // 4
CLOCKS_PER_BAR: Final = 4 * CLOCKS_PER_BEAT
FIT_CLOCKS: Final = 12
"""Clocks before and after a note that its place on the grid is computed from."""
USUAL_CLOCKS: Final = 12
"""Clocks by whose intervals a missing one is known."""
MISSING, MOST_MISSED = 1.6, 8.0
"""Intervals, of the usual one, between which clocks were missed; a longer one is the master's."""
WRONG_CLOCKS: Final = CLOCKS_PER_STEP // 2
"""Clocks beside the master's place at which a place of ours is wrong."""


class WireMessage(NamedTuple):
    """A message as it was heard: its time (seconds) and its bytes."""

    at: float
    data: bytes


@dataclass
class Stretch:
    """Clocks without a jump: the first is clock number ``position`` of the song."""

    position: int
    times: list[float] = field(default_factory=list)
    missed: int = 0

    def add(self, at: float) -> None:
        """The next clock. A listener in Python misses a cycle of JACK's now and then: clocks that
        are missing by the time since the last one are made up, and counted in ``missed``."""
        recent = [b - a for a, b in pairwise(self.times[-USUAL_CLOCKS:])]
        if len(recent) >= USUAL_CLOCKS // 2:
            gap = (at - self.times[-1]) / statistics.median(recent)
            lost = round(gap) - 1 if MISSING < gap < MOST_MISSED else 0
            last = self.times[-1]
            self.times += [last + (at - last) * k / (lost + 1) for k in range(1, lost + 1)]
            self.missed += lost
        self.times.append(at)

    def clock_at(self, at: float) -> float | None:
        """The clock of the song at a time, by the line through the clocks around it; None outside
        the stretch."""
        if len(self.times) <= FIT_CLOCKS or not self.times[0] - 0.01 <= at <= self.times[-1]:
            return None
        index = bisect_left(self.times, at)
        first = max(0, min(index - FIT_CLOCKS, len(self.times) - 2 * FIT_CLOCKS))
        near = self.times[first : first + 2 * FIT_CLOCKS]
        fit = statistics.linear_regression(near, range(first, first + len(near)))
        return self.position + fit.slope * at + fit.intercept

    @property
    def whole_bars(self) -> list[tuple[float, float]]:
        """The beginning and the end of each whole bar of four beats."""
        skipped = -self.position % CLOCKS_PER_BAR
        starts = range(skipped, len(self.times) - CLOCKS_PER_BAR, CLOCKS_PER_BAR)
        return [(self.times[k], self.times[k + CLOCKS_PER_BAR]) for k in starts]

    @property
    def period(self) -> float:
        """Seconds between two clocks, in the middle."""
        return (self.times[-1] - self.times[0]) / max(1, len(self.times) - 1)


def stretches(
    messages: Iterable[WireMessage],
    clocks_per_unit: int = 6,
    gaps: Sequence[tuple[float, float]] = (),
) -> list[Stretch]:
    """The stretches in which a master's music runs. ``clocks_per_unit`` are the clocks of one unit
    of its Song Position. In ``gaps`` nothing was heard: a stretch that may have begun in one is
    left out, for its first clock is not known."""
    found: list[Stretch] = []
    position, runs, said = 0, False, 0.0
    here: Stretch | None = None
    for message in messages:
        status = message.data[0]
        if status == CLOCK and runs:
            if here is None:
                here = Stretch(position)
                if not any(a < message.at and b > said for a, b in gaps):
                    found.append(here)
            before = len(here.times)
            here.add(message.at)
            position += len(here.times) - before
        elif status == START:
            position, runs, here, said = 0, True, None, message.at
        elif status == CONTINUE:
            runs, here, said = True, None, message.at
        elif status == STOP:
            runs = False
        elif status == SONG_POSITION and len(message.data) == 3:
            position = (message.data[1] | message.data[2] << 7) * clocks_per_unit
            here, said = None, message.at
    return found


@dataclass(frozen=True, slots=True)
class Lock:
    """The lock of a band on a master: ``errors`` of its notes from the 16ths of the grid, in
    seconds; of ``bars`` whole bars of the master ``lost`` had no note; of ``places`` places that
    the band took, ``wrong`` were not the master's."""

    errors: tuple[float, ...]
    bars: int
    lost: int
    places: int = 0
    wrong: int = 0

    def figures(self) -> dict[str, float | int]:
        """The median error, 99 % and worst of its size in ms; bars and places."""
        sizes = sorted(map(abs, self.errors)) or [0.0]
        return {
            "notes": len(self.errors),
            "median_ms": round(1000 * statistics.median(self.errors or [0.0]), 3),
            "p99_ms": round(1000 * sizes[len(sizes) * 99 // 100], 3),
            "worst_ms": round(1000 * sizes[-1], 3),
            "bars": self.bars,
            "lost_bars": self.lost,
            "places": self.places,
            "wrong_places": self.wrong,
        }


def lock_of(grid: Sequence[Stretch], notes: Sequence[float], ours: Sequence[Stretch] = ()) -> Lock:
    """The lock of notes (seconds) on a grid. ``ours`` are the stretches of our own clock."""
    errors: list[float] = []
    for at in notes:
        for stretch in grid:
            clock = stretch.clock_at(at)
            if clock is not None:
                near = CLOCKS_PER_STEP * round(clock / CLOCKS_PER_STEP)
                errors.append((clock - near) * stretch.period)
                break
    bars = [bar for stretch in grid for bar in stretch.whole_bars]
    lost = sum(not any(a - 0.02 <= at < b - 0.02 for at in notes) for a, b in bars)
    return Lock(tuple(errors), len(bars), lost, *_places(grid, ours))


def _places(grid: Sequence[Stretch], ours: Sequence[Stretch]) -> tuple[int, int]:
    """The places that our clock took while the master ran, and the wrong ones among them."""
    places = wrong = 0
    for stretch in ours:
        for at in stretch.times[FIT_CLOCKS : FIT_CLOCKS + 1]:
            theirs = next((c for s in grid if (c := s.clock_at(at)) is not None), None)
            if theirs is not None:
                places += 1
                wrong += abs(stretch.position + FIT_CLOCKS - theirs) > WRONG_CLOCKS
    return places, wrong

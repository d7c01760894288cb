"""Tunes that are variants of one another, found by the intervals of their melodies.

Variants have to stay in one split, or a test tune would have been heard in training.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise

LENGTH = 7
"""Intervals in a row that are compared."""
SHARE = 0.3
FEWEST = 6
"""A variant shares this part, and at least this number, of the shorter tune's runs."""


def runs(pitches: Sequence[int]) -> frozenset[tuple[int, ...]]:
    """All runs of :data:`LENGTH` intervals of a melody; the same in every key and rhythm."""
    steps = [b - a for a, b in pairwise(pitches)]
    return frozenset(
        tuple(steps[at : at + LENGTH])
        for at in range(len(steps) - LENGTH + 1)
        if len(set(steps[at : at + LENGTH])) > 2
    )


class KnownTunes:
    """Tunes by their runs of intervals; each keeps the number of its family of variants."""

    def __init__(self) -> None:
        self._by_run: dict[tuple[int, ...], set[int]] = defaultdict(set)
        self._size: list[int] = []
        self._family: list[int] = []

    def family(self, pitches: Sequence[int]) -> int:
        """Add a tune; the number of the first known tune that it is a variant of, or its own."""
        own = runs(pitches)
        number = len(self._size)
        shared = Counter(tune for run in own for tune in self._by_run.get(run, ()))
        found = number
        for tune, count in shared.most_common(3):
            if count >= FEWEST and count >= SHARE * min(len(own), self._size[tune]):
                found = self._family[tune]
                break
        self._size.append(len(own))
        self._family.append(found)
        for run in own:
            self._by_run[run].add(number)
        return found

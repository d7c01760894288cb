"""The feel of what is played: straight, swung by how much, or in triplets. Pure.

Found from where onsets lie within their beats. The off-beat 8th is at 1/2 of a straight beat and
at 2/3 of a fully swung one; triplets have notes at 1/3 and 2/3 and few at 1/4, 1/2 and 3/4.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from bridge.music.grid import TICKS_PER_BEAT

PLACES: Final = np.array([0.0, 1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4, 1.0])
"""Places in a beat that an onset is counted at, the nearest one."""
QUARTER, THIRD, HALF, TWO_THIRDS = 1, 2, 3, 4
LATE: Final = (0.42, 0.71)
"""Places between which an onset is an off-beat 8th, swung or not."""
ENOUGH: Final = 8
"""Off-beat onsets from which a feel is found."""
TRIPLE_SHARE: Final = 0.5
"""Of all off-beat onsets, the share on triplets from which the feel is triplets."""
SWUNG: Final = 0.4
"""Swing (0..1) from which the feel is swung."""
FULL: Final = 0.85
"""Swing (0..1) from which the off-beat 8ths lie on triplets."""
LEAST_SHARE: Final = 0.08
"""Of all off-beat onsets, the share of swung 8ths that a swung feel has at least."""


class FeelKind(StrEnum):
    """The kinds of feel; ``unknown`` while too little was played."""

    UNKNOWN = "unknown"
    STRAIGHT = "straight"
    SWUNG = "swung"
    TRIPLETS = "triplets"


class FoundFeel(NamedTuple):
    """A feel: its ``kind``, and the ``swing`` 0..1 of the off-beat 8ths (1: on the triplet)."""

    kind: FeelKind = FeelKind.UNKNOWN
    swing: float = 0.0

    @property
    def in_three(self) -> bool:
        """True if beats are in three: 8ths that are swung by less lie between."""
        return self.kind is FeelKind.TRIPLETS and self.swing >= FULL

    def __str__(self) -> str:
        """In a word or two: ``straight``, ``swing 62%``, ``triplets``; empty if unknown."""
        if self.kind is FeelKind.UNKNOWN:
            return ""
        return self.kind.value if self.in_three or not self.swing else f"swing {self.swing:.0%}"


def feel_of(onsets: Iterable[int], origin: int = 0) -> FoundFeel:
    """The feel of onsets (ticks) in beats of a quarter note, one of which begins at ``origin``.
    Notes struck together, at one tick, count once."""
    ticks = np.unique(np.fromiter(onsets, np.int64)) - origin
    within = (ticks % TICKS_PER_BEAT) / TICKS_PER_BEAT
    near = np.abs(within[:, None] - PLACES).argmin(axis=1)
    counts = np.bincount(near, minlength=len(PLACES))
    off = int(counts[1:-1].sum())
    if off < ENOUGH:
        return FoundFeel()
    swing = _swing(within)
    swung = counts[TWO_THIRDS] >= LEAST_SHARE * off and counts[TWO_THIRDS] > counts[HALF]
    if counts[THIRD] + counts[TWO_THIRDS] >= TRIPLE_SHARE * off:
        return FoundFeel(FeelKind.TRIPLETS, swing)
    if swung and swing >= SWUNG:
        return FoundFeel(FeelKind.SWUNG, swing)
    return FoundFeel(FeelKind.STRAIGHT, swing if swing >= SWUNG else 0.0)


def _swing(within: npt.NDArray[np.float64]) -> float:
    """The swing 0..1 by the median of the off-beat 8ths among places in a beat (0..1)."""
    late = within[(within >= LATE[0]) & (within <= LATE[1])]
    if not len(late):
        return 0.0
    return round(float(np.clip((np.median(late) - 1 / 2) * 6, 0.0, 1.0)), 3)

"""Shares of hits, and rank correlation, as the figures of ``bench ears`` have them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bridge.listening.chord_symbol import ChordSymbol


@dataclass
class ChordScore:
    """Counts of chords whose root, class (root and third) and bass note are right."""

    count: int = 0
    root: int = 0
    third: int = 0
    bass: int = 0

    def add(self, heard: ChordSymbol | None, true: ChordSymbol) -> None:
        """Count one chord."""
        self.count += 1
        if heard is not None:
            self.root += heard.root == true.root
            self.third += heard.cls == true.cls
            self.bass += heard.bass_note == true.bass_note

    def shares(self) -> dict[str, Any]:
        """The shares 0..1, and the number of chords."""
        of = max(1, self.count)
        return {
            "root": round(self.root / of, 4),
            "with_third": round(self.third / of, 4),
            "bass": round(self.bass / of, 4),
            "chords": self.count,
        }


@dataclass
class Share:
    """A share of hits."""

    right: float = 0.0
    count: float = 0.0

    def add(self, hit: bool | float, weight: float = 1.0) -> None:
        """Count one try."""
        self.right += float(hit) * weight
        self.count += weight

    @property
    def value(self) -> float:
        """The share 0..1."""
        return round(self.right / self.count, 4) if self.count else 0.0


def spearman(a: Sequence[float], b: Sequence[float]) -> float:
    """Rank correlation -1..1 of two series; 0 where one does not change."""
    first, second = _ranks(a), _ranks(b)
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    return round(float(np.corrcoef(first, second)[0, 1]), 4)


def _ranks(values: Sequence[float]) -> Any:
    """Ranks, equal ones the mean of theirs."""
    array = np.asarray(values, float)
    _, inverse, counts = np.unique(array, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return ((ends - counts + ends - 1) / 2)[inverse]

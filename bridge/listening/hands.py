"""The place on the keyboard where the left hand ends and the right begins. Pure.

The pitches of the last notes are parted where the variance between the two groups is largest
(Otsu 1979, "A threshold selection method from gray-level histograms").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

FADE: Final = 0.97
"""Weight that the notes so far keep with each new one."""
NEEDED: Final = 6.0
"""Weight of notes from which hands are told apart."""
APART: Final = 11.0
"""Semitones between the middles of the two hands, at least."""
SMALL: Final = 0.15
"""Share of the notes that each hand has, at least."""
LOWEST, HIGHEST = 43, 72
"""The split lies between these pitches."""


@dataclass(frozen=True)
class HandSplit:
    """The weights of the pitches played lately, and the split found in them: the lowest ``pitch``
    of the right hand (0: the hands are not apart)."""

    pitch: int = 0
    played: Mapping[int, float] = field(default_factory=dict)

    def with_note(self, pitch: int) -> HandSplit:
        """The split after one more note."""
        played = {p: w * FADE for p, w in self.played.items() if w > 0.05}
        played[pitch] = played.get(pitch, 0.0) + 1.0
        return HandSplit(_found(played), played)


def _found(played: Mapping[int, float]) -> int:
    """The split of weighted pitches; 0 where they are one group."""
    weights = np.zeros(128)
    for pitch, weight in played.items():
        weights[pitch] = weight
    total = weights.sum()
    if total < NEEDED:
        return 0
    below = np.cumsum(weights)[:-1]
    moment = np.cumsum(weights * np.arange(128))
    above = total - below
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = moment[:-1] / below, (moment[-1] - moment[:-1]) / above
        apart = np.where((below > 0) & (above > 0), below * above * (high - low) ** 2, 0.0)
    top = int(apart[LOWEST - 1 : HIGHEST].argmax()) + LOWEST - 1
    if not below[top] or min(below[top], above[top]) < SMALL * total:
        return 0
    if high[top] - low[top] < APART:
        return 0
    above_it = [p for p in sorted(played) if p > top]
    gap_end = above_it[0] if above_it else top + 1
    return min(HIGHEST, (top + 1 + gap_end + 1) // 2)

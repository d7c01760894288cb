"""A point that moves in even steps: no jump within a step, and never past its goal. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bridge.latent.space import Floats


@dataclass(frozen=True, slots=True)
class Glide:
    """From ``source`` [W] to ``goal`` [W]; the first step is taken at slot ``start``. Slots
    (beats, or bars) are counted by the caller."""

    source: Floats
    goal: Floats
    start: int = 0

    @classmethod
    def resting(cls, at: Floats) -> Glide:
        """A point that is where it is to be."""
        return cls(at, at)

    def at(self, slot: int, steps: int) -> Floats:
        """The point [W] in ``slot`` of a way of ``steps`` (>= 1) even steps. A slot long
        before the start counts as after the end: the song was wound back meanwhile."""
        gone = slot - self.start + 1
        if gone < 0 or gone >= steps:
            return self.goal
        share = np.float32(gone / steps)
        return np.asarray(self.source + share * (self.goal - self.source), np.float32)

    def arrived(self, slot: int, steps: int) -> bool:
        """Whether the point rests from ``slot`` on."""
        return self.source is self.goal or not 0 <= slot - self.start + 1 < steps

    def to(self, goal: Floats, slot: int, steps: int) -> Glide:
        """To another goal, from wherever the point is in the slot before ``slot``."""
        return Glide(self.at(slot - 1, steps), goal, slot)

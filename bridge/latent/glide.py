"""A latent point that moves to its goal in even steps, without overshoot. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bridge.latent.space import Floats


@dataclass(frozen=True, slots=True)
class Glide:
    """A linear move from ``source`` [W] to ``goal`` [W] with its first step at slot ``start``.

    Slots (beats or bars) are counted by the caller.
    """

    source: Floats
    goal: Floats
    start: int = 0

    @classmethod
    def resting(cls, at: Floats) -> Glide:
        """A point that stays at ``at``."""
        return cls(at, at)

    def at(self, slot: int, steps: int) -> Floats:
        """The point [W] at ``slot`` of a move in ``steps`` (>= 1) even steps.

        More than one slot before the start it is at the goal: the song position went back.
        """
        taken = slot - self.start + 1
        if taken < 0 or taken >= steps:
            return self.goal
        share = np.float32(taken / steps)
        return np.asarray(self.source + share * (self.goal - self.source), np.float32)

    def arrived(self, slot: int, steps: int) -> bool:
        """True if the point is at its goal from ``slot`` on."""
        return self.source is self.goal or not 0 <= slot - self.start + 1 < steps

    def to(self, goal: Floats, slot: int, steps: int) -> Glide:
        """A move to another goal, from the point at the slot before ``slot``."""
        return Glide(self.at(slot - 1, steps), goal, slot)

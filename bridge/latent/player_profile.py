"""Where a player's music lies in the latent space: running mean and spread of codes. Pure.

Recent codes count more: after ``bars`` bars a code's weight has fallen to a third (1/e). What
has been learnt is a place to move within, and a middle to come back to.
"""

from __future__ import annotations

import msgspec
import numpy as np

from bridge.latent.space import Floats

DECAY_BARS = 48.0
"""About two minutes at usual tempi."""
MIN_BARS = 4.0
"""So many bars have to be heard before the spread is believed."""


class PlayerProfile(msgspec.Struct, frozen=True):
    """What was learnt: ``mean`` and ``square`` [Z] (weighted means of the codes and of their
    squares) and the ``weight`` of all codes so far (at most about ``DECAY_BARS``)."""

    mean: Floats
    square: Floats
    weight: float = 0.0

    @property
    def spread(self) -> Floats:
        """The deviation of each dimension [Z]; zeros until enough was heard."""
        if self.weight < MIN_BARS:
            return np.zeros_like(self.mean)
        return np.asarray(np.sqrt(np.maximum(0.0, self.square - self.mean**2)), np.float32)

    def with_code(self, code: Floats, bars: float = DECAY_BARS) -> PlayerProfile:
        """The habit after one more bar's code [Z]."""
        kept = self.weight * float(np.exp(-1.0 / bars))
        weight = kept + 1.0
        value = np.asarray(code, np.float32)
        return PlayerProfile(
            mean=((kept * self.mean + value) / weight).astype(np.float32),
            square=((kept * self.square + value**2) / weight).astype(np.float32),
            weight=weight,
        )


def empty_profile(width: int) -> PlayerProfile:
    """The habit of a player who has not played yet: the middle of the space."""
    return PlayerProfile(np.zeros(width, np.float32), np.zeros(width, np.float32))


def profile_code(habit: PlayerProfile, point: Floats) -> Floats:
    """The code [Z] at ``point`` (in deviations) of where the player's music lies."""
    return np.asarray(habit.mean + habit.spread * point, np.float32)

"""Profile of a player in the latent space: running mean and spread of their codes. Pure.

The weights decay exponentially: after ``bars`` bars a code's weight has fallen to 1/e. Walks use
the mean as their centre and the spread as their extent.
"""

from __future__ import annotations

import msgspec
import numpy as np

from bridge.latent.space import Floats

DECAY_BARS = 48.0
"""Decay constant in bars: about two minutes at usual tempi."""
MIN_BARS = 4.0
"""Weight in bars below which the spread counts as unknown."""


class PlayerProfile(msgspec.Struct, frozen=True):
    """Weighted means [Z] of the codes (``mean``) and of their squares (``square``), and the total
    ``weight`` (at most about :data:`DECAY_BARS`)."""

    mean: Floats
    square: Floats
    weight: float = 0.0

    @property
    def spread(self) -> Floats:
        """Standard deviation of each dimension [Z]; zeros before :data:`MIN_BARS`."""
        if self.weight < MIN_BARS:
            return np.zeros_like(self.mean)
        return np.asarray(np.sqrt(np.maximum(0.0, self.square - self.mean**2)), np.float32)

    def with_code(self, code: Floats, bars: float = DECAY_BARS) -> PlayerProfile:
        """The profile after one more bar's code [Z]."""
        kept = self.weight * float(np.exp(-1.0 / bars))
        weight = kept + 1.0
        value = np.asarray(code, np.float32)
        return PlayerProfile(
            mean=((kept * self.mean + value) / weight).astype(np.float32),
            square=((kept * self.square + value**2) / weight).astype(np.float32),
            weight=weight,
        )


def empty_profile(width: int) -> PlayerProfile:
    """The profile of a player who has not played yet: mean and spread 0."""
    return PlayerProfile(np.zeros(width, np.float32), np.zeros(width, np.float32))


def profile_code(profile: PlayerProfile, point: Floats) -> Floats:
    """The code [Z] at ``point`` [Z], in standard deviations from the profile's mean."""
    return np.asarray(profile.mean + profile.spread * point, np.float32)

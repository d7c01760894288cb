"""The energy of a player, 0..1, from touch, density, register and rests of the last beats. Pure.

Each feature is measured against the range that this player has used so far, so that a gentle
player's loud is loud. Per beat the level is smoothed; small changes move nothing (hysteresis).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from bridge.music.grid import Metre
from bridge.music.notes import Note

BEATS: Final = 4
"""Beats that the energy is measured over."""
SMOOTH: Final = 0.5
"""Share of a new beat in the level."""
STEP: Final = 0.04
"""Change of the level from which it moves."""
RELAX: Final = 0.01
"""Share by which a range narrows with each beat, so that it forgets."""
LIFT: Final = 0.2
"""Rise of the newest beats over the level that is a lift."""
_WEIGHTS: Final = (0.5, 0.35, 0.15)
"""Of velocity, density and register."""
_FIRST_RANGES: Final = ((40.0, 110.0), (0.5, 4.5), (55.0, 80.0))
_LEAST_SPANS: Final = (24.0, 1.5, 10.0)
_CHORD_NOTE: Final = 0.25
"""Weight in the density of each further note of a chord."""


@dataclass(frozen=True)
class Energy:
    """The ``level`` 0..1, the newest measurement ``now``, the ranges (low, high) of velocity,
    onsets a beat and pitch, and the ``beat`` it was measured before."""

    level: float = 0.5
    now: float = 0.5
    ranges: tuple[tuple[float, float], ...] = _FIRST_RANGES
    beat: int = -1

    @property
    def is_lift(self) -> bool:
        """True if the player rises well above the level."""
        return self.now - self.level > LIFT

    def at_beat(self, beat: int, end: int, notes: Sequence[Note], metre: Metre) -> Energy:
        """The energy after the notes before ``beat``, which begins at tick ``end``."""
        start = end - BEATS * metre.ticks_per_beat
        struck = [n for n in notes if start <= n.tick < end]
        if not struck:
            return self._moved(beat, 0.0, self.ranges)
        features = _features(struck, start, metre)
        ranges = tuple(
            _widened(span, value, least)
            for span, value, least in zip(self.ranges, features, _LEAST_SPANS, strict=True)
        )
        places = (
            min(1.0, max(0.0, (value - low) / (high - low)))
            for value, (low, high) in zip(features, ranges, strict=True)
        )
        raw = sum(weight * place for weight, place in zip(_WEIGHTS, places, strict=True))
        return self._moved(beat, raw, ranges)

    def _moved(self, beat: int, raw: float, ranges: tuple[tuple[float, float], ...]) -> Energy:
        aimed = self.level + SMOOTH * (raw - self.level)
        level = aimed if abs(aimed - self.level) >= STEP else self.level
        return Energy(level, raw, ranges, beat)

    def fresh(self) -> Energy:
        """A level in the middle; the player's ranges stay."""
        return replace(self, level=0.5, now=0.5, beat=-1)


def _features(notes: Sequence[Note], start: int, metre: Metre) -> tuple[float, float, float]:
    """Velocity (the newest beats count most), onsets a beat, mean pitch."""
    length = metre.ticks_per_beat
    weights = [1.0 + (n.tick - start) / length for n in notes]
    total = sum(weights)
    velocity = sum(w * n.velocity for w, n in zip(weights, notes, strict=True)) / total
    onsets: dict[int, int] = {}
    for note in notes:
        place = (note.tick - start) // (length // 8)
        onsets[place] = onsets.get(place, 0) + 1
    density = sum(
        (1.0 + _CHORD_NOTE * (count - 1)) * (1.0 + place / 8) for place, count in onsets.items()
    )
    mean = (BEATS + 2) / 2  # of the weights, were the onsets even
    pitch = sum(w * n.pitch for w, n in zip(weights, notes, strict=True)) / total
    return velocity, density / (BEATS * mean), pitch


def _widened(span: tuple[float, float], value: float, least: float) -> tuple[float, float]:
    """A range that holds a value, a little narrower than before elsewhere."""
    low, high = span
    narrow = RELAX * max(0.0, high - low - least)
    low, high = min(value, low + narrow / 2), max(value, high - narrow / 2)
    missing = max(0.0, least - (high - low)) / 2
    return low - missing, high + missing

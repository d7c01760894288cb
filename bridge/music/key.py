"""Keys: their names, key finding, and transposition to the common key and back.

The model works in one common key: C major or its relative A minor. Input is transposed to it by
:attr:`Key.shift` semitones and output back by :attr:`Key.back`. Keys are found by the profiles of
Krumhansl and Kessler (1982): the key whose profile correlates best with the weights of the twelve
pitch classes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

import numpy as np
import numpy.typing as npt

from bridge.errors import NameUnknown

Weights = Sequence[float] | npt.NDArray[np.floating]

MAJOR_PROFILE: Final = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
MINOR_PROFILE: Final = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
NOTE_NAMES: Final = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_LETTERS: Final = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_ACCIDENTALS: Final = {"#": 1, "♯": 1, "b": -1, "♭": -1}


class KeyMode(Enum):
    """Major or minor; the value is the pitch class of the common key's tonic (C or A)."""

    MAJOR = 0
    MINOR = 9


_MODE_NAMES: Final = {
    "": KeyMode.MAJOR,
    "major": KeyMode.MAJOR,
    "maj": KeyMode.MAJOR,
    "m": KeyMode.MINOR,
    "min": KeyMode.MINOR,
    "minor": KeyMode.MINOR,
}


def split_root(name: str) -> tuple[int, str] | None:
    """The pitch class (0..11) that a name begins with and the rest of it, or None.

    ``"F#dim"`` -> ``(6, "dim")``; ``"Bb"`` -> ``(10, "")``; ``"z"`` -> ``None``.
    """
    if not name or name[0] not in _LETTERS:
        return None
    pitch_class, at = _LETTERS[name[0]], 1
    while at < len(name) and name[at] in _ACCIDENTALS:
        pitch_class += _ACCIDENTALS[name[at]]
        at += 1
    return pitch_class % 12, name[at:]


@dataclass(frozen=True)
class Key:
    """A key: ``tonic`` as pitch class 0 (C) .. 11 (B), and its mode."""

    tonic: int
    mode: KeyMode = KeyMode.MAJOR

    def __post_init__(self) -> None:
        if not 0 <= self.tonic < 12:
            raise ValueError(f"tonic {self.tonic} is outside 0..11")

    @property
    def shift(self) -> int:
        """Semitones (-6..5) that move music in this key to C major or A minor."""
        return (self.mode.value - self.tonic + 6) % 12 - 6

    @property
    def back(self) -> int:
        """Semitones (-5..6) that move music from the common key back to this key."""
        return -self.shift

    @property
    def name(self) -> str:
        """Such as ``"C major"`` or ``"F# minor"``."""
        return f"{NOTE_NAMES[self.tonic]} {self.mode.name.lower()}"

    def __str__(self) -> str:
        return self.name

    @classmethod
    def parse(cls, text: str) -> Key:
        """Read ``"C major"``, ``"f# minor"``, ``"Bbm"``, ``"A"``; raises NameUnknown."""
        words = text.strip()
        parsed = split_root(words[:1].upper() + words[1:])
        mode = None
        if parsed is not None:
            rest = parsed[1].strip()
            mode = _MODE_NAMES.get(rest if rest == "m" else rest.lower())
        if parsed is None or mode is None:
            raise NameUnknown("key", text, [key.name for key in ALL_KEYS])
        return cls(parsed[0], mode)


ALL_KEYS: Final = tuple(Key(tonic, mode) for mode in KeyMode for tonic in range(12))


def _normalised_profiles() -> npt.NDArray[np.float64]:
    """[24, 12]: each key's profile in the order of ALL_KEYS, zero mean and unit length."""
    shapes = {KeyMode.MAJOR: MAJOR_PROFILE, KeyMode.MINOR: MINOR_PROFILE}
    rows = np.array([np.roll(shapes[key.mode], key.tonic) for key in ALL_KEYS])
    rows -= rows.mean(axis=1, keepdims=True)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows


_PROFILES: Final = _normalised_profiles()


def pitch_class_weights(notes: Iterable[tuple[int, float]]) -> npt.NDArray[np.float64]:
    """Twelve weights from ``(MIDI pitch, duration)`` pairs; any unit of duration."""
    weights = np.zeros(12)
    for pitch, duration in notes:
        weights[pitch % 12] += duration
    return weights


def key_scores(weights: Weights) -> npt.NDArray[np.float64]:
    """Correlation (-1..1) of twelve weights with each of :data:`ALL_KEYS`, [24].

    All zeros where the weights are all equal (or all zero), which determines no key.
    """
    centred = np.asarray(weights, dtype=np.float64)
    if centred.shape != (12,):
        raise ValueError(f"twelve weights are needed, not shape {centred.shape}")
    centred = centred - centred.mean()
    length = float(np.linalg.norm(centred))
    if not np.isfinite(length) or length < 1e-9:
        return np.zeros(len(ALL_KEYS))
    scores: npt.NDArray[np.float64] = _PROFILES @ (centred / length)
    return scores


def estimate_key(weights: Weights) -> Key:
    """The likeliest key of twelve pitch-class weights; C major where they are all equal."""
    return ALL_KEYS[int(np.argmax(key_scores(weights)))]


SHARPNESS = 20.0
"""Nats that a correlation of 1 with a key's profile counts as: the likelihoods of keys made of
chords are weighed alike."""


@dataclass(frozen=True)
class KeyTracker:
    """The key of live playing, with hysteresis against flicker.

    A new key must beat the current one by ``margin`` (difference of correlations) in
    ``patience`` consecutive updates; a lead of three margins is taken at once. A ``pinned`` key
    overrides everything until unpinned. ``sure`` is the share (0..1) that the current key has of
    the likelihood of all keys (None: nothing was heard yet).
    """

    current: Key | None = None
    pinned: Key | None = None
    margin: float = 0.1
    patience: int = 2
    rival: Key | None = None
    wins: int = 0
    sure: float | None = None

    @property
    def key(self) -> Key:
        """The current key: pinned, else tracked, else C major."""
        return self.pinned or self.current or ALL_KEYS[0]

    def pin(self, key: Key | None) -> KeyTracker:
        """Pin ``key`` regardless of the playing; None unpins."""
        return replace(self, pinned=key)

    def update(self, weights: Weights) -> KeyTracker:
        """The tracker after pitch-class weights (12, any unit) of recent playing."""
        return self.update_by(key_scores(weights))

    def update_by(self, scores: npt.NDArray[np.float64]) -> KeyTracker:
        """The tracker after scores [24] of :data:`ALL_KEYS`, on the scale of correlations; all
        zeros tell nothing."""
        if not scores.any():
            return replace(self, rival=None, wins=0)
        after = self._weighed(scores)
        odds = np.exp(SHARPNESS * (scores - scores.max()))
        sure = float(odds[ALL_KEYS.index(after.key_tracked)] / odds.sum())
        return replace(after, sure=round(sure, 2))

    @property
    def key_tracked(self) -> Key:
        """The key by what was played, whatever is pinned; C major before anything was."""
        return self.current or ALL_KEYS[0]

    def _weighed(self, scores: npt.NDArray[np.float64]) -> KeyTracker:
        """The tracker with its key weighed against the best of the scores."""
        best = ALL_KEYS[int(np.argmax(scores))]
        if best == self.current:
            return replace(self, rival=None, wins=0)
        if self.current is None:
            return replace(self, current=best, rival=None, wins=0)
        lead = float(scores.max() - scores[ALL_KEYS.index(self.current)])
        if lead < self.margin:
            return replace(self, rival=None, wins=0)
        wins = self.wins + 1 if best == self.rival else 1
        if wins >= self.patience or lead >= 3 * self.margin:
            return replace(self, current=best, rival=None, wins=0)
        return replace(self, rival=best, wins=wins)

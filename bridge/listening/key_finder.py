"""The key from chords and melody together. Pure.

The likelihood of the chords heard, of the first of them and of the melody's pitch classes in each
key, by shares counted on tunes that name their key (``tools/train/key_tables.py``). A melody of C
major over a D minor chord stays in C major: D minor is a usual chord there. Parallel and relative
keys differ in what they begin with and in how often the tonic's chord sounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from bridge.listening.beat_slots import Floats
from bridge.listening.chord_symbol import ChordSymbol
from bridge.music.key import ALL_KEYS, Key, KeyMode, Weights

CHORD_WEIGHT: Final = 0.4
"""Weight of each half bar's chord."""
FIRST_WEIGHT: Final = 0.5
"""Weight of the first chord."""
TONE_WEIGHT: Final = 0.5
"""Weight of each beat of melody."""
MINOR_COST: Final = 0.7
"""Cost of a minor key: they are rarer."""
MOST_BEATS: Final = 64.0
"""Beats of melody, and half bars of chords, that count at most, so that a key can change."""

_CHORDS: Final = (
    (0.393, 0.005, 0.024, 0.005, 0.021, 0.076, 0.004, 0.190, 0.011, 0.016, 0.010, 0.008,
     0.016, 0.002, 0.068, 0.004, 0.031, 0.008, 0.006, 0.007, 0.002, 0.081, 0.001, 0.012),
    (0.050, 0.012, 0.020, 0.079, 0.005, 0.029, 0.002, 0.101, 0.076, 0.003, 0.080, 0.010,
     0.309, 0.004, 0.041, 0.009, 0.005, 0.082, 0.003, 0.039, 0.007, 0.013, 0.013, 0.006),
)  # fmt: skip
"""Shares of chords in major and in minor: 12 major ones by their distance from the tonic, then
12 minor ones."""
_FIRST: Final = (
    (0.634, 0.003, 0.010, 0.003, 0.012, 0.036, 0.002, 0.088, 0.014, 0.015, 0.003, 0.003,
     0.017, 0.002, 0.026, 0.001, 0.018, 0.005, 0.004, 0.004, 0.001, 0.080, 0.001, 0.008),
    (0.043, 0.005, 0.021, 0.068, 0.002, 0.017, 0.002, 0.065, 0.071, 0.005, 0.033, 0.005,
     0.500, 0.008, 0.014, 0.008, 0.008, 0.058, 0.002, 0.036, 0.008, 0.008, 0.005, 0.011),
)  # fmt: skip
"""The same of the first chord."""
_TONES: Final = (
    (0.177, 0.007, 0.133, 0.012, 0.182, 0.075, 0.013, 0.197, 0.015, 0.109, 0.010, 0.069),
    (0.182, 0.010, 0.098, 0.127, 0.013, 0.114, 0.014, 0.226, 0.076, 0.022, 0.094, 0.023),
)
"""Shares of the melody's pitch classes by their distance from the tonic."""


def _rows(table: Sequence[Sequence[float]]) -> Floats:
    """[24, N]: the logarithms for each of ``ALL_KEYS``; chords and tones turned to its tonic."""
    logs = np.log(np.asarray(table))
    rows = []
    for key in ALL_KEYS:
        row = logs[int(key.mode is KeyMode.MINOR)].reshape(-1, 12)
        rows.append(np.roll(row, key.tonic, axis=1).reshape(-1))
    return np.array(rows)


_CHORD_ROWS, _FIRST_ROWS, _TONE_ROWS = _rows(_CHORDS), _rows(_FIRST), _rows(_TONES)
_PRIOR: Final = np.array([-MINOR_COST * (key.mode is KeyMode.MINOR) for key in ALL_KEYS], float)


def key_likelihoods(
    chords: Sequence[ChordSymbol | None], weights: Weights, *, opening: bool = True
) -> Floats:
    """Log likelihood [24] of each of ``ALL_KEYS``, from the chords of half bars and from twelve
    weights of the melody in beats. ``opening``: the first chord is that of the piece. All zeros
    where nothing was heard."""
    heard = [chord.cls - 1 for chord in chords if chord is not None]
    tones = np.asarray(weights, np.float64)
    beats = float(tones.sum())
    if not heard and not beats:
        return np.zeros(len(ALL_KEYS))
    found = _PRIOR.copy()
    if heard:
        share = min(1.0, MOST_BEATS / len(heard))
        found += CHORD_WEIGHT * share * _CHORD_ROWS[:, heard].sum(axis=1)
        found += FIRST_WEIGHT * float(opening) * _FIRST_ROWS[:, heard[0]]
    if beats:
        share = min(1.0, MOST_BEATS / beats)
        found += TONE_WEIGHT * share * (_TONE_ROWS @ tones)
    return np.asarray(found)


def find_key(
    chords: Sequence[ChordSymbol | None], weights: Weights, *, opening: bool = True
) -> Key:
    """The likeliest key; C major where nothing was heard."""
    return ALL_KEYS[int(key_likelihoods(chords, weights, opening=opening).argmax())]

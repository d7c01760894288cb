"""The key from chords and melody together. Pure.

The likelihood of the chords heard, of the first of them and of the melody's pitch classes in each
key, by shares counted on tunes that name their key (``tools/train/key_tables.py``). A melody of C
major over a D minor chord stays in C major: D minor is a usual chord there. Parallel and relative
keys differ in what they begin with and in how often the tonic's chord sounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Final

import numpy as np

from bridge.listening.chord_features import Floats
from bridge.listening.chord_symbol import ChordSymbol, Quality
from bridge.music.key import ALL_KEYS, Key, KeyMode, Weights


class ChordKind(IntEnum):
    """Chords that tell a key apart: the seventh of a dominant, the m7 of a second degree."""

    MAJOR = 0
    MINOR = 1
    DOMINANT = 2
    MAJOR_SEVENTH = 3
    MINOR_SEVENTH = 4
    DIMINISHED = 5


_KINDS: Final = {
    Quality.SEVENTH: ChordKind.DOMINANT,
    Quality.NINTH: ChordKind.DOMINANT,
    Quality.MAJOR_SEVENTH: ChordKind.MAJOR_SEVENTH,
    Quality.MINOR_SEVENTH: ChordKind.MINOR_SEVENTH,
    Quality.DIMINISHED: ChordKind.DIMINISHED,
    Quality.HALF_DIMINISHED: ChordKind.DIMINISHED,
}


def kind_of(chord: ChordSymbol) -> ChordKind:
    """The kind of a chord; of others, that of its triad."""
    triad = ChordKind.MINOR if chord.quality.is_minor else ChordKind.MAJOR
    return _KINDS.get(chord.quality, triad)


def is_minor(kind: ChordKind) -> bool:
    """True for kinds with a minor third."""
    return kind in (ChordKind.MINOR, ChordKind.MINOR_SEVENTH, ChordKind.DIMINISHED)


CHORD_WEIGHT: Final = 0.4
"""Weight of each half bar's chord."""
FIRST_WEIGHT: Final = 0.84
"""Weight of the first chord."""
TONE_WEIGHT: Final = 0.4
"""Weight of each beat of melody."""
MINOR_COST: Final = 2.0
"""Cost of a minor key: they are rarer."""
MOST_BEATS: Final = 64.0
"""Beats of melody, and half bars of chords, that count at most, so that a key can change."""

_CHORDS: Final = (
    (0.3704, 0.0015, 0.0065, 0.0040, 0.0120, 0.0654, 0.0008, 0.0892,
     0.0057, 0.0067, 0.0048, 0.0027, 0.0112, 0.0003, 0.0366, 0.0008,
     0.0195, 0.0054, 0.0012, 0.0034, 0.0004, 0.0603, 0.0004, 0.0022,
     0.0114, 0.0021, 0.0175, 0.0007, 0.0088, 0.0030, 0.0028, 0.0996,
     0.0049, 0.0090, 0.0034, 0.0048, 0.0111, 0.0014, 0.0003, 0.0002,
     0.0007, 0.0072, 0.0003, 0.0008, 0.0008, 0.0006, 0.0019, 0.0001,
     0.0014, 0.0001, 0.0250, 0.0005, 0.0081, 0.0009, 0.0010, 0.0018,
     0.0001, 0.0169, 0.0002, 0.0016, 0.0033, 0.0016, 0.0062, 0.0025,
     0.0030, 0.0015, 0.0040, 0.0015, 0.0014, 0.0042, 0.0005, 0.0081),
    (0.0306, 0.0080, 0.0069, 0.0691, 0.0029, 0.0152, 0.0005, 0.0492,
     0.0430, 0.0015, 0.0426, 0.0053, 0.2644, 0.0031, 0.0061, 0.0068,
     0.0020, 0.0552, 0.0015, 0.0242, 0.0022, 0.0035, 0.0053, 0.0015,
     0.0192, 0.0027, 0.0112, 0.0058, 0.0020, 0.0134, 0.0013, 0.0518,
     0.0142, 0.0010, 0.0367, 0.0037, 0.0003, 0.0017, 0.0018, 0.0043,
     0.0002, 0.0007, 0.0004, 0.0003, 0.0187, 0.0010, 0.0003, 0.0006,
     0.0374, 0.0003, 0.0019, 0.0007, 0.0006, 0.0228, 0.0003, 0.0090,
     0.0003, 0.0003, 0.0051, 0.0003, 0.0073, 0.0009, 0.0330, 0.0014,
     0.0021, 0.0044, 0.0013, 0.0059, 0.0046, 0.0091, 0.0029, 0.0042),
)  # fmt: skip
"""Shares of chords in major and in minor: for each kind of chord 12, by their distance from the
tonic."""
_FIRST: Final = (
    (0.634, 0.003, 0.010, 0.003, 0.012, 0.036, 0.002, 0.088, 0.014, 0.015, 0.003, 0.003,
     0.017, 0.002, 0.026, 0.001, 0.018, 0.005, 0.004, 0.004, 0.001, 0.080, 0.001, 0.008),
    (0.043, 0.005, 0.021, 0.068, 0.002, 0.017, 0.002, 0.065, 0.071, 0.005, 0.033, 0.005,
     0.500, 0.008, 0.014, 0.008, 0.008, 0.058, 0.002, 0.036, 0.008, 0.008, 0.005, 0.011),
)  # fmt: skip
"""The same of the first chord, as a class: 12 major ones, then 12 minor ones."""
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
    known = [chord for chord in chords if chord is not None]
    heard = [kind_of(chord) * 12 + chord.root for chord in known]
    tones = np.asarray(weights, np.float64)
    beats = float(tones.sum())
    if not heard and not beats:
        return np.zeros(len(ALL_KEYS))
    found = _PRIOR.copy()
    if heard:
        share = min(1.0, MOST_BEATS / len(heard))
        found += CHORD_WEIGHT * share * _CHORD_ROWS[:, heard].sum(axis=1)
        found += FIRST_WEIGHT * float(opening) * _FIRST_ROWS[:, known[0].cls - 1]
    if beats:
        share = min(1.0, MOST_BEATS / beats)
        found += TONE_WEIGHT * share * (_TONE_ROWS @ tones)
    return np.asarray(found)


def find_key(
    chords: Sequence[ChordSymbol | None], weights: Weights, *, opening: bool = True
) -> Key:
    """The likeliest key; C major where nothing was heard."""
    return ALL_KEYS[int(key_likelihoods(chords, weights, opening=opening).argmax())]

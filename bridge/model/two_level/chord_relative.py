"""A bass line relative to its chords, as the two-level model holds it.

Every note is moved as if its chord were on C, and the minor third of a minor chord changes places
with the major third. A root, a third or a fifth is then one class over every chord: a pattern is
the same pattern whatever it is played over, and moves to another chord without the network.
Both ways are exact within the classes' range (MIDI 21..108); what leaves it moves by octaves.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from bridge.music.tokens import MELODY_CLASSES

Ints = npt.NDArray[np.int64]
FIRST_NOTE: Final = 2
"""The class of the lowest note, A0."""
FIRST_MINOR: Final = 13
_THIRDS: Final = np.array([0, 1, 2, 4, 3, 5, 6, 7, 8, 9, 10, 11])
"""Interval from the root of a minor chord -> its interval as it is held, and back."""


def roots_of(chords: Ints) -> Ints:
    """Semitones -5..6 from C to the root of each chord class 0..24; 0 for no chord."""
    root = (np.asarray(chords) - 1) % 12
    return np.where(np.asarray(chords) > 0, (root + 5) % 12 - 5, 0)


def step_chords(halves: Ints, second: int, steps: int) -> Ints:
    """Chord classes of half bars [..., 2 * B] -> of steps [..., B * steps]; the second chord of a
    bar begins at step ``second``."""
    halves = np.asarray(halves)
    pairs = halves.reshape(*halves.shape[:-1], -1, 2)
    return np.repeat(pairs, (second, steps - second), axis=-1).reshape(*halves.shape[:-1], -1)


def to_relative(bass: Ints, chords: Ints) -> Ints:
    """Bass classes over chord classes of the same shape -> classes as over C."""
    moved = _exchanged(_shifted(bass, -roots_of(chords)), chords)
    return np.where(bass >= FIRST_NOTE, moved, bass)


def to_absolute(bass: Ints, chords: Ints) -> Ints:
    """The inverse of :func:`to_relative`."""
    moved = _shifted(_exchanged(bass, chords), roots_of(chords))
    return np.where(bass >= FIRST_NOTE, moved, bass)


def _shifted(bass: Ints, semitones: Ints) -> Ints:
    moved = bass + semitones
    moved = np.where(moved < FIRST_NOTE, moved + 12, moved)
    return np.where(moved >= MELODY_CLASSES, moved - 12, moved)


def _exchanged(bass: Ints, chords: Ints) -> Ints:
    """Minor and major third of C change places under minor chords. Class 2 is the note A0."""
    interval = (bass - FIRST_NOTE + 9) % 12
    change = _THIRDS[interval] - interval
    return np.where(chords >= FIRST_MINOR, bass + change, bass)

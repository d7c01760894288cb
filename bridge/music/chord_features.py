"""Input features of the chord reader: one row for each half bar of a melody. Pure.

Pitch classes and onsets of each step, as in work on melody harmonisation (Lim, Rhyu and Lee 2017,
"Chord generation from symbolic melody using BLSTM networks"), plus pitch heights (to tell leaps
from steps) and the share of the half bar that was heard.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from bridge.music.tokens import NOTE_OFF, sounding

HALF_BAR: Final = 8
"""Slots in a half bar, the unit of the chord reader."""
_CLASS_TO_PITCH: Final = 19
_HEIGHT_OF: Final = 67  # G4, about the middle of melodies
FEATURES: Final = HALF_BAR * (13 + 1 + 1) + 12 + 12 + 1 + 2
BARS_BEFORE = 12
"""Bars before the window that are passed to the chord reader. It was trained with up to 24 bars
in all; more context finds 1 % more roots and takes 1.5 times as long."""

Floats = npt.NDArray[np.float32]


def half_bars(classes: npt.ArrayLike, heard: npt.ArrayLike) -> Floats:
    """Melody classes [T] in the common key and heard flags [T] (1 or 0) -> [T / 8, FEATURES].

    T is a multiple of 16: bars of 16 slots. The sounding note of a step is the one that began at
    it or before. Steps that were not heard are all zeros, unlike a rest. Columns of a row, in
    order: the sounding pitch class of each step (12 and rest, one-hot), the duration and the
    number of onsets of each pitch class, onset and height of each step, the share of the half bar
    that was heard, and the half of its bar (one-hot).
    """
    line = np.asarray(classes, np.int64)
    known = np.asarray(heard, np.float32)
    line = np.where(known > 0, line, 0)
    held = sounding(line)
    note = held > NOTE_OFF
    onset = (line > NOTE_OFF).astype(np.float32)
    pitch = held + _CLASS_TO_PITCH
    kinds = np.eye(13, dtype=np.float32)[np.where(note, pitch % 12, 12)] * known[:, None]
    height = np.where(note, (pitch - _HEIGHT_OF) / 12, 0) * known
    count = len(line) // HALF_BAR
    steps = kinds.reshape(count, HALF_BAR, 13)
    struck = (kinds[:, :12] * onset[:, None]).reshape(count, HALF_BAR, 12)
    rows = [
        steps.reshape(count, -1),
        steps[..., :12].mean(1),
        struck.sum(1) / 4,
        onset.reshape(count, HALF_BAR),
        height.reshape(count, HALF_BAR),
        known.reshape(count, HALF_BAR).mean(1, keepdims=True),
        np.eye(2)[np.arange(count) % 2],
    ]
    return np.concatenate(rows, axis=1).astype(np.float32)

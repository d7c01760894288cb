"""What a chord reader looks at: a melody as one row of features a half bar. Pure.

Pitch classes and onsets a step, as in work on melody harmonisation (Lim, Rhyu and Lee 2017,
"Chord generation from symbolic melody using BLSTM networks"), with the heights that tell a
leap from a step, and how much of the half bar was heard.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from bridge.music.tokens import NOTE_OFF

HALF_BAR: Final = 8
"""Steps (16ths) of a half bar: the chord reader's unit."""
_CLASS_TO_PITCH: Final = 19
_HEIGHT_OF: Final = 67  # G4, about the middle of melodies
FEATURES: Final = HALF_BAR * (13 + 1 + 1) + 12 + 12 + 1 + 2
BARS_BEFORE = 12
"""So many bars before the window go to the chord reader, which learned with up to 24 in all:
more of them name a root in a hundred more and take half as long again."""

Floats = npt.NDArray[np.float32]


def half_bars(classes: npt.ArrayLike, heard: npt.ArrayLike) -> Floats:
    """Melody classes [T] in the common key and heard flags [T] (1 or 0) -> [T / 8, FEATURES].

    T is a multiple of 16. A step sounds with the note that began at it or before; what was
    not heard is nothing at all, which is not the same as a rest. A row holds, in this order:
    what sounds at each step (12 pitch classes and rest), how long and how often each pitch
    class sounds, onsets and heights a step, the share of the half bar that was heard, and
    which half of its bar it is.
    """
    line = np.asarray(classes, np.int64)
    known = np.asarray(heard, np.float32)
    line = np.where(known > 0, line, 0)
    began = np.maximum.accumulate(np.where(line > 0, np.arange(len(line)), -1))
    sounding = np.where(began >= 0, line[np.maximum(began, 0)], 0)
    note = sounding > NOTE_OFF
    onset = (line > NOTE_OFF).astype(np.float32)
    pitch = sounding + _CLASS_TO_PITCH
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

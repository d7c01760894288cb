"""Chords of a whole piece from all its notes, half a bar each."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from bridge.model.two_level.window_chords import SILENT, likeliest_path
from bridge.music.notes import Note

Classes = npt.NDArray[np.int64]
LEAST = 120
"""Ticks from which on a note counts as the lowest of a half bar."""


def half_bar_chords(notes: Iterable[Note], origin: int, edges: Classes) -> Classes:
    """Chord classes between ``edges`` (ticks from ``origin``, [H + 1]) from pitched notes."""
    weights = np.zeros((len(edges) - 1, 12))
    lowest = np.full(len(edges) - 1, SILENT)
    for note in notes:
        start, end = note.tick - origin, note.end - origin
        first = max(0, int(np.searchsorted(edges, start, "right")) - 1)
        for half in range(first, len(weights)):
            if edges[half] >= end:
                break
            shared = min(end, edges[half + 1]) - max(start, edges[half])
            if shared > 0:
                weights[half, note.pitch % 12] += shared
                if shared >= LEAST:
                    lowest[half] = min(lowest[half], note.pitch)
    return likeliest_path(weights, lowest)

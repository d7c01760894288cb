"""The number of lines that sound at once, in each beat. Pure."""

from __future__ import annotations

from typing import Final

import numpy as np

from bridge.listening.chord_features import LONGEST, Floats

AROUND: Final = 8
"""Beats before and after a beat that decide whether more than a line sounds."""
MORE_THAN_A_LINE: Final = 1.15
"""Notes that sound at once, on the mean, from which there is harmony to be read."""


def has_harmony(notes: Floats, count: int) -> list[bool]:
    """For each of ``count`` beats, True if more than a single line sounds around it. ``notes``
    [M, 3] are start and end in beats, and the pitch."""
    if not count:
        return []
    lines = lines_of(notes, count)
    sounds, window = (lines > 0).astype(float), np.ones(2 * AROUND + 1)
    total = np.convolve(lines, window)[AROUND : AROUND + count]
    heard = np.convolve(sounds, window)[AROUND : AROUND + count]
    return [bool(h and n / h >= MORE_THAN_A_LINE) for n, h in zip(total, heard, strict=True)]


def lines_of(notes: Floats, count: int) -> Floats:
    """[N]: the mean number of notes that sound at once in each beat, while any does. A note counts
    for :data:`LONGEST` beats at most."""
    if not len(notes):
        return np.zeros(count)
    start, end = notes[:, 0], np.minimum(notes[:, 1], notes[:, 0] + LONGEST)
    edges = np.unique(np.concatenate([start, end, np.arange(count + 1)]))
    changes = np.zeros(len(edges))
    np.add.at(changes, np.searchsorted(edges, start), 1)
    np.add.at(changes, np.searchsorted(edges, end), -1)
    sounding, lengths = np.cumsum(changes)[:-1], np.diff(edges)
    beat = np.floor(edges[:-1]).astype(int)
    inside = (beat >= 0) & (beat < count)
    total, covered = (
        np.bincount(beat[inside], weights[inside], count)
        for weights in (sounding * lengths, (sounding > 0) * lengths)
    )
    return np.divide(total, covered, out=np.zeros(count), where=covered > 0)

"""Chords of a whole piece from all its notes, half a bar each: templates and Viterbi's path."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from bridge.music.chords import CHORD_CLASSES
from bridge.music.notes import Note

Classes = npt.NDArray[np.int64]
BASS_BONUS = 0.25
CHANGE = 0.12
"""Cost of a change of chord, in units of a template's cosine."""


def half_bar_chords(notes: Iterable[Note], origin: int, edges: Classes) -> Classes:
    """Chord classes between ``edges`` (ticks from ``origin``, [H + 1]) from pitched notes."""
    weights = np.zeros((len(edges) - 1, 12))
    lowest = np.full(len(edges) - 1, 999)
    for note in notes:
        start, end = note.tick - origin, note.end - origin
        first = max(0, int(np.searchsorted(edges, start, "right")) - 1)
        for half in range(first, len(weights)):
            if edges[half] >= end:
                break
            shared = min(end, edges[half + 1]) - max(start, edges[half])
            if shared > 0:
                weights[half, note.pitch % 12] += shared
                if shared >= 120:
                    lowest[half] = min(lowest[half], note.pitch)
    return viterbi(weights, lowest)


def viterbi(weights: npt.NDArray[np.float64], lowest: Classes) -> Classes:
    """The best chord classes for pitch-class weights [H, 12] and lowest pitches [H] (999: none)."""
    templates = np.zeros((CHORD_CLASSES, 12))
    for root in range(12):
        for first, third in ((1, 4), (13, 3)):
            templates[first + root, [root, (root + third) % 12, (root + 7) % 12]] = 3**-0.5
    norm = np.linalg.norm(weights, axis=1, keepdims=True)
    score = weights / np.maximum(norm, 1e-9) @ templates.T
    roots = (np.arange(CHORD_CLASSES) - 1) % 12
    score += BASS_BONUS * ((roots == lowest[:, None] % 12) & (lowest[:, None] < 999))
    score[:, 0] = np.where(norm[:, 0] > 0, -1, 0)
    best = np.zeros_like(score)
    back = np.zeros(score.shape, np.int64)
    best[0] = score[0]
    for half in range(1, len(score)):
        jump = best[half - 1].max() - CHANGE
        stay = best[half - 1] >= jump
        back[half] = np.where(stay, np.arange(CHORD_CLASSES), best[half - 1].argmax())
        best[half] = score[half] + np.where(stay, best[half - 1], jump)
    path = np.zeros(len(score), np.int64)
    path[-1] = best[-1].argmax()
    for half in range(len(score) - 1, 0, -1):
        path[half - 1] = back[half, path[half]]
    return path

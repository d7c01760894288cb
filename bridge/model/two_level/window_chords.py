"""Chords of melody and bass, half a bar each: templates, and Viterbi's path through them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bridge.music.chords import CHORD_CLASSES
from bridge.music.grid import SLOTS_PER_BAR
from bridge.music.tokens import sounding

Classes = npt.NDArray[np.int64]
CLASS_TO_PITCH = 19
SILENT = 999
"""A lowest pitch where nothing sounds."""
BASS_BONUS = 0.25
CHANGE = 0.12
"""Cost of a change of chord, in units of a template's cosine."""


def chords_of_windows(melody: Classes, bass: Classes) -> Classes:
    """Chord classes of the half bars [N, H] of melody and bass classes [N, T] in slots: what a
    model whose bass is relative takes where nobody names the chords."""
    return np.stack([_chords(*lines) for lines in zip(melody, bass, strict=True)])


def _chords(melody: Classes, bass: Classes) -> Classes:
    half = SLOTS_PER_BAR // 2
    weights = np.zeros((len(melody) // half, 12))
    for line in (melody, bass):
        note = sounding(line)
        steps = np.flatnonzero(note >= 2)
        np.add.at(weights, (steps // half, (note[steps] + CLASS_TO_PITCH) % 12), 1.0)
    low = sounding(bass).reshape(-1, half)
    lowest = np.where(low >= 2, low + CLASS_TO_PITCH, SILENT).min(1)
    return likeliest_path(weights, lowest)


def likeliest_path(weights: npt.NDArray[np.float64], lowest: Classes) -> Classes:
    """The best chord classes for pitch-class weights [H, 12] and lowest pitches [H]
    (:data:`SILENT`: none)."""
    templates = np.zeros((CHORD_CLASSES, 12))
    for root in range(12):
        for first, third in ((1, 4), (13, 3)):
            templates[first + root, [root, (root + third) % 12, (root + 7) % 12]] = 3**-0.5
    norm = np.linalg.norm(weights, axis=1, keepdims=True)
    score = weights / np.maximum(norm, 1e-9) @ templates.T
    roots = (np.arange(CHORD_CLASSES) - 1) % 12
    score += BASS_BONUS * ((roots == lowest[:, None] % 12) & (lowest[:, None] < SILENT))
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

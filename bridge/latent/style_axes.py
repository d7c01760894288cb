"""Unnamed axes: principal components of a set of styles, and random directions. Pure."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from bridge.latent.space import Floats, generator

REACH = 2.0
"""Length of a style axis (knob value 1), in standard deviations of the presets along it."""
EPSILON = 1e-6
_CACHE_SIZE = 64


def style_axes(vectors: Floats) -> Floats:
    """Principal components [N, S] of styles [M, S], the greatest variance first, each with a
    length of :data:`REACH` standard deviations along it.

    N is at most S and M - 1, fewer where the styles span fewer dimensions. The largest
    component of each axis is positive.
    """
    styles = np.asarray(vectors, np.float64)
    if len(styles) < 2 or styles.shape[1] == 0:
        return np.zeros((0, styles.shape[1] if styles.ndim == 2 else 0), np.float32)
    _, lengths, rows = np.linalg.svd(styles - styles.mean(axis=0), full_matrices=False)
    deviations = lengths / np.sqrt(len(styles))
    kept = deviations > EPSILON * max(1.0, float(deviations[0]))
    rows, deviations = rows[kept], deviations[kept]
    signs = np.sign(rows[np.arange(len(rows)), np.abs(rows).argmax(axis=1)])
    return np.asarray(rows * (signs * deviations * REACH)[:, np.newaxis], np.float32)


@lru_cache(maxsize=_CACHE_SIZE)
def random_direction(seed: int, width: int, length: float) -> Floats:
    """A random direction [Z] of ``length`` by seed (>= 0)."""
    drawn = generator(seed).standard_normal(width)
    vector = np.asarray(drawn * (length / max(float(np.linalg.norm(drawn)), EPSILON)), np.float32)
    vector.setflags(write=False)
    return vector


def median_length(vectors: Floats) -> float:
    """Median length of directions [D, Z]; half a code's typical length, sqrt(Z) / 2, where there
    are none."""
    if len(vectors) == 0:
        return float(np.sqrt(vectors.shape[1])) / 2.0
    return float(np.median(np.linalg.norm(vectors, axis=1)))

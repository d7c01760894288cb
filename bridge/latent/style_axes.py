"""Axes that nobody named: of a set of styles, and at random by a seed. Pure."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from bridge.latent.space import Floats, generator

REACH = 2.0
"""A style axis at 1 lies so many deviations of the presets from the middle."""
EPSILON = 1e-6
_CACHE_SIZE = 64


def style_axes(vectors: Floats) -> Floats:
    """The axes [N, S] along which styles [M, S] differ, the longest first (their principal
    components), each as long as ``REACH`` deviations of the styles along it.

    N is at most S and M - 1; fewer where the styles lie in fewer dimensions. Signs are made
    so that an axis's largest component is positive.
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
    """A direction [Z] of a seed (>= 0), of ``length``: the same seed, the same direction."""
    drawn = generator(seed).standard_normal(width)
    vector = np.asarray(drawn * (length / max(float(np.linalg.norm(drawn)), EPSILON)), np.float32)
    vector.setflags(write=False)
    return vector


def median_length(vectors: Floats) -> float:
    """How long the directions [D, Z] are in the middle; half a code's usual length where
    there are none."""
    if len(vectors) == 0:
        return float(np.sqrt(vectors.shape[1])) / 2.0
    return float(np.median(np.linalg.norm(vectors, axis=1)))

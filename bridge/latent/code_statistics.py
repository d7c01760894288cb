"""Synthesise codes with the statistics of others; histograms. Pure, equal on every platform.

Sums are correctly rounded (``math.fsum``) or added row by row, and no matrix is decomposed:
results of linear algebra libraries differ in the last bits between machines.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from bridge.errors import ModelError, NameUnknown
from bridge.latent.space import Floats, checked, generator

BINS: Final = 16
_SQRT3: Final = math.sqrt(3.0)
Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Histogram:
    """``counts`` [Z, B] of a set of codes and the bin ``edges`` [B + 1], shared by all
    dimensions."""

    counts: npt.NDArray[np.int64]
    edges: Doubles


def histogram(codes: npt.ArrayLike, bins: int = BINS) -> Histogram:
    """Histogram of each dimension of codes [N, Z] over ``bins`` (>= 1) equal bins from the
    smallest to the greatest value of all (a range of 1 where they are equal)."""
    values = checked(codes).astype(np.float64)
    if bins < 1:
        raise ModelError(f"{bins} bins: choose 1 or more")
    low, high = float(values.min()), float(values.max())
    if high <= low:
        low, high = low - 0.5, low + 0.5
    edges = low + (high - low) * (np.arange(bins + 1) / bins)
    inside = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, bins - 1)
    rows = [np.bincount(column, minlength=bins) for column in inside.T]
    return Histogram(np.stack(rows).astype(np.int64), edges)


def moments(codes: Floats) -> tuple[Doubles, Doubles]:
    """Mean [Z] and population standard deviation [Z] of codes [N, Z], from correctly rounded
    sums."""
    columns = codes.T.astype(np.float64)
    count = codes.shape[0]
    mean = np.array([math.fsum(column.tolist()) / count for column in columns])
    squares = (columns - mean[:, None]) ** 2
    variance = np.array([math.fsum(column.tolist()) / count for column in squares])
    return mean, np.sqrt(variance)


def synthesise(codes: npt.ArrayLike, distribution: str, length: int, seed: int) -> Floats:
    """``length`` (>= 1) new codes with the statistics of ``codes`` [N, Z].

    ``normal`` and ``uniform`` keep each dimension's mean and deviation; ``correlated``, also
    normal, keeps the covariance too. NameUnknown for another distribution.
    """
    values = checked(codes)
    if distribution not in DISTRIBUTIONS:
        raise NameUnknown("distribution", distribution, DISTRIBUTIONS)
    if length < 1:
        raise ModelError(f"{length} codes: ask for 1 at least")
    drawn = DISTRIBUTIONS[distribution](values, length, generator(seed))
    return drawn.astype(np.float32)


def _normal(codes: Floats, length: int, random: np.random.Generator) -> Doubles:
    mean, deviation = moments(codes)
    drawn: Doubles = mean + deviation * random.standard_normal((length, len(mean)))
    return drawn


def _uniform(codes: Floats, length: int, random: np.random.Generator) -> Doubles:
    mean, deviation = moments(codes)
    drawn: Doubles = mean + deviation * _SQRT3 * (2.0 * random.random((length, len(mean))) - 1.0)
    return drawn


def _correlated(codes: Floats, length: int, random: np.random.Generator) -> Doubles:
    """Normally weighted sums of the codes' deviations from the mean, which have the codes'
    covariance."""
    mean, _ = moments(codes)
    weights = random.standard_normal((length, len(codes))) / math.sqrt(len(codes))
    drawn = np.zeros((length, len(mean)))
    for column, code in zip(weights.T, codes.astype(np.float64), strict=True):
        drawn += column[:, None] * (code - mean)
    return drawn + mean


DISTRIBUTIONS: Final[Mapping[str, Callable[[Floats, int, np.random.Generator], Doubles]]] = {
    "normal": _normal,
    "uniform": _uniform,
    "correlated": _correlated,
}

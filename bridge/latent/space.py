"""Codes as points: sampling the prior, interpolation, lengths, statistics of a set. Pure.

A code is a vector [Z] of a model's latent space and a set of codes is [N, Z], both float32.
The prior is a standard normal in each dimension, so a typical code's length is the square
root of Z. Errors are ModelErrors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bridge.errors import ModelError

Floats = npt.NDArray[np.float32]

PARALLEL = 1e-6
"""Sine of the angle below which two directions count as equal or opposite."""


@dataclass(frozen=True)
class Statistics:
    """Statistics of a set of codes: ``mean`` [Z], ``std`` [Z] (population, >= 0) and
    ``correlation`` [Z, Z].

    A constant dimension has the correlation 0 with others and 1 with itself.
    """

    mean: Floats
    std: Floats
    correlation: Floats


def generator(seed: int) -> np.random.Generator:
    """A PCG64 generator for ``seed`` (>= 0), with equal numbers on every platform."""
    if seed < 0:
        raise ModelError(f"seed {seed} is negative: choose 0 or more")
    return np.random.Generator(np.random.PCG64(seed))


def checked(codes: npt.ArrayLike, width: int | None = None) -> Floats:
    """Codes [N, Z], N >= 1, as float32. ModelError for another shape or width, no codes, or a
    value that is not finite."""
    try:
        values = np.asarray(codes, np.float32)
    except (TypeError, ValueError) as exc:
        raise ModelError("codes: not a table of numbers: give rows of equal width") from exc
    if values.ndim != 2 or values.size == 0:
        raise ModelError(f"codes: shape {values.shape} is not N rows of Z: give at least one code")
    if width is not None and values.shape[1] != width:
        raise ModelError(f"codes are {values.shape[1]} wide, the model's are {width}: "
                         "choose the model that made them")  # fmt: skip
    if not np.isfinite(values).all():
        row = int(np.argwhere(~np.isfinite(values))[0, 0])
        raise ModelError(f"codes: row {row + 1} holds a value that is not finite: make it again")
    return values


def sample(count: int, width: int, seed: int, *, temperature: float = 1.0) -> Floats:
    """Sample ``count`` codes [N, Z] from the prior; ``temperature`` (>= 0) scales its standard
    deviation."""
    if count < 1 or width < 1:
        raise ModelError(f"{count} codes of width {width}: ask for at least one of each")
    drawn = generator(seed).standard_normal((count, width)) * temperature
    return drawn.astype(np.float32)


def lerp(a: Floats, b: Floats, t: npt.ArrayLike) -> Floats:
    """Linear interpolation from ``a`` to ``b`` [Z]. ``t`` 0..1: a number -> [Z], [K] -> [K, Z]."""
    start, end, share = _pair(a, b, t)
    return ((1.0 - share) * start + share * end).astype(np.float32)


def slerp(a: Floats, b: Floats, t: npt.ArrayLike) -> Floats:
    """Spherical interpolation (Shoemake 1985): the direction turns evenly along the arc and the
    length changes linearly.

    The lengths stay likely under the prior, while a straight line passes near the origin. ``t``
    as in :func:`lerp`. Between opposite codes, which have no shortest arc, it passes a fixed
    perpendicular; from or to the origin it is linear.
    """
    start, end, share = _pair(a, b, t)
    long, short = float(np.linalg.norm(start)), float(np.linalg.norm(end))
    if long == 0.0 or short == 0.0:
        return lerp(a, b, t)
    u, v = start / long, end / short
    cosine = float(u @ v)
    across = v - cosine * u
    sine = float(np.linalg.norm(across))
    angle = float(np.arctan2(sine, cosine))
    if sine < PARALLEL:
        if cosine > 0 or len(u) == 1:
            return lerp(a, b, t)
        across, sine, angle = perpendicular(u).astype(np.float64), 1.0, np.pi
    turn = share * angle
    direction = np.cos(turn) * u + np.sin(turn) * across / sine
    return (((1.0 - share) * long + share * short) * direction).astype(np.float32)


def perpendicular(direction: npt.NDArray[np.floating]) -> Floats:
    """A unit vector [Z] orthogonal to ``direction`` (not zero, Z >= 2); deterministic."""
    unit = np.asarray(direction, np.float64)
    unit = unit / np.linalg.norm(unit)
    axis = np.zeros_like(unit)
    axis[int(np.argmin(np.abs(unit)))] = 1.0
    across = axis - (axis @ unit) * unit
    return (across / np.linalg.norm(across)).astype(np.float32)


def statistics(codes: npt.ArrayLike) -> Statistics:
    """Mean, deviation and correlation of codes [N, Z], N >= 1."""
    values = checked(codes).astype(np.float64)
    mean, std = values.mean(axis=0), values.std(axis=0)
    moving = std > 1e-12 * np.maximum(1.0, np.abs(mean))
    scaled = np.where(moving, (values - mean) / np.where(moving, std, 1.0), 0.0)
    correlation = np.clip(scaled.T @ scaled / len(values), -1.0, 1.0)
    np.fill_diagonal(correlation, 1.0)
    return Statistics(
        mean.astype(np.float32),
        np.where(moving, std, 0.0).astype(np.float32),
        correlation.astype(np.float32),
    )


def _pair(
    a: Floats, b: Floats, t: npt.ArrayLike
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    if np.ndim(a) != 1 or np.shape(a) != np.shape(b):
        raise ModelError(f"codes of shapes {np.shape(a)} and {np.shape(b)} cannot be mixed: "
                         "take both from one model")  # fmt: skip
    share = np.asarray(t, np.float64)
    return np.asarray(a, np.float64), np.asarray(b, np.float64), share[..., np.newaxis]

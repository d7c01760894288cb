"""Points of the latent space: drawing them, going between them, keeping them in. Pure.

A code is a float32 vector [Z]. The prior of a VAE is the standard normal, whose codes lie
close to a sphere of radius sqrt(Z): a straight line between two of them passes through
the middle, where no music was learned, so that paths are better bent (:func:`slerp`).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

PARALLEL = 1e-6
"""Below this sine of the angle two directions count as the same (or opposite)."""


def sample(seed: int, width: int, count: int | None = None, *, scale: float = 1.0) -> Floats:
    """Codes from the prior: [width], or [count, width]; ``scale`` is the standard deviation.

    PCG64 of ``seed`` (a non-negative int): the same seed gives the same codes.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    shape = width if count is None else (count, width)
    return np.asarray(scale * rng.standard_normal(shape, np.float32), np.float32)


def lerp(a: Floats, b: Floats, t: float) -> Floats:
    """The point on the straight line from ``a`` (t = 0) to ``b`` (t = 1), [..., Z]."""
    return np.asarray((1.0 - t) * np.asarray(a) + t * np.asarray(b), np.float32)


def slerp(a: Floats, b: Floats, t: float) -> Floats:
    """The point on the arc from ``a`` [Z] (t = 0) to ``b`` [Z] (t = 1), turning evenly.

    The length changes evenly too. Where there is no arc (a zero, the same or the opposite
    direction) it is the straight line. After Shoemake, "Animating rotation with quaternion
    curves" (1985).
    """
    length_a, length_b = float(np.linalg.norm(a)), float(np.linalg.norm(b))
    if not length_a or not length_b:
        return lerp(a, b, t)
    unit_a, unit_b = np.asarray(a, float) / length_a, np.asarray(b, float) / length_b
    angle = float(np.arccos(np.clip(unit_a @ unit_b, -1.0, 1.0)))
    if np.sin(angle) < PARALLEL:
        return lerp(a, b, t)
    turned = np.sin((1.0 - t) * angle) * unit_a + np.sin(t * angle) * unit_b
    length = (1.0 - t) * length_a + t * length_b
    return np.asarray(length * turned / np.sin(angle), np.float32)


def typical_radius(width: int) -> float:
    """How far from the middle the prior's codes of ``width`` dimensions lie."""
    return sqrt(width)


def clip_radius(z: Floats, radius: float) -> Floats:
    """Codes [..., Z] pulled back to at most ``radius`` from the middle, direction kept.

    ValueError for a negative radius.
    """
    if radius < 0:
        raise ValueError(f"radius {radius} is under 0")
    length = np.linalg.norm(z, axis=-1, keepdims=True)
    factor = np.minimum(1.0, radius / np.maximum(length, 1e-12))
    return np.asarray(z * factor, np.float32)


@dataclass(frozen=True)
class Statistics:
    """Of N codes: ``mean`` and ``spread`` (standard deviation) [Z], the mean ``radius``, and
    how many dimensions are ``active`` (their mean varies by more than a hundredth; Burda et
    al., "Importance weighted autoencoders", 2015)."""

    mean: Floats
    spread: Floats
    radius: float
    active: int


def statistics(codes: Floats) -> Statistics:
    """The statistics of codes [N, Z], N at least 1. ValueError for other shapes."""
    if codes.ndim != 2 or not len(codes):
        raise ValueError(f"codes [N, Z] are needed, not shape {codes.shape}")
    spread = codes.std(axis=0)
    return Statistics(
        mean=codes.mean(axis=0).astype(np.float32),
        spread=spread.astype(np.float32),
        radius=float(np.linalg.norm(codes, axis=1).mean()),
        active=int((spread**2 > 0.01).sum()),
    )

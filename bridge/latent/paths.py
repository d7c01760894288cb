"""Ways through the latent space: round trips, a wandering walk, an orbit. Pure.

Each gives codes [N, Z] to be played one after the other (a code a bar, say).
"""

from __future__ import annotations

from math import exp, sqrt

import numpy as np

from bridge.latent.space import Floats, slerp


def closed_path(anchors: Floats, count: int) -> Floats:
    """``count`` codes [count, Z] evenly along the arcs through ``anchors`` [A, Z] and back
    to the first, which is code 0. One anchor stays where it is.

    ValueError where there is no anchor or ``count`` is negative.
    """
    if anchors.ndim != 2 or not len(anchors):
        raise ValueError(f"anchors [A, Z] are needed, not shape {anchors.shape}")
    path = np.empty((count, anchors.shape[1]), np.float32)
    for index in range(count):
        place, rest = divmod(index * len(anchors), count)
        path[index] = slerp(anchors[place], anchors[(place + 1) % len(anchors)], rest / count)
    return path


def walk(start: Floats, count: int, *, seed: int, memory: float = 8.0) -> Floats:
    """A walk [count, Z] that wanders from ``start`` [Z] (code 0) through the prior.

    An Ornstein-Uhlenbeck process: what is left of a place fades to 1/e in ``memory`` steps
    while chance takes over, so that it never leaves the prior for long. After Uhlenbeck and
    Ornstein, "On the theory of the Brownian motion" (1930). The same seed gives the same
    walk, and a longer one begins as the shorter does. ValueError unless ``memory`` > 0.
    """
    if not memory > 0:
        raise ValueError(f"memory {memory} is not over 0")
    kept = exp(-1.0 / memory)
    rng = np.random.Generator(np.random.PCG64(seed))
    path = np.empty((count, len(start)), np.float32)
    place = np.asarray(start, np.float64)
    for index in range(count):
        path[index] = place
        place = kept * place + sqrt(1.0 - kept * kept) * rng.standard_normal(len(start))
    return path


def orbit(centre: Floats, radius: float, count: int, *, seed: int) -> Floats:
    """A circle [count, Z] of ``radius`` around ``centre`` [Z], in a plane drawn by ``seed``.

    Z must be at least 2 (ValueError).
    """
    width = len(centre)
    if width < 2:
        raise ValueError("an orbit needs at least two dimensions")
    rng = np.random.Generator(np.random.PCG64(seed))
    plane, _ = np.linalg.qr(rng.standard_normal((width, 2)))
    angle = 2.0 * np.pi * np.arange(count) / max(1, count)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1) @ plane.T
    return np.asarray(np.asarray(centre) + radius * circle, np.float32)

"""Paths through the latent space: closed paths and walks. Pure; reproducible by seed.

All return codes [K, Z], float32, one for each step; the caller chooses the duration of a step.
"""

from __future__ import annotations

import numpy as np

from bridge.errors import ModelError
from bridge.latent.space import Floats, checked, generator, lerp, perpendicular, slerp


def closed_path(anchors: Floats, steps: int, *, straight: bool = False) -> Floats:
    """A path through N anchors [N, Z] and back to the first, along arcs (or ``straight`` lines)
    of ``steps`` (>= 1) codes each: [N * steps, Z].

    Code ``i * steps`` is anchor i. The first anchor is not repeated at the end, so that the
    path loops. One anchor gives a constant path.
    """
    points = checked(anchors)
    if steps < 1:
        raise ModelError(f"{steps} steps from anchor to anchor: choose 1 or more")
    shares = np.arange(steps) / steps
    following = np.roll(points, -1, axis=0)
    between = lerp if straight else slerp
    return np.concatenate([between(a, b, shares) for a, b in zip(points, following, strict=True)])


def walk(
    start: Floats, steps: int, seed: int, *, restlessness: float = 0.1, home: Floats | None = None,
    spread: float = 1.0,
) -> Floats:  # fmt: skip
    """An Ornstein-Uhlenbeck process: a Brownian walk that reverts to the prior. ``steps`` >= 1
    codes after ``start`` [Z]: [K, Z].

    ``restlessness`` 0..1 is the share of a code that is new at each step: 0 stays, 1 draws each
    code independently. The stationary distribution is normal about ``home`` [Z] (default: the
    origin) with standard deviation ``spread`` (>= 0), for any restlessness above 0.
    """
    if steps < 1:
        raise ModelError(f"a walk of {steps} steps: choose 1 or more")
    if not 0.0 <= restlessness <= 1.0:
        raise ModelError(f"restlessness {restlessness} is outside 0..1")
    point = checked(np.asarray(start)[np.newaxis])[0].astype(np.float64)
    middle = np.zeros_like(point)
    if home is not None:
        middle = checked(np.asarray(home)[np.newaxis], len(point))[0].astype(np.float64)
    kept = 1.0 - restlessness
    noise = generator(seed).standard_normal((steps, len(point)))
    noise *= spread * np.sqrt(1.0 - kept * kept)
    codes = np.empty_like(noise)
    for step, push in enumerate(noise):
        point = middle + kept * (point - middle) + push
        codes[step] = point
    return codes.astype(np.float32)


def plane(width: int, seed: int) -> tuple[Floats, Floats]:
    """Two random orthogonal unit vectors [Z], Z >= 2, by seed."""
    drawn = generator(seed).standard_normal((2, width))
    first = drawn[0] / np.linalg.norm(drawn[0])
    across = drawn[1] - (drawn[1] @ first) * first
    length = float(np.linalg.norm(across))
    second = across / length if length > 1e-9 else perpendicular(first)
    return first.astype(np.float32), np.asarray(second, np.float32)

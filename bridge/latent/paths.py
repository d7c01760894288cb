"""Ways through the latent space: closed paths and walks. Pure; a seed gives them again.

All return codes [K, Z], float32, one a step; what a step lasts is up to the caller.
"""

from __future__ import annotations

import numpy as np

from bridge.errors import ModelError
from bridge.latent.space import Floats, checked, generator, lerp, perpendicular, slerp


def closed_path(anchors: Floats, steps: int, *, straight: bool = False) -> Floats:
    """Through N anchors [N, Z] and back to the first, on arcs (or ``straight`` lines) of
    ``steps`` (>= 1) codes each.

    Code ``i * steps`` is anchor i; the first is not repeated at the end, so that the path
    loops: [N * steps, Z]. One anchor stays where it is.
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
    """A Brownian walk held near the prior (an Ornstein-Uhlenbeck process), ``steps`` >= 1
    codes after ``start`` [Z]: [K, Z].

    ``restlessness`` 0..1 is how much of a code is new at each step: 0 stays, 1 draws each
    code afresh. In the long run the codes are normal about ``home`` [Z] (the origin) with
    deviation ``spread`` (>= 0), whatever the restlessness above 0.
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
    """Two unit vectors [Z] at right angles, Z >= 2, of a seed."""
    drawn = generator(seed).standard_normal((2, width))
    first = drawn[0] / np.linalg.norm(drawn[0])
    across = drawn[1] - (drawn[1] @ first) * first
    length = float(np.linalg.norm(across))
    second = across / length if length > 1e-9 else perpendicular(first)
    return first.astype(np.float32), np.asarray(second, np.float32)

"""Anchors: named settings of the latent controls, and interpolation between two. Pure.

An anchor holds control values rather than a code, so that knobs can go on from it and it can be
shown; it also keeps the code that was decoded when it was stored.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

MAX_NAME_LENGTH = 60


class Anchor(msgspec.Struct, frozen=True):
    """A named setting: ``values`` of the latent controls by name, in their own units, and the
    ``code`` [Z] decoded when it was stored (empty: none)."""

    name: str
    values: dict[str, float]
    code: tuple[float, ...] = ()


def tidy_name(text: str) -> str:
    """The name on one line, stripped, at most :data:`MAX_NAME_LENGTH` characters; may be
    empty."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:MAX_NAME_LENGTH]


def interpolated(a: Mapping[str, float], b: Mapping[str, float], share: float) -> dict[str, float]:
    """Linear interpolation from ``a`` (``share`` 0) to ``b`` (1). A control missing in one of
    them is 0 there."""
    names = dict.fromkeys((*a, *b))
    return {n: (1.0 - share) * a.get(n, 0.0) + share * b.get(n, 0.0) for n in names}

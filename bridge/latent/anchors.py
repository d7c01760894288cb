"""Anchors: places of the latent point with a name, and the way from one to another. Pure.

An anchor is where the knobs stand (the point, as the knobs make it), so that it can be turned
on from there, and shown; besides, the code that sounded there, if one did.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

MAX_NAME_LENGTH = 60


class Anchor(msgspec.Struct, frozen=True):
    """A place with a name. ``values`` of the point's controls by name, in their own units;
    ``code`` [Z] is what was decoded when it was kept, empty where nothing was."""

    name: str
    values: dict[str, float]
    code: tuple[float, ...] = ()


def tidy_name(text: str) -> str:
    """A name as it is kept: one line without blanks around it, not too long; may be empty."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:MAX_NAME_LENGTH]


def interpolated(a: Mapping[str, float], b: Mapping[str, float], share: float) -> dict[str, float]:
    """The place ``share`` (0..1) of the way from ``a`` to ``b``. A control that one of them
    does not name stands at 0 there."""
    names = dict.fromkeys((*a, *b))
    return {n: (1.0 - share) * a.get(n, 0.0) + share * b.get(n, 0.0) for n in names}

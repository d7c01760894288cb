"""What a session knows of its latent point, besides where the knobs stand. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import structs

from bridge.latent.anchors import Anchor
from bridge.latent.glide import Glide


class LastMove(msgspec.Struct, frozen=True):
    """Which of the point's controls was moved last, and when: moves of one gesture are undone
    at once."""

    target: str = ""
    at: float = -math.inf


class Point(msgspec.Struct, frozen=True):
    """The latent point besides its controls' values. ``glide`` is its way through
    [offset, style] (Z + S numbers), None before it was first moved; ``asked`` the beat it was
    last asked for on its way; ``before`` the values to undo to, the newest last; ``saved``
    the anchors by name, ``morph`` the two that ``morph`` leads between; ``code`` [Z] what was
    decoded last, ``trail`` where that was on the map."""

    glide: Glide | None = None
    asked: int = -1
    before: tuple[Mapping[str, float], ...] = ()
    touched: LastMove = LastMove()
    saved: Mapping[str, Anchor] = msgspec.field(default_factory=dict)
    morph: tuple[str, str] | None = None
    code: tuple[float, ...] = ()
    trail: tuple[tuple[float, float], ...] = ()

    def but(self, **changes: Any) -> Point:
        """This with some fields changed."""
        return structs.replace(self, **changes)

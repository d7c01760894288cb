"""The latent point: its glide, undo list, anchors and trail. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import structs

from bridge.latent.anchors import Anchor
from bridge.latent.glide import Glide


class LastMove(msgspec.Struct, frozen=True):
    """The control of the point that was moved last, and the time (seconds) of it; the moves of
    one gesture are undone together."""

    target: str = ""
    at: float = -math.inf


class Point(msgspec.Struct, frozen=True):
    """The latent point, apart from its controls' values.

    ``glide`` is its movement through [offset, style, knobs] (Z + S + K numbers), None before the
    first move; ``requested_beat`` the beat that was last requested during a glide. ``before``
    holds the values to undo to, the newest last. ``saved`` are the anchors by name, ``morph`` the
    two that the control ``morph`` mixes. ``code`` [Z] was decoded last; ``trail`` are the places
    of such codes on the map.
    """

    glide: Glide | None = None
    requested_beat: int = -1
    before: tuple[Mapping[str, float], ...] = ()
    touched: LastMove = LastMove()
    saved: Mapping[str, Anchor] = msgspec.field(default_factory=dict)
    morph: tuple[str, str] | None = None
    code: tuple[float, ...] = ()
    trail: tuple[tuple[float, float], ...] = ()

    def but(self, **changes: Any) -> Point:
        """This with some fields changed."""
        return structs.replace(self, **changes)

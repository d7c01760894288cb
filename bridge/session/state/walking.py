"""The walk through the latent space, and the profile learned from the player."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from bridge.latent.player_profile import PlayerProfile
from bridge.latent.walks import Walk, WalkState
from bridge.session.state.value import Value

Code = tuple[float, ...]


class Walking(Value, frozen=True):
    """The ``walk`` (None: none) and its ``place``.

    ``anchors`` [Z] were dropped by the player for walks that use anchors. ``profile`` was
    learned from the player up to ``profile_bar``; ``last_heard_code`` [Z] is the code of the
    music heard last. ``codes`` [Z] are those that bars were decoded from, by bar.
    """

    walk: Walk | None = None
    place: WalkState | None = None
    anchors: tuple[Code, ...] = ()
    profile: PlayerProfile | None = None
    profile_bar: int = -1
    last_heard_code: Code | None = None
    codes: Mapping[int, Code] = msgspec.field(default_factory=dict)

    def off(self) -> Walking:
        """The value without a walk."""
        return self.but(walk=None, place=None)

    def at_start(self, place: WalkState | None) -> Walking:
        """The walk at ``place``, its beginning, for a new take; the profile stays."""
        return self.but(place=place, profile_bar=-1)

    def with_anchor(self, code: Code, kept: int) -> Walking:
        """The value with one more dropped anchor, the newest last; at most ``kept``."""
        return self.but(anchors=(*self.anchors, code)[-kept:])

    def with_code(self, bar: int, code: Code, oldest: int) -> Walking:
        """The value with the code of ``bar``; those of bars before ``oldest`` are dropped."""
        codes = {b: c for b, c in self.codes.items() if b >= oldest}
        return self.but(codes={**codes, bar: code})

"""How the band moves through the latent space by itself, and what was learnt of the player."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from bridge.latent.player_profile import PlayerProfile
from bridge.latent.walks import Walk, WalkState
from bridge.session.state.value import Value

Code = tuple[float, ...]


class Walking(Value, frozen=True):
    """The walk and where it is; codes [Z] of the bars that were made.

    ``walk`` is None while there is none; ``place`` is where it stands. ``anchors`` were dropped
    by the player for walks that go by anchors. ``profile`` is what was learnt of the player up
    to ``profile_bar``, ``last_heard_code`` the code of what was heard last. ``codes`` are those
    that bars were made of.
    """

    walk: Walk | None = None
    place: WalkState | None = None
    anchors: tuple[Code, ...] = ()
    profile: PlayerProfile | None = None
    profile_bar: int = -1
    last_heard_code: Code | None = None
    codes: Mapping[int, Code] = msgspec.field(default_factory=dict)

    def off(self) -> Walking:
        """No walk."""
        return self.but(walk=None, place=None)

    def at_start(self, place: WalkState | None) -> Walking:
        """A new take: the walk begins at ``place`` again; the profile stays."""
        return self.but(place=place, profile_bar=-1)

    def with_anchor(self, code: Code, kept: int) -> Walking:
        """One more anchor, the newest last; at most ``kept``."""
        return self.but(anchors=(*self.anchors, code)[-kept:])

    def with_code(self, bar: int, code: Code, oldest: int) -> Walking:
        """The code that ``bar`` was made of; codes of bars before ``oldest`` are dropped."""
        codes = {b: c for b, c in self.codes.items() if b >= oldest}
        return self.but(codes={**codes, bar: code})

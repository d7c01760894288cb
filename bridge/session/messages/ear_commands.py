"""Commands about what the band hears: chords, tempo, other tracks."""

from __future__ import annotations

import msgspec


class SetHearing(msgspec.Struct, frozen=True, tag=True):
    """Choose the keys that chords are heard from (``auto``, ``whole``, ``left``, ``melody``), the
    time at which the sounding bass note follows (``at-once``, ``next-8th``, ``never``), and
    switches: ``hold`` the last chord, ``lay_out`` for other tracks, ``drift`` with the player's
    tempo. Empty, or None: as it is."""

    mode: str = ""
    bass: str = ""
    hold: bool | None = None
    lay_out: bool | None = None
    drift: bool | None = None


class ListenTempo(msgspec.Struct, frozen=True, tag=True):
    """Stop, and find tempo and bar line in what is played next; then the band enters."""


class ScaleTempo(msgspec.Struct, frozen=True, tag=True):
    """Multiply the tempo: 0.5 where twice the right one was heard, 2 where half of it was."""

    factor: float


class ThisIsOne(msgspec.Struct, frozen=True, tag=True):
    """The bar begins here: at ``at`` (monotonic seconds; 0: now)."""

    at: float = 0.0


class TakeStyle(msgspec.Struct, frozen=True, tag=True):
    """Play in the style of the drums and the bass that other tracks played in the last bars."""


EarCommand = SetHearing | ListenTempo | ScaleTempo | ThisIsOne | TakeStyle

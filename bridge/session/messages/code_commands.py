"""What the screen and the engine say to each other of the cipher. Typed, small."""

from __future__ import annotations

from typing import Literal

import msgspec

from bridge.model.contract import GuestModel


class DrawCode(msgspec.Struct, frozen=True, tag=True):
    """Play a sample of the latent space: of ``seed``, or the session's next."""

    seed: int | None = None


class MarkCode(msgspec.Struct, frozen=True, tag=True):
    """Set the anchor ``a`` or ``b`` to the code that plays."""

    anchor: Literal["a", "b"]


class Travel(msgspec.Struct, frozen=True, tag=True):
    """Travel from anchor A to B (and back, when there) in ``bars`` bars."""

    bars: float = 8.0


class BackCode(msgspec.Struct, frozen=True, tag=True):
    """Back to what played before the code that plays; at last, to the player."""


class PlayCodes(msgspec.Struct, frozen=True, tag=True):
    """Play ``codes`` [N][Z] one after another, a window of the model each, round and round
    (or for ``bars`` bars each); of ``guest``, where they are not the band's. Code n is decoded
    with noise of ``seed + stride * n``, at ``temperature`` (None: the knob's)."""

    codes: tuple[tuple[float, ...], ...]
    seed: int
    label: str
    temperature: float | None = None
    stride: int = 1
    bars: int = 0
    guest: GuestModel | None = None


class PlayScore(msgspec.Struct, frozen=True, tag=True):
    """Play notes as they are written, ``bars`` bars of them, round and round: (part, tick from
    the first bar line, length in ticks, pitch, velocity) each; at ``bpm``, where it is given."""

    notes: tuple[tuple[str, int, int, int, int], ...]
    bars: int
    label: str
    bpm: float | None = None


class UseModel(msgspec.Struct, frozen=True, tag=True):
    """Draw samples of another model of the library, beside the band; None: of the band's."""

    guest: GuestModel | None = None


class PlayPath(msgspec.Struct, frozen=True, tag=True):
    """Take a seeded walk, a bar a step, through the band's model and the one beside it at once:
    of ``seed``, or the session's next. ``walk`` is its kind, ``bars`` how long a figure takes."""

    seed: int | None = None
    walk: str = "brownian"
    bars: float = 16.0


class CodeStatus(msgspec.Struct, frozen=True, tag=True):
    """What plays out of the latent space: the ``label`` (empty: the band follows the player),
    number ``code`` of ``codes``; whether ``a`` and ``b`` are set; how often one can go
    ``back``; the ``model`` that is drawn from, where that is not the band's."""

    label: str = ""
    code: int = 0
    codes: int = 0
    a: bool = False
    b: bool = False
    back: int = 0
    model: str = ""

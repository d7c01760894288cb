"""Messages between screen and engine about the code player."""

from __future__ import annotations

from typing import Literal

import msgspec

from bridge.model.contract import GuestModel


class DrawCode(msgspec.Struct, frozen=True, tag=True):
    """Play a sample of the latent space, drawn with ``seed`` (None: the session's next seed)."""

    seed: int | None = None


class MarkCode(msgspec.Struct, frozen=True, tag=True):
    """Set the marked code A or B to the code that plays."""

    anchor: Literal["a", "b"]


class Travel(msgspec.Struct, frozen=True, tag=True):
    """Travel from the marked code A to B (from B to A if B plays) in ``bars`` bars."""

    bars: float = 8.0


class BackCode(msgspec.Struct, frozen=True, tag=True):
    """Go back to the sequence that played before; from the first, to following the player."""


class PlayCodes(msgspec.Struct, frozen=True, tag=True):
    """Play ``codes`` [N][Z] one after another and repeat them, each for ``bars`` bars (0: a window
    of the model). They are of the model ``guest`` (None: the band's). Code n is decoded with
    noise of ``seed + stride * n``, at ``temperature`` (None: the control's value)."""

    codes: tuple[tuple[float, ...], ...]
    seed: int
    label: str
    temperature: float | None = None
    stride: int = 1
    bars: int = 0
    guest: GuestModel | None = None


class PlayScore(msgspec.Struct, frozen=True, tag=True):
    """Play ``bars`` bars of notes as written, and repeat them. A note is (part, tick from the
    first bar line, length in ticks, pitch, velocity); ``bpm`` None keeps the tempo; ``metre`` is
    the name of its metre. ``tempi`` are changes of tempo, (bar, BPM), for our own clock."""

    notes: tuple[tuple[str, int, int, int, int], ...]
    bars: int
    label: str
    bpm: float | None = None
    metre: str = "4/4"
    tempi: tuple[tuple[int, float], ...] = ()


class UseModel(msgspec.Struct, frozen=True, tag=True):
    """Draw samples from another model of the library, beside the band's; None: from the band's."""

    guest: GuestModel | None = None


class PlayPath(msgspec.Struct, frozen=True, tag=True):
    """Play a seeded walk, a step a bar, through the band's model and the one beside it at once.
    ``seed`` None: the session's next. ``walk`` is its kind, ``bars`` the period of a figure."""

    seed: int | None = None
    walk: str = "brownian"
    bars: float = 16.0


class CodeStatus(msgspec.Struct, frozen=True, tag=True):
    """The code player's status: the ``label`` of the sequence that plays (empty: the band follows
    the player) and the number of its present ``code`` (from 1) of ``codes``; True for ``a`` and
    ``b`` if they are set; the steps that one can go ``back``; the ``model`` that samples are
    drawn from (empty: the band's)."""

    label: str = ""
    code: int = 0
    codes: int = 0
    a: bool = False
    b: bool = False
    back: int = 0
    model: str = ""

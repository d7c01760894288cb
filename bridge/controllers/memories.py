"""One-touch memories: everything that a player sets before a song, under a number. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec

from bridge.music.grid import FOUR_FOUR
from bridge.music.notes import Part

MEMORIES: Final = 8
"""Memories that there are, numbered from 1."""


class Variation(StrEnum):
    """The four variations of a style, from sparse to full; B is the style as it is."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"


class Memory(msgspec.Struct, frozen=True):
    """A stored setting of the band, under a ``name`` of at most 60 characters.

    ``place`` holds the values of the controls of the latent point (-1..1) that are not 0,
    ``knobs`` those of all other controls, in their own units. ``chart`` are the fixed chords
    (empty: none), ``hear`` is the way that chords are heard (see ``listening.live_chord``).
    ``muted`` and ``solo`` are parts; ``bpm`` is the tempo in quarter notes a minute.
    """

    name: str
    style: str
    bpm: float
    metre: str = FOUR_FOUR.name
    variation: Variation = Variation.B
    place: Mapping[str, float] = {}
    knobs: Mapping[str, float] = {}
    muted: tuple[Part, ...] = ()
    solo: tuple[Part, ...] = ()
    chart: str = ""
    hear: str = ""


Memories = Mapping[int, Memory]
"""The stored memories by number, 1..:data:`MEMORIES`."""

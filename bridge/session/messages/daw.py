"""The DAW beside the band: commands that print into it, and its status on the screen."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec

USUAL_BARS: Final = 4
"""Bars that are printed unless another number is asked for."""


class PrintWhat(StrEnum):
    """The music to print: the last bars, the take so far, or the last round of a loop."""

    LAST = "last"
    TAKE = "take"
    LOOP = "loop"


class PrintClips(msgspec.Struct, frozen=True, tag=True):
    """Put what was played into the DAW as clips; ``bars`` of :attr:`PrintWhat.LAST` (0: as many
    as usual)."""

    what: PrintWhat = PrintWhat.LAST
    bars: int = 0


class UndoPrint(msgspec.Struct, frozen=True, tag=True):
    """Take the last print out of the DAW again."""


class FollowMarkers(msgspec.Struct, frozen=True, tag=True):
    """Fix the harmony to chords by name in the DAW's song: ``classes``, two a bar from its bar 1
    on; ``label`` says where they are from."""

    label: str
    classes: tuple[int, ...]


class DawStatus(msgspec.Struct, frozen=True, tag=True):
    """The DAW as it was ``at`` (monotonic seconds).

    ``beat`` counts quarter notes from the song's beginning, ``bar`` and ``bar_beat`` from 1.
    ``loop`` is the range (quarter notes) that goes round, None if it is off. ``printing``: a
    print is under way. ``printed`` is the last print and its place, ``prints`` their number;
    ``coming`` is what the print key would print now.
    """

    name: str
    connected: bool = False
    at: float = 0.0
    playing: bool = False
    tempo: float = 0.0
    beat: float = 0.0
    bar: int = 0
    bar_beat: float = 0.0
    signature: str = ""
    loop: tuple[float, float] | None = None
    key: str = ""
    printing: bool = False
    printed: str = ""
    prints: int = 0
    coming: str = ""

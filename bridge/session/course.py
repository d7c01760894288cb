"""A form that runs under the player, and where it is. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from bridge.music.notes import Part
from bridge.music.structure import Layout


@dataclass(frozen=True, slots=True)
class Course:
    """A form that runs under the player, laid out; ``style`` is for sections that have none
    of their own, ``knobs`` are added to every section's, ``enter`` are the bars (from 1)
    that parts come in at."""

    name: str
    layout: Layout
    style: str = ""
    knobs: Mapping[str, float] = field(default_factory=dict)
    enter: Mapping[Part, int] = field(default_factory=dict)

    @property
    def first_style(self) -> str:
        """The style that it begins with; empty for any."""
        return self.layout.stretches[0].section.style or self.style


class FormRun(msgspec.Struct, frozen=True):
    """Where the form is: in ``bar``, in the stretch ``index``, which began at the bar
    ``since``; ``pending`` is the one asked for; ``hold`` says to stay."""

    bar: int = 0
    index: int = 0
    since: int = 0
    pending: int | None = None
    hold: bool = False


@dataclass(frozen=True, slots=True)
class LinkIn:
    """What the Link session says: its beat (with our beat 0 where the music began or will),
    whether music plays, how many others there are, and the number of the last ``LinkOut``
    that was carried out before it was so."""

    at: float
    line: BeatLine
    playing: bool = False
    peers: int = 0
    done: int = 0

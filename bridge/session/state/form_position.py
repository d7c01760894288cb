"""A form that runs under the player, and where it is. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from bridge.music.notes import Part
from bridge.music.song_form import FormLayout


@dataclass(frozen=True, slots=True)
class LiveForm:
    """A form that runs under the player, laid out; ``style`` is for sections that have none
    of their own, ``knobs`` are added to every section's, ``enter`` are the bars (from 1)
    that parts come in at."""

    name: str
    layout: FormLayout
    style: str = ""
    knobs: Mapping[str, float] = field(default_factory=dict)
    enter: Mapping[Part, int] = field(default_factory=dict)

    @property
    def first_style(self) -> str:
        """The style that it begins with; empty for any."""
        return self.layout.stretches[0].section.style or self.style


class FormPosition(msgspec.Struct, frozen=True):
    """Where the form is: in ``bar``, in the stretch ``index``, which began at the bar
    ``since``; ``pending`` is the one asked for; ``hold`` says to stay."""

    bar: int = 0
    index: int = 0
    since: int = 0
    pending: int | None = None
    hold: bool = False

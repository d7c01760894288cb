"""The form of a live session, and the position in it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from bridge.music.notes import Part
from bridge.music.song_form import FormLayout, SongForm, lay_out


@dataclass(frozen=True, slots=True)
class LiveForm:
    """A form that the band goes through while the player plays, laid out in bars.

    ``style`` is for sections that have none of their own; ``knobs`` are added to every
    section's; ``enter`` are the bars (from 1) at which parts come in. ``bpm`` is its tempo (0:
    any), ``metre`` the name of its metre (empty: any).
    """

    name: str
    layout: FormLayout
    style: str = ""
    knobs: Mapping[str, float] = field(default_factory=dict)
    enter: Mapping[Part, int] = field(default_factory=dict)
    bpm: float = 0.0
    metre: str = ""

    @property
    def first_style(self) -> str:
        """The style of the first section; empty for any."""
        return self.layout.sections[0].section.style or self.style


def live_form(form: SongForm, seed: int, bars: int = 0, style: str = "") -> LiveForm:
    """A form for a live session, about ``bars`` bars long (0: as written), with its free choices
    drawn by ``seed``; a ``style`` is that of sections without their own."""
    drawn = form.drawn(seed)
    return LiveForm(
        name=form.name,
        layout=lay_out(form, bars),
        style=style or form.style,
        knobs=drawn.knobs,
        enter=form.enter,
        bpm=drawn.bpm,
        metre=form.metre,
    )


class FormPosition(msgspec.Struct, frozen=True):
    """The position in a form: ``bar`` lies in the section ``index`` of the layout, which began at
    bar ``since``. ``pending`` is the index of the section that the player asked for (None: none).
    ``hold``: the section goes on until another is asked for. ``origin`` is the bar that the form's
    bars are counted from."""

    bar: int = 0
    index: int = 0
    since: int = 0
    pending: int | None = None
    hold: bool = False
    origin: int = 0

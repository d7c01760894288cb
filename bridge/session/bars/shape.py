"""The shape of a bar: fill, close, rest and silent parts, collected once a bar. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.music.notes import Part
from bridge.session.bars import form_sections, phrase_ends
from bridge.session.state.session_state import State


@dataclass(frozen=True, slots=True)
class BarShape:
    """The changes to a bar's notes that follow from the music around it.

    ``fill`` is the length of the fill at its end in steps (0..16); ``fill_asked``: the player
    asked for it. ``after_fill``: the bar before ended with a fill, so this one begins with a
    crash. ``closing``: it closes a section. ``rest``: the band rests because nobody plays.
    ``silent`` are the parts that are muted or that the form leaves out; all after the form's end.
    """

    fill: int = 0
    fill_asked: bool = False
    after_fill: bool = False
    closing: bool = False
    rest: bool = False
    muted: frozenset[Part] = frozenset()
    silent: frozenset[Part] = frozenset()


def shape_of(state: State, bar: int) -> BarShape:
    """The shape of ``bar`` in the present state."""
    here = form_sections.in_form(state, bar)
    muted = state.band.muted
    left_out = frozenset[Part]() if here is None else here.silent
    over = here is not None and here.is_over
    return BarShape(
        fill=phrase_ends.fill_of(state, bar, here),
        fill_asked=bar == state.band.fill_bar,
        after_fill=phrase_ends.fill_of(state, bar - 1, form_sections.in_form(state, bar - 1)) > 0,
        closing=here is not None and here.section.close and here.is_last,
        rest=phrase_ends.is_rest(state, bar),
        muted=muted,
        silent=frozenset(Part) if over else muted | left_out | state.ears.others.laid_out,
    )

"""The shape of a bar: fill, close, rest and silent parts, collected once a bar. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.music.notes import Part
from bridge.session.arranger import passages
from bridge.session.bars import form_sections, phrase_ends
from bridge.session.state.session_state import State


@dataclass(frozen=True, slots=True)
class BarShape:
    """The changes to a bar's notes that follow from the music around it.

    ``fill`` is the length of the fill at its end in steps (0..16); ``fill_asked``: the player
    asked for it. ``after_fill``: the bar before ended with a fill, so this one begins with a
    crash. ``closing``: it closes a section, or is the ending. ``rest``: the band rests because
    nobody plays.
    ``muted`` are the parts that are muted, not soloed, or left out by a passage; ``silent`` are
    those and what the form leaves out; all after the form's end, or the ending.
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
    arranger = state.arranger
    muted = state.band.silenced | passages.silent(arranger, bar)
    left_out = frozenset[Part]() if here is None else here.silent
    over = (here is not None and here.is_over) or arranger.over(bar)
    return BarShape(
        fill=phrase_ends.fill_of(state, bar, here),
        fill_asked=bar == state.band.fill_bar or passages.ends_with_fill(arranger, bar),
        after_fill=phrase_ends.fill_of(state, bar - 1, form_sections.in_form(state, bar - 1)) > 0,
        closing=bar == arranger.ending
        or (here is not None and here.section.close and here.is_last),
        rest=phrase_ends.is_rest(state, bar),
        muted=muted,
        silent=frozenset(Part) if over else muted | left_out | state.ears.others.laid_out,
    )

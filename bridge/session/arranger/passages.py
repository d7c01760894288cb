"""Intro, break and ending: which parts are silent in a bar, and where a fill or an end is. Pure."""

from __future__ import annotations

from bridge.music.notes import Part
from bridge.session.state.session_state import State
from bridge.session.state.song.arranger import Arranger, PassageKind

BAND = frozenset((Part.BASS, Part.DRUMS))


def in_intro(arranger: Arranger, bar: int) -> bool:
    """True if ``bar`` lies in an intro."""
    return _holds(arranger, PassageKind.INTRO, bar)


def in_break(arranger: Arranger, bar: int) -> bool:
    """True if ``bar`` lies in a break."""
    return _holds(arranger, PassageKind.BREAK, bar)


def _holds(arranger: Arranger, kind: PassageKind, bar: int) -> bool:
    passage = arranger.passage
    return passage is not None and passage.kind is kind and passage.holds(bar)


def silent(arranger: Arranger, bar: int) -> frozenset[Part]:
    """The parts that a passage leaves out in ``bar``: in a break the band (or, if the drums play
    on, the bass); in the first half of an intro the bass."""
    if in_break(arranger, bar):
        return BAND - {Part.DRUMS} if arranger.break_drums else BAND
    passage = arranger.passage
    if passage is not None and in_intro(arranger, bar):
        early = bar - passage.since < passage.bars // 2
        return frozenset((Part.BASS,)) if early else frozenset()
    return frozenset()


def ends_with_fill(arranger: Arranger, bar: int) -> bool:
    """True if ``bar`` is the last of an intro, or the one before an ending."""
    passage = arranger.passage
    intro_ends = passage is not None and in_intro(arranger, bar) and bar + 1 == passage.end
    return intro_ends or (arranger.ending >= 0 and bar + 1 == arranger.ending)


def next_phrase(state: State) -> int:
    """The bar that the next phrase begins with; phrases are counted from bar 0."""
    length = state.arranger.phrase_bars
    return max(0, state.clock.bar // length + 1) * length

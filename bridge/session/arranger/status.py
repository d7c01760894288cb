"""The arranger in a snapshot: what plays, what is pending, with the beats that are left. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator

from bridge.music.grid import TICKS_PER_BEAT
from bridge.session.arranger import passages
from bridge.session.messages.arranger_status import (
    ArrangerStatus,
    ChangeKind,
    MemoryRow,
    PendingChange,
)
from bridge.session.state.session_state import State
from bridge.session.state.song.arranger import Arranger, PassageKind


def status_of(state: State, beat: float) -> ArrangerStatus:
    """The arranger's status at a position ``beat`` (quarter notes from bar 0)."""
    arranger = state.arranger
    return ArrangerStatus(
        variation=arranger.variation,
        passage=_passage(arranger, state.clock.bar) if state.clock.running else "",
        pending=tuple(sorted(_pending(state, beat), key=lambda change: change.beat)),
        memories=tuple(
            MemoryRow(number, memory.name, memory.style, memory.bpm, memory.variation)
            for number, memory in arranger.memories.items()
        ),
        memory=arranger.touched,
        storing=arranger.storing,
        audition="" if arranger.audition is None else arranger.audition.style,
        form="" if arranger.chosen is None else arranger.chosen.name,
        forms=state.setup.forms,
        phrase_bars=arranger.phrase_bars,
        intro_bars=arranger.intro_bars,
        count_in=arranger.count_in,
        break_drums=arranger.break_drums,
        intro_armed=arranger.intro,
        metronome=state.metronome.on,
        transpose=state.band.transpose,
    )


def _passage(arranger: Arranger, bar: int) -> str:
    """The passage that plays in ``bar``; empty for none."""
    if 0 <= arranger.ending <= bar:
        return "ending"
    passage = arranger.passage
    return passage.kind.value if passage is not None and passage.holds(bar) else ""


def _pending(state: State, beat: float) -> Iterator[PendingChange]:
    """The changes that wait, each with the position at which it takes effect."""
    for kind, name, bar in _changes(state):
        tick = state.clock.grid.bar_start(bar)
        yield PendingChange(kind, name, tick / TICKS_PER_BEAT, beats_left(state, beat, tick))


def beats_left(state: State, beat: float, tick: int) -> int:
    """The beats of the metre from a position (quarter notes) to a tick, rounded up; 0 while
    nothing plays."""
    if not state.clock.running:
        return 0
    grid = state.clock.grid
    now = math.floor(beat * TICKS_PER_BEAT)
    return max(0, grid.beat_of(tick) - grid.beat_of(now))


def _changes(state: State) -> Iterator[tuple[ChangeKind, str, int]]:
    """(Kind, name, bar that it begins with) of each change that waits."""
    arranger, band, coming = state.arranger, state.band, state.clock.coming_bar
    if arranger.coming is not None:
        yield ChangeKind.VARIATION, arranger.coming.value, coming
    if arranger.recalled is not None:
        yield ChangeKind.MEMORY, arranger.recalled.name, coming
    if band.pending_style:
        tried = arranger.audition is not None and arranger.audition.style == band.pending_style
        yield ChangeKind.AUDITION if tried else ChangeKind.STYLE, band.pending_style, coming
    if band.pending_mode is not None:
        yield ChangeKind.MODE, band.pending_mode.value, coming
    if state.clock.running and _metre_changes(state):
        yield ChangeKind.METRE, state.clock.metre.name, coming
    if arranger.turn is not None:
        form = arranger.turn.form
        yield ChangeKind.FORM, "" if form is None else form.name, coming
    form, position = arranger.form, state.form
    if form is not None and position is not None and position.pending is not None:
        yield ChangeKind.SECTION, form.layout.sections[position.pending].section.name, coming
    yield from _passages(state, coming)


def _metre_changes(state: State) -> bool:
    grid = state.clock.grid
    return grid.metre_of(max(0, state.clock.bar)) != grid.metre


def _passages(state: State, coming: int) -> Iterator[tuple[ChangeKind, str, int]]:
    arranger, bar = state.arranger, state.clock.bar
    if arranger.intro:
        yield ChangeKind.INTRO, "", 0
    passage = arranger.passage
    if passage is not None and passage.since >= coming:
        kind = ChangeKind.INTRO if passage.kind is PassageKind.INTRO else ChangeKind.BREAK
        yield kind, "", passage.since
    if passages.in_break(arranger, bar) and passage is not None and passage.end is not None:
        yield ChangeKind.BREAK_ENDS, "", passage.end
    if arranger.ending > bar:
        yield ChangeKind.ENDING, "", arranger.ending

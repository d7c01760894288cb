"""What the ears think and how sure they are, and the chord lane, in a snapshot. Pure."""

from __future__ import annotations

import math

from bridge.model.contract import CHORDS_PER_BAR
from bridge.music.chords import NO_CHORD, class_name
from bridge.music.grid import TICKS_PER_BEAT
from bridge.session.bars.chord_chart import fixed_classes
from bridge.session.bars.heard_bass import chord_at
from bridge.session.messages.arranger_status import ChordCell, HearingStatus
from bridge.session.messages.commands import Mode
from bridge.session.state.session_state import State

LANE_BACK, LANE_AHEAD = 8, 4
"""Bars of the chord lane before the bar that plays, and after it."""


# --- the ears -----------------------------------------------------------------------------


def hearing_of(state: State) -> HearingStatus:
    """What the ears think now."""
    heard, ears, tempo = state.heard, state.ears, state.ears.tempo
    known = heard.phrase.first_tick is not None or heard.key.pinned is not None
    found = tempo.found if tempo.active else None
    chord = ears.chord
    return HearingStatus(
        key=str(heard.key.key) if known and (heard.key.current or heard.key.pinned) else "",
        key_sure=1.0 if heard.key.pinned is not None else heard.key.sure,
        pinned=heard.key.pinned is not None,
        chord="" if chord is None else chord.name,
        chord_sure=_sure_of_chord(state),
        mode=str(ears.mode),
        bpm=0.0 if found is None else round(found.bpm, 1),
        bpm_sure=None if found is None else round(float(found.trust), 2),
        listening=tempo.active,
        energy=ears.energy.level if state.clock.running else None,
    )


def _sure_of_chord(state: State) -> float | None:
    """The probability of the chord heard; None before one was heard."""
    return None if state.ears.chord is None else round(state.ears.live.sure, 2)


# --- the chord lane -----------------------------------------------------------------------


def chord_lane(state: State, beat: float) -> tuple[ChordCell, ...]:
    """The chords of the bars around a position (quarter notes), one a half bar where any is known:
    those heard, up to now; those expected, from now on."""
    if not state.clock.running:
        return ()
    grid, now = state.clock.grid, math.floor(beat * TICKS_PER_BEAT)
    here = grid.half_of(now)
    bar = max(0, grid.bar_of(now))
    first = max(0, bar - LANE_BACK)
    fixed = fixed_classes(state.chords, first, bar + LANE_AHEAD + 1 - first)
    cells: list[ChordCell] = []
    for half in range(CHORDS_PER_BAR * first, CHORDS_PER_BAR * (bar + LANE_AHEAD + 1)):
        past = half <= here
        pinned = fixed[half - CHORDS_PER_BAR * first]
        heard = _heard(state, half) if past and pinned < 0 else ""
        name = heard or (class_name(pinned) if pinned >= 0 else _read(state, half))
        if name:
            cells.append(ChordCell(half, name, past and (bool(heard) or pinned >= 0)))
    return tuple(cells)


def _heard(state: State, half: int) -> str:
    """The chord that was heard in a half bar; empty for none."""
    if state.band.next_mode is not Mode.FOLLOW:
        return ""
    if not state.ears.changes:
        return _reread(state, half)
    grid, bars = state.clock.grid, state.plan.bars
    begins, ends = grid.half_start(half), grid.half_start(half + 1)
    inside = [c for c in state.ears.changes if begins <= c.tick < ends and c.chord is not None]
    if inside and inside[-1].chord is not None:
        return inside[-1].chord.name
    chord = chord_at(state.ears, bars, grid, begins)
    return _reread(state, half) if chord is None else chord.name


def _reread(state: State, half: int) -> str:
    """The chord that the model read in a half bar from what was played there; empty for none."""
    bar, place = divmod(half, CHORDS_PER_BAR)
    known = state.heard.memory.chords.get(bar, ())
    return class_name(known[place]) if place < len(known) and known[place] != NO_CHORD else ""


def _read(state: State, half: int) -> str:
    """The chord that the model reads in a half bar, or that memory expects there; empty for
    none."""
    bar, place = divmod(half, CHORDS_PER_BAR)
    generated = state.plan.bars.get(bar)
    known = () if generated is None else generated.chords
    known = known or state.heard.memory.expected(bar)
    cls = known[place] if place < len(known) else NO_CHORD
    return "" if cls == NO_CHORD else class_name(cls)

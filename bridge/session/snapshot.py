"""The snapshot for the screen, made of the State and the recorder. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from bridge.controllers.catalog import control_range
from bridge.controllers.control_sources import source_text
from bridge.model.styles.style_metres import styles_in
from bridge.music.grid import TICKS_PER_BEAT, Grid
from bridge.music.notes import Note, Part
from bridge.session.arranger import status as arranger_status
from bridge.session.bars import form_sections, heard_bass
from bridge.session.bars.chord_chart import chord_at
from bridge.session.bars.refit import laid_out
from bridge.session.ears import heard_status
from bridge.session.handlers import code_player
from bridge.session.handlers.target_actions import shown
from bridge.session.latent import map_travel
from bridge.session.latent.point import exists, is_point_control
from bridge.session.messages.latent_map import Attribute, attributes, spot_of
from bridge.session.messages.snapshot import Snapshot
from bridge.session.messages.status import (
    ControlStatus,
    KnobStatus,
    NoteState,
    PortStatus,
    RollNote,
    Timing,
)
from bridge.session.recorder import Recorder
from bridge.session.state.bars import GeneratedBar
from bridge.session.state.session_state import State
from bridge.session.transport import print_clips
from bridge.session.transport.metre import tunes_in

CHORD_BARS_BACK = 8
"""Bars before the present whose chords are shown."""
ROLL_BARS_BACK = 4
"""Bars before the present that the piano roll holds."""


def snapshot(
    state: State, at: float, recorder: Recorder, ports: tuple[PortStatus, ...], timing: Timing
) -> Snapshot:
    """The session at monotonic time ``at`` (seconds)."""
    beat = state.clock.beat_at(at)
    grid = state.clock.grid
    now, then = _chords(state.plan.bars, grid, beat)
    if state.clock.running and not state.chords:
        tick = int(beat * TICKS_PER_BEAT)
        heard = heard_bass.chord_at(state.ears, state.plan.bars, grid, tick)
        now = now if heard is None else heard.name
    return Snapshot(
        at=at,
        running=state.clock.running,
        beat=beat,
        bpm=state.clock.line.bpm,
        metre=grid.metre_of(grid.bar_of(math.floor(beat * TICKS_PER_BEAT))).name,
        next_metre=grid.metre.name,
        metres=tuple(state.facts.spec.metres),
        feel=str(state.heard.feel),
        grid=grid.rows(),
        mode=state.band.mode,
        style=state.band.style,
        styles=tuple(styles_in(state.facts.presets, grid.metre.name)),
        worker=state.worker.state,
        clock=state.sync.source.name,
        pending_style=state.band.pending_style,
        pending_mode=state.band.pending_mode.value if state.band.pending_mode else "",
        count_in=state.clock.running and beat < 0,
        key=str(state.heard.key.key) if _has_key(state) else "",
        key_pinned=state.heard.key.pinned is not None,
        chord=now,
        next_chord=then,
        energy=state.ears.energy.level if state.clock.running else None,
        chart=state.chords.chart.text,
        phrase_bars=state.heard.loop.bars if state.heard.loop else state.heard.memory.period,
        ports=ports,
        roll=tuple(roll(state, at, recorder)),
        held=tuple(sorted(state.heard.held_pitches())),
        controls=tuple(_controls(state)),
        muted=tuple(sorted(state.band.muted)),
        tune=state.tune.name,
        tunes=tuple(tunes_in(state)),
        counters=state.counters,
        timing=timing,
        message=state.message,
        model=state.facts.spec.name,
        walk=state.walking.walk.kind.value if state.walking.walk else "",
        meter=state.sync.source.status(grid.metre),
        form=form_sections.status_of(state),
        codes=code_player.status_of(state),
        dropped=len(state.walking.anchors),
        anchors=tuple(state.point.saved),
        morph=state.point.morph,
        knobs=tuple(_knobs(state)),
        learn=state.controllers.learn.status if state.controllers.learn else None,
        point=state.point.trail[-1] if state.point.trail else None,
        space=state.facts.space,
        trail=state.point.trail,
        spots=_spots(state),
        attributes=_attributes(state),
        numbered=(len(state.facts.neurons), len(state.facts.style_axes)),
        daw=print_clips.status_of(state),
        take=recorder.status,
        arranger=arranger_status.status_of(state, beat),
        hearing=heard_status.hearing_of(state),
        chords=heard_status.chord_lane(state, beat),
        solo=tuple(sorted(state.band.solo)),
        said=state.said,
        going=map_travel.going(state),
        filling=state.band.fill_bar == state.clock.bar and state.clock.running,
    )


def _has_key(state: State) -> bool:
    """True if there is a key to show: something was played, or the key or a chart is given."""
    heard = state.heard.phrase.first_tick is not None
    return heard or state.heard.key.pinned is not None or bool(state.chords.chart.classes)


def roll(state: State, at: float, recorder: Recorder) -> Iterable[RollNote]:
    """The notes of the last bars, then those planned."""
    beat = state.clock.beat_at(at)
    tick = int(beat * TICKS_PER_BEAT)
    for part, note in recorder.recent(tick - ROLL_BARS_BACK * state.clock.metre.ticks, tick):
        yield _roll_note(part, note, NoteState.PLAYED)
    for part, lane in state.lanes.items():
        for note, committed in lane.planned():
            yield _roll_note(part, note, NoteState.COMMITTED if committed else NoteState.PLANNED)


def _roll_note(part: Part, note: Note, state: NoteState) -> RollNote:
    return RollNote(part, note.tick, note.length, note.pitch, note.velocity, state)


def _chords(bars: Mapping[int, GeneratedBar], grid: Grid, beat: float) -> tuple[str, str]:
    """The names of the chord that sounds now and of the one that comes next."""
    half = grid.half_of(math.floor(beat * TICKS_PER_BEAT))
    names = [chord_at(bars, half + k) for k in range(4)]
    now = names[0]
    return now, next((name for name in names[1:] if name and name != now), "")


def _controls(state: State) -> Iterable[ControlStatus]:
    """All controls, and those of the latent point that a knob is bound to but that never moved."""
    bound = {
        binding.target for binding in state.controllers.bindings.bindings
    } - state.band.controls.keys()
    there = [name for name in sorted(bound) if is_point_control(name) and exists(state.facts, name)]
    for name, value in (*state.band.controls.items(), *((name, 0.0) for name in there)):
        low, high, _ = control_range(name)
        yield ControlStatus(name, low, high, value)


def _knobs(state: State) -> Iterable[KnobStatus]:
    controls = state.controllers.bindings
    for index, binding in enumerate(controls.bindings):
        text = source_text(binding.kind, binding.number, binding.channel)
        value = shown(state, binding.target) or 0.0
        place, caught = controls.place(index), controls.caught(index)
        yield KnobStatus(binding.target, text, place, value, caught)


def _spots(state: State) -> tuple[tuple[str, tuple[float, float]], ...]:
    """The anchors whose code is known, on the map."""
    known = state.facts.known
    if known is None:
        return ()
    return tuple(
        (name, spot_of(known, anchor.code))
        for name, anchor in state.point.saved.items()
        if len(anchor.code) == len(known.mean)
    )


def _attributes(state: State) -> tuple[Attribute, ...]:
    """The musical attributes of the bar that plays (None while stopped) and of the next bar."""
    now = state.plan.bars.get(state.clock.bar) if state.clock.running else None
    then = (
        state.plan.bars.get(state.clock.bar + 1)
        if state.clock.running
        else state.plan.first_bar_ready
    )
    return attributes(*(None if bar is None else laid_out(bar) for bar in (now, then)))

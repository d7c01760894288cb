"""Render generated bars as timed notes in the lanes. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from bridge.music.arrange import (
    Feel,
    arrange_bar,
    closing_bar,
    count_in_clicks,
    crash_in,
    fill_bar,
)
from bridge.music.grid import USUAL_GRID, Grid
from bridge.music.notes import ALL_PARTS, Note, Part
from bridge.session.arranger import variations
from bridge.session.arranger.coming import as_of
from bridge.session.bars.energy_steering import loudness, sparse, thinness
from bridge.session.bars.heard_bass import heard_bass
from bridge.session.bars.loop import loop_notes
from bridge.session.bars.refit import refit
from bridge.session.bars.shape import BarShape, shape_of
from bridge.session.state.band import Band
from bridge.session.state.bars import GeneratedBar
from bridge.session.state.session_state import State
from bridge.session.state.setup import Setup

Parts = dict[Part, list[Note]]


def place_bar(state: State, bar: int, start: int, wanted: Collection[Part] = ALL_PARTS) -> State:
    """Arrange the generated bar ``bar`` and place its notes in the lanes of the ``wanted`` parts
    from tick ``start`` on."""
    generated = state.plan.bars.get(bar)
    if generated is None:
        return state
    grid, then = state.clock.grid, as_of(state, bar)
    melody = [] if generated.answer else loop_notes(state.heard.loop, grid, bar)
    feel = feel_of(then.setup, then.band, grid, variations.since(then, bar))
    feel = louder(feel, loudness(then, bar))
    parts = render_bar(generated, bar, shape_of(then, bar), feel, melody, wanted)
    if generated.written is None and (push := thinness(then, bar)) < 0:
        parts = sparse(parts, push, grid)
    if Part.BASS in wanted:
        parts[Part.BASS] = heard_bass(state.ears, state.plan.bars, grid, parts[Part.BASS])
    parts = transposed(parts, then.band.transpose)
    end = grid.bar_start(bar + 1)
    placed = {part: state.lanes[part].place(start, end, parts[part]) for part in wanted}
    return state.but(lanes={**state.lanes, **placed})


def transposed(parts: Parts, semitones: int) -> Parts:
    """The pitched parts moved by semitones; the drums stay."""
    if not semitones:
        return parts
    return {
        part: notes
        if part is Part.DRUMS
        else [replace(n, pitch=min(127, max(0, n.pitch + semitones))) for n in notes]
        for part, notes in parts.items()
    }


def feel_of(setup: Setup, band: Band, grid: Grid = USUAL_GRID, first: int = 0) -> Feel:
    """The timing and loudness of notes, set by the controls, on the bar lines of ``grid``; random
    deviations are counted from bar ``first`` on."""
    return Feel(
        swing=band.control("swing"),
        humanize=band.control("humanize"),
        volumes={part: band.control(f"volume {part.value}") for part in Part},
        drum_map=setup.drum_map,
        seed=setup.seed,
        grid=grid,
        first=first,
    )


def louder(feel: Feel, factor: float) -> Feel:
    """The feel with the velocities of drums and bass times ``factor``."""
    if factor == 1.0:
        return feel
    volumes = {
        part: volume * (1.0 if part is Part.MELODY else factor)
        for part, volume in feel.volumes.items()
    }
    return replace(feel, volumes=volumes)


def render_bar(
    generated: GeneratedBar,
    bar: int,
    shape: BarShape,
    feel: Feel,
    melody: list[Note],
    wanted: Collection[Part] = ALL_PARTS,
) -> Parts:
    """The notes of the ``wanted`` parts of a generated bar, changed by its shape (fills, rests,
    silent parts). ``melody`` is played unless the bar is an answer, which has a melody of its own.
    """
    if generated.written is not None:
        notes = _score_notes(generated, feel.grid.bar_start(bar), shape)
        return {part: notes[part] for part in wanted}
    tokens = refit(generated.tokens, generated.metre, feel.grid.metre_of(bar))
    parts = arrange_bar(tokens, bar, feel, transpose=-generated.shift, wanted=wanted)
    if generated.own_key and generated.shift and Part.MELODY in wanted:
        parts |= arrange_bar(tokens, bar, feel, wanted=(Part.MELODY,))
    if generated.drums_only:
        parts[Part.BASS] = []
    if Part.DRUMS in wanted:
        parts[Part.DRUMS] = _phrased(parts[Part.DRUMS], generated, bar, shape, feel)
    if shape.closing:
        parts = closing_bar(parts, bar, feel)
    if not generated.answer:
        parts[Part.MELODY] = melody
    if not generated.from_code and shape.rest:
        parts[Part.BASS] = parts[Part.DRUMS] = []
    return {part: [] if part in shape.silent else parts[part] for part in wanted}


def _phrased(
    drums: list[Note], generated: GeneratedBar, bar: int, shape: BarShape, feel: Feel
) -> list[Note]:
    """The drums of a bar with the fill at its end, or the crash after one."""
    phrased = shape.fill_asked or not generated.from_code
    if phrased and shape.fill:
        return fill_bar(drums, bar, feel, shape.fill)
    if not generated.from_code and shape.after_fill:
        return crash_in(drums, bar, feel)
    return drums


def _score_notes(generated: GeneratedBar, at: int, shape: BarShape) -> Parts:
    """The notes of a bar of a score that begins at tick ``at``."""
    assert generated.written is not None
    return {
        part: [] if part in shape.muted else [replace(n, tick=n.tick + at) for n in notes]
        for part, notes in generated.written.items()
    }


def place_count_in(state: State, bars: int) -> State:
    """Place clicks on the drums in the ``bars`` bars before bar 0."""
    if not bars:
        return state
    metre = state.clock.metre
    clicks = count_in_clicks(-bars, bars, state.setup.drum_map, metre)
    drums = state.lanes[Part.DRUMS].place(metre.bar_start(-bars), 0, clicks)
    return state.but(lanes={**state.lanes, Part.DRUMS: drums})


def replace_future(state: State, at: float, wanted: Collection[Part] = ALL_PARTS) -> State:
    """Arrange again all notes of the ``wanted`` parts that are not yet committed, after something
    that needs no model has changed: a control, or the chord heard."""
    commit = state.clock.line.tick_at(at + state.setup.commit_ahead)
    for bar in sorted(b for b in state.plan.bars if b >= state.clock.bar):
        state = place_bar(state, bar, max(commit, state.clock.grid.bar_start(bar)), wanted)
    return state

"""Hearing in every metre and across changes of it."""

from __future__ import annotations

from functools import partial

import pytest
from playing import FACTS as FOUR_ONLY
from playing import T0, off, on, run, told

from bridge.latent.directions import Directions
from bridge.listening.tempo.tempo_finder import FoundTempo
from bridge.model.answering.answer import answer
from bridge.model.fake import FakeTrio
from bridge.music.grid import (
    FOUR_FOUR,
    METRES,
    SIX_EIGHT,
    THREE_FOUR,
    TICKS_PER_BEAT,
    TWELVE_EIGHT,
    USUAL_GRID,
    Grid,
    Metre,
)
from bridge.music.notes import Note, Part
from bridge.session.bars.energy_steering import sparse
from bridge.session.ears.chord_ear import chord_begin
from bridge.session.messages import commands as m
from bridge.session.new_session import first_state
from bridge.session.state.effects import NewTake
from bridge.session.state.events import Event
from bridge.session.state.session_state import State
from bridge.session.state.setup import ModelFacts, Setup
from bridge.session.transport.tempo_listen import bpm_in, enter, metre_for

TRIO = FakeTrio()
FACTS = ModelFacts(TRIO.spec, TRIO.presets, Directions.of(TRIO.directions, 8))
EVERY = pytest.mark.parametrize("metre", METRES.values(), ids=list(METRES))
C, F, G = (48, 52, 55), (53, 57, 60), (43, 47, 50)
SECOND = 2 * TICKS_PER_BEAT
"""Ticks of a second at 120 BPM."""


def session(metre: Metre = FOUR_FOUR, facts: ModelFacts = FACTS) -> State:
    return first_state(Setup(bpm=120.0, key="C major", metre=metre), facts)


def chord(start: int, end: int, pitches: tuple[int, ...]) -> list[Event]:
    """Keys of a chord, from tick ``start`` to a little before ``end``."""
    ends = (end - 60) / SECOND
    return [event for p in pitches for event in (on(start / SECOND, p), off(ends, p))]


@EVERY
def test_a_chord_on_each_bar_line_is_heard_there(metre: Metre) -> None:
    events = [
        event
        for bar, pitches in enumerate((C, F, G, C))
        for event in chord(metre.bar_start(bar), metre.bar_start(bar + 1), pitches)
    ]
    until = metre.bar_start(4) / SECOND - 0.05
    played = run(session(metre), [told(0, m.Start()), *events], until, partial(answer, TRIO))
    heard = [(c.tick, c.chord.name) for c in played.state.ears.changes if c.chord]
    starts = [metre.bar_start(bar) for bar in range(4)]
    assert list(zip(starts, "CFGC", strict=True)) == [c for c in heard if c[0] in starts]


def test_chords_go_on_being_heard_after_the_metre_has_changed() -> None:
    """Bars of 3/4 that begin after one of 4/4 do not lie on its beats' multiples."""
    grid = USUAL_GRID.changed(1, THREE_FOUR)
    starts = [grid.bar_start(bar) for bar in range(5)]
    events: list[Event] = [told(0, m.Start()), told(0.3, m.SetMetre("3/4"))]
    for bar, pitches in enumerate((C, F, G, C)):
        events += chord(starts[bar], starts[bar + 1], pitches)
    events.sort(key=lambda event: event.at)
    played = run(session(), events, starts[4] / SECOND - 0.05, partial(answer, TRIO))
    assert played.state.clock.grid == grid
    heard = [(c.tick, c.chord.name) for c in played.state.ears.changes if c.chord]
    assert list(zip(starts, "CFGC", strict=False)) == [c for c in heard if c[0] in starts]


@EVERY
def test_a_chord_struck_late_counts_from_its_beat(metre: Metre) -> None:
    grid = Grid.of(THREE_FOUR).changed(1, metre)
    beat = grid.bar_start(2) + metre.ticks_per_beat
    assert chord_begin(grid, beat + 100, beat - 50) == beat
    assert chord_begin(grid, beat + 300, beat + 50) == beat + 300
    assert chord_begin(grid, beat - 100, beat - 200) == beat


@EVERY
@pytest.mark.parametrize(("push", "share"), [(-0.2, 0), (-0.5, 1), (-0.9, 2), (-1.0, 2)])
def test_the_lightest_steps_go_first(metre: Metre, push: float, share: int) -> None:
    """All steps, then 8ths, then beats; bar lines always stay."""
    grid = Grid.of(THREE_FOUR).changed(1, metre)
    start, step = grid.bar_start(1), metre.ticks_per_step
    notes = [Note(start + k * step, 36, 50) for k in range(metre.steps)]
    kept = sparse({Part.DRUMS: notes, Part.MELODY: notes}, push, grid)
    every = (1, metre.eighth_steps, metre.steps_per_beat)[share]
    assert [(n.tick - start) // step for n in kept[Part.DRUMS]] == list(
        range(0, metre.steps, every)
    )
    assert kept[Part.MELODY] == notes


# --- tempo and metre ----------------------------------------------------------------------


def found(metre: Metre) -> FoundTempo:
    return FoundTempo(100.0, T0, metre, 0.9)


@pytest.mark.parametrize(
    ("beats", "present", "wanted", "bpm"),
    [
        (FOUR_FOUR, "4/4", "4/4", 100.0),
        (FOUR_FOUR, "3/4", "4/4", 100.0),
        (FOUR_FOUR, "6/8", "6/8", 150.0),
        (FOUR_FOUR, "12/8", "12/8", 150.0),
        (FOUR_FOUR, "4/4t", "4/4t", 100.0),
        (THREE_FOUR, "4/4", "3/4", 100.0),
        (THREE_FOUR, "3/4", "3/4", 100.0),
        (THREE_FOUR, "6/8", "3/4", 100.0),
    ],
)
def test_the_band_enters_in_the_metre_found_or_one_with_its_beats(
    beats: Metre, present: str, wanted: str, bpm: float
) -> None:
    metre = metre_for(found(beats), METRES[present])
    assert (metre.name, bpm_in(found(beats), metre)) == (wanted, bpm)
    state, effects = enter(session(METRES[present]), T0 + 5.0, found(beats))
    assert state.clock.metre.name == wanted
    assert [(e.bpm, e.metre) for e in effects if isinstance(e, NewTake)] == [(bpm, metre)]
    bar = found(beats).metre.quarters * 60.0 / 100.0
    after = (state.clock.line.second_at_tick(0) - T0) / bar
    assert after == pytest.approx(round(after))


def test_a_model_of_one_metre_stays_in_it() -> None:
    state, effects = enter(session(facts=FOUR_ONLY), T0 + 5.0, found(THREE_FOUR))
    assert state.clock.running
    assert state.clock.metre is FOUR_FOUR
    assert [(e.bpm, e.metre) for e in effects if isinstance(e, NewTake)] == [(100.0, FOUR_FOUR)]


@pytest.mark.parametrize("metre", [SIX_EIGHT, TWELVE_EIGHT], ids=["6/8", "12/8"])
def test_energy_is_measured_on_dotted_beats(metre: Metre) -> None:
    events: list[Event] = [told(0, m.Start())]
    for k in range(12):
        at = k * metre.ticks_per_beat / SECOND
        events += [on(at, 64, 40 + 7 * k), off(at + 0.4, 64)]
    until = 12 * metre.ticks_per_beat / SECOND
    played = run(session(metre), events, until + 0.01, partial(answer, TRIO))
    energy = played.state.ears.energy
    assert energy.beat == 12
    assert energy.level > 0.5

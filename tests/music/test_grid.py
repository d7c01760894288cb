"""Metres, and bar lines that change their metre."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import NameUnknown
from bridge.music.grid import METRES, USUAL_GRID, Grid, Metre, metre_named
from bridge.music.tokens import from_slots, to_slots

EVERY = pytest.mark.parametrize("metre", METRES.values(), ids=list(METRES))
SOME = st.sampled_from(list(METRES.values()))


def test_a_bar_has_as_many_clocks_as_a_daw_counts() -> None:
    clocks = {name: metre.clocks for name, metre in METRES.items()}
    assert clocks == {"4/4": 96, "3/4": 72, "6/8": 72, "12/8": 144, "4/4t": 96}


@EVERY
def test_a_bar_is_as_long_as_its_time_signature_says(metre: Metre) -> None:
    assert metre.ticks == metre.numerator * 4 * 960 // metre.denominator
    assert metre.steps == len(metre.slots) in (12, 16)


@EVERY
def test_beats_fall_on_slots_where_beats_of_four_four_do(metre: Metre) -> None:
    beats = [metre.slots[beat * metre.steps_per_beat] for beat in range(metre.beats)]
    assert set(beats) <= {0, 4, 8, 12}
    assert metre.slots[metre.half_step] == 8


@EVERY
def test_bars_laid_into_slots_come_back(metre: Metre) -> None:
    bars = np.arange(1, 1 + 2 * 3 * metre.steps * 2).reshape(2, 3 * metre.steps, 2)
    slots = to_slots(bars, metre, axis=1)
    assert slots.shape == (2, 48, 2)
    assert (from_slots(slots, metre, axis=1) == bars).all()
    assert (slots > 0).sum() == bars.size


@EVERY
def test_only_beats_in_four_parts_swing_and_no_step_passes_the_next(metre: Metre) -> None:
    late = [metre.swing_delay(step, 1.0) for step in range(metre.steps)]
    assert any(late) == (metre.steps_per_beat == 4)
    ticks = [step * metre.ticks_per_step + by for step, by in enumerate(late)]
    assert ticks == sorted(set(ticks))


def test_a_metre_that_is_none_names_those_that_are() -> None:
    with pytest.raises(NameUnknown, match="4/4t"):
        metre_named("5/16")


@st.composite
def grids(draw: st.DrawFn) -> Grid:
    grid, bar = Grid.of(draw(SOME)), 0
    for _ in range(draw(st.integers(0, 5))):
        bar += draw(st.integers(1, 9))
        grid = grid.changed(bar, draw(SOME))
    return grid


@given(grids(), st.integers(-5, 60))
def test_a_bar_begins_where_it_is_found_and_the_bar_before_ends_there(grid: Grid, bar: int) -> None:
    start = grid.bar_start(bar)
    assert grid.bar_of(start) == bar
    assert grid.bar_of(start - 1) == bar - 1
    assert grid.bar_start(bar + 1) - start == grid.metre_of(bar).ticks


@given(grids(), st.integers(-20_000, 200_000))
def test_a_tick_lies_in_its_beat_and_its_half_bar(grid: Grid, tick: int) -> None:
    beat, half = grid.beat_of(tick), grid.half_of(tick)
    assert grid.beat_start(beat) <= tick < grid.beat_start(beat + 1)
    assert grid.half_start(half) <= tick < grid.half_start(half + 1)
    assert half // 2 == grid.bar_of(tick)


@given(grids())
def test_a_grid_comes_back_from_its_rows(grid: Grid) -> None:
    assert Grid.from_rows(grid.rows()).rows() == grid.rows()


def test_the_usual_grid_is_four_four_from_the_beginning() -> None:
    assert USUAL_GRID.rows() == ((0, 0, "4/4"),)


def test_a_change_that_is_taken_back_leaves_no_trace() -> None:
    three, four = METRES["3/4"], METRES["4/4"]
    grid = Grid.of(four).changed(5, three)
    assert grid.changed(5, four) == Grid.of(four)
    assert grid.changed(7, four).rows() == ((0, 0, "4/4"), (19200, 5, "3/4"), (24960, 7, "4/4"))

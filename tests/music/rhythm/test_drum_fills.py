"""Drummers' fills: what the file holds, and how one is chosen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.music.arrange import GM_DRUMS, Feel, fill_bar
from bridge.music.grid import METRES, Grid
from bridge.music.notes import Note
from bridge.music.rhythm.drum_fills import (
    FEWEST_A_BEAT,
    as_text,
    choose_fill,
    fills_in,
    parsed,
    shipped_fills,
)


def test_the_file_holds_several_hundred_fills_each_once() -> None:
    fills = shipped_fills()
    assert len(fills) > 300
    assert len(set(fills)) == len(fills)
    assert {fill.metre for fill in fills} == {"4/4", "4/4t"}


def test_a_fill_is_the_same_after_its_text() -> None:
    text = "\n".join(map(as_text, shipped_fills()))
    assert tuple(parsed(text)) == shipped_fills()


def test_a_line_that_is_no_fill_is_refused() -> None:
    with pytest.raises(ValueError, match="no fill"):
        tuple(parsed("4/4 001"))


@pytest.mark.parametrize("name", METRES)
def test_every_metre_has_fills_on_its_own_steps(name: str) -> None:
    metre = METRES[name]
    fills = fills_in(metre)
    assert len(fills) > 50
    assert {len(fill) for fill in fills} == {metre.steps}
    if metre.steps_per_beat == 6:  # of three 8ths a beat
        assert not any(fill[step] for fill in fills for step in range(1, metre.steps, 2))


@given(
    st.sampled_from(sorted(METRES)), st.integers(1, 6), st.integers(0, 40), st.integers(0, 10_000)
)
def test_a_fill_stays_in_its_place_and_has_enough_hits(
    name: str, beats: int, groove: int, seed: int
) -> None:
    metre = METRES[name]
    beats = min(beats, metre.beats)
    steps = beats * metre.steps_per_beat
    hits = choose_fill(metre, steps, groove, (seed, 3))
    assert hits == choose_fill(metre, steps, groove, (seed, 3))
    assert len(hits) >= FEWEST_A_BEAT * beats
    assert all(metre.steps - steps <= step < metre.steps for step, _ in hits)
    assert all(0 <= drum < 9 for _, drum in hits)


def test_a_busy_groove_gets_a_busier_fill() -> None:
    metre = METRES["4/4"]
    sparse, busy = (
        sum(len(choose_fill(metre, 8, groove, (seed,))) for seed in range(20)) for groove in (2, 16)
    )
    assert busy > 1.5 * sparse


def test_fills_of_other_bars_are_other_fills() -> None:
    metre = METRES["4/4"]
    assert len({tuple(choose_fill(metre, 16, 12, (1, bar))) for bar in range(16)}) > 5


def test_the_groove_goes_on_up_to_the_fill() -> None:
    metre = METRES["4/4"]
    groove = [Note(metre.ticks_per_step * step, 42, 60, 80) for step in range(16)]
    made = fill_bar(groove, 0, Feel(grid=Grid.of(metre), drum_map=GM_DRUMS), 4)
    assert [n for n in made if n.tick < 12 * metre.ticks_per_step - 60] == groove[:12]
    assert all(n.tick < metre.ticks for n in made)

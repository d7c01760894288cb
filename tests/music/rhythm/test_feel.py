"""Straight, swung and triplets told apart by where onsets lie."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.music.grid import FULL_SWING, TICKS_PER_BEAT
from bridge.music.rhythm.feel import FeelKind, feel_of

BEATS = range(16)


def eighths(swing: float) -> list[int]:
    """A note on each 8th of sixteen beats, the second delayed by a swing of 0..1."""
    late = TICKS_PER_BEAT // 2 + round(swing * FULL_SWING)
    return [beat * TICKS_PER_BEAT + at for beat in BEATS for at in (0, late)]


def test_even_eighths_are_straight() -> None:
    found = feel_of(eighths(0.0))
    assert (found.kind, found.swing) == (FeelKind.STRAIGHT, 0.0)


def test_even_sixteenths_are_straight() -> None:
    ticks = [step * TICKS_PER_BEAT // 4 for step in range(64)]
    assert feel_of(ticks).kind is FeelKind.STRAIGHT


@given(st.floats(0.55, 0.72), st.integers(0, 7))
def test_swung_eighths_are_swung_by_how_much(swing: float, origin: int) -> None:
    straight = [beat * TICKS_PER_BEAT + TICKS_PER_BEAT // 4 for beat in BEATS[::2]]
    ticks = [tick + origin * TICKS_PER_BEAT for tick in (*eighths(swing), *straight, *straight[:4])]
    found = feel_of(ticks, origin * TICKS_PER_BEAT)
    assert found.swing == pytest.approx(swing, abs=0.02)
    assert found.kind in (FeelKind.SWUNG, FeelKind.TRIPLETS)


def test_three_notes_a_beat_are_triplets() -> None:
    ticks = [third * TICKS_PER_BEAT // 3 for third in range(48)]
    assert feel_of(ticks).kind is FeelKind.TRIPLETS


@given(st.lists(st.integers(0, 15).map(lambda b: b * TICKS_PER_BEAT), max_size=40))
def test_notes_on_the_beats_alone_say_nothing(ticks: list[int]) -> None:
    assert feel_of(ticks).kind is FeelKind.UNKNOWN


def test_the_performances_of_drummers_are_told_apart() -> None:
    """The test split of the Groove MIDI Dataset: the aim is nine of ten."""
    evaluate = pytest.importorskip("tools.evaluate.feel")
    shared = Path(__file__).parents[3].parent / "shared" / "data"
    if not (shared / "grooves").is_dir():
        pytest.skip("the Groove MIDI Dataset is not here")
    figures = evaluate.measure(
        shared / "grooves" / "groove-midi-dataset.tar.xz", shared / "metres" / "gmd-metres.tsv"
    )
    assert figures["test"]["right"] >= 0.9

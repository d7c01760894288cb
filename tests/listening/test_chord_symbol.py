"""Full chords: their names read and written, their tones, the model's class."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.listening.chord_symbol import TONES, ChordSymbol, Quality, parse_symbol, symbol_of_class
from bridge.music.chords import chord_class

symbols = st.builds(
    ChordSymbol,
    st.integers(0, 11),
    st.sampled_from(Quality),
    st.none() | st.integers(0, 11),
)


@given(symbols)
def test_a_name_is_read_as_the_chord_that_it_is_of(symbol: ChordSymbol) -> None:
    read = parse_symbol(symbol.name)
    assert read is not None
    assert (read.root, read.quality, read.bass_note) == (
        symbol.root,
        symbol.quality,
        symbol.bass_note,
    )


@given(symbols)
def test_the_class_is_that_of_the_name(symbol: ChordSymbol) -> None:
    assert symbol.cls == chord_class(symbol.name)


@given(symbols, st.integers(-30, 30))
def test_a_moved_chord_has_its_tones_moved(symbol: ChordSymbol, by: int) -> None:
    moved = symbol.transposed(by)
    assert moved.pitch_classes == tuple((pc + by) % 12 for pc in symbol.pitch_classes)
    assert moved.bass_note == (symbol.bass_note + by) % 12


@pytest.mark.parametrize(
    ("name", "quality", "bass"),
    [
        ("F#M7", Quality.MAJOR_SEVENTH, None),
        ("Bbsus4", Quality.SUS4, None),
        ("C/E", Quality.MAJOR, 4),
        ("Am7/G", Quality.MINOR_SEVENTH, 7),
        ("Bm7b5", Quality.HALF_DIMINISHED, None),
        ("Cdim7", Quality.DIMINISHED, None),
        ("G13", Quality.NINTH, None),
        ("C6/9", Quality.SIXTH, None),
        ("D7sus4", Quality.SUS4, None),
        ("E+", Quality.AUGMENTED, None),
    ],
)
def test_spellings_of_lead_sheets(name: str, quality: Quality, bass: int | None) -> None:
    read = parse_symbol(name)
    assert read is not None
    assert (read.quality, read.bass) == (quality, bass)


def test_no_chord_is_none_and_nonsense_an_error() -> None:
    assert parse_symbol("z") is None
    assert symbol_of_class(0) is None
    with pytest.raises(ValueError, match="not a chord"):
        parse_symbol("hello")


def test_every_quality_has_its_tones() -> None:
    assert set(TONES) == set(Quality)

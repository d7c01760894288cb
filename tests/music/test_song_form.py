"""Layouts of forms: lengths, repeated sections, Fibonacci lengths."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import ConfigError
from bridge.music.song_form import (
    FIBONACCI,
    Section,
    SongForm,
    bars_for_minutes,
    fibonacci_lengths,
    lay_out,
)

NUMBERS = {1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610}
SONG = SongForm(
    "song",
    {n: Section(n, bars=b) for n, b in (("intro", 4), ("verse", 8), ("chorus", 8), ("hit", 1))},
    ("intro", "verse", "chorus", "verse", "chorus", "hit"),
)


def test_as_written_the_sections_follow_each_other() -> None:
    layout = lay_out(SONG)
    assert [(s.section.name, s.start, s.bars, s.time) for s in layout.sections] == [
        ("intro", 0, 4, 0),
        ("verse", 4, 8, 0),
        ("chorus", 12, 8, 0),
        ("verse", 20, 8, 1),
        ("chorus", 28, 8, 1),
        ("hit", 36, 1, 0),
    ]
    assert layout.bars == 37
    assert [layout.at(bar).section.name for bar in (0, 3, 4, 36, 99)] == [
        "intro", "intro", "verse", "hit", "hit"
    ]  # fmt: skip


@given(bars=st.integers(1, 2000))
def test_a_length_asked_for_is_met_in_whole_phrases_the_same_for_each_coming(bars: int) -> None:
    layout = lay_out(SONG, bars)
    lengths: dict[str, set[int]] = {}
    for placed in layout.sections:
        lengths.setdefault(placed.section.name, set()).add(placed.bars)
    assert all(len(found) == 1 for found in lengths.values())
    assert all(min(lengths[n]) % 4 == 0 for n in ("intro", "verse", "chorus"))
    assert lengths["hit"] == {1}
    if bars >= 21:  # under that nothing is left to take away
        assert abs(layout.bars - bars) <= 8  # a phrase of what comes twice


def test_fibonacci_lengths_rise_and_fall() -> None:
    assert fibonacci_lengths() == [1, 1, 2, 3, 5, 8, 13, 8, 5, 3, 2, 1, 1]
    assert fibonacci_lengths(1) == [1]
    assert fibonacci_lengths(20) == [1, 1, 2, 3, 5, 3, 2, 1, 1]


@given(bars=st.integers(1, 3000))
def test_fibonacci_lengths_are_fibonaccis_and_near_what_was_asked(bars: int) -> None:
    lengths = fibonacci_lengths(bars)
    assert set(lengths) <= NUMBERS
    assert lengths == lengths[::-1]
    assert bars / 2 <= sum(lengths) <= 2 * bars


def test_a_fibonacci_form_goes_through_its_sections_and_ends_with_the_last() -> None:
    form = SongForm("f", {n: Section(n) for n in "abc"}, ("a", "b", "c"), lengths=FIBONACCI)
    layout = lay_out(form, 12)
    assert [s.bars for s in layout.sections] == [1, 1, 2, 3, 2, 1, 1]
    assert [s.section.name for s in layout.sections] == list("abcabcc")
    assert [s.time for s in layout.sections] == [0, 0, 0, 1, 1, 1, 2]


@given(bars=st.integers(1, 100))
def test_a_layout_fits_any_number_of_bars(bars: int) -> None:
    fitted = lay_out(SONG).fitted(bars)
    assert fitted.bars == bars
    assert all(s.bars >= 1 for s in fitted.sections)


def test_a_seed_chooses_what_the_form_leaves_open_and_always_the_same() -> None:
    form = SongForm("j", SONG.sections, SONG.order, tempo=(160, 180),
                     keys=("A minor", "C minor"), choices={"density": (0.1, 0.9)})  # fmt: skip
    drawn = [form.drawn(seed) for seed in range(40)]
    assert drawn == [form.drawn(seed) for seed in range(40)]
    assert all(160 <= d.bpm <= 180 and 0.1 <= d.knobs["density"] <= 0.9 for d in drawn)
    assert {d.key for d in drawn} == {"A minor", "C minor"}
    assert len({d.bpm for d in drawn}) > 10


def test_minutes_become_bars() -> None:
    assert bars_for_minutes(2, 120) == 60
    assert bars_for_minutes(0.001, 60) == 1


def test_a_piece_without_end_is_refused() -> None:
    with pytest.raises(ConfigError, match="4000 or fewer"):
        lay_out(SONG, 5000)
    with pytest.raises(ConfigError, match="1 or more"):
        lay_out(SONG).fitted(0)

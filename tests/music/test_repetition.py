"""Repetition: the period is found and the chords of the previous round are expected."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from bridge.music.repetition import PERIODS, RepetitionMemory, overlap

SILENCE = (0,) * 16


def bar(number: int, seed: int = 1) -> tuple[int, ...]:
    """A bar of four notes, determined by its number."""
    randomly = random.Random(seed * 1000 + number)
    classes = [0] * 16
    for step in range(0, 16, 4):
        classes[step] = randomly.randrange(30, 60)
    return tuple(classes)


def heard(
    form: RepetitionMemory, bars: range, period: int, chords: bool = True
) -> RepetitionMemory:
    """Play bars of a tune with a period of ``period`` bars."""
    for b in bars:
        form = form.with_melody(b, bar(b % period))
        if chords:
            form = form.with_chords({b: (1 + b % period % 12, 13)})
    return form


def test_nothing_is_expected_the_first_time() -> None:
    """Without a period and earlier chords nothing is expected."""
    form = heard(RepetitionMemory(), range(8), 8)
    assert form.period == 0
    assert form.expected(8) == ()


def test_the_second_time_round_expects_the_first() -> None:
    """Two or more bars into the second round the period is known, for every period."""
    for period in PERIODS:
        form = heard(RepetitionMemory(), range(period + 4), period)
        assert form.period == period
        assert form.expected(period + 4) == form.chords[4 % period if period == 4 else 4]


def test_a_second_round_of_any_length_is_recalled_after_two_bars() -> None:
    """A tune of 17 bars with a pickup, or of 9: no multiple of four."""
    for length in (5, 9, 17, 25, 30):
        form = heard(RepetitionMemory(), range(length + 2), length)
        assert form.back == length
        assert form.expected(length + 2) == form.chords[2]


def test_a_phrase_within_a_tune_recalls_what_followed_it() -> None:
    """A A B: the second A expects the first; the first bar after it, as after the first, too."""
    form = RepetitionMemory()
    for b, played in enumerate([0, 1, 2, 3, 0, 1, 2]):
        form = form.with_melody(b, bar(played)).with_chords({b: (1 + played, 13)})
    assert form.back == 4
    assert form.expected(7) == (4, 13)


def test_one_bar_that_is_the_same_recalls_nothing() -> None:
    form = RepetitionMemory()
    for b, played in enumerate([0, 1, 2, 3, 0]):
        form = form.with_melody(b, bar(played)).with_chords({b: (1, 1)})
    assert form.back == 0


def test_a_loop_of_four_is_four_and_not_eight() -> None:
    """Of the periods that fit, the shortest is meant."""
    assert heard(RepetitionMemory(), range(20), 4).period == 4


def test_wrong_and_late_notes_do_not_hide_the_form() -> None:
    """One note in four wrong, another late: still the same tune."""
    form = heard(RepetitionMemory(), range(8), 8)
    for b in range(8, 12):
        played = list(bar(b % 8))
        played[0] = 33
        played[5], played[4] = played[4], 0
        form = form.with_melody(b, played)
    assert form.period == 8


def test_a_form_that_ends_is_given_up() -> None:
    """New music: after four bars of it nothing is expected any more."""
    form = heard(RepetitionMemory(), range(16), 8)
    assert form.period == 8
    for b in range(16, 20):
        form = form.with_melody(b, bar(b, seed=9))
    assert form.period == 0


def test_silence_comes_round_as_nothing() -> None:
    """Bars without notes say nothing about the form."""
    form = RepetitionMemory()
    for b in range(40):
        form = form.with_melody(b, SILENCE)
    assert form.period == 0


def test_after_a_jump_back_the_bar_itself_is_remembered() -> None:
    """A DAW that loops: the chords heard at this place are expected at this place."""
    form = heard(RepetitionMemory(), range(6), 32)
    assert form.expected(3) == form.chords[3]


@given(
    st.lists(st.integers(0, 89), min_size=16, max_size=16),
    st.lists(st.integers(0, 89), min_size=16, max_size=16),
)
def test_likeness_is_a_share_and_symmetric_for_equal_bars(a: list[int], b: list[int]) -> None:
    """0..1 for any two bars, and 1 for a bar with notes and itself."""
    assert 0.0 <= overlap(a, b) <= 1.0
    assert overlap(a, a) in (0.0, 1.0)

"""The metre of notes against the time signature of their file."""

from __future__ import annotations

import pytest

from bridge.music.grid import (
    FOUR_FOUR,
    FOUR_FOUR_TRIPLETS,
    METRES,
    SIX_EIGHT,
    THREE_FOUR,
    TICKS_PER_BEAT,
    Metre,
)
from bridge.music.notes import Note
from bridge.music.rhythm.found_metre import believed_bars, contradicted
from bridge.music.smf.song import Song, TimeSignature, Track
from bridge.music.tunes import TUNES

WALTZ, JIG, MARCH = TUNES["clementine"], TUNES["washerwoman"], TUNES["ode"]


def song(notes: tuple[Note, ...], beats: int, unit: int) -> Song:
    track = Track("Melody", 0, 0, notes)
    return Song((track,), signatures=(TimeSignature(0, beats, unit),))


def accented(metre: Metre, bars: int = 16) -> tuple[Note, ...]:
    """Bars of one long note and short ones on each beat."""
    beat = metre.ticks_per_beat
    return tuple(
        Note(metre.bar_start(bar) + at * beat, 60 + at, beat if at == 0 else beat // 4)
        for bar in range(bars)
        for at in range(metre.beats)
    )


@pytest.mark.parametrize("tune", [WALTZ, JIG, MARCH], ids=lambda t: t.name)
def test_a_tune_in_its_own_metre_is_believed(tune: object) -> None:
    assert contradicted(tune.notes(), tune.metre) is None  # type: ignore[attr-defined]


def test_accents_of_another_metre_are_believed_against_the_signature() -> None:
    assert contradicted(accented(THREE_FOUR), FOUR_FOUR) is THREE_FOUR
    assert contradicted(accented(FOUR_FOUR), THREE_FOUR) is FOUR_FOUR


def test_six_eight_that_says_four_four_is_taken_as_it_is_with_a_line_that_says_so() -> None:
    placed, remark = believed_bars(song(accented(SIX_EIGHT, 24), 4, 4))
    assert placed.metre is SIX_EIGHT
    assert "it says 4/4" in remark
    assert "--metre 4/4" in remark


def test_a_metre_that_is_wanted_is_taken_without_a_word() -> None:
    placed, remark = believed_bars(song(accented(SIX_EIGHT, 24), 4, 4), FOUR_FOUR)
    assert (placed.metre, remark) == (FOUR_FOUR, "")


def test_a_metre_that_cannot_be_played_stays_as_the_file_says() -> None:
    placed, remark = believed_bars(song(accented(SIX_EIGHT, 24), 4, 4), known=["4/4"])
    assert placed.metre is FOUR_FOUR
    assert "6/8" in remark


@pytest.mark.parametrize("metre", METRES.values(), ids=list(METRES))
def test_a_few_notes_contradict_nothing(metre: Metre) -> None:
    assert contradicted(accented(THREE_FOUR, bars=3), metre) is None


def test_beats_in_three_are_taken_as_triplets_where_they_can_be_played() -> None:
    third = TICKS_PER_BEAT // 3
    notes = tuple(
        Note(4 * 3 * bar * third + at * third, 60 + at % 4, 960 if at == 0 else 200)
        for bar in range(12)
        for at in range(12)
    )
    placed, remark = believed_bars(song(notes, 4, 4))
    assert placed.metre is FOUR_FOUR_TRIPLETS
    assert "in three" in remark
    assert believed_bars(song(notes, 4, 4), known=["4/4"])[0].metre is FOUR_FOUR

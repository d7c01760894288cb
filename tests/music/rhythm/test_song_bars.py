"""The bars of songs: metres, pickups, single bars of 2/4."""

from __future__ import annotations

import pytest

from bridge.errors import MidiFileError
from bridge.music.grid import (
    FOUR_FOUR,
    METRES,
    SIX_EIGHT,
    THREE_FOUR,
    TICKS_PER_BEAT,
    TWELVE_EIGHT,
    Metre,
)
from bridge.music.notes import Note
from bridge.music.rhythm.song_bars import bar_classes, song_bars
from bridge.music.smf.song import Song, TimeSignature, Track
from bridge.music.tokens import encode_line, encode_voice

BEAT, BAR = TICKS_PER_BEAT, FOUR_FOUR.ticks


def signed(*signatures: tuple[int, int, int], beats: int = 32) -> Song:
    notes = tuple(Note(beat * BEAT, 60 + beat % 5, BEAT) for beat in range(beats))
    return Song(
        (Track("T1", 0, 0, notes),), signatures=tuple(TimeSignature(*s) for s in signatures)
    )


@pytest.mark.parametrize("signature", [(0, 4, 4), (0, 2, 2), (0, 8, 8), (0, 2, 4)])
def test_bars_as_long_as_four_quarters_are_four_four(signature: tuple[int, int, int]) -> None:
    placed = song_bars(signed(signature))
    assert (placed.metre, placed.origin) == (FOUR_FOUR, 0)
    assert placed.grid.bar_start(3) == 3 * BAR


@pytest.mark.parametrize(
    ("beats", "unit", "metre"),
    [(3, 4, THREE_FOUR), (6, 4, THREE_FOUR), (6, 8, SIX_EIGHT), (3, 8, SIX_EIGHT),
     (12, 8, TWELVE_EIGHT)],
)  # fmt: skip
def test_a_song_has_the_metre_of_its_signature(beats: int, unit: int, metre: Metre) -> None:
    placed = song_bars(signed((0, beats, unit)))
    assert placed.metre is metre
    assert placed.grid.bar_start(2) == 2 * metre.ticks


@pytest.mark.parametrize(("beats", "origin"), [(1, BEAT), (2, 2 * BEAT), (3, 3 * BEAT)])
def test_a_short_first_bar_is_a_pickup(beats: int, origin: int) -> None:
    assert song_bars(signed((0, beats, 4), (origin, 4, 4))).origin == origin


def test_a_pickup_before_a_waltz_is_one() -> None:
    placed = song_bars(signed((0, 1, 4), (BEAT, 3, 4)))
    assert (placed.metre, placed.origin) == (THREE_FOUR, BEAT)


def test_a_short_last_bar_is_no_harm() -> None:
    song = signed((0, 1, 4), (BEAT, 4, 4), (7 * BAR + BEAT, 3, 4))
    assert song_bars(song).origin == BEAT


@pytest.mark.parametrize(
    ("signatures", "words"),
    [
        (((0, 7, 8),), "7/8 from bar 1"),
        (((0, 9, 8),), "9/8 from bar 1"),
        (((0, 4, 4), (2 * BAR, 5, 4)), "5/4 from bar 3"),
        (((0, 3, 4), (6 * BEAT, 4, 4)), "4/4 from bar 3"),
        (((0, 0, 4),), "0/4 from bar 1"),
    ],
)
def test_what_the_band_does_not_play_is_refused_unless_forced(
    signatures: tuple[tuple[int, int, int], ...], words: str
) -> None:
    song = signed(*signatures)
    with pytest.raises(MidiFileError, match=words):
        song_bars(song)
    assert song_bars(song, force=True).origin == 0


@pytest.mark.parametrize("metre", METRES.values(), ids=list(METRES))
def test_a_metre_that_is_wanted_decides(metre: Metre) -> None:
    placed = song_bars(signed((0, 7, 8)), metre)
    assert placed.metre is metre
    assert placed.grid.bar_start(4) == 4 * metre.ticks


def test_a_single_bar_of_two_is_followed() -> None:
    song = signed((0, 4, 4), (2 * BAR, 2, 4), (2 * BAR + 2 * BEAT, 4, 4))
    grid = song_bars(song).grid
    assert [grid.bar_start(bar) for bar in range(5)] == [
        0, BAR, 2 * BAR, 2 * BAR + 2 * BEAT, 3 * BAR + 2 * BEAT,
    ]  # fmt: skip
    assert [grid.bar_of(grid.bar_start(bar)) for bar in range(9)] == list(range(9))


def test_three_bars_of_two_are_one_bar_and_a_half() -> None:
    song = signed((0, 4, 4), (BAR, 2, 4), (BAR + 6 * BEAT, 4, 4))
    grid = song_bars(song).grid
    assert [grid.bar_start(bar) for bar in range(1, 5)] == [
        BAR, 2 * BAR, 2 * BAR + 2 * BEAT, 3 * BAR + 2 * BEAT,
    ]  # fmt: skip


def test_the_missing_half_of_a_short_bar_is_silent_and_the_next_bar_begins_on_its_own() -> None:
    song = signed((0, 4, 4), (BAR, 2, 4), (BAR + 2 * BEAT, 4, 4))
    grid, notes = song_bars(song).grid, song.tracks[0].notes
    rows = bar_classes(encode_voice, notes, grid, 0, 3).reshape(3, 16)
    assert (rows[1, 8:] == 0).all()
    assert (rows[[1, 1, 2], [0, 4, 0]] > 0).all()
    whole = encode_line(notes, BAR + 2 * BEAT, 16)
    assert rows[2].tolist() == whole.tolist()

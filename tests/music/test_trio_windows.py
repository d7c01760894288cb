"""A song as the windows of a trio model."""

from __future__ import annotations

import pytest

from bridge.errors import MidiFileError
from bridge.music.grid import FOUR_FOUR, TICKS_PER_BEAT
from bridge.music.notes import Note
from bridge.music.smf.gm_programs import DRUM_CHANNEL
from bridge.music.smf.song import Song, Track
from bridge.music.trio_windows import find_bass, trio_windows


def beats(pitch: int, bars: int = 6) -> tuple[Note, ...]:
    return tuple(Note(b * TICKS_PER_BEAT, pitch, TICKS_PER_BEAT, 90) for b in range(4 * bars))


def song(*tracks: Track) -> Song:
    return Song(tracks)


TUNE = Track("Melody", 0, 0, beats(72))
LOW = Track("Fingered", 1, 33, beats(36))
KIT = Track("Kit", DRUM_CHANNEL, 0, beats(42))


def test_windows_hold_all_three_tracks_every_two_bars() -> None:
    found = trio_windows(song(TUNE, LOW, KIT))
    assert found.shape == (2, 64, 3)
    assert (found[:, ::4, 1] == 36 - 19).all()
    assert (found[:, ::4, 2] == 4).all()


def test_the_bass_is_found_by_name_then_program_then_height() -> None:
    named = Track("Bass Gtr", 2, 0, beats(60))
    assert find_bass(song(TUNE, LOW, named, KIT), TUNE) is named
    assert find_bass(song(TUNE, Track("pad", 3, 90, beats(60)), LOW), TUNE) is LOW
    lowest = Track("b", 4, 0, beats(40))
    assert find_bass(song(TUNE, Track("a", 3, 0, beats(60)), lowest), TUNE) is lowest
    assert find_bass(song(TUNE, KIT), TUNE) is None


def test_a_short_song_without_a_bass_is_one_window_with_rests() -> None:
    short = trio_windows(song(Track("Melody", 0, 0, beats(67, 1))))
    assert short.shape == (1, 64, 3)
    assert not short[..., 1].any()


def test_a_song_without_a_window_that_holds_a_melody_says_so() -> None:
    lonely = Track("Melody", 0, 0, (Note(0, 60, FOUR_FOUR.ticks, 90),))
    with pytest.raises(MidiFileError, match="longer piece"):
        trio_windows(song(lonely))

"""Finding the melody track and the first full bar."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import MidiFileError, NameUnknown
from bridge.music.melody_track import find_melody, melody_score
from bridge.music.notes import Note
from bridge.music.smf.song import Song, Track

BEAT, BAR = 960, 3840


def line(name: str, pitch: int, *, bars: int = 8, channel: int = 0, voices: int = 1) -> Track:
    """Quarter notes; with more voices, in thirds below."""
    notes = [
        Note(beat * BEAT, pitch + beat % 5 - 3 * voice, 900)
        for beat in range(bars * 4)
        for voice in range(voices)
    ]
    return Track(name, channel, 0, tuple(sorted(notes)))


DRUMS = Track("Kit", 9, 0, (Note(0, 36, 120),))


def test_a_name_tells() -> None:
    assert find_melody(Song((line("Pad", 72), line("Lead Vocal", 67)))).name == "Lead Vocal"


def test_without_names_the_high_single_voice_is_the_melody() -> None:
    song = Song((line("T1", 36), line("T2", 64, voices=3), line("T3", 72), DRUMS))
    assert find_melody(song).name == "T3"


def test_a_voice_that_plays_most_of_the_time_is_preferred() -> None:
    song = Song((line("T1", 72, bars=1), line("T2", 72, bars=16)))
    assert find_melody(song).name == "T2"


def test_drums_are_never_the_melody() -> None:
    assert find_melody(Song((DRUMS, line("Finger Bass", 33)))).name == "Finger Bass"
    with pytest.raises(MidiFileError, match="only drums"):
        find_melody(Song((DRUMS,)))


@pytest.mark.parametrize(("wanted", "name"), [("1", "T1"), ("2", "2 left"), ("2 LEFT", "2 left")])
def test_a_track_is_wanted_by_number_or_name(wanted: str, name: str) -> None:
    assert find_melody(Song((line("T1", 72), line("2 left", 48))), wanted).name == name


@pytest.mark.parametrize("wanted", ["0", "3", "-1", "²", "", "Horn"])
def test_a_track_that_is_not_there_lists_those_that_are(wanted: str) -> None:
    with pytest.raises(NameUnknown, match="1 \\(T1\\)"):
        find_melody(Song((line("T1", 72), line("T1", 48))), wanted)


@given(st.integers(0, 127), st.integers(1, 6))
def test_points_are_finite_for_any_voice(pitch: int, voices: int) -> None:
    notes = tuple(Note(0, max(0, pitch - v), 10) for v in range(voices))
    assert -10 < melody_score(Track("x", 0, 0, notes), 10).points < 10

"""A bass note moved to another chord keeps its function and its register."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.listening.chord_symbol import ChordSymbol, Quality, parse_symbol
from bridge.listening.follow_chord import agree, anchored, follows, functions_of, moved_pitch
from bridge.music.arrange import BASS_HIGHEST, BASS_LOWEST
from bridge.music.notes import Note

symbols = st.builds(
    ChordSymbol, st.integers(0, 11), st.sampled_from(Quality), st.none() | st.integers(0, 11)
)


def chord(name: str) -> ChordSymbol:
    found = parse_symbol(name)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("pitch", "old", "new", "expected"),
    [
        (36, "C", "F", 5),  # root to root
        (40, "C", "Am", 0),  # third to third
        (43, "C", "Dm", 9),  # fifth to fifth
        (46, "C7", "Fmaj7", 4),  # seventh to seventh
        (46, "C7", "F", 5),  # no seventh: the root
        (36, "C", "C/E", 4),  # the heard bass note in place of the root
        (38, "C", "G", 9),  # a passing second to a second
        (42, "C", "Dm", 7),  # between: to the nearest tone of the scale
        (41, "Csus4", "G", 11),  # a suspended tone is a third
    ],
)
def test_the_function_is_kept(pitch: int, old: str, new: str, expected: int) -> None:
    assert moved_pitch(pitch, chord(old), chord(new)) % 12 == expected


@given(st.integers(BASS_LOWEST, BASS_HIGHEST), symbols, symbols)
def test_the_note_stays_in_the_bass_register(
    pitch: int, old: ChordSymbol, new: ChordSymbol
) -> None:
    moved = moved_pitch(pitch, old, new)
    assert BASS_LOWEST <= moved <= BASS_HIGHEST
    assert abs(moved - pitch) <= 12


@given(symbols, symbols)
def test_chord_tones_become_chord_tones(old: ChordSymbol, new: ChordSymbol) -> None:
    tones = {*functions_of(new).values(), new.bass_note}
    for tone in functions_of(old).values():
        assert moved_pitch(36 + tone, old, new) % 12 in tones


@given(symbols)
def test_a_chord_agrees_with_itself_and_moves_nothing(symbol: ChordSymbol) -> None:
    assert agree(symbol, symbol)
    note = Note(0, 40, 100)
    assert follows(note, symbol, symbol) is note
    assert follows(note, None, symbol) is note


def test_where_a_chord_begins_its_bass_note_is_played() -> None:
    notes = [Note(0, 40, 400), Note(480, 43, 400), Note(960, 40, 400)]
    moved = anchored(notes, 480, 960, chord("F"))
    assert [n.pitch for n in moved] == [40, 41, 40]

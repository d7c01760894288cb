"""Simulated pianists: what they play has the chords that are said to be in it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.listening.chord_symbol import parse_symbol
from tools.data.piano.playing import Sheet, play


def sheet(beats: int = 4, *, compound: bool = False) -> Sheet:
    names = ["C", "Am", "F", "G7"]
    chords = tuple(parse_symbol(names[bar % 4]) for bar in range(8) for _ in range(beats))
    melody = np.array([[b, b + 1, 60 + (0, 4, 7)[b % 3]] for b in range(8 * beats)], float)
    return Sheet(melody, chords, beats, compound)


@given(seed=st.integers(0, 1 << 62))
def test_what_is_played_lies_on_a_keyboard_after_the_beginning(seed: int) -> None:
    notes = play(sheet(), seed).notes
    assert (notes[:, 0] >= 0).all()
    assert (notes[:, 1] > notes[:, 0]).all()
    assert ((notes[:, 2] >= 21) & (notes[:, 2] <= 108)).all()
    assert (np.diff(notes[:, 0]) >= 0).all()


@pytest.mark.parametrize(("beats", "compound"), [(4, False), (3, False), (2, True)])
def test_most_of_what_sounds_is_in_the_chord(beats: int, compound: bool) -> None:
    inside = total = 0.0
    for seed in range(40):
        playing = play(sheet(beats, compound=compound), seed)
        for start, end, pitch in playing.notes:
            chord = playing.chords[min(int(start + 0.1), len(playing.chords) - 1)]
            assert chord is not None
            total += min(end - start, 2)
            inside += (int(pitch) % 12 in chord.pitch_classes) * min(end - start, 2)
    assert 0.7 < inside / total < 0.98


def test_a_seed_plays_the_same_again_and_another_plays_otherwise() -> None:
    once, again, other = (play(sheet(), seed) for seed in (1, 1, 2))
    assert np.array_equal(once.notes, again.notes)
    assert once.chords == again.chords
    assert once.notes.shape != other.notes.shape or not np.allclose(once.notes, other.notes)

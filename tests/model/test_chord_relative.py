"""A bass relative to its chords: back again it is what it was, and a root is a root over all."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bridge.model.two_level.chord_relative import roots_of, step_chords, to_absolute, to_relative
from bridge.music.chords import CHORD_CLASSES, class_pitch_classes

CHORDS = st.integers(0, CHORD_CLASSES - 1)
NOTES = st.integers(10, 80)


@given(st.lists(st.tuples(st.one_of(st.sampled_from([0, 1]), NOTES), CHORDS), min_size=1))
def test_back_and_forth_changes_nothing(steps: list[tuple[int, int]]) -> None:
    bass, chords = (np.array(row) for row in zip(*steps, strict=True))
    assert (to_absolute(to_relative(bass, chords), chords) == bass).all()


@given(st.integers(1, CHORD_CLASSES - 1), st.integers(2, 5))
def test_the_tones_of_every_chord_are_those_of_c_major(chord: int, octave: int) -> None:
    tones = class_pitch_classes(chord)
    notes = np.array([12 * octave + (tone - 21) % 12 + 2 for tone in tones])
    held = to_relative(notes, np.full(3, chord))
    assert ((held + 19) % 12).tolist() == [0, 4, 7]


def test_a_note_moves_by_less_than_an_octave_and_no_chord_moves_nothing() -> None:
    moves = roots_of(np.arange(CHORD_CLASSES))
    assert moves[0] == 0
    assert moves.min() == -5
    assert moves.max() == 6


def test_half_bars_become_steps() -> None:
    halves = np.array([[1, 6, 8, 8]])
    assert step_chords(halves, 8, 12).tolist() == [[1] * 8 + [6] * 4 + [8] * 12]

"""Trio classes equal Magenta's; encoding and decoding are inverse."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.music import tokens
from bridge.music.grid import FOUR_FOUR
from bridge.music.notes import Note
from bridge.music.phrase import skyline

STEPS = 64
LINES = st.lists(st.integers(0, tokens.MELODY_CLASSES - 1), min_size=STEPS, max_size=STEPS)
DRUMS = st.lists(st.integers(0, tokens.DRUM_CLASSES - 1), min_size=16, max_size=16)


def canonical(classes: list[int]) -> list[int]:
    """Classes without redundant note-offs in silence."""
    out, sounding = [], False
    for cls in classes:
        out.append(0 if cls == tokens.NOTE_OFF and not sounding else cls)
        sounding = cls > 1 or (sounding and cls == 0)
    return out


@given(LINES)
def test_a_line_decoded_and_encoded_is_itself(classes: list[int]) -> None:
    notes = tokens.decode_line(classes, 0)
    assert tokens.encode_line(notes, 0, STEPS).tolist() == canonical(classes)


@given(LINES, st.integers(-20, 20))
def test_a_line_lies_where_its_window_starts(classes: list[int], bar: int) -> None:
    start = bar * 3840
    notes = tokens.decode_line(classes, start)
    assert all(start <= n.tick and n.end <= start + STEPS * FOUR_FOUR.ticks_per_step for n in notes)
    assert tokens.encode_line(notes, start, STEPS).tolist() == canonical(classes)


HEARD = st.lists(
    st.builds(Note, st.integers(-9000, 40_000), st.integers(0, 127), st.integers(1, 9000)),
    max_size=60,
)


@given(HEARD, st.integers(-2, 12), st.sampled_from([16, 64]))
def test_a_window_of_a_voice_is_that_of_the_whole_line(
    notes: list[Note], bar: int, steps: int
) -> None:
    voice = skyline(notes)
    whole = tokens.encode_line(voice, bar * 3840, steps)
    assert tokens.encode_voice(voice, bar * 3840, steps).tolist() == whole.tolist()


class Counting(Sequence[Note]):
    """Notes that count how many of them were looked at."""

    def __init__(self, notes: Sequence[Note]) -> None:
        self.notes, self.looks = notes, 0

    def __len__(self) -> int:
        return len(self.notes)

    def __getitem__(self, at):  # type: ignore[no-untyped-def]
        found = self.notes[at]
        self.looks += len(found) if isinstance(at, slice) else 1
        return found


def test_a_window_costs_the_same_in_a_piece_of_any_length() -> None:
    looks = []
    for bars in (250, 16_000):
        voice = Counting([Note(i * 480, 60, 400) for i in range(8 * bars)])
        tokens.encode_voice(voice, bars // 2 * 3840, 64)
        looks.append(voice.looks)
    assert looks[1] - looks[0] <= 2 * 6  # twice the steps of a search that halves


@given(LINES)
def test_a_decoded_line_has_one_voice(classes: list[int]) -> None:
    notes = tokens.decode_line(classes, 0)
    assert all(a.end <= b.tick for a, b in pairwise(notes))


@given(
    st.lists(
        st.builds(Note, st.integers(-9000, 20_000), st.integers(0, 127), st.integers(1, 20_000)),
        max_size=40,
    ),
    st.integers(-9000, 9000),
)
def test_any_notes_give_classes_that_exist(notes: list[Note], start: int) -> None:
    classes = tokens.encode_line(notes, start, STEPS)
    assert classes.shape == (STEPS,)
    assert classes.dtype == np.int64
    assert ((classes >= 0) & (classes < tokens.MELODY_CLASSES)).all()


@given(DRUMS)
def test_drums_decoded_and_encoded_are_themselves(classes: list[int]) -> None:
    hits = [
        Note(step * FOUR_FOUR.ticks_per_step, tokens.GM_DRUM_CLASSES[drum][0], 60)
        for step, drum in tokens.decode_drums(classes)
    ]
    assert tokens.encode_drums(hits, 0, 16).tolist() == classes


@pytest.mark.parametrize(("pitch", "cls"), [(21, 2), (60, 41), (108, 89)])
def test_the_classes_are_magentas(pitch: int, cls: int) -> None:
    assert tokens.pitch_to_class(pitch) == cls
    assert tokens.class_to_pitch(cls) == pitch


def test_what_has_no_class_is_refused() -> None:
    for pitch in (20, 109):
        with pytest.raises(ValueError, match=r"21\.\.108"):
            tokens.pitch_to_class(pitch)
    for cls in (0, 1, 90):
        with pytest.raises(ValueError, match="not a note-on"):
            tokens.class_to_pitch(cls)


@given(st.integers(-128, 255))
def test_a_folded_pitch_is_the_nearest_of_its_octaves(pitch: int) -> None:
    folded = tokens.fold_pitch(pitch)
    assert tokens.FIRST_PITCH <= folded <= tokens.LAST_PITCH
    assert (folded - pitch) % 12 == 0
    low, high = min(pitch, tokens.LAST_PITCH - 11), max(pitch, tokens.FIRST_PITCH + 11)
    assert low <= folded <= high


@given(LINES, st.integers(-6, 6))
def test_shifting_moves_pitches_and_leaves_the_rest(classes: list[int], by: int) -> None:
    moved = tokens.shift_classes(np.array(classes), by)
    for before, after in zip(classes, moved.tolist(), strict=True):
        if before < 2:
            assert after == before
        else:
            change = tokens.class_to_pitch(after) - tokens.class_to_pitch(before)
            assert (change - by) % 12 == 0


def test_a_note_longer_than_the_window_has_no_end_in_it() -> None:
    assert tokens.encode_line([Note(0, 60, 99_999)], 0, 16).tolist() == [41] + [0] * 15


def test_a_note_begun_before_the_window_shows_by_its_end() -> None:
    classes = tokens.encode_line([Note(-960, 60, 1920)], 0, 16)
    assert classes.tolist() == [0] * 4 + [tokens.NOTE_OFF] + [0] * 11


def test_a_note_however_short_lasts_a_step() -> None:
    assert tokens.encode_line([Note(0, 60, 1)], 0, 4).tolist() == [41, 1, 0, 0]


def test_no_percussion_note_counts_as_two_drums() -> None:
    pitches = [p for drum in tokens.GM_DRUM_CLASSES for p in drum]
    assert len(pitches) == len(set(pitches))
    assert tokens.drum_of_pitch(36) == 0
    assert tokens.drum_of_pitch(127) is None

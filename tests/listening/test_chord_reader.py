"""The chord reader: block chords, arpeggios, inversions, passing notes, any metre, bad input."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.listening.harmony import hear
from bridge.music.grid import FOUR_FOUR, METRES, THREE_FOUR, USUAL_GRID, Grid, Metre
from bridge.music.notes import Note

BEAT = 960


def block(beat: int, beats: int, *pitches: int) -> list[Note]:
    return [Note(beat * BEAT, p, beats * BEAT - 40) for p in pitches]


def names(notes: Iterable[Note], count: int, metre: Metre = FOUR_FOUR) -> list[str]:
    heard = hear(sorted(notes), Grid.of(metre), 0, -(-count // metre.beats))
    return ["-" if chord is None else chord.name for chord in heard.beats[:count]]


def test_block_chords_are_read_with_their_qualities() -> None:
    chords = ((36, 60, 64, 67), (45, 60, 64, 67), (43, 59, 62, 65), (36, 60, 64, 67, 71))
    notes = [note for bar, keys in enumerate(chords) for note in block(4 * bar, 4, *keys)]
    assert names(notes, 16)[::4] == ["C", "Am7", "G7", "Cmaj7"]


def test_the_lowest_note_is_the_bass_of_an_inversion() -> None:
    notes = [*block(0, 4, 36, 60, 64, 67), *block(4, 4, 40, 60, 67, 72)]
    assert names(notes, 8)[::4] == ["C", "C/E"]


def test_an_arpeggio_with_pedal_is_one_chord() -> None:
    line = [Note(k * BEAT // 2, p, 2 * BEAT) for k, p in enumerate((41, 48, 53, 57) * 4)]
    assert set(names(line, 8)) <= {"F", "F/C"}


def test_passing_notes_change_nothing() -> None:
    scale = [
        Note(k * BEAT // 2, p, BEAT // 2) for k, p in enumerate((72, 74, 76, 77, 79, 81, 83, 84))
    ]
    assert set(names([*block(0, 4, 36, 52, 55, 60), *scale], 4)) == {"C"}


def test_fingers_a_little_early_belong_to_the_next_beat() -> None:
    late = [Note(4 * BEAT - 60 + 25 * k, p, 4 * BEAT) for k, p in enumerate((41, 57, 60))]
    assert names([*block(0, 3, 36, 60, 64, 67), *late], 8)[4:] == ["F"] * 4


def test_the_chord_goes_on_in_silence_and_nothing_is_heard_before_the_first() -> None:
    assert names(block(4, 2, 43, 59, 62), 12) == ["-"] * 4 + ["G"] * 8


def test_a_waltz_is_read_in_its_bars() -> None:
    notes = [n for bar, low in enumerate((36, 41, 43, 36)) for n in (
        *block(3 * bar, 1, low), *block(3 * bar + 1, 1, low + 16, low + 19),
        *block(3 * bar + 2, 1, low + 16, low + 19))]  # fmt: skip
    heard = hear(sorted(notes), Grid.of(THREE_FOUR), 0, 4)
    assert [c.name for c in heard.beats[::3] if c] == ["C", "F", "G", "C"]


def test_a_single_line_has_no_harmony_of_its_own() -> None:
    line = [Note(k * BEAT, 60 + k % 5, BEAT - 10) for k in range(32)]
    assert not any(hear(line, USUAL_GRID, 0, 8).beats)


notes_of_any_kind = st.lists(
    st.builds(Note, st.integers(-5000, 60_000), st.integers(0, 127), st.integers(1, 80_000)),
    max_size=60,
)


@pytest.mark.parametrize("metre", METRES.values(), ids=METRES)
@given(notes=notes_of_any_kind)
def test_any_notes_give_a_chord_or_none_for_each_beat(metre: Metre, notes: list[Note]) -> None:
    heard = hear(sorted(notes), Grid.of(metre), 0, 6)
    assert len(heard.beats) == 6 * metre.beats
    assert len(heard.halves) == 12


def test_bars_of_half_a_length_shift_the_bar_lines_of_what_is_heard() -> None:
    """A bar of 2/4 within 4/4: the chords after it begin on bar lines of their own."""
    grid = Grid().cut(2 * 3840 + 1920, 3, FOUR_FOUR)
    notes = [*block(0, 4, 36, 52, 55), *block(4, 4, 41, 57, 60), *block(8, 2, 43, 59, 62),
             *block(10, 4, 36, 52, 55), *block(14, 4, 41, 57, 60)]  # fmt: skip
    heard = hear(sorted(notes), grid, 0, 5)
    named = [c.name if c else "-" for c in heard.beats]
    assert named == ["C"] * 4 + ["F"] * 4 + ["G"] * 2 + ["C"] * 4 + ["F"] * 4
    halves = [c.name if c else "-" for c in heard.halves]
    assert halves == ["C", "C", "F", "F", "G", "G", "C", "C", "F", "F"]
    assert heard.at(2 * 3840 + 1920) == heard.beats[10]

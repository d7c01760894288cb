"""Chords: reading lead sheets' names, classes, tones and transposition."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.music.chords import (
    CHORD_CLASSES,
    NO_CHORD,
    Chord,
    chord_class,
    class_chord,
    class_name,
    class_pitch_classes,
    class_root,
    held_chord,
    nearest_chord,
    parse_chord,
    transpose_class,
)

classes = st.integers(0, CHORD_CLASSES - 1)
MAJOR_LIKE = """C5 C6 C69 C6/9 Cma9 CM9 Cmaj13 C+ C+7 C7+ C7b9 C7#9#5 C7(b9#11) C7alt Csus C2
    Cadd9 CΔ7 C^7 CMAJ7 C7sus4 C13sus4 Cno3 Caug C/E C7/Bb Cmajor"""
MINOR_LIKE = """Cm6 Cmi7 Cmin9 Cminor Cm(maj7) CmM7 CmMaj7 C-7 Cm7b5 Cm7-5 Cdim7 Co7 C°7 Cø Ch7
    Cmadd9 Cm11 Cm7/Gb Cm(add9) CMIN7"""
chords = st.builds(Chord, st.integers(0, 11), st.booleans())


@pytest.mark.parametrize(
    ("name", "root", "minor"),
    [
        ("C", 0, False),
        ("Am7", 9, True),
        ("F#dim", 6, True),
        ("Bb/D", 10, False),
        ("Ebmaj7", 3, False),
        ("EbMaj7", 3, False),
        ("GM7", 7, False),
        ("D-7", 2, True),
        ("Bm7b5", 11, True),
        ("Caug7", 0, False),
        ("Gsus4", 7, False),
        ("A13", 9, False),
        ("Cb", 11, False),
    ],
)
def test_lead_sheet_names_are_read(name: str, root: int, minor: bool) -> None:
    """Root, accidental and the third are found in a chord's name."""
    assert parse_chord(name) == Chord(root, minor)


@pytest.mark.parametrize("name", MAJOR_LIKE.split())
def test_usual_spellings_of_major_like_chords_are_read(name: str) -> None:
    """Extensions, alterations, suspensions and a bass change no third."""
    assert parse_chord(name) == Chord(0)


@pytest.mark.parametrize("name", MINOR_LIKE.split())
def test_usual_spellings_of_minor_like_chords_are_read(name: str) -> None:
    """A diminished or half-diminished chord has a minor third, too."""
    assert parse_chord(name) == Chord(0, minor=True)


@pytest.mark.parametrize(
    "name", ["Cfoo", "Am7blah", "Cmmm", "C/X", "Dm7/", "C7(", "C()", "C1", "Cm7b5x", "c", "H7"]
)
def test_a_root_alone_makes_no_chord_of_what_follows(name: str) -> None:
    """Each part of the name has to say something."""
    with pytest.raises(ValueError, match="is not a chord name"):
        parse_chord(name)


@given(st.sampled_from("ABCDEFG"), st.text(max_size=8))
def test_the_name_that_is_offered_for_a_misspelled_chord_is_one(root: str, rest: str) -> None:
    """Whatever follows the letter of a note."""
    assert parse_chord(nearest_chord(root + rest)) is not None


@pytest.mark.parametrize("name", ["z", "", "N.C.", " "])
def test_no_chord_is_class_zero(name: str) -> None:
    """The signs for no chord all mean class 0."""
    assert chord_class(name) == NO_CHORD


def test_what_is_no_chord_is_an_error() -> None:
    """A name without a root says so."""
    with pytest.raises(ValueError, match="not a chord"):
        chord_class("hello")


@given(chords)
def test_a_chord_comes_back_from_its_class_and_its_name(chord: Chord) -> None:
    """Class and name are faithful."""
    assert class_chord(chord.cls) == chord
    assert parse_chord(chord.name) == chord
    assert class_name(chord.cls) == chord.name
    assert class_root(chord.cls) == chord.root


def test_classes_are_laid_out_as_documented() -> None:
    """1..12 are major on C..B, 13..24 minor on C..B."""
    assert [chord_class(n) for n in ("C", "B", "Cm", "Bm")] == [1, 12, 13, 24]
    assert class_pitch_classes(1) == (0, 4, 7)
    assert class_pitch_classes(22) == (9, 0, 4)
    assert class_pitch_classes(NO_CHORD) == ()
    assert class_name(NO_CHORD) == "-"
    assert class_root(NO_CHORD) is None


@pytest.mark.parametrize("cls", [-1, CHORD_CLASSES])
def test_a_class_out_of_range_is_refused(cls: int) -> None:
    """There are 25 classes."""
    with pytest.raises(ValueError, match="outside"):
        class_chord(cls)


@given(classes, st.integers(-30, 30), st.integers(-30, 30))
def test_transposing_twice_is_transposing_by_the_sum(cls: int, a: int, b: int) -> None:
    """Transposition adds up, keeps the quality, and an octave changes nothing."""
    assert transpose_class(transpose_class(cls, a), b) == transpose_class(cls, a + b)
    assert transpose_class(cls, 12) == cls


@given(chords, st.integers(-30, 30))
def test_transposed_tones_are_the_tones_transposed(chord: Chord, by: int) -> None:
    """All tones of a chord move by the same interval."""
    moved = class_pitch_classes(transpose_class(chord.cls, by))
    assert moved == tuple((p + by) % 12 for p in chord.pitch_classes)


@pytest.mark.parametrize(
    ("keys", "name"),
    [
        ((48, 52, 55), "C"),
        ((45, 48, 52), "Am"),
        ((43, 47, 50, 53), "G"),
        ((50, 53, 57, 60), "Dm"),
        ((52, 55, 60), "C"),
        ((41, 48), "F"),
        ((45, 52), "A"),
    ],
)
def test_keys_held_at_once_are_named(keys: tuple[int, ...], name: str) -> None:
    """Triads, sevenths, an inversion, and bare fifths taken for major."""
    assert class_name(held_chord(keys)) == name


@pytest.mark.parametrize("keys", [(), (48,), (48, 60), (48, 49)])
def test_what_is_no_chord_says_nothing(keys: tuple[int, ...]) -> None:
    """One note, octaves, a semitone."""
    assert held_chord(keys) == NO_CHORD

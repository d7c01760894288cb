"""Chord charts as text."""

from __future__ import annotations

import pytest

from bridge.music.chords import NO_CHORD, chord_class, ordinal, parse_chords


def classes(*names: str) -> tuple[int, ...]:
    return tuple(chord_class(name) for name in names)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Am F C G", ("Am", "Am", "F", "F", "C", "C", "G", "G")),
        ("Am F | C", ("Am", "F", "C", "C")),
        ("| Bb/D | F#m7 |", ("Bb", "Bb", "F#m", "F#m")),
        ("  C  ", ("C", "C")),
        ("Am, F", ("Am", "Am", "F", "F")),
    ],
)
def test_a_chart_has_two_chords_a_bar(text: str, expected: tuple[str, ...]) -> None:
    assert parse_chords(text) == classes(*expected)


def test_no_chord_is_a_chord_of_its_own() -> None:
    assert parse_chords("C z") == (*classes("C", "C"), NO_CHORD, NO_CHORD)


@pytest.mark.parametrize("text", ["", "|", "X", "C D E |"])
def test_what_is_no_chart_is_said(text: str) -> None:
    with pytest.raises(ValueError, match="chord"):
        parse_chords(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "C F Am7blah",
            r"'Am7blah' is not a chord name \(the 3rd of the line\): did you mean 'Am7'\?",
        ),
        ("Am F | Cfoo G", r"'Cfoo' is not a chord name \(the 1st of bar 2\): did you mean 'C'\?"),
        ("| Am | F Gmaaj7", r"\(the 2nd of bar 2\): did you mean 'Gmaj7'\?"),
        ("C am", "did you mean 'Am'"),
        ("C | D E F", "bar 2, 'D E F': a bar has two chords"),
        ("C hello", r"'hello' .*\(the 2nd of the line\): write it as in 'Am7'"),
    ],
)
def test_a_word_that_is_no_chord_is_named_with_its_place_and_the_nearest(
    text: str, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        parse_chords(text)


@pytest.mark.parametrize(
    ("number", "text"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (112, "112th"), (21, "21st")],
)
def test_places_are_counted_in_english(number: int, text: str) -> None:
    assert ordinal(number) == text

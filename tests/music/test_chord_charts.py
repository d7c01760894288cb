"""Chord charts as text."""

from __future__ import annotations

import pytest

from bridge.music.chords import NO_CHORD, chord_class, parse_chords


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

"""The key from chords and melody: relatives and parallels told apart."""

from __future__ import annotations

import numpy as np
import pytest

from bridge.listening.chord_symbol import parse_symbol
from bridge.listening.key_finder import find_key, key_likelihoods
from bridge.music.key import ALL_KEYS, Key, estimate_key

C_SCALE = np.array([2, 0, 1, 0, 2, 1, 0, 2, 0, 1, 0, 0.5])


@pytest.mark.parametrize(
    ("chords", "key"),
    [
        ("C Dm G C", "C major"),
        ("Am Dm E Am", "A minor"),
        ("C C F G", "C major"),
        ("Cm Ab Bb Cm", "C minor"),
        ("G D Em C", "G major"),
        ("Em Am B Em", "E minor"),
    ],
)
def test_chords_tell_the_key(chords: str, key: str) -> None:
    heard = [parse_symbol(name) for name in chords.split()]
    assert find_key(heard, np.zeros(12)) == Key.parse(key)


def test_c_major_with_a_d_minor_second_chord_stays_in_c_major() -> None:
    melody = np.array([1.0, 0, 2.0, 0, 0.8, 1.5, 0, 0.5, 0, 1.6, 0, 0])
    assert estimate_key(melody) == Key.parse("D minor")
    heard = [parse_symbol(name) for name in ("C", "Dm", "Dm", "G")]
    assert find_key(heard, melody) == Key.parse("C major")


def test_nothing_heard_tells_nothing() -> None:
    assert not key_likelihoods([], np.zeros(12)).any()
    assert find_key([None, None], np.zeros(12)) == ALL_KEYS[0]


def test_moved_music_is_in_the_moved_key() -> None:
    heard = [parse_symbol(name) for name in ("C", "F", "G", "C")]
    for by in range(12):
        moved = [chord.transposed(by) if chord else None for chord in heard]
        assert find_key(moved, np.roll(C_SCALE, by)).tonic == by

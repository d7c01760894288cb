"""Tempo and bar line from free playing."""

from __future__ import annotations

import numpy as np
import pytest

from bridge.listening.tempo_ear import TempoEar
from bridge.listening.tempo_finder import FoundTempo, PlayedNote, find_tempo
from bridge.music.grid import FOUR_FOUR, THREE_FOUR
from bridge.music.tunes import TUNES


def played(
    name: str, bpm: float, bars: int = 4, sd: float = 0.0, seed: int = 1
) -> list[PlayedNote]:
    rng = np.random.default_rng(seed)
    beat = 60.0 / bpm
    found = []
    for note in TUNES[name].notes():
        if note.tick < bars * 3840:
            accent = 12 * (note.tick % 3840 == 0) + 6 * (note.tick % 960 == 0)
            at = 50.0 + note.tick / 960 * beat + float(rng.normal(0.0, sd))
            found.append(PlayedNote(at, note.pitch, note.length / 960 * beat * 0.9, 80 + accent))
    return found


@pytest.mark.parametrize("bpm", [90.0, 110.0, 132.0])
def test_the_tempo_of_a_tune_is_found_within_two_percent(bpm: float) -> None:
    found = find_tempo(played("susanna", bpm, 8, 0.01))
    assert found is not None
    assert abs(found.bpm / bpm - 1) < 0.02


def test_too_little_gives_no_tempo() -> None:
    assert find_tempo([]) is None
    assert find_tempo([PlayedNote(k * 0.01, 60) for k in range(50)]) is None
    assert find_tempo([PlayedNote(k * 1.0, 60) for k in range(4)]) is None


def test_a_waltz_is_in_three() -> None:
    notes = []
    for beat in range(24):
        first = beat % 3 == 0
        notes.append(PlayedNote(beat * 0.5, 48 if first else 64, 0.4, 100 if first else 70))
    found = find_tempo(notes)
    assert found is not None
    assert found.metre == THREE_FOUR
    assert min(abs(found.downbeat - k * 1.5) for k in range(8)) < 0.05


def test_a_found_tempo_is_corrected() -> None:
    found = FoundTempo(120.0, 10.0, FOUR_FOUR, 1.0)
    assert found.halved().bpm == 60.0
    assert found.doubled().bpm == 240.0
    assert found.one_at(11.04).downbeat == 11.0
    assert found.next_bar(10.1) == 12.0
    assert found.next_bar(10.0) == 10.0


def test_the_ear_is_sure_after_some_bars_that_agree() -> None:
    ear = TempoEar().listening()
    sure_at = None
    for note in played("susanna", 110.0, 8, 0.005):
        ear = ear.key_down(note.at, note.pitch, note.velocity)
        ear = ear.key_up(note.at + note.length, note.pitch).looked()
        if ear.is_sure:
            sure_at = note.at - 50.0
            break
    assert sure_at is not None
    assert 2 * 4 * 60 / 110 - 0.5 < sure_at <= 4.5 * 4 * 60 / 110

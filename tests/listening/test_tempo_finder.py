"""Tempo and bar line from free playing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bridge.listening.tempo.rhythm_model import BarKind, tables_of
from bridge.listening.tempo.tempo_ear import TempoEar
from bridge.listening.tempo.tempo_finder import FASTEST, SLOWEST, FoundTempo, PlayedNote, find_tempo
from bridge.music.grid import FOUR_FOUR, SIX_EIGHT, THREE_FOUR, Metre
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


def jig(bpm: float, bars: int = 8) -> list[PlayedNote]:
    """Bars of 6/8: a quarter and an 8th, then three 8ths, from second 50 on."""
    eighth = 60.0 / bpm / 3
    found = []
    for bar in range(bars):
        for place, length in ((0, 2), (2, 1), (3, 1), (4, 1), (5, 1)):
            at = 50.0 + (6 * bar + place) * eighth
            pitch = 60 + (0, 0, 4, 7, 4, 2)[place]
            found.append(PlayedNote(at, pitch, length * eighth * 0.9, 95 if place == 0 else 75))
    return found


@pytest.mark.parametrize("metre", [None, SIX_EIGHT])
def test_a_jig_is_heard_in_dotted_quarters(metre: Metre | None) -> None:
    found = find_tempo(jig(100.0), metre)
    assert found is not None
    assert found.bpm == pytest.approx(100.0, rel=0.02)
    assert found.metre == FOUR_FOUR
    bar = 4 * 0.6
    assert abs((found.downbeat - 50.0 + 0.05) % bar) < 0.1


@pytest.mark.parametrize("metre", [FOUR_FOUR, THREE_FOUR])
def test_a_metre_that_the_player_has_named_is_kept(metre: Metre) -> None:
    notes = [PlayedNote(k * 0.5, 60 + k % 2, 0.4) for k in range(24)]
    found = find_tempo(notes, metre)
    assert found is not None
    assert found.metre == metre


@pytest.mark.parametrize("bpm", [64.0, 90.0, 120.0, 170.0])
def test_the_same_notes_at_another_time_give_the_same_tempo(bpm: float) -> None:
    notes = played("susanna", bpm, 4, 0.01)
    later = [replace(note, at=note.at + 1000.0) for note in notes]
    first, second = find_tempo(notes), find_tempo(later)
    assert first is not None
    assert second is not None
    assert second.bpm == pytest.approx(first.bpm)
    assert second.downbeat == pytest.approx(first.downbeat + 1000.0)


@pytest.mark.parametrize("seed", range(8))
def test_keys_without_a_beat_give_a_tempo_in_range_or_none(seed: int) -> None:
    rng = np.random.default_rng(seed)
    times = np.cumsum(rng.exponential(0.15, 300))
    notes = [PlayedNote(float(at), int(rng.integers(21, 109)), 0.1) for at in times]
    found = find_tempo(notes)
    assert found is None or (0.9 * SLOWEST < found.bpm < 1.1 * FASTEST and 0 <= found.trust <= 1)


@pytest.mark.parametrize("kind", list(BarKind))
def test_shares_of_gaps_sum_to_one_over_all_gaps_from_a_place(kind: BarKind) -> None:
    tables = tables_of(kind)
    from_place = np.zeros((len(tables.kind), kind.places))
    for gap in range(tables.gaps.shape[0]):
        for place in range(kind.places):
            shares = np.exp(tables.gaps[gap, :, place])
            from_place[np.arange(len(shares)), tables.origin[gap, :, place]] += shares
    assert from_place == pytest.approx(1.0, abs=1e-3)

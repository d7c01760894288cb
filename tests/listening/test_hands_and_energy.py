"""The place between the hands, and the energy of what is played."""

from __future__ import annotations

from bridge.listening.energy import Energy
from bridge.listening.hands import HandSplit
from bridge.music.grid import FOUR_FOUR
from bridge.music.notes import Note

BEAT = 960


def split_of(pitches: list[int]) -> int:
    split = HandSplit()
    for pitch in pitches:
        split = split.with_note(pitch)
    return split.pitch


def test_hands_that_are_apart_are_split_between() -> None:
    assert 55 < split_of([48, 72, 52, 74, 55, 76] * 6) <= 72


def test_one_hand_has_no_split() -> None:
    assert split_of([60, 62, 64, 65, 67, 69] * 6) == 0
    assert split_of([]) == 0


def test_the_split_moves_with_the_hands() -> None:
    low = [36, 60, 40, 62, 43, 64] * 12
    high = [55, 84, 57, 86, 60, 88] * 12
    assert split_of(low) < split_of(low + high)


def level_after(bars: list[tuple[int, int]]) -> list[float]:
    """Energy at the end of bars of (velocity, notes a bar)."""
    energy, notes, levels = Energy(), [], []
    for bar, (velocity, count) in enumerate(bars):
        notes += [
            Note(bar * 4 * BEAT + k * 4 * BEAT // count, 64, 100, velocity) for k in range(count)
        ]
        for beat in range(4 * bar + 1, 4 * bar + 5):
            energy = energy.at_beat(beat, beat * BEAT, notes, FOUR_FOUR)
        levels.append(energy.level)
    return levels


def test_louder_and_denser_is_more_energy() -> None:
    levels = level_after([(40, 4), (60, 4), (80, 8), (100, 8), (120, 16)])
    assert levels == sorted(levels)
    assert levels[-1] - levels[0] > 0.4


def test_silence_brings_the_energy_down_and_playing_back() -> None:
    levels = level_after([(100, 8)] * 3 + [(1, 1)] * 2 + [(100, 8)] * 3)
    assert levels[4] < levels[2] - 0.2
    assert levels[-1] > levels[4] + 0.2


def test_a_gentle_players_loud_is_loud() -> None:
    gentle = level_after([(25, 4)] * 30 + [(55, 8)] * 4)
    assert gentle[-1] - gentle[-5] > 0.2


def test_small_changes_move_nothing() -> None:
    levels = level_after([(90, 8)] * 8 + [(91, 8)] * 2)
    assert levels[-1] == levels[7]

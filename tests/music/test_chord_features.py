"""Input features of the chord reader."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bridge.music.chord_features import FEATURES, HALF_BAR, half_bars

C4, E4 = 41, 45  # melody classes
SOUNDS = HALF_BAR * 13


def bar(**notes: int) -> list[int]:
    line = [0] * 16
    for step, cls in notes.items():
        line[int(step[1:])] = cls
    return line


def test_a_note_sounds_until_the_next_event() -> None:
    rows = half_bars(bar(s0=C4, s6=1, s8=E4), np.ones(16))
    sounds = rows[:, :SOUNDS].reshape(16, 13)
    assert sounds[:6, 0].all()
    assert sounds[6:8, 12].all()
    assert sounds[8:, 4].all()
    assert (sounds.sum(1) == 1).all()


def test_a_note_held_over_the_half_bar_is_no_onset_there() -> None:
    rows = half_bars(bar(s0=C4), np.ones(16))
    onsets = rows[:, SOUNDS + 24 : SOUNDS + 24 + HALF_BAR]
    assert onsets.sum() == 1
    assert rows[1, SOUNDS] == 1, "C sounds all through the second half"


def test_what_was_not_heard_is_nothing_and_a_rest_is_something() -> None:
    rest = half_bars(bar(), np.ones(16))
    unheard = half_bars(bar(s0=C4), np.zeros(16))
    assert not unheard[:, :-2].any()
    assert rest[:, :-2].any()


def test_an_unheard_note_does_not_sound_on_into_what_is_heard() -> None:
    heard = np.repeat([0, 1], 8)
    rows = half_bars(bar(s2=C4), heard)
    assert rows[1, :SOUNDS].reshape(8, 13)[:, 12].all()


@given(st.lists(st.integers(0, 89), min_size=16, max_size=16), st.integers(1, 4))
def test_bars_stand_for_themselves(line: list[int], count: int) -> None:
    """A bar that begins with an event gives the same rows wherever it stands."""
    line[0] = max(line[0], 1)
    rows = half_bars(line * count, np.ones(16 * count))
    assert rows.shape == (2 * count, FEATURES)
    assert np.array_equal(rows[:2], rows[-2:])


@given(st.lists(st.integers(0, 77), min_size=16, max_size=16))
def test_an_octave_changes_heights_alone(line: list[int]) -> None:
    up = [c + 12 if c >= 2 else c for c in line]
    low, high = (half_bars(x, np.ones(16)) for x in (line, up))
    heights = slice(SOUNDS + 24 + HALF_BAR, SOUNDS + 24 + 2 * HALF_BAR)
    same = np.delete(np.arange(FEATURES), np.arange(FEATURES)[heights])
    assert np.array_equal(low[:, same], high[:, same])

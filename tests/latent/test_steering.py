"""Steering: the voices taken from each move."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bridge.errors import ModelError
from bridge.latent.directions import Directions
from bridge.latent.steering import Steering
from bridge.music.attributes import ATTRIBUTES

NAMES = ("kick", "hihat_rate", "bass_density")
MOVES = np.array([[0, 0], [1, 0], [0, 1]], np.float32)
STEERING = Steering(NAMES, np.full(3, 0.5), np.full(3, 9.0), MOVES)


def bars() -> np.ndarray:
    """Snares on all eighths; on every beat a kick with bass besides; hi-hats with more bass."""
    tried = np.zeros((3, 16, 3), np.int64)
    tried[:, ::2, 2] = 2
    tried[1, ::4, 2], tried[1, ::4, 1] = 3, 12
    tried[2, ::4, 2], tried[2, ::2, 1] = 6, 12
    return tried


def taken(steering: Steering = STEERING, **knobs: float) -> np.ndarray:
    return steering.steer(steering.values(knobs), bars())[0]


def test_without_a_knob_the_bar_stays() -> None:
    mixed, picks = STEERING.steer(STEERING.values({}), bars())
    assert (mixed == bars()[0]).all()
    assert not STEERING.mean_move(picks).any()


def test_a_knob_takes_its_own_voice_and_leaves_the_others() -> None:
    bar = taken(kick=1.0)
    assert (bar[::4, 2] == 3).all()
    assert not bar[:, 1].any()


def test_half_a_turn_takes_a_voice_in_half_of_the_bar() -> None:
    bar = taken(kick=0.5)
    assert (bar[:, 2] & 1).sum() == 2
    assert (bar[:, 2] & 2 == bars()[0, :, 2]).all()
    assert not bar[:, 1].any()


def test_two_knobs_take_voices_from_different_moves() -> None:
    bar = taken(kick=1.0, hihat_rate=1.0)
    assert (bar[::4, 2] == 7).all()
    assert not bar[:, 1].any()


def test_more_of_a_knob_never_gives_less_of_it() -> None:
    counts = [int((taken(bass_density=v)[:, 1] > 0).sum()) for v in (-1.0, 0.0, 0.5, 1.0)]
    assert counts == sorted(counts)
    assert counts[-1] > counts[0]


def test_the_move_told_is_the_mean_of_those_taken() -> None:
    _, picks = STEERING.steer(STEERING.values({"kick": 1.0, "hihat_rate": 1.0}), bars())
    assert STEERING.mean_move(picks).tolist() == [0.5, 0.5]


def test_where_no_move_changes_anything_the_bar_stays() -> None:
    same = np.repeat(bars()[:1], 3, axis=0)
    mixed, picks = STEERING.steer(STEERING.values({"kick": 1.0}), same)
    assert (mixed == same[0]).all()
    assert not picks.any()


def test_aims_ask_for_the_others_too() -> None:
    aims = np.eye(3)
    aims[0, 2] = 1.0
    bar = taken(replace(STEERING, aims=aims), kick=1.0)
    assert (bar[::4, 2] == 3).all()
    assert (bar[::2, 1] == 12).all()


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ModelError, match="not a measurable attribute"):
        Steering(("brightness",), np.ones(1), np.ones(1), MOVES)
    with pytest.raises(ModelError, match="reach"):
        Steering(("kick",), np.zeros(1), np.ones(1), MOVES)
    with pytest.raises(ModelError, match="zero"):
        Steering(("kick",), np.ones(1), np.ones(1), MOVES[1:])
    with pytest.raises(ModelError, match="aims"):
        Steering(("kick",), np.ones(1), np.ones(1), MOVES, np.ones((2, 2)))


def test_a_steered_direction_is_asked_for_and_adds_no_vector() -> None:
    both = Directions(("kick", "snare"), np.ones((2, 3), np.float32), ("kick",))
    assert both.offset({"kick": 1.0, "snare": 0.5}).tolist() == [0.5] * 3
    assert both.asked({"kick": 3.0, "snare": 0.5}).tolist() == [1.0]


def test_there_is_an_attribute_for_every_knob_of_the_issue() -> None:
    assert len(ATTRIBUTES) == 13

"""Walks bar by bar: reproducible, near the prior, with the specified figures."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from bridge.errors import ModelError
from bridge.latent.player_profile import MIN_BARS, empty_profile, profile_code
from bridge.latent.walks import (
    Pace,
    Walk,
    WalkKind,
    neuron,
    next_step,
    random_step,
    start_walk,
    trajectory,
)

WIDTH = 16


@pytest.mark.parametrize("kind", WalkKind)
def test_a_seed_gives_the_same_walk_again_and_another_seed_another(kind: WalkKind) -> None:
    walk = Walk(kind, seed=3)
    assert np.array_equal(trajectory(walk, 40, WIDTH), trajectory(walk, 40, WIDTH))
    other = trajectory(replace(walk, seed=4), 40, WIDTH)
    if kind is WalkKind.PRIOR:  # the model's own prior moves it, from the same seed
        assert not other.any()
    else:
        assert not np.allclose(trajectory(walk, 40, WIDTH), other)


@pytest.mark.parametrize("kind", WalkKind)
def test_a_walk_asked_twice_for_a_bar_stands_still(kind: WalkKind) -> None:
    walk = Walk(kind, seed=3)
    once = next_step(walk, start_walk(walk, WIDTH), 0)
    assert next_step(walk, once, 0) is once
    assert next_step(walk, once, -5) is once


def test_the_first_numbers_of_a_pathway_are_those_of_any_width() -> None:
    assert np.array_equal(random_step(7, 12, 128)[:8], random_step(7, 12, 8))
    assert np.allclose(random_step(1, 0, 3), [0.34558418, 0.82161814, 0.33043706])


def test_one_seed_takes_models_of_two_sizes_the_same_way() -> None:
    walk = Walk(WalkKind.BROWNIAN, seed=5)
    wide, narrow = trajectory(walk, 30, 128), trajectory(walk, 30, 8)
    assert np.allclose(wide[0, :, :8], narrow[0])


def test_a_brownian_walk_stays_near_the_prior_however_long() -> None:
    points = trajectory(Walk(WalkKind.BROWNIAN), 3000, WIDTH, [Pace(0.3)])[0, 100:]
    assert np.abs(points.mean(axis=0)).max() < 0.25
    assert np.abs(points.std(axis=0) - 1).max() < 0.15


def test_restlessness_is_how_much_is_new_and_can_change_on_the_way() -> None:
    walk = Walk(WalkKind.BROWNIAN)
    calm = trajectory(walk, 600, WIDTH, [Pace(0.05)])[0]
    wild = trajectory(walk, 600, WIDTH, [Pace(0.8)])[0]
    steps = [np.linalg.norm(np.diff(p, axis=0), axis=1).mean() for p in (calm, wild)]
    assert steps[1] > 2.5 * steps[0]
    walker = next_step(walk, start_walk(walk, WIDTH), 0, [Pace(0.8)])
    assert np.array_equal(next_step(walk, walker, 1, [Pace(0.0)]).point, walker.point)


def test_an_orbit_comes_round_in_its_bars_at_one_distance() -> None:
    points = trajectory(Walk(WalkKind.ORBIT, bars=12), 24, WIDTH)[0]
    assert np.allclose(np.linalg.norm(points, axis=1), np.sqrt(WIDTH), rtol=1e-5)
    assert np.allclose(points[:12], points[12:], atol=1e-4)


def test_a_drift_arrives_after_its_bars_and_stays() -> None:
    target = tuple(np.linspace(-1, 1, WIDTH).tolist())
    points = trajectory(Walk(WalkKind.DRIFT, bars=8, target=target), 12, WIDTH)[0]
    assert np.allclose(points[3], np.asarray(target) / 2, atol=1e-6)
    assert np.allclose(points[7:], target, atol=1e-6)


def test_a_figure_swings_along_its_two_neurons_only() -> None:
    axes = (neuron(2, WIDTH), neuron(5, WIDTH, 1.0))
    points = trajectory(Walk(WalkKind.LISSAJOUS, bars=16, axes=axes, ratio=(1, 2)), 16, WIDTH)[0]
    assert np.allclose(np.delete(points, [2, 5], axis=1), 0)
    assert np.isclose(points[3, 2], 2.0)  # a quarter round: the first axis at its end
    assert np.isclose(points[3, 5], 0.0, atol=1e-6)  # the second, twice as fast, in the middle
    assert np.isclose(points[1, 5], 1.0)


def test_a_walk_through_anchors_meets_each_and_closes() -> None:
    anchors = tuple(tuple(random_step(9, n, WIDTH).tolist()) for n in range(3))
    points = trajectory(Walk(WalkKind.ANCHORS, bars=4, anchors=anchors), 12, WIDTH)[0]
    for turn, anchor in ((3, 1), (7, 2), (11, 0)):
        assert np.allclose(points[turn], anchors[anchor], atol=1e-4)


def test_players_apart_go_their_own_ways_unless_they_lean() -> None:
    walk = Walk(WalkKind.APART, seed=2)
    free = trajectory(walk, 400, WIDTH)
    keen = trajectory(walk, 400, WIDTH, [Pace(lean=0.8), Pace(lean=0.8)])
    gap = [float(np.linalg.norm(p[0] - p[1], axis=1).mean()) for p in (free, keen)]
    assert gap[1] < 0.4 * gap[0]


def test_who_leans_follows_and_the_other_goes_on() -> None:
    walk = Walk(WalkKind.APART, seed=2)
    free = trajectory(walk, 50, WIDTH)
    led = trajectory(walk, 50, WIDTH, [Pace(), Pace(lean=1.0)])
    assert np.array_equal(led[0], free[0])
    assert not np.allclose(led[1], free[1])


def test_each_player_has_a_restlessness_of_its_own() -> None:
    points = trajectory(Walk(WalkKind.APART), 300, WIDTH, [Pace(0.02), Pace(0.7)])
    steps = np.linalg.norm(np.diff(points, axis=1), axis=2).mean(axis=1)
    assert steps[1] > 3 * steps[0]


def test_no_walk_jumps_further_than_its_pace() -> None:
    for kind in WalkKind:
        points = trajectory(Walk(kind, bars=32), 64, WIDTH)[0]
        far = max(float(np.linalg.norm(b - a)) for a, b in pairwise(points))
        assert far < 1.2 * np.sqrt(WIDTH), kind


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Walk(WalkKind.ORBIT, bars=0), "choose more than 0"),
        (lambda: Walk(WalkKind.ORBIT, bars=float("nan")), "choose more than 0"),
        (lambda: Walk(WalkKind.ORBIT, seed=-1), "choose 0 or more"),
        (lambda: Walk(WalkKind.LISSAJOUS, axes=((1.0,),)), "give two"),
        (lambda: neuron(16, 16), "choose 0 to 15"),
        (lambda: start_walk(Walk(WalkKind.DRIFT, target=(1.0,)), 2), "1 wide, the model's are 2"),
        (
            lambda: start_walk(Walk(WalkKind.ANCHORS, anchors=((float("inf"), 0.0),)), 2),
            "not finite",
        ),
        (lambda: trajectory(Walk(WalkKind.ORBIT), 0, 4), "choose 1 or more"),
    ],
)
def test_what_makes_no_walk_is_one_clear_line(make, says: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ModelError, match=says) as caught:
        make()
    assert "\n" not in str(caught.value)


# --- mimicry ------------------------------------------------------------------------------


def test_a_habit_is_the_mean_and_spread_of_what_was_heard() -> None:
    codes = np.random.default_rng(1).normal([2.0, -1.0], [0.5, 0.1], (400, 2)).astype(np.float32)
    habit = empty_profile(2)
    for code in codes:
        habit = habit.with_code(code, bars=1e9)
    assert np.allclose(habit.mean, codes.mean(axis=0), atol=1e-4)
    assert np.allclose(habit.spread, codes.std(axis=0), atol=1e-2)
    assert np.allclose(profile_code(habit, np.zeros(2, np.float32)), habit.mean)


def test_a_habit_forgets_what_is_long_gone() -> None:
    habit = empty_profile(1)
    for value in [5.0] * 100 + [-5.0] * 100:
        habit = habit.with_code(np.array([value], np.float32), bars=16)
    assert abs(float(habit.mean[0]) + 5) < 0.1
    assert habit.weight < 17


def test_little_heard_leaves_no_spread() -> None:
    habit = empty_profile(1)
    for value in range(int(MIN_BARS) - 1):
        habit = habit.with_code(np.array([value], np.float32))
    assert habit.spread[0] == 0

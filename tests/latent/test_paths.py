"""Closed paths, walks and orbits."""

from __future__ import annotations

import numpy as np
import pytest

from bridge.errors import ModelError
from bridge.latent.paths import closed_path, plane, walk
from bridge.latent.space import sample


def test_a_closed_path_meets_each_anchor_and_can_be_looped() -> None:
    anchors = sample(3, 8, 5)
    path = closed_path(anchors, 4)
    assert path.shape == (12, 8)
    assert np.allclose(path[::4], anchors, atol=1e-5)
    jumps = np.linalg.norm(np.diff(np.vstack([path, path[:1]]), axis=0), axis=1)
    assert jumps.max() < np.linalg.norm(anchors[0] - anchors[1])


def test_a_path_of_one_anchor_stays_there() -> None:
    anchor = sample(1, 4, 1)
    assert np.allclose(closed_path(anchor, 3), anchor)


def test_a_walk_is_the_same_for_the_same_seed() -> None:
    start = sample(1, 4, 1)[0]
    assert np.array_equal(walk(start, 9, 3), walk(start, 9, 3))
    assert not np.array_equal(walk(start, 9, 3), walk(start, 9, 4))


def test_a_longer_walk_begins_as_the_shorter_one() -> None:
    start = sample(1, 4, 1)[0]
    assert np.array_equal(walk(start, 20, 3)[:5], walk(start, 5, 3))


def test_a_walk_without_restlessness_stays() -> None:
    start = sample(1, 4, 1)[0]
    assert np.array_equal(walk(start, 3, 1, restlessness=0.0), np.stack([start] * 3))


def test_a_walk_stays_near_the_prior_however_long() -> None:
    codes = walk(np.full(16, 9, np.float32), 6000, 2, restlessness=0.3)[500:]
    assert np.abs(codes.mean(axis=0)).max() < 0.2
    assert np.abs(codes.std(axis=0) - 1).max() < 0.1


def test_a_walk_settles_about_its_home_with_its_spread() -> None:
    home = np.array([3, -2], np.float32)
    codes = walk(np.zeros(2, np.float32), 8000, 2, restlessness=0.5, home=home, spread=0.2)[200:]
    assert np.allclose(codes.mean(axis=0), home, atol=0.05)
    assert np.allclose(codes.std(axis=0), 0.2, atol=0.02)


def test_successive_codes_of_a_walk_keep_what_restlessness_leaves() -> None:
    codes = walk(np.zeros(8, np.float32), 8000, 6, restlessness=0.2)
    kept = (codes[1:] * codes[:-1]).mean() / (codes**2).mean()
    assert abs(float(kept) - 0.8) < 0.03


def test_a_plane_has_two_unit_vectors_at_right_angles() -> None:
    first, second = plane(16, 3)
    assert np.allclose([first @ first, second @ second, first @ second], [1, 1, 0], atol=1e-5)


def test_impossible_paths_are_refused() -> None:
    code = np.zeros(4, np.float32)
    for attempt in (
        lambda: closed_path(np.zeros((0, 4), np.float32), 3),
        lambda: closed_path(code[None], 0),
        lambda: walk(code, 0, 1),
        lambda: walk(code, 3, 1, restlessness=1.5),
        lambda: walk(code, 3, 1, home=np.zeros(3, np.float32)),
        lambda: walk(code, 3, -1),
        lambda: walk(np.full(4, np.nan, np.float32), 3, 1),
    ):
        with pytest.raises(ModelError):
            attempt()

"""Points of the latent space and ways through it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.latent import paths, space

SEEDS = st.integers(0, 2**63)
SHARES = st.floats(0, 1)


def test_the_same_seed_gives_the_same_codes() -> None:
    assert (space.sample(5, 16) == space.sample(5, 16)).all()
    assert (space.sample(5, 16) != space.sample(6, 16)).any()
    assert space.sample(5, 16, 3).shape == (3, 16)
    assert space.sample(5, 16).dtype == np.float32


def test_codes_of_the_prior_have_its_statistics() -> None:
    facts = space.statistics(space.sample(1, 64, 4000))
    assert np.abs(facts.mean).max() < 0.1
    assert np.abs(facts.spread - 1).max() < 0.1
    assert facts.radius == pytest.approx(space.typical_radius(64), rel=0.02)
    assert facts.active == 64


def test_a_dimension_that_never_moves_is_not_active() -> None:
    codes = space.sample(1, 4, 100)
    codes[:, 2] = 0.5
    assert space.statistics(codes).active == 3


@given(SEEDS, SHARES)
def test_the_arc_begins_and_ends_at_its_codes_and_keeps_the_radius(seed: int, t: float) -> None:
    a, b = space.sample(seed, 32, 2)
    assert space.slerp(a, b, 0.0) == pytest.approx(a, abs=1e-5)
    assert space.slerp(a, b, 1.0) == pytest.approx(b, abs=1e-5)
    wanted = (1 - t) * np.linalg.norm(a) + t * np.linalg.norm(b)
    assert np.linalg.norm(space.slerp(a, b, t)) == pytest.approx(wanted, rel=1e-4)


@given(SHARES)
def test_the_arc_of_what_has_none_is_a_line(t: float) -> None:
    a, zero = space.sample(3, 8), np.zeros(8, np.float32)
    for b in (a, 2 * a, -a, zero):
        assert space.slerp(a, b, t) == pytest.approx(space.lerp(a, b, t), abs=1e-5)
    assert not space.slerp(zero, zero, t).any()


@given(SEEDS, st.floats(0, 20))
def test_clipping_keeps_codes_within_the_radius_and_their_direction(
    seed: int, radius: float
) -> None:
    codes = space.sample(seed, 8, 3)
    clipped = space.clip_radius(codes, radius)
    lengths = np.linalg.norm(codes, axis=1)
    assert np.linalg.norm(clipped, axis=1) == pytest.approx(np.minimum(lengths, radius), abs=1e-4)
    assert ((clipped * codes).sum(axis=1) >= 0).all()


def test_clipping_leaves_the_middle_and_refuses_less_than_nothing() -> None:
    assert not space.clip_radius(np.zeros(4, np.float32), 1.0).any()
    with pytest.raises(ValueError, match="under 0"):
        space.clip_radius(np.zeros(4, np.float32), -1.0)


@given(st.integers(1, 5), st.integers(0, 12))
def test_a_closed_path_passes_its_anchors_and_has_even_steps(count: int, each: int) -> None:
    anchors = space.sample(9, 16, count)
    path = paths.closed_path(anchors, count * each)
    assert path.shape == (count * each, 16)
    if each:
        assert path[::each] == pytest.approx(anchors, abs=1e-5)


def test_a_closed_path_comes_home_without_a_jump() -> None:
    path = paths.closed_path(space.sample(2, 16, 3), 60)
    steps = np.linalg.norm(np.diff(path, axis=0, append=path[:1]), axis=1)
    assert steps.max() < 3 * steps.mean()


def test_a_walk_repeats_begins_at_its_start_and_stays_in_the_prior() -> None:
    start = space.sample(4, 64)
    path = paths.walk(start, 500, seed=1)
    assert (path[0] == start).all()
    assert (path[:20] == paths.walk(start, 20, seed=1)).all()
    facts = space.statistics(path)
    assert facts.radius == pytest.approx(space.typical_radius(64), rel=0.1)
    assert np.linalg.norm(path[1] - path[0]) < np.linalg.norm(path[100] - path[0])


def test_an_orbit_is_a_circle() -> None:
    centre = space.sample(4, 8)
    path = paths.orbit(centre, 2.0, 12, seed=3)
    assert np.linalg.norm(path - centre, axis=1) == pytest.approx(np.full(12, 2.0), rel=1e-5)
    assert path.mean(axis=0) == pytest.approx(centre, abs=1e-5)


def test_what_makes_no_way_is_refused() -> None:
    code = np.zeros(1, np.float32)
    with pytest.raises(ValueError, match="two dimensions"):
        paths.orbit(code, 1.0, 4, seed=1)
    with pytest.raises(ValueError, match="not over 0"):
        paths.walk(code, 4, seed=1, memory=0.0)
    with pytest.raises(ValueError, match="anchors"):
        paths.closed_path(np.zeros((0, 4), np.float32), 4)
    with pytest.raises(ValueError, match="codes"):
        space.statistics(code)

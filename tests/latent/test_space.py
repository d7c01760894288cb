"""Sampling, mixing and statistics of latent codes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bridge.errors import ModelError
from bridge.latent.space import (
    checked,
    lerp,
    perpendicular,
    sample,
    slerp,
    statistics,
)

codes = arrays(np.float32, 6, elements=st.floats(-4, 4, width=32))
shares = st.floats(0, 1)


def test_a_seed_draws_the_same_codes_again() -> None:
    assert np.array_equal(sample(3, 8, 7), sample(3, 8, 7))
    assert not np.array_equal(sample(3, 8, 7), sample(3, 8, 8))


def test_the_prior_is_a_standard_normal_scaled_by_temperature() -> None:
    drawn = sample(4000, 5, 1, temperature=0.5)
    assert drawn.dtype == np.float32
    assert np.abs(drawn.mean(axis=0)).max() < 0.04
    assert np.abs(drawn.std(axis=0) - 0.5).max() < 0.03


def test_temperature_zero_is_the_origin() -> None:
    assert not sample(2, 4, 1, temperature=0.0).any()


@given(codes, codes)
def test_both_mixes_begin_and_end_at_their_codes(a: np.ndarray, b: np.ndarray) -> None:
    for mix in (lerp, slerp):
        ends = mix(a, b, [0.0, 1.0])
        assert ends.shape == (2, 6)
        assert np.allclose(ends, [a, b], atol=1e-4)


@given(codes, codes, shares)
def test_an_arc_keeps_its_length_between_those_of_its_ends(
    a: np.ndarray, b: np.ndarray, t: float
) -> None:
    lengths = np.linalg.norm(a), np.linalg.norm(b)
    between = np.linalg.norm(slerp(a, b, t))
    assert between <= max(lengths) + 1e-3
    if min(lengths) > 0.01:
        assert between >= min(lengths) - 1e-3


def test_an_arc_of_a_right_angle_is_halfway_at_45_degrees() -> None:
    half = slerp(np.array([2, 0], np.float32), np.array([0, 2], np.float32), 0.5)
    assert np.allclose(half, [2**0.5, 2**0.5])


def test_opposite_codes_are_joined_by_half_a_turn_that_keeps_its_length() -> None:
    a = np.array([3, 0, 0], np.float32)
    way = slerp(a, -a, np.linspace(0, 1, 5))
    assert np.allclose(np.linalg.norm(way, axis=1), 3, atol=1e-5)
    assert np.allclose(way[-1], -a, atol=1e-5)


def test_codes_of_two_models_are_not_mixed() -> None:
    with pytest.raises(ModelError, match="one model"):
        slerp(np.zeros(3, np.float32), np.zeros(4, np.float32), 0.5)


@given(codes.filter(lambda c: np.linalg.norm(c) > 0.01))
def test_a_perpendicular_is_one_long_and_at_right_angles(code: np.ndarray) -> None:
    across = perpendicular(code)
    assert abs(float(np.linalg.norm(across)) - 1) < 1e-5
    assert abs(float(across @ code)) < 1e-4


def test_statistics_are_those_of_numpy() -> None:
    table = sample(50, 4, 3)
    found = statistics(table)
    assert np.allclose(found.mean, table.mean(axis=0), atol=1e-6)
    assert np.allclose(found.std, table.std(axis=0), atol=1e-6)
    assert np.allclose(found.correlation, np.corrcoef(table.T), atol=1e-5)


def test_a_dimension_that_never_moves_correlates_with_nothing() -> None:
    found = statistics([[1, 5], [2, 5], [3, 5]])
    assert found.std[1] == 0
    assert np.array_equal(found.correlation, np.eye(2))
    assert np.array_equal(statistics([[1, 2]]).correlation, np.eye(2))


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (np.zeros((0, 3)), "at least one"),
        (np.zeros(3), "not N rows"),
        ([[1.0, 2.0], [3.0]], "equal width"),
        (np.zeros((2, 4)), "4 wide"),
        ([[0.0, 0.0, 0.0], [0.0, np.nan, 0.0]], "row 2"),
    ],
)
def test_bad_codes_are_refused_with_one_line(table: object, said: str) -> None:
    with pytest.raises(ModelError, match=said) as caught:
        checked(table, 3)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)

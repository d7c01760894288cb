"""Synthesised codes have the statistics of the given ones."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.errors import ModelError, NameUnknown
from bridge.latent.code_statistics import DISTRIBUTIONS, histogram, moments, synthesise
from bridge.latent.space import Floats, sample, statistics

LONG = 4_000


def mixed(seed: int, width: int = 3, count: int = 40) -> Floats:
    """Codes whose dimensions go together, with means and deviations of their own."""
    random = np.random.Generator(np.random.PCG64(seed))
    codes = sample(count, width, seed) @ random.normal(size=(width, width)) + random.normal(
        size=width
    )
    return codes.astype(np.float32)


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(sorted(DISTRIBUTIONS)), st.integers(0, 2**32))
def test_drawn_codes_match_mean_and_deviation_within_sampling_error(name: str, seed: int) -> None:
    codes = mixed(seed)
    mean, deviation = moments(codes)
    drawn = synthesise(codes, name, LONG, seed + 1)
    found, spread = moments(drawn)
    # Six standard errors: once in some 10**8 draws it would be further off by chance.
    assert np.all(np.abs(found - mean) <= 6 * deviation / np.sqrt(LONG) + 1e-5)
    assert np.all(np.abs(spread - deviation) <= 6 * deviation / np.sqrt(2 * LONG) + 1e-5)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32))
def test_correlated_codes_match_the_correlation_within_sampling_error(seed: int) -> None:
    codes = mixed(seed)
    expected = statistics(codes).correlation
    drawn = synthesise(codes, "correlated", LONG, seed + 1)
    error = 6 * (1 - expected**2) / np.sqrt(LONG)
    assert np.all(np.abs(statistics(drawn).correlation - expected) <= error + 2e-3)


@pytest.mark.parametrize("name", ["normal", "uniform"])
def test_dimensions_drawn_alone_do_not_correlate(name: str) -> None:
    codes = mixed(4)
    drawn = statistics(synthesise(codes, name, LONG, 2)).correlation
    apart = drawn - np.eye(len(drawn))
    assert np.abs(apart).max() < 6 / np.sqrt(LONG)


def test_uniform_codes_stay_within_their_width() -> None:
    codes = mixed(4)
    mean, deviation = moments(codes)
    drawn = synthesise(codes, "uniform", LONG, 2)
    assert np.all(np.abs(drawn - mean) <= np.sqrt(3) * deviation + 1e-5)


def test_a_dimension_that_never_moves_stays() -> None:
    codes = sample(9, 3, 1)
    codes[:, 1] = 0.25
    for name in DISTRIBUTIONS:
        assert np.all(synthesise(codes, name, 5, 1)[:, 1] == 0.25)


def test_one_code_is_given_again() -> None:
    code = sample(1, 4, 1)
    for name in DISTRIBUTIONS:
        assert np.array_equal(synthesise(code, name, 2, 1), np.vstack([code, code]))


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("normal", "89203b7a5f605bf5"),
        ("uniform", "d076a0c7e678460d"),
        ("correlated", "310026d41824dc67"),
    ],
)
def test_the_same_seed_gives_the_same_bytes(name: str, digest: str) -> None:
    codes = (np.arange(24, dtype=np.float32).reshape(6, 4) ** 2 % 7) / 8
    made = synthesise(codes, name, 5, 9)
    assert hashlib.sha256(made.astype("<f4").tobytes()).hexdigest()[:16] == digest


def test_another_seed_gives_other_codes() -> None:
    codes = mixed(1)
    for name in DISTRIBUTIONS:
        assert not np.array_equal(synthesise(codes, name, 5, 1), synthesise(codes, name, 5, 2))


def test_a_histogram_by_hand() -> None:
    found = histogram(np.array([[0, 4], [1, 4], [1, 2], [3, 4]], np.float32), 4)
    assert found.edges.tolist() == [0, 1, 2, 3, 4]
    assert found.counts.tolist() == [[1, 2, 0, 1], [0, 0, 1, 3]]


@given(st.integers(1, 30), st.integers(1, 4), st.integers(1, 20), st.integers(0, 2**32))
def test_a_histogram_counts_every_code_once(n: int, z: int, bins: int, seed: int) -> None:
    codes = sample(n, z, seed)
    found = histogram(codes, bins)
    assert found.counts.shape == (z, bins)
    assert found.counts.sum(axis=1).tolist() == [n] * z
    assert np.all(np.diff(found.edges) > 0)


def test_what_cannot_be_is_said() -> None:
    codes = mixed(1)
    with pytest.raises(NameUnknown, match=r"no distribution named 'norm'.*'normal'"):
        synthesise(codes, "norm", 4, 1)
    with pytest.raises(ModelError, match="ask for 1"):
        synthesise(codes, "normal", 0, 1)
    with pytest.raises(ModelError, match="not finite"):
        synthesise(codes * np.float32(np.nan), "normal", 4, 1)
    with pytest.raises(ModelError, match="bins"):
        histogram(codes, 0)

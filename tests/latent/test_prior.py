"""The prior's sampler: known normals are reproduced, given codes are kept, seeds repeat."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.errors import ModelError
from bridge.latent.prior import (
    MAX_WINDOWS,
    Guidance,
    Prior,
    PriorSpace,
    continue_codes,
    sample_codes,
)
from bridge.latent.space import Floats

WIDTH, COUNT = 5, 3
AXES = np.linalg.qr(np.random.default_rng(1).standard_normal((WIDTH, WIDTH)))[0][:COUNT]
SPACE = PriorSpace(
    np.arange(WIDTH, dtype=np.float32),
    AXES.astype(np.float32),
    np.array([2.0, 1.0, 0.5], np.float32),
)


def knows(mean: float, spread: float) -> Prior:
    """A prior with the exact denoiser of independent normals."""

    def denoise(x: Floats, given: Floats, level: Floats) -> Floats:
        angle = np.pi / 2 * level[:, None, None]
        signal, noise = np.cos(angle), np.sin(angle)
        sure = spread**2 * signal / (spread**2 * signal**2 + noise**2)
        clean = mean + sure * (x - signal * mean)
        return ((signal * x - clean) / np.maximum(noise, 1e-6)).astype(np.float32)

    return Prior(SPACE, denoise)


def echo() -> Prior:
    """A prior for which all windows are as the mean of the given ones."""

    def denoise(x: Floats, given: Floats, level: Floats) -> Floats:
        angle = np.pi / 2 * level[:, None, None]
        held = given[..., None]
        mean = (x * held).sum(1, keepdims=True) / np.maximum(held.sum(1, keepdims=True), 1)
        return ((np.cos(angle) * x - mean) / np.maximum(np.sin(angle), 1e-6)).astype(np.float32)

    return Prior(SPACE, denoise)


def test_coordinates_and_codes_are_inverse_on_the_axes() -> None:
    x = np.random.default_rng(0).standard_normal((4, 7, COUNT)).astype(np.float32)
    assert np.allclose(SPACE.coordinates(SPACE.codes(x)), x, atol=1e-5)


def test_drawn_codes_have_the_mean_and_the_covariance_of_the_space() -> None:
    codes = SPACE.drawn(20_000, seed=4)
    assert np.allclose(codes.mean(axis=0), SPACE.mean, atol=0.05)
    want = (SPACE.axes * SPACE.spread[:, None] ** 2).T @ SPACE.axes
    assert np.allclose(np.cov(codes.T), want, atol=0.1)
    assert np.allclose(SPACE.drawn(2, seed=4, temperature=0.0), SPACE.mean)


@pytest.mark.parametrize(("steps", "near"), [(64, 0.06), (16, 0.2)])
def test_samples_have_the_mean_and_the_spread_that_the_prior_knows(steps: int, near: float) -> None:
    drawn = [sample_codes(knows(0.5, 0.7), MAX_WINDOWS, [3, i], steps=steps) for i in range(60)]
    x = SPACE.coordinates(np.concatenate(drawn))
    assert np.allclose(x.mean(0), 0.5, atol=0.05)
    assert np.allclose(x.std(0), 0.7, atol=near)


def test_a_cold_prior_gives_the_likeliest() -> None:
    cold = sample_codes(knows(0.5, 0.7), 4, 1, temperature=0, steps=8)
    assert np.allclose(SPACE.coordinates(cold), 0.5, atol=1e-4)


def test_hotter_is_farther() -> None:
    spreads = [
        SPACE.coordinates(sample_codes(knows(0, 0.7), 32, 1, temperature=t)).std()
        for t in (0.5, 1, 1.5)
    ]
    assert spreads == sorted(spreads)
    assert spreads[0] < 0.75 * spreads[1]


def test_normalized_codes_have_the_usual_length() -> None:
    x = SPACE.coordinates(sample_codes(knows(0, 0.7), 12, 1, normalize=True))
    assert np.allclose(np.linalg.norm(x, axis=1), np.sqrt(COUNT), atol=1e-4)


@settings(deadline=None, max_examples=40)
@given(st.integers(1, MAX_WINDOWS), st.integers(0, 2**32), st.integers(1, 20), st.data())
def test_what_is_given_stays_to_the_bit_and_a_seed_repeats(
    length: int, seed: int, steps: int, data: st.DataObject
) -> None:
    flags = data.draw(st.lists(st.booleans(), min_size=length, max_size=length))
    codes = np.random.default_rng(seed).standard_normal((length, WIDTH)).astype(np.float32)
    part = np.where(np.array(flags)[:, None], codes, np.nan).astype(np.float32)
    first, again = (sample_codes(echo(), length, seed, steps=steps, given=part) for _ in range(2))
    assert first.tobytes() == again.tobytes()
    assert np.array_equal(first[flags], codes[flags])
    assert np.isfinite(first).all()


def test_what_is_sampled_goes_with_what_is_given() -> None:
    part = np.full((6, WIDTH), np.nan, np.float32)
    part[:3] = SPACE.codes(np.array([1.0, -1.0, 0.5], np.float32))
    made = SPACE.coordinates(sample_codes(echo(), 6, 1, given=part))
    assert np.allclose(made, [1.0, -1.0, 0.5], atol=1e-4)


def test_a_pull_leads_where_it_is_sure_and_nowhere_else() -> None:
    goal = SPACE.codes(np.full((1, COUNT), 2.0, np.float32))
    sure, unsure = (np.full((1, WIDTH), s, np.float32) for s in (1e-3, 1e3))
    far = [
        SPACE.coordinates(
            np.stack([
                sample_codes(knows(0, 1), 1, i, steps=32, pull=Guidance(goal, sigma))[0]
                for i in range(40)
            ])
        ).mean()
        for sigma in (sure, unsure)
    ]  # fmt: skip
    assert far[0] > 1.5
    assert abs(far[1]) < 0.25


@pytest.mark.parametrize(("past", "count"), [(0, 1), (0, 70), (5, 3), (40, 30), (100, 1)])
def test_a_course_goes_on_for_as_long_as_asked(past: int, count: int) -> None:
    codes = np.zeros((past, WIDTH), np.float32)
    told: list[tuple[int, int]] = []
    made = continue_codes(
        knows(0, 1), codes, count, 3, steps=2, progress=lambda a, b: told.append((a, b))
    )
    assert made.shape == (count, WIDTH)
    assert told[-1] == (count, count)
    assert len(np.unique(made[:, 0])) == count


def test_the_same_steps_of_a_seed_are_another_course_after_another_past() -> None:
    near, far = (
        continue_codes(echo(), SPACE.codes(np.full((4, COUNT), v, np.float32)), 2, 3)
        for v in (0, 2)
    )
    assert not np.allclose(near, far)


@pytest.mark.parametrize(
    ("length", "options", "says"),
    [
        (0, {}, "a sequence of 0 windows"),
        (33, {}, "choose 1 to 32"),
        (4, {"steps": 0}, "0 steps"),
        (4, {"temperature": float("nan")}, "a temperature of nan"),
        (4, {"temperature": 2.5}, "choose 0 to 2"),
        (4, {"given": np.zeros((4, WIDTH + 1), np.float32)}, "choose the model"),
        (2, {"given": np.array([[0, 0, np.nan, 0, 0], [0] * 5], np.float32)}, "row 1"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(
    length: int, options: dict[str, object], says: str
) -> None:
    with pytest.raises(ModelError, match=says) as caught:
        sample_codes(knows(0, 1), length, 1, **options)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


def test_a_space_whose_parts_do_not_match_is_refused() -> None:
    with pytest.raises(ModelError, match="do not match"):
        PriorSpace(SPACE.mean[:-1], SPACE.axes, SPACE.spread)
    with pytest.raises(ModelError, match="not above 0"):
        PriorSpace(SPACE.mean, SPACE.axes, SPACE.spread * 0)

"""Dependence measures, ranks and the plane of a latent space."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.latent import analysis as an


def test_spearman_sees_order_and_not_size() -> None:
    assert an.spearman([1, 2, 4, 800]) == pytest.approx(1.0)
    assert an.spearman([9, 3, 2, 1]) == pytest.approx(-1.0)
    assert an.spearman([5, 5, 5, 5]) == 0.0


def test_spearman_with_ties_is_pearsons_on_mean_ranks() -> None:
    got = an.spearman([0, 0, 0, 1, 2])
    assert got == pytest.approx(np.corrcoef([1, 1, 1, 3, 4], range(5))[0, 1])


@given(st.lists(st.integers(-5, 5), min_size=2, max_size=9))
def test_ranks_keep_their_sum_and_ties_share(values: list[int]) -> None:
    found = an.ranks(values)
    assert found.sum() == pytest.approx(len(values) * (len(values) - 1) / 2)
    for value in set(values):
        assert len({r for r, v in zip(found, values, strict=True) if v == value}) == 1


def test_information_sees_a_bent_dependence_and_no_chance_one() -> None:
    rng = np.random.default_rng(0)
    z = rng.standard_normal((4000, 3))
    feature = np.stack([z[:, 0] ** 2, rng.standard_normal(4000)], axis=1)
    bits = an.mutual_information(z, feature)
    assert bits.shape == (3, 2)
    assert bits[0, 0] > 1.0
    assert bits[1:, 0].max() < 0.05
    assert bits[:, 1].max() < 0.05


def test_information_of_a_thing_with_itself_is_the_entropy_of_its_bins() -> None:
    values = np.arange(1200.0)[:, None]
    assert an.mutual_information(values, values)[0, 0] == pytest.approx(np.log2(an.BINS), abs=0.1)


def test_a_feature_that_never_changes_tells_nothing() -> None:
    z = np.random.default_rng(1).standard_normal((300, 2))
    assert (an.mutual_information(z, np.ones((300, 1))) == 0).all()


def made(sigma: list[float], band: int = 0) -> an.LatentStatistics:
    rng = np.random.default_rng(2)
    codes = rng.standard_normal((500, len(sigma))) * np.linspace(1, 3, len(sigma))
    posterior = np.broadcast_to(np.asarray(sigma), codes.shape)
    found = an.analyse(codes, posterior, codes[:, :1], ("first",))
    return an.LatentStatistics(**{**{k: getattr(found, k) for k in (
        "count", "variance", "mean", "spread", "axes", "density", "features", "information")},
        "band": band})  # fmt: skip


def test_the_neurons_are_the_dimensions_the_encoder_is_sure_of() -> None:
    found = made([1.0, 0.1, 0.99, 0.3, 0.05])
    assert found.informative().tolist() == [4, 1, 3]
    assert found.ranked()[0] == 4


def test_only_neurons_that_the_band_hears_are_offered() -> None:
    assert made([0.1, 0.2, 1.0, 0.3, 0.2], band=3).neuron_targets().tolist() == [4, 3]
    assert made([0.1, 0.2], band=0).neuron_targets().tolist() == [0, 1]


def test_the_map_holds_the_codes_and_its_middle_is_their_mean() -> None:
    found = made([0.5, 0.5, 0.5])
    assert found.density.shape == an.MAP_CELLS
    assert 0.9 * found.count < found.density.sum() <= found.count
    assert found.project(found.mean) == pytest.approx([0.0, 0.0])


def test_the_plane_is_the_widest_and_scaled_to_deviations() -> None:
    rng = np.random.default_rng(3)
    codes = rng.standard_normal((2000, 4)) * [1, 5, 1, 3]
    mean, axes = an.principal_plane(codes)
    points = (codes - mean) @ axes.T
    assert points.std(axis=0) == pytest.approx([1.0, 1.0], rel=1e-6)
    assert np.abs(axes[0]).argmax() == 1
    assert np.abs(axes[1]).argmax() == 3

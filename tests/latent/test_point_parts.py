"""Parts of the latent point: glides, unnamed axes, anchors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.latent.anchors import MAX_NAME_LENGTH, interpolated, tidy_name
from bridge.latent.glide import Glide
from bridge.latent.style_axes import REACH, median_length, random_direction, style_axes

HERE, THERE = np.zeros(2, np.float32), np.asarray([1.0, -2.0], np.float32)


def test_a_glide_of_one_step_is_there_in_its_first_slot() -> None:
    glide = Glide.resting(HERE).to(THERE, 5, 1)
    assert np.array_equal(glide.at(5, 1), THERE)


def test_a_glide_of_four_takes_a_quarter_a_slot() -> None:
    glide = Glide.resting(HERE).to(THERE, 5, 4)
    shares = [float(glide.at(slot, 4)[0]) for slot in range(4, 10)]
    assert shares == [0.0, 0.25, 0.5, 0.75, 1.0, 1.0]
    assert not glide.arrived(7, 4)
    assert glide.arrived(8, 4)


def test_a_song_wound_back_finds_the_point_arrived() -> None:
    glide = Glide.resting(HERE).to(THERE, 100, 8)
    assert np.array_equal(glide.at(0, 8), THERE)


@given(
    st.lists(st.tuples(st.integers(0, 3), st.floats(-1, 1)), min_size=1, max_size=30),
    st.integers(1, 8),
)
def test_however_often_it_is_turned_no_step_is_longer_than_its_share(
    turns: list[tuple[int, float]], steps: int
) -> None:
    """No zipper noise: in one slot the point moves at most its share, without overshoot."""
    glide, slot = Glide.resting(np.zeros(1, np.float32)), 10
    before = 0.0
    for wait, goal in turns:
        glide = glide.to(np.asarray([goal], np.float32), slot, steps)
        for _ in range(wait):
            now = float(glide.at(slot, steps)[0])
            assert abs(now - before) <= 2.0 / steps + 1e-5
            assert -1.0001 <= now <= 1.0001
            before, slot = now, slot + 1


def test_style_axes_are_the_ways_in_which_styles_differ() -> None:
    vectors = np.asarray([[0, 0, 1], [2, 0, 1], [4, 1, 1], [6, 0, 1]], np.float32)
    axes = style_axes(vectors)
    assert axes.shape == (2, 3)
    lengths = np.linalg.norm(axes, axis=1)
    assert lengths[0] > lengths[1] > 0
    assert abs(axes[0] @ axes[1]) < 1e-4
    along = vectors @ (axes[0] / lengths[0])
    assert lengths[0] == pytest.approx(REACH * along.std(), rel=1e-4)
    assert axes[0][np.abs(axes[0]).argmax()] > 0


@pytest.mark.parametrize("vectors", [np.zeros((0, 4)), np.ones((1, 4)), np.ones((5, 4))])
def test_styles_that_do_not_differ_have_no_axes(vectors: np.ndarray) -> None:
    assert style_axes(vectors.astype(np.float32)).shape == (0, 4)


def test_a_seed_gives_its_direction_again_at_the_length_asked() -> None:
    first = random_direction(7, 128, 5.0)
    assert np.array_equal(first, random_direction(7, 128, 5.0))
    assert np.linalg.norm(first) == pytest.approx(5.0, rel=1e-5)
    assert abs(first @ random_direction(8, 128, 5.0)) < 10.0
    assert median_length(np.zeros((0, 16), np.float32)) == 2.0


def test_between_two_anchors_what_one_does_not_name_is_at_rest() -> None:
    assert interpolated({"a": 1.0}, {"b": -1.0}, 0.25) == {"a": 0.75, "b": -0.25}


@given(st.text(max_size=200))
def test_a_name_is_one_short_line(text: str) -> None:
    name = tidy_name(text)
    assert name == tidy_name(name)
    assert len(name) <= MAX_NAME_LENGTH
    assert "\n" not in name

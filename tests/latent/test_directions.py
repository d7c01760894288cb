"""Named directions: knob values to an offset of the code."""

from __future__ import annotations

import numpy as np
import pytest

from bridge.errors import ModelError, NameUnknown
from bridge.latent.directions import Directions

TWO = Directions(("density", "swing"), np.array([[1, 0, 2], [0, 3, 0]], np.float32))


def test_an_offset_is_the_sum_of_the_knobs_vectors() -> None:
    assert TWO.offset({"density": 0.5, "swing": -1.0}).tolist() == [0.5, -3.0, 1.0]


def test_knobs_beyond_their_range_are_held_at_its_ends() -> None:
    assert TWO.offset({"density": 7.0}).tolist() == [1.0, 0.0, 2.0]


def test_no_knobs_and_no_directions_move_nothing() -> None:
    assert not TWO.offset({}).any()
    assert Directions.of({}, 5).offset({}).shape == (5,)


def test_an_unknown_direction_is_refused_with_a_near_name() -> None:
    with pytest.raises(NameUnknown, match="density"):
        TWO.offset({"densty": 1.0})


def test_names_and_vectors_must_match() -> None:
    with pytest.raises(ModelError, match="2 names"):
        Directions(("a", "b"), np.zeros((1, 3), np.float32))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_vector_that_is_not_finite_is_refused(bad: float) -> None:
    with pytest.raises(ModelError, match="not finite"):
        Directions(("a",), np.array([[0, bad]], np.float32))

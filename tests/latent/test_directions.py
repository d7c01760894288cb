"""Knobs to vectors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import ModelError, NameUnknown
from bridge.latent.directions import Directions

TWO = Directions(("density", "wild"), np.array([[1, 0, 2], [0, 3, 0]], np.float32))


@given(st.floats(-1, 1), st.floats(-1, 1))
def test_the_offset_is_the_sum_of_the_knobs(density: float, wild: float) -> None:
    offset = TWO.offset({"density": density, "wild": wild})
    assert offset == pytest.approx([density, 3 * wild, 2 * density], abs=1e-6)
    assert offset.dtype == np.float32


@given(st.floats(allow_nan=False))
def test_a_knob_goes_no_further_than_its_end(value: float) -> None:
    assert np.abs(TWO.offset({"wild": value})).max() <= 3.0


def test_knobs_at_rest_move_nothing() -> None:
    assert not TWO.offset({}).any()
    assert not TWO.offset({"density": 0.0}).any()


def test_an_unknown_knob_offers_the_nearest() -> None:
    with pytest.raises(NameUnknown, match="did you mean 'density'"):
        TWO.offset({"densty": 1.0})


def test_a_model_may_have_no_directions() -> None:
    none = Directions.of({}, 7)
    assert none.width == 7
    assert none.offset({}).shape == (7,)


def test_directions_come_from_vectors_by_name() -> None:
    made = Directions.of({"a": np.ones(2, np.float32), "b": np.zeros(2, np.float32)}, 2)
    assert made.names == ("a", "b")
    assert made.offset({"a": 0.5}).tolist() == [0.5, 0.5]


@pytest.mark.parametrize(
    ("vectors", "words"),
    [
        (np.zeros((1, 3)), "2 names"),
        (np.zeros(2), "2 names"),
        (np.full((2, 3), np.nan), "not finite"),
    ],
)
def test_vectors_that_cannot_be_are_refused(vectors: np.ndarray, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        Directions(("a", "b"), vectors.astype(np.float32))

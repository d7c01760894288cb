"""Patterns over codes: golden examples written by hand, and common properties."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import BridgeError, ModelError, NameUnknown
from bridge.latent.patterns import PATTERNS, Pair, Step, blender, chain, fibo, orale, parse_step
from bridge.latent.patterns import swapper as swap
from bridge.latent.space import Floats, sample


def rows(*values: list[float]) -> Floats:
    """A small sequence written by hand."""
    return np.array(values, np.float32)


A = rows([1, 10], [2, 20], [3, 30])
B = rows([-1, -10], [-2, -20], [-3, -30])


def test_fibo_of_five_rows_is_one_two_three_and_five_of_them() -> None:
    told = fibo(rows([1], [2], [3], [4], [5]))
    assert told[:, 0].tolist() == [1, 1, 2, 1, 2, 3, 1, 2, 3, 4, 5]


def test_fibo_ends_with_the_whole_where_its_length_is_no_fibonacci_number() -> None:
    assert fibo(rows([1], [2], [3], [4]))[:, 0].tolist() == [1, 1, 2, 1, 2, 3, 1, 2, 3, 4]


@pytest.mark.parametrize(("length", "counts"), [(1, [1]), (2, [1, 2]), (8, [1, 2, 3, 5, 8])])
def test_fibo_of_few_rows(length: int, counts: list[int]) -> None:
    codes = np.arange(length, dtype=np.float32)[:, None]
    expected = [float(n) for count in counts for n in range(count)]
    assert fibo(codes)[:, 0].tolist() == expected


def test_fibo_of_twelve_rows_takes_whole_codes() -> None:
    codes = sample(12, 3, 1)
    told = fibo(codes)
    assert len(told) == 1 + 2 + 3 + 5 + 8 + 12
    assert np.array_equal(told[-12:], codes)
    assert np.array_equal(told[11:19], codes[:8])


def test_orale_tells_three_times_and_a_changed_fourth_and_that_scheme_again() -> None:
    told = orale(A, amount=0.5, times=2, seed=3)
    assert told.shape == (48, 2)
    first = told[:12]
    for again in range(3):
        assert np.array_equal(first[3 * again : 3 * again + 3], A)
        assert np.array_equal(told[12 * again : 12 * again + 12], first)
    fourth, last = first[9:], told[36:]
    assert not np.any(fourth == A)
    assert np.abs(fourth - A).max() < 0.5 * 4
    assert not np.any(last == first)
    assert np.abs(last - first).max() < 0.5 * 4


def test_orale_without_change_is_sixteen_times_the_same() -> None:
    assert np.array_equal(orale(A, amount=0.0), np.tile(A, (16, 1)))


def test_orale_once_is_four_times() -> None:
    told = orale(A, amount=0.1, times=1)
    assert len(told) == 12
    assert np.array_equal(told[:9], np.tile(A, (3, 1)))


def test_blender_goes_dimension_by_dimension_until_it_is_the_other() -> None:
    blended = blender(rows([1, 2, 3]), rows([7, 8, 9]), times=2)
    assert blended.tolist() == [
        [1, 2, 3],
        [1, 2, 3],
        [7, 2, 3],
        [7, 2, 3],
        [7, 8, 3],
        [7, 8, 3],
        [7, 8, 9],
        [7, 8, 9],
    ]


def test_blender_repeats_a_whole_sequence_before_its_next_value() -> None:
    blended = blender(A, B, times=2)
    assert blended.tolist() == [
        *A.tolist(),
        *A.tolist(),
        *[[-1, 10], [-2, 20], [-3, 30]] * 2,
        *B.tolist(),
        *B.tolist(),
    ]


def test_blender_may_take_several_dimensions_at_once() -> None:
    blended = blender(rows([1, 2, 3]), rows([7, 8, 9]), dims=2)
    assert blended.tolist() == [[1, 2, 3], [7, 8, 3], [7, 8, 9]]


def test_swapper_swaps_one_value_and_swaps_it_back() -> None:
    one, other = rows([1]), rows([2])
    assert [swap(one, other, times=n)[0].tolist() for n in range(4)] == [[[1]], [[2]], [[1]], [[2]]]


def test_swapper_once_changes_one_place_of_both() -> None:
    first, second = swap(A, B, times=1, seed=4)
    changed = np.argwhere(first != A)
    assert len(changed) == 1
    assert first[tuple(changed[0])] == B[tuple(changed[0])]
    assert second[tuple(changed[0])] == A[tuple(changed[0])]
    assert (second != B).sum() == 1


def test_swapper_of_a_seed_is_this_on_every_platform() -> None:
    first, second = swap(A, B, times=4, seed=1)
    assert first.tolist() == [[1, 10], [-2, -20], [-3, -30]]
    assert second.tolist() == [[-1, -10], [2, 20], [3, 30]]


@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 40), st.integers(0, 2**31))
def test_swapper_keeps_every_pair_of_values(n: int, z: int, times: int, seed: int) -> None:
    a, b = sample(n, z, seed), sample(n, z, seed + 1)
    first, second = swap(a, b, times=times, seed=seed)
    assert np.array_equal(np.minimum(first, second), np.minimum(a, b))
    assert np.array_equal(np.maximum(first, second), np.maximum(a, b))
    assert ((first != a).sum() - times) % 2 == 0
    back, again = swap(first, second, times=times, seed=seed)
    assert np.array_equal(back, a)
    assert np.array_equal(again, b)


def test_patterns_chain_with_a_seed_a_step() -> None:
    steps = [parse_step("fibo"), parse_step("orale:amount=0.2,times=1")]
    made = chain(steps, Pair(A), 5).codes
    assert np.array_equal(made, orale(fibo(A), amount=0.2, times=1, seed=6))


def test_a_chain_hands_the_second_sequence_on() -> None:
    made = chain([Step("swapper", {"times": 3}), Step("blender")], Pair(A, B), 1).codes
    first, second = swap(A, B, times=3, seed=1)
    assert np.array_equal(made, blender(first, second))


def test_the_same_seed_gives_the_same_bytes() -> None:
    made = chain([parse_step("swapper"), parse_step("orale")], Pair(A, B), 7).codes
    digest = hashlib.sha256(made.astype("<f4").tobytes()).hexdigest()
    assert digest == "f467b278963c5c86d963738369b6b1acceb5d813939a18cfa8db7ff37fb85649"


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("fib", "did you mean 'fibo'"),
        ("orale:loud=1", "no setting of orale named 'loud'"),
        ("orale:times=x", "times has to be a whole number"),
        ("orale:times=1.5", "times has to be a whole number"),
        ("orale:amount=nan", "amount has to be finite"),
    ],
)
def test_a_wrong_step_is_said_in_a_line(text: str, part: str) -> None:
    with pytest.raises(BridgeError, match=r"^[^\n]*$") as caught:
        parse_step(text)
    assert part in str(caught.value)


@pytest.mark.parametrize("name", ["blender", "swapper"])
def test_patterns_of_two_need_a_second_of_one_size(name: str) -> None:
    with pytest.raises(ModelError, match="needs a second sequence"):
        chain([Step(name)], Pair(A), 1)
    with pytest.raises(ModelError, match="two of one size"):
        chain([Step(name)], Pair(A, B[:2]), 1)


@pytest.mark.parametrize("name", PATTERNS)
def test_no_pattern_takes_what_are_no_codes(name: str) -> None:
    for bad in (np.full((2, 2), np.nan, np.float32), np.zeros((0, 2), np.float32)):
        with pytest.raises(ModelError, match="codes"):
            chain([Step(name)], Pair(bad, bad), 1)


@pytest.mark.parametrize(
    ("call", "part"),
    [
        (lambda: orale(A, times=0), "choose 1"),
        (lambda: orale(A, amount=-1), "choose 1"),
        (lambda: orale(A, times=30), "fewer times"),
        (lambda: blender(A, B, times=0), "choose 1 or more"),
        (lambda: blender(A, B, times=10**6), "fewer times"),
        (lambda: swap(A, B, times=-1), "choose 0 or more"),
        (lambda: chain([Step("waltz")], Pair(A), 1), "no pattern named 'waltz'"),
    ],
)
def test_settings_out_of_range_are_refused(call: object, part: str) -> None:
    with pytest.raises((ModelError, NameUnknown), match=part):
        call()  # type: ignore[operator]

"""Controllers to targets: ranges, codes, takeover, and no message that does harm."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.controllers.bindings import (
    PICKUP_TOLERANCE,
    RELATIVE,
    Binding,
    Coding,
    ControlState,
    Move,
    Takeover,
)
from bridge.controllers.control_sources import SourceKind


def cc(number: int, value: int, channel: int = 0) -> bytes:
    return bytes((0xB0 | channel, number, value))


def moves(state: ControlState, *messages: bytes, port: str = "") -> tuple[ControlState, list[Move]]:
    made: list[Move] = []
    for message in messages:
        state, more, _ = state.feed(message, port)
        made += more
    return state, made


def knob(**options: object) -> ControlState:
    return ControlState((Binding("x", SourceKind.CC, 70, **options),))  # type: ignore[arg-type]


# --- ranges -------------------------------------------------------------------------------

BINDINGS = st.builds(
    Binding,
    target=st.sampled_from("abc"),
    kind=st.sampled_from(SourceKind),
    number=st.one_of(st.none(), st.integers(0, 127)),
    channel=st.one_of(st.none(), st.integers(0, 15)),
    coding=st.sampled_from(Coding),
    takeover=st.sampled_from(Takeover),
    low=st.floats(0, 1),
    high=st.floats(0, 1),
    invert=st.booleans(),
    curve=st.floats(0.1, 10),
)


@given(st.lists(BINDINGS, max_size=6), st.integers(0, 2**32))
def test_thousands_of_messages_never_leave_a_targets_range(
    bindings: list[Binding], seed: int
) -> None:
    rng = random.Random(seed)
    state = ControlState(tuple(bindings))
    for _ in range(300):
        message = bytes((rng.randrange(0x80, 0x100), rng.randrange(128), rng.randrange(128)))
        state, made, _ = state.feed(message, "any port")
        assert all(0.0 <= move.value <= 1.0 for move in made)
    assert all(0.0 <= value <= 1.0 for value in state.values.values())


@given(st.binary(max_size=8))
def test_no_bytes_make_it_raise(message: bytes) -> None:
    state, made, taken = knob().feed(message)
    assert (made != []) <= taken
    assert isinstance(state, ControlState)


def test_an_absolute_knob_covers_the_whole_range() -> None:
    _, made = moves(knob(), cc(70, 0), cc(70, 127))
    assert [move.value for move in made] == [0.0, 1.0]


def test_low_high_and_invert_bend_the_range() -> None:
    _, made = moves(knob(low=0.25, high=0.75, invert=True), cc(70, 0), cc(70, 127))
    assert [move.value for move in made] == [0.75, 0.25]


def test_a_curve_of_2_is_slow_at_first() -> None:
    _, made = moves(knob(curve=2.0), cc(70, 64))
    assert made[0].value == pytest.approx((64 / 127) ** 2)


def test_a_bend_covers_the_whole_range_and_rests_in_the_middle() -> None:
    state = ControlState((Binding("x", SourceKind.BEND),))
    _, made = moves(state, b"\xe0\x00\x00", b"\xe0\x00\x40", b"\xe0\x7f\x7f")
    assert [move.value for move in made] == [0.0, pytest.approx(0.5, abs=1e-3), 1.0]


# --- what is meant ------------------------------------------------------------------------


def test_another_controller_channel_or_port_is_not_taken() -> None:
    state = ControlState((Binding("x", SourceKind.CC, 70, channel=2, port="MPK"),))
    assert state.feed(cc(71, 5, 2), "MPK mini 3")[1:] == ([], False)
    assert state.feed(cc(70, 5, 1), "MPK mini 3")[1:] == ([], False)
    assert state.feed(cc(70, 5, 2), "Launchkey")[1:] == ([], False)
    assert state.feed(cc(70, 127, 2), "mpk MINI 3")[1:] == ([Move("x", 1.0)], True)


def test_a_mapped_key_is_taken_up_and_down_so_it_plays_no_note() -> None:
    state = ControlState((Binding("fill", SourceKind.NOTE, 36, coding=Coding.MOMENTARY),))
    state, made, taken = state.feed(b"\x90\x24\x10")
    assert (made, taken) == ([Move("fill", 1.0)], True)
    _, made, taken = state.feed(b"\x80\x24\x00")
    assert (made, taken) == ([Move("fill", 0.0)], True)


def test_two_bindings_of_one_knob_both_move() -> None:
    state = ControlState(
        (Binding("x", SourceKind.CC, 1), Binding("y", SourceKind.CC, 1, invert=True))
    )
    _, made = moves(state, cc(1, 127))
    assert made == [Move("x", 1.0), Move("y", 0.0)]


# --- relative codes -----------------------------------------------------------------------

CODES = {
    # coding: (values up by 1 and by most, values down by 1 and by most); the distance from
    # the rest value is the number of steps
    Coding.SIGNED_BIT: ((1, 1), (63, 63), (65, -1), (127, -63)),
    Coding.SIGNED_BIT_2: ((65, 1), (127, 63), (1, -1), (63, -63)),
    Coding.BINARY_OFFSET: ((65, 1), (127, 63), (63, -1), (1, -63)),
    Coding.TWOS_COMPLEMENT: ((1, 1), (63, 63), (127, -1), (64, -64)),
}


@pytest.mark.parametrize("coding", CODES)
def test_relative_codes_are_those_of_the_daws(coding: Coding) -> None:
    for value, steps in CODES[coding]:
        assert RELATIVE[coding](value) == steps, f"{coding}: {value}"


@pytest.mark.parametrize("coding", CODES)
def test_a_relative_knob_steps_from_where_the_target_stands(coding: Coding) -> None:
    up, down = CODES[coding][0][0], CODES[coding][2][0]
    state = knob(coding=coding).at("x", 0.5)
    state, made = moves(state, cc(70, up))
    assert made[0].value == pytest.approx(0.5 + 1 / 127)
    _, made = moves(state, cc(70, down))
    assert made[0].value == pytest.approx(0.5)


@pytest.mark.parametrize("coding", CODES)
def test_the_rest_value_of_a_relative_code_is_no_step(coding: Coding) -> None:
    rest = 64 if coding is Coding.BINARY_OFFSET else 0
    assert RELATIVE[coding](rest) == 0


def test_the_middle_value_of_no_relative_code_goes_up() -> None:
    """It is minus zero in the codes with a sign bit, and -64 in two's complement of 7 bits."""
    assert RELATIVE[Coding.SIGNED_BIT](64) == 0
    assert RELATIVE[Coding.SIGNED_BIT_2](64) == 0
    assert RELATIVE[Coding.BINARY_OFFSET](64) == 0
    assert RELATIVE[Coding.TWOS_COMPLEMENT](64) == -64


@pytest.mark.parametrize("coding", CODES)
def test_a_relative_code_goes_the_same_number_of_steps_either_way(coding: Coding) -> None:
    steps = sorted(RELATIVE[coding](value) for value in range(128))
    assert steps[-1] == 63
    assert set(range(-63, 64)) <= set(steps)


# --- takeover -----------------------------------------------------------------------------


def test_without_takeover_a_knob_jumps() -> None:
    _, made = moves(knob().at("x", 0.9), cc(70, 0))
    assert made == [Move("x", 0.0)]


def test_pickup_waits_until_the_knob_crosses_the_value() -> None:
    state = knob(takeover=Takeover.PICKUP).at("x", 0.5)
    state, made = moves(state, cc(70, 0), cc(70, 30))
    assert made == []
    state, made = moves(state, cc(70, 100))
    assert made == [Move("x", pytest.approx(100 / 127))]
    _, made = moves(state, cc(70, 10))
    assert made == [Move("x", pytest.approx(10 / 127))]


def test_pickup_takes_a_knob_that_is_ten_steps_away() -> None:
    state = knob(takeover=Takeover.PICKUP).at("x", 64 / 127)
    _, made = moves(state, cc(70, 53))
    assert made == []
    _, made = moves(state, cc(70, 54))
    assert len(made) == 1


def test_a_target_moved_elsewhere_has_to_be_picked_up_again() -> None:
    state, made = moves(knob(takeover=Takeover.PICKUP), cc(70, 5), cc(70, 64))
    assert len(made) == 2
    state = state.at("x", 1.0)
    _, made = moves(state, cc(70, 65))
    assert made == []


@given(st.floats(0, 1), st.lists(st.integers(0, 127), min_size=2, max_size=20))
def test_scaling_moves_the_value_the_way_the_knob_turns(value: float, turns: list[int]) -> None:
    """But for the tolerance, within which a knob takes hold at once."""
    state, _ = moves(knob(takeover=Takeover.SCALE).at("x", value), cc(70, turns[0]))
    for before, turn in itertools.pairwise(turns):
        old = state.values["x"]
        state, _ = moves(state, cc(70, turn))
        moved = state.values["x"] - old
        assert moved * (turn - before) >= 0 or abs(moved) <= PICKUP_TOLERANCE + 1e-9


def test_scaling_spreads_the_rest_of_the_way() -> None:
    state = knob(takeover=Takeover.SCALE).at("x", 0.8)
    state, made = moves(state, cc(70, 20))
    assert made == []
    state, made = moves(state, cc(70, 40))
    assert made == [Move("x", pytest.approx(0.8 + 0.2 * 20 / 107))]
    _, made = moves(state, cc(70, 127))
    assert made[-1].value == pytest.approx(1.0)


@pytest.mark.parametrize("options", [{}, {"invert": True}, {"low": 0.6, "high": 0.2}])
def test_scaling_keeps_within_the_knobs_part_of_the_range(options: dict[str, object]) -> None:
    state = knob(takeover=Takeover.SCALE, **({"low": 0.2, "high": 0.6} | options)).at("x", 0.5)
    for end in (127, 0):
        _, made = moves(state, cc(70, 64), *[cc(70, abs(v - end)) for v in range(63, -1, -1)])
        assert all(0.2 - 1e-9 <= move.value <= 0.6 + 1e-9 for move in made)
        assert min(abs(made[-1].value - edge) for edge in (0.2, 0.6)) < 1e-9


# --- buttons ------------------------------------------------------------------------------


def test_a_toggle_changes_at_each_press_and_not_at_release() -> None:
    state = knob(coding=Coding.TOGGLE)
    _, made = moves(state, cc(70, 127), cc(70, 0), cc(70, 127), cc(70, 0))
    assert [move.value for move in made] == [1.0, 0.0]


def test_a_soft_hit_of_a_momentary_pad_is_a_whole_press() -> None:
    _, made = moves(knob(coding=Coding.MOMENTARY), cc(70, 3), cc(70, 0))
    assert [move.value for move in made] == [1.0, 0.0]


@given(
    st.lists(BINDINGS, min_size=1, max_size=6),
    st.lists(
        st.tuples(
            st.sampled_from((1, 6, 7, 33, 38, 39, 70, 96, 97, 98, 99, 100, 101)),
            st.integers(0, 127),
            st.floats(0, 0.05),
        ),
        max_size=80,
    ),
)
def test_no_sequence_of_controllers_leaves_a_targets_range(
    bindings: list[Binding], sent: list[tuple[int, int, float]]
) -> None:
    state, at = ControlState(tuple(bindings)), 0.0
    for number, value, pause in sent:
        at += pause
        state, waited = state.due(at)
        state, made, _ = state.feed(cc(number, value), "any port", at)
        assert all(0.0 <= move.value <= 1.0 for move in (*waited, *made))
    state, _ = state.due(at + 1.0)
    assert state.deadline is None

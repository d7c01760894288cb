"""Controls in two halves: 14-bit controllers, NRPN and RPN; and the other kinds of source."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.controllers.bindings import Binding, Coding, ControlState, Move, Takeover
from bridge.controllers.control_sources import SourceKind
from bridge.controllers.halves import WAIT_SECONDS


def cc(number: int, value: int, channel: int = 0) -> bytes:
    return bytes((0xB0 | channel, number, value))


def values(state: ControlState, *messages: bytes) -> list[float]:
    made = []
    for message in messages:
        state, moves, _ = state.feed(message, "port")
        made += [move.value for move in moves]
    return made


def nrpn(number: int, value: int, select: tuple[int, int] = (99, 98)) -> list[bytes]:
    """The four messages that set a parameter."""
    return [
        cc(select[0], number >> 7),
        cc(select[1], number & 0x7F),
        cc(6, value >> 7),
        cc(38, value & 0x7F),
    ]


FADER = ControlState((Binding("x", SourceKind.CC14, 7),))


@given(st.lists(st.integers(0, 16383), min_size=2, max_size=30))
def test_a_14_bit_fader_says_its_whole_value_and_nothing_between(places: list[int]) -> None:
    first, *rest = places
    state = FADER
    for message in (cc(7, first >> 7), cc(39, first & 0x7F)):
        state, _, _ = state.feed(message, "port")
    made = values(state, *[m for p in rest for m in (cc(7, p >> 7), cc(39, p & 0x7F))])
    assert made == [p / 16383 for p in rest]


def test_a_7_bit_fader_bound_as_14_bits_still_covers_the_whole_range() -> None:
    assert values(FADER, cc(7, 0), cc(7, 127)) == [0.0, 1.0]


def test_an_msb_that_stays_alone_counts_when_the_next_one_comes() -> None:
    made = values(FADER, cc(7, 10), cc(39, 5), cc(7, 20), cc(7, 127))
    assert made[-1] == 1.0


def test_an_lsb_without_its_msb_says_nothing() -> None:
    assert values(FADER, cc(39, 5)) == []


@pytest.mark.parametrize(
    ("kind", "select"), [(SourceKind.NRPN, (99, 98)), (SourceKind.RPN, (101, 100))]
)
def test_a_parameter_is_told_by_its_number(kind: SourceKind, select: tuple[int, int]) -> None:
    state = ControlState((Binding("x", kind, 1000),))
    assert values(state, *nrpn(1000, 16383, select))[-1] == 1.0
    assert values(state, *nrpn(1001, 16383, select)) == []
    other = (101, 100) if kind is SourceKind.NRPN else (99, 98)
    assert values(state, *nrpn(1000, 16383, other)) == []


def test_after_the_null_parameter_data_entry_means_nothing() -> None:
    state = ControlState((Binding("x", SourceKind.NRPN, 5),))
    assert values(state, cc(99, 0), cc(98, 5), cc(99, 127), cc(98, 127), cc(6, 64)) == []


def test_a_parameter_once_selected_is_moved_by_data_entry_alone() -> None:
    state = ControlState((Binding("x", SourceKind.NRPN, 5),))
    made = values(state, *nrpn(5, 100), cc(6, 1), cc(38, 2), cc(6, 1), cc(38, 3))
    assert made[-2:] == [130 / 16383, 131 / 16383]


def test_each_channel_has_its_own_parameter() -> None:
    state = ControlState((Binding("x", SourceKind.NRPN, 5, channel=0),))
    assert values(state, cc(99, 0), cc(98, 5), cc(99, 0, 1), cc(98, 6, 1), cc(6, 127)) == [1.0]


def test_cc_6_is_a_fader_until_a_parameter_is_selected() -> None:
    state = ControlState((Binding("x", SourceKind.CC, 6),))
    assert values(state, cc(6, 127)) == [1.0]
    assert values(state, cc(99, 0), cc(98, 5), cc(6, 127)) == []


def test_a_knob_on_the_number_of_an_nrpn_is_a_knob_where_it_is_bound() -> None:
    state = ControlState((Binding("x", SourceKind.CC, 98), Binding("y", SourceKind.CC, 6)))
    assert values(state, cc(98, 127), cc(6, 127)) == [1.0, 1.0]


def test_a_7_bit_knob_and_a_14_bit_fader_can_share_a_channel() -> None:
    state = ControlState((Binding("x", SourceKind.CC14, 7), Binding("y", SourceKind.CC, 70)))
    _, moves, taken = state.feed(cc(70, 127))
    assert (moves, taken) == ([Move("y", 1.0)], True)


@pytest.mark.parametrize(
    ("binding", "message"),
    [
        (Binding("x", SourceKind.BEND), b"\xe3\x7f\x7f"),
        (Binding("x", SourceKind.PRESSURE), b"\xd3\x7f"),
        (Binding("x", SourceKind.KEY_PRESSURE, 60), b"\xa3\x3c\x7f"),
        (Binding("x", SourceKind.PROGRAM, 5, coding=Coding.MOMENTARY), b"\xc3\x05"),
        (Binding("x", SourceKind.NOTE, 60), b"\x93\x3c\x7f"),
    ],
)
def test_every_kind_of_message_can_move_a_target(binding: Binding, message: bytes) -> None:
    assert values(ControlState((binding,)), message) == [1.0]


# --- steps --------------------------------------------------------------------------------


def test_steps_make_a_knob_jump_between_as_many_values() -> None:
    state = ControlState((Binding("x", SourceKind.CC, 70, steps=3),))
    made = values(state, *[cc(70, v) for v in range(128)])
    assert sorted(set(made)) == [0.0, 0.5, 1.0]


def test_a_button_with_steps_goes_through_them_round_and_round() -> None:
    state = ControlState((Binding("x", SourceKind.CC, 70, coding=Coding.TOGGLE, steps=3),))
    assert values(state, *[cc(70, 127)] * 4) == [0.5, 1.0, 0.0, 0.5]


def test_a_click_of_a_relative_knob_with_steps_is_a_step() -> None:
    state = ControlState((Binding("x", SourceKind.CC, 70, coding=Coding.TWOS_COMPLEMENT, steps=5),))
    assert values(state, cc(70, 1), cc(70, 1), cc(70, 127)) == [0.25, 0.5, 0.25]


def test_a_relative_knob_stays_within_its_part_of_the_range() -> None:
    binding = Binding("x", SourceKind.CC, 70, coding=Coding.BINARY_OFFSET, low=0.4, high=0.6)
    made = values(ControlState((binding,)).at("x", 0.5), *[cc(70, 127)] * 3, *[cc(70, 1)] * 3)
    assert max(made) == 0.6
    assert min(made) == 0.4


def test_a_button_toggles_between_the_ends_of_its_part_of_the_range() -> None:
    binding = Binding("x", SourceKind.CC, 70, coding=Coding.TOGGLE, low=0.2, high=0.8)
    made = values(ControlState((binding,)), *[cc(70, 127)] * 3)
    assert made == [pytest.approx(v) for v in (0.8, 0.2, 0.8)]


def test_other_bindings_keep_the_values_and_let_go_of_the_knobs() -> None:
    state, _, _ = ControlState((Binding("x", SourceKind.CC, 70),)).feed(cc(70, 127))
    state = state.rebound((Binding("x", SourceKind.CC, 71, takeover=Takeover.PICKUP),))
    assert values(state, cc(70, 0), cc(71, 0)) == []
    assert values(state, cc(71, 127)) == [1.0]


# --- halves in either order, and alone ----------------------------------------------------

SLOW = st.lists(st.sampled_from((-6, -3, 1, 2, 4, 5)), min_size=40, max_size=200)


def slow_places(start: int, steps: list[int]) -> list[int]:
    return [min(16383, max(0, start + by)) for by in itertools.accumulate(steps)]


def lsb_first(places: list[int]) -> list[bytes]:
    return [m for p in places for m in (cc(39, p & 127), cc(7, p >> 7))]


def msb_first(places: list[int]) -> list[bytes]:
    return [m for p in places for m in (cc(7, p >> 7), cc(39, p & 127))]


@pytest.mark.parametrize("step", [1, 10, 60, 100, 300, 2000])
def test_a_fader_that_sends_its_lsb_first_says_rising_values(step: int) -> None:
    places = list(range(1000, 16384, step))[:200]
    assert values(FADER, *lsb_first(places)) == [p / 16383 for p in places]


@given(st.integers(0, 16383), SLOW)
def test_the_order_of_the_halves_does_not_matter(start: int, steps: list[int]) -> None:
    places = slow_places(start, steps)
    assert values(FADER, *lsb_first(places)) == [p / 16383 for p in places]
    assert values(FADER, *msb_first(places))[-1] == places[-1] / 16383


@given(st.sampled_from((lsb_first, msb_first)), st.sampled_from((3, 7, 19, -5)))
def test_an_order_that_was_taken_wrong_is_found_after_two_msbs(
    order: Callable[[list[int]], list[bytes]], step: int
) -> None:
    """The first message that is heard is the second half of a value."""
    places = [8000 + step * n for n in range(300)]
    made = [16383 * value for value in values(FADER, *order(places)[1:])]
    steps = [abs(b - a) for a, b in itertools.pairwise(made)]
    assert max(steps[-200:]) < 128
    assert sum(by > 64 for by in steps) <= 4


@given(st.sampled_from((lsb_first, msb_first)))
def test_a_gesture_ends_where_the_fader_stands_though_its_order_was_taken_wrong(
    order: Callable[[list[int]], list[bytes]],
) -> None:
    state, at, seen = FADER, 0.0, 0.0
    heard = [cc(39, 5)] if order is msb_first else [cc(7, 8)]
    for gesture in range(4):
        for message in [*heard, *order([1030 + gesture, 1031 + gesture])]:
            at += 0.001
            state, moves, _ = state.feed(message, "port", at)
            seen = moves[-1].value if moves else seen
        at += 1.0
        state, moves = state.due(at)
        seen = moves[-1].value if moves else seen
        heard = []
    assert seen == 1034 / 16383


def test_an_msb_alone_sets_the_lsb_to_0() -> None:
    state = FADER
    for message in (cc(7, 127), cc(39, 127), cc(7, 0)):
        state, _, _ = state.feed(message, "port", 1.0)
    assert state.deadline == 1.0 + WAIT_SECONDS
    assert state.due(1.0) == (state, [])
    state, moves = state.due(1.0 + WAIT_SECONDS)
    assert moves == [Move("x", 0.0)]
    assert state.deadline is None


def test_an_lsb_alone_moves_within_its_msb() -> None:
    assert values(FADER, cc(7, 8), cc(39, 1), cc(39, 2), cc(39, 3))[1:] == [
        n / 16383 for n in (1025, 1026, 1027)
    ]


def test_unchanged_msbs_may_be_left_out_in_either_order() -> None:
    places = list(range(1000, 2000, 9))
    for is_low_first in (False, True):
        state, made, before, at = FADER, list[float](), -1, 0.0
        for place in places:
            high, low = cc(7, place >> 7), cc(39, place & 127)
            pair = [low, high] if is_low_first else [high, low]
            at += 0.05
            state, moves = state.due(at)
            made += [move.value for move in moves]
            for message in pair if place >> 7 != before else [low]:
                state, moves, _ = state.feed(message, "port", at)
                made += [move.value for move in moves]
            before = place >> 7
        state, moves = state.due(at + 1.0)
        made += [move.value for move in moves]
        assert made[0 if is_low_first else 1 :] == [p / 16383 for p in places]


@given(st.integers(0, 127), st.lists(st.tuples(st.booleans(), st.integers(0, 127)), max_size=60))
def test_no_mix_of_halves_leaves_the_range_or_waits_for_ever(
    first: int, halves: list[tuple[bool, int]]
) -> None:
    state, at = FADER, 0.0
    for is_high, value in [(True, first), *halves]:
        at += 0.003
        state, moves, _ = state.feed(cc(7 if is_high else 39, value), "port", at)
        assert all(0.0 <= move.value <= 1.0 for move in moves)
    state, _ = state.due(at + 1.0)
    assert state.deadline is None


# --- data increment and decrement ---------------------------------------------------------

CHOSEN = (cc(99, 300 >> 7), cc(98, 300 & 127))


def stepped(**options: object) -> ControlState:
    binding = Binding("x", SourceKind.NRPN, 300, **options)  # type: ignore[arg-type]
    return ControlState((binding,)).at("x", 0.5)


def test_increments_and_decrements_step_the_selected_parameter() -> None:
    made = values(stepped(), *CHOSEN, cc(96, 1), cc(96, 1), cc(97, 1))
    assert made == [pytest.approx(0.5 + n / 127) for n in (1, 2, 1)]


@given(st.integers(0, 127))
def test_the_value_of_an_increment_means_nothing(value: int) -> None:
    assert values(stepped(), *CHOSEN, cc(96, value)) == [pytest.approx(0.5 + 1 / 127)]


def test_an_increment_of_a_parameter_with_steps_is_one_of_them_within_its_range() -> None:
    made = values(stepped(steps=3, low=0.5, high=1.0), *CHOSEN, *[cc(96, 0)] * 3, cc(97, 0))
    assert made == [0.75, 1.0, 1.0, 0.75]


def test_an_inverted_parameter_steps_the_other_way() -> None:
    assert values(stepped(invert=True), *CHOSEN, cc(96, 0)) == [pytest.approx(0.5 - 1 / 127)]


def test_an_increment_presses_a_button_and_a_decrement_lets_it_go() -> None:
    pressed = values(stepped(coding=Coding.MOMENTARY), *CHOSEN, cc(96, 0), cc(97, 0))
    assert pressed == [1.0, 0.0]


def test_increments_of_no_parameter_or_another_are_nothing() -> None:
    null = (cc(99, 127), cc(98, 127))
    assert values(stepped(), cc(96, 1)) == []
    assert values(stepped(), *CHOSEN, *null, cc(96, 1)) == []
    assert values(stepped(), cc(99, 2), cc(98, 45), cc(96, 1)) == []


def test_a_knob_on_the_number_of_an_increment_is_a_knob_where_it_is_bound() -> None:
    state = ControlState((Binding("x", SourceKind.CC, 96), Binding("y", SourceKind.NRPN, 300)))
    assert values(state, *CHOSEN, cc(96, 127), cc(6, 127)) == [1.0, 1.0]


@pytest.mark.parametrize("halves", [(6, 38), (38, 6)])
def test_data_entry_comes_in_either_order(halves: tuple[int, int]) -> None:
    state = ControlState((Binding("x", SourceKind.NRPN, 300),))
    places = list(range(1000, 1550, 10))
    data = [{6: p >> 7, 38: p & 127} for p in places]
    made = values(state, *CHOSEN, *[cc(n, entry[n]) for entry in data for n in halves])
    assert made[-54:] == [p / 16383 for p in places[1:]]

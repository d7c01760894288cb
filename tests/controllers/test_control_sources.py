"""Controls in two halves: 14-bit controllers, NRPN and RPN; and the other kinds of source."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.controllers.bindings import Binding, Coding, ControlState, Move, Takeover
from bridge.controllers.control_sources import SourceKind


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

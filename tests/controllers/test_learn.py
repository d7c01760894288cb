"""MIDI learn: what kind of control was moved, from what it sends."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated_controls import (
    ENCODERS,
    KNOBS,
    MESSAGES,
    Control,
    button,
    place_knob,
)

from bridge.controllers.bindings import RELATIVE, Coding
from bridge.controllers.control_sources import SourceKind
from bridge.controllers.learn import HeardControl, Learner


def cc(number: int, *values: int, channel: int = 0) -> list[bytes]:
    return [bytes((0xB0 | channel, number, value)) for value in values]


def hear(messages: list[bytes]) -> HeardControl | None:
    learner = Learner()
    for message in messages:
        learner = learner.hear(message)
    return learner.heard


def turned(code: Coding, steps: list[int]) -> list[int]:
    """What an endless knob sends for these steps."""
    says = {clicks(value): value for value in range(127, 0, -1) for clicks in [RELATIVE[code]]}
    return [says[step] for step in steps]


def fade(start: int, stop: int, step: int) -> list[int]:
    return list(range(start, stop, step))


@pytest.mark.parametrize(
    "values", [fade(0, 127, 3), fade(127, 0, -2), fade(60, 68, 1), [0, 20, 50, 90, 127]]
)
def test_a_knob_that_goes_from_place_to_place_is_absolute(values: list[int]) -> None:
    heard = hear(cc(20, *values, *reversed(values)))
    assert heard is not None
    assert (heard.kind, heard.number, heard.channel) == (SourceKind.CC, 20, 0)
    assert heard.coding is None
    assert heard.sure


@pytest.mark.parametrize("code", list(RELATIVE))
def test_an_endless_knob_turned_right_then_left_is_known_with_its_code(code: Coding) -> None:
    heard = hear(cc(21, *turned(code, [1, 1, 1, 2, 1, 1, -1, -1, -2, -1, -1]), channel=3))
    assert heard is not None
    assert heard.coding is code
    assert heard.sure
    assert heard.channel == 3


def test_turned_only_right_an_endless_knob_is_asked_to_turn_left() -> None:
    heard = hear(cc(21, 1, 1, 1, 1, 1, 1))
    assert heard is not None
    assert not heard.sure
    assert "left" in heard.hint


def test_after_one_message_a_knob_is_not_sure() -> None:
    heard = hear(cc(20, 64))
    assert heard is not None
    assert not heard.sure
    assert hear([]) is None


def test_a_button_on_a_controller_is_known_by_press_and_release() -> None:
    heard = hear(cc(50, 127, 0))
    assert heard == HeardControl(SourceKind.CC, 50, 0)


@pytest.mark.parametrize("start", [0, 5000, 16000])
def test_two_controllers_32_apart_that_move_together_are_one_of_14_bits(start: int) -> None:
    values = [min(16383, start + 77 * n) for n in range(8)]
    heard = hear([m for v in values for m in (*cc(7, v >> 7), *cc(39, v & 127))])
    assert heard is not None
    assert (heard.kind, heard.number, heard.sure) == (SourceKind.CC14, 7, True)


def test_a_parameter_is_known_by_its_number() -> None:
    def say(value: int) -> list[bytes]:
        return [*cc(99, 3), *cc(98, 17), *cc(6, value >> 7), *cc(38, value & 127)]

    heard = hear([message for value in (100, 500, 900, 1300) for message in say(value)])
    assert heard is not None
    assert (heard.kind, heard.number) == (SourceKind.NRPN, 3 * 128 + 17)
    assert heard.sure


@pytest.mark.parametrize(
    ("messages", "kind", "number"),
    [
        ([bytes((0x99, 36, 100))], SourceKind.NOTE, 36),
        ([bytes((0xC0, 5))], SourceKind.PROGRAM, 5),
        ([bytes((0xE0, 0, v)) for v in (64, 70, 80, 90, 100)], SourceKind.BEND, None),
        ([bytes((0xD0, v)) for v in range(1, 60, 5)], SourceKind.PRESSURE, None),
        ([bytes((0xA9, 40, v)) for v in range(1, 60, 5)], SourceKind.KEY_PRESSURE, 40),
    ],
)
def test_pads_programs_wheels_and_pressure_are_controls(
    messages: list[bytes], kind: SourceKind, number: int | None
) -> None:
    heard = hear(messages)
    assert heard is not None
    assert (heard.kind, heard.number, heard.sure) == (kind, number, True)


def test_of_a_pads_pressure_and_its_note_the_note_counts() -> None:
    heard = hear([bytes((0x99, 36, 100)), bytes((0xA9, 36, 50)), bytes((0xD9, 50))])
    assert heard == HeardControl(SourceKind.NOTE, 36, 9)


def test_what_is_no_control_is_not_heard() -> None:
    assert hear([b"\xf8", b"\xfe", b"\xb0\x7b\x00", b"\x80\x24\x00", b"\xf0\x7e\xf7", b""]) is None


def test_two_knobs_at_once_are_asked_to_come_alone() -> None:
    messages = [m for n in range(9) for m in (*cc(20, 10 + 3 * n), *cc(21, 90 - 3 * n))]
    heard = hear(messages)
    assert heard is not None
    assert not heard.sure
    assert "one control" in heard.hint


@given(st.lists(st.binary(min_size=0, max_size=4), max_size=60))
def test_no_bytes_make_it_raise(messages: list[bytes]) -> None:
    hear(messages)


def test_a_shaky_absolute_knob_is_not_taken_for_an_endless_one() -> None:
    """It moves by small steps about places far from the codes' rest."""
    rng, place, values = random.Random(1), 100, []
    for _ in range(40):
        place = min(127, max(80, place + rng.choice((-1, 1, 1, 2))))
        values.append(place)
    heard = hear(cc(20, *values))
    assert heard is not None
    assert heard.coding is None


# --- simulated controls -------------------------------------------------------------------

TRIES = 120
"""Simulated controls of each kind; one of them may be learned wrong."""
USUAL, AT_MOST = 20, 64
"""Messages until most of a kind are known, and until all are."""


def learned(values: Iterator[int]) -> tuple[Coding | None, int]:
    """The targets that a controller is learned for, and after how many messages it is sure."""
    learner = Learner()
    for count, value in enumerate(itertools.islice(values, MESSAGES), start=1):
        learner = learner.hear(bytes((0xB0, 20, value)))
        if learner.heard is not None and learner.heard.sure:
            return learner.heard.coding, count
    raise AssertionError(f"not sure after {MESSAGES} messages")


@pytest.mark.parametrize(
    ("code", "control"),
    [(None, control) for control in (*KNOBS.values(), button)] + list(ENCODERS.values()),
    ids=[*KNOBS, "button", *ENCODERS],
)
def test_a_simulated_control_is_learned_for_what_it_is_and_soon(
    code: Coding | None, control: Control
) -> None:
    found = [learned(control(random.Random(seed))) for seed in range(TRIES)]
    assert sum(coding is not code for coding, _ in found) <= TRIES // 100
    counts = sorted(count for _, count in found)
    assert counts[TRIES // 2] <= USUAL
    assert counts[-1] <= AT_MOST


@given(st.integers(0, 2**32), st.sampled_from(sorted(KNOBS)))
def test_a_knob_of_any_seed_is_no_endless_one(seed: int, name: str) -> None:
    assert learned(KNOBS[name](random.Random(seed)))[0] is None


def test_an_accelerated_endless_knob_is_never_sure_to_be_a_knob_with_a_place() -> None:
    values = [1, 1, 3, 7, 20, 33, 41, 30, 12, 3, 1, 127, 127, 100]
    for count in range(1, len(values)):
        heard = hear(cc(20, *values[:count]))
        assert heard is not None
        assert heard.coding in RELATIVE or not heard.sure
    heard = hear(cc(20, *values, 90, 110, 127))
    assert heard is not None
    assert (heard.coding, heard.sure) == (Coding.TWOS_COMPLEMENT, True)


def test_a_button_that_sends_nothing_when_let_go_is_never_sure_to_be_an_endless_knob() -> None:
    heard = hear(cc(20, *[127] * 12))
    assert heard is not None
    assert (heard.coding, heard.sure, heard.hint) == (None, False, "now turn it to the right")


@pytest.mark.parametrize("is_low_first", [False, True])
@pytest.mark.parametrize("speed", [0.5, 20.0, 500.0])
def test_a_simulated_knob_of_14_bits_is_learned_in_either_order(
    speed: float, is_low_first: bool
) -> None:
    for seed in range(20):
        places = itertools.islice(place_knob(random.Random(seed), speed, top=16383), 6)
        halves = [[*cc(7, place >> 7), *cc(39, place & 127)] for place in places]
        heard = hear([m for pair in halves for m in (pair[::-1] if is_low_first else pair)])
        assert heard == HeardControl(SourceKind.CC14, 7, 0)


def test_the_increments_of_a_parameter_are_the_parameter() -> None:
    messages = [*cc(99, 2), *cc(98, 44), *cc(96, 1, 1, 1), *cc(97, 1)]
    for count in range(3, len(messages) + 1):
        heard = hear(messages[:count])
        assert heard is not None
        assert (heard.kind, heard.number) == (SourceKind.NRPN, 300)
    assert heard is not None
    assert heard.sure
    assert heard.text == "nrpn 300 ch 1"

"""Feedback to controllers: what is new is shown, what they said is not said back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.controllers import feedback as fb
from bridge.controllers.bindings import Binding, Coding, ControlState, Takeover
from bridge.controllers.control_sources import SourceKind
from bridge.controllers.feedback import Feedback

KNOB = Binding("swing", SourceKind.CC, 20, 0, feedback=True)
PAD = Binding("mute drums", SourceKind.NOTE, 36, 9, Coding.TOGGLE, feedback=True, on=21, off=5)


def after(feedback: Feedback, message: bytes, at: float) -> Feedback:
    return feedback.hear(message, at)


def test_a_value_is_shown_once_and_again_when_it_changes() -> None:
    feedback, sent = Feedback((KNOB,)).due({"swing": 0.5}, 0.0)
    assert sent == [bytes((0xB0, 20, 64))]
    feedback, sent = feedback.due({"swing": 0.5}, 1.0)
    assert sent == []
    _, sent = feedback.due({"swing": 1.0}, 2.0)
    assert sent == [bytes((0xB0, 20, 127))]


def test_a_binding_without_feedback_is_shown_nothing() -> None:
    plain = Binding("swing", SourceKind.CC, 20, 0)
    assert Feedback((plain,)).due({"swing": 0.5}, 0.0)[1] == []


def test_a_pad_is_lit_in_its_colours_and_put_out_at_the_end() -> None:
    feedback, sent = Feedback((PAD,)).due({"mute drums": 0.0}, 0.0)
    assert sent == [bytes((0x99, 36, 5))]
    feedback, sent = feedback.due({"mute drums": 1.0}, 1.0)
    assert sent == [bytes((0x99, 36, 21))]
    assert feedback.dark() == [bytes((0x99, 36, 5))]


def test_after_a_press_a_pad_is_told_again_since_it_may_have_changed_its_own_light() -> None:
    feedback, _ = Feedback((PAD,)).due({"mute drums": 1.0}, 0.0)
    feedback = after(feedback, b"\x89\x24\x00", 1.0)
    assert feedback.due({"mute drums": 1.0}, 1.0)[1] == [bytes((0x99, 36, 21))]


def test_a_light_can_have_a_number_of_its_own() -> None:
    pad = Binding("play", SourceKind.NOTE, 8, 10, Coding.TOGGLE, feedback=True, light=0, on=1)
    assert Feedback((pad,)).due({"play": 1.0}, 0.0)[1] == [bytes((0x9A, 0, 1))]


def test_what_a_knob_said_itself_is_not_said_back() -> None:
    feedback = after(Feedback((KNOB,)), bytes((0xB0, 20, 100)), 0.0)
    assert feedback.due({"swing": 100 / 127}, 5.0)[1] == []


def test_a_hand_on_a_motor_fader_is_not_fought() -> None:
    feedback = after(Feedback((KNOB,)), bytes((0xB0, 20, 100)), 0.0)
    feedback, sent = feedback.due({"swing": 0.0}, fb.HAND_SECONDS / 2)
    assert sent == []
    assert feedback.due({"swing": 0.0}, fb.HAND_SECONDS + 0.1)[1] == [bytes((0xB0, 20, 0))]


def test_an_endless_knobs_ring_follows_while_it_turns() -> None:
    ring = Binding("swing", SourceKind.CC, 20, 0, Coding.TWOS_COMPLEMENT, feedback=True)
    feedback = after(Feedback((ring,)), bytes((0xB0, 20, 1)), 0.0)
    assert feedback.due({"swing": 1.0}, 0.001)[1] == [bytes((0xB0, 20, 127))]


def test_what_comes_straight_back_is_an_echo_and_what_comes_later_is_a_hand() -> None:
    feedback, (message,) = Feedback((KNOB,)).due({"swing": 0.5}, 1.0)
    assert feedback.is_echo(message, 1.01)
    assert not feedback.is_echo(message, 1.01 + fb.ECHO_SECONDS)
    assert not feedback.is_echo(bytes((0xB0, 20, 1)), 1.01)


@pytest.mark.parametrize(
    ("kind", "number", "messages"),
    [
        (SourceKind.CC14, 7, [b"\xb0\x07\x7f", b"\xb0\x27\x7f"]),
        (SourceKind.BEND, None, [b"\xe0\x7f\x7f"]),
        (SourceKind.NRPN, 3 * 128 + 5, [b"\xb0\x63\x03", b"\xb0\x62\x05", b"\xb0\x06\x7f",
                                  b"\xb0\x26\x7f", b"\xb0\x63\x7f", b"\xb0\x62\x7f"]),
        (SourceKind.PROGRAM, 5, []),
    ],
)  # fmt: skip
def test_each_kind_is_shown_by_its_own_messages(
    kind: SourceKind, number: int | None, messages: list[bytes]
) -> None:
    binding = Binding("swing", kind, number, 0, feedback=True)
    assert Feedback((binding,)).due({"swing": 1.0}, 0.0)[1] == messages


def test_many_values_at_once_come_in_turns() -> None:
    bindings = tuple(Binding(f"t{n}", SourceKind.CC, n, 0, feedback=True) for n in range(40))
    values = {binding.target: 0.3 for binding in bindings}
    feedback, first = Feedback(bindings).due(values, 0.0)
    feedback, second = feedback.due(values, 0.04)
    feedback, third = feedback.due(values, 0.08)
    assert [len(first), len(second), len(third)] == [16, 16, 8]
    assert feedback.due(values, 0.12)[1] == []


def test_where_a_binding_names_no_channel_the_controllers_own_is_used() -> None:
    knob = Binding("swing", SourceKind.CC, 20, None, feedback=True)
    feedback = after(Feedback((knob,)), bytes((0xB5, 20, 0)), 0.0)
    assert feedback.due({"swing": 1.0}, 9.0)[1] == [bytes((0xB5, 20, 127))]


shapes = st.builds(
    Binding, target=st.just("swing"), kind=st.just(SourceKind.CC), number=st.just(20),
    channel=st.just(0), takeover=st.sampled_from(list(Takeover)), feedback=st.just(True),
    low=st.sampled_from([0.0, 0.2]), high=st.sampled_from([0.7, 1.0]), invert=st.booleans(),
    curve=st.sampled_from([0.5, 1.0, 2.0]), steps=st.sampled_from([0, 2, 5]),
)  # fmt: skip


@given(binding=shapes, value=st.integers(0, 127))
def test_a_knob_is_shown_where_it_stands_itself(binding: Binding, value: int) -> None:
    """What a knob sets shows as the knob's place (the nearest one that steps allow)."""
    free = ControlState((Binding(**{**_fields(binding), "takeover": Takeover.NONE}),))
    _, (move,), _ = free.feed(bytes((0xB0, 20, value)))
    shown = fb.level_of(binding, move.value)
    _, (again,), _ = free.feed(bytes((0xB0, 20, shown)))
    assert again.value == pytest.approx(move.value, abs=1e-6)


def _fields(binding: Binding) -> dict[str, object]:
    return {name: getattr(binding, name) for name in Binding.__dataclass_fields__}


@given(
    bindings=st.lists(shapes, min_size=1, max_size=3).map(tuple),
    moves=st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=1, max_size=20),
    echoes=st.booleans(),
    delay=st.sampled_from([0.001, 0.1]),
)
def test_with_a_controller_that_sends_all_back_it_still_comes_to_rest(
    bindings: tuple[Binding, ...],
    moves: list[tuple[bool, float]],
    echoes: bool,
    delay: float,
) -> None:
    controls, feedback, at = ControlState(bindings).at("swing", 0.5), Feedback(bindings), 0.0

    def take(message: bytes, at: float) -> None:
        nonlocal controls, feedback
        if not feedback.is_echo(message, at):
            feedback = feedback.hear(message, at)
            controls = controls.feed(message)[0]

    for by_hand, value in moves:
        at += 1.0
        if by_hand:
            take(bytes((0xB0, 20, round(value * 127))), at)
        else:
            controls = controls.at("swing", value)
        sent = []
        for _ in range(12):
            at += 0.4
            feedback, sent = feedback.due(dict(controls.values), at)
            for message in sent if echoes else []:
                take(message, at + delay)
        if delay < fb.ECHO_SECONDS or len(bindings) == 1 or not echoes:
            assert sent == []

"""Values that go back to the controller: LED rings, motor faders, lit pads. Pure.

:class:`Feedback` knows what each control shows, as far as it was told or has told us, so that
it is told what is new and nothing else: no loops, no hand on a motor fader fought.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bridge.controllers.bindings import RELATIVE, Binding, Coding
from bridge.controllers.control_sources import (
    DATA_LSB,
    DATA_MSB,
    LSB_ABOVE,
    STEPS,
    TOP,
    WIDE,
    WIDE_TOP,
    Source,
    SourceKind,
    read_source,
)
from bridge.midi.messages import decode

HAND_SECONDS = 0.3
"""Seconds after a fader was moved by hand in which its motor is left alone."""
ECHO_SECONDS = 0.03
"""Seconds in which a message that was sent and comes back is an echo, not the player's."""
MOST_AT_ONCE = 16
"""Messages of one turn: no more than a DIN cable carries in the 33 ms to the next."""
_PARAMETERS = {SourceKind.NRPN: (99, 98), SourceKind.RPN: (101, 100)}
_NOTHING = 127


@dataclass(frozen=True, slots=True)
class Feedback:
    """The values that the controls show, as far as they are known. ``shows``: the value (0..its
    top) that was sent or came, by place in ``bindings``, absent where it is not known;
    ``moved``: the time it was moved by hand last; ``heard``: the channel it was heard on;
    ``sent``: the time each message was sent last. Times are monotonic seconds."""

    bindings: tuple[Binding, ...] = ()
    shows: Mapping[int, int] = field(default_factory=dict)
    moved: Mapping[int, float] = field(default_factory=dict)
    heard: Mapping[int, int] = field(default_factory=dict)
    sent: Mapping[bytes, float] = field(default_factory=dict)

    def rebound(self, bindings: tuple[Binding, ...]) -> Feedback:
        """Other bindings: all is shown anew."""
        return Feedback(bindings, sent=self.sent)

    def is_echo(self, message: bytes, at: float) -> bool:
        """True if a message is one that was just sent and comes back."""
        sent = self.sent.get(message)
        return sent is not None and 0.0 <= at - sent < ECHO_SECONDS

    def hear(self, message: bytes, at: float) -> Feedback:
        """After a message of the controller's: what it shows by itself now."""
        decoded = decode(message)
        source = read_source(decoded)
        if source is None or not any(binding.feedback for binding in self.bindings):
            return self
        after = self
        for index, binding in enumerate(self.bindings):
            if binding.feedback and _is_of(binding, source):
                after = after._turned(index, binding, source, at)
        return after

    def _turned(self, index: int, binding: Binding, source: Source, at: float) -> Feedback:
        shows = dict(self.shows)
        if binding.coding is Coding.ABSOLUTE and binding.light is None:
            if source.kind is binding.kind:
                shows[index] = source.value
            else:  # a half of it
                shows.pop(index, None)
        elif binding.coding not in RELATIVE:
            shows.pop(index, None)  # a button may light itself up, or go out when let go
        moved = {**self.moved, index: at} if binding.coding is Coding.ABSOLUTE else self.moved
        return replace(self, shows=shows, moved=moved, heard={**self.heard, index: source.channel})

    def due(self, values: Mapping[str, float], at: float) -> tuple[Feedback, list[bytes]]:
        """The messages to send when the targets stand at these places (0..1): not more than
        ``MOST_AT_ONCE``, the rest next time."""
        shows, messages = dict(self.shows), list[bytes]()
        for index, binding in enumerate(self.bindings):
            value = values.get(binding.target)
            if not binding.feedback or value is None or len(messages) >= MOST_AT_ONCE:
                continue
            level = level_of(binding, value)
            if shows.get(index) == level or at - self.moved.get(index, -1e9) < HAND_SECONDS:
                continue
            shows[index] = level
            messages += messages_for(binding, level, self._channel(index))
        sent = {m: t for m, t in self.sent.items() if at - t < ECHO_SECONDS}
        sent |= dict.fromkeys(messages, at)
        return replace(self, shows=shows, sent=sent), messages

    def dark(self) -> list[bytes]:
        """The messages that put out every light that is on, at the end."""
        messages: list[bytes] = []
        for index, binding in enumerate(self.bindings):
            if binding.feedback and is_light(binding) and self.shows.get(index) == binding.on:
                messages += messages_for(binding, binding.off, self._channel(index))
        return messages

    def _channel(self, index: int) -> int:
        """The channel of a control: its binding's, or that on which it was heard."""
        channel = self.bindings[index].channel
        return self.heard.get(index, 0) if channel is None else channel


# --- values and messages ------------------------------------------------------------------


def is_light(binding: Binding) -> bool:
    """True if a control shows on or off, rather than a value."""
    return binding.coding in (Coding.TOGGLE, Coding.MOMENTARY)


def level_of(binding: Binding, value: float) -> int:
    """The value (0..127, or 0..16383 with 14 bits) that a control shows for its target's
    place (0..1)."""
    place = place_of(binding, value)
    if is_light(binding):
        return binding.on if place > 0.5 else binding.off
    top = WIDE_TOP if binding.kind in WIDE or binding.kind is SourceKind.BEND else TOP
    return round(place * top)


def place_of(binding: Binding, value: float) -> float:
    """The position (0..1) of a control whose target stands at ``value`` (0..1)."""
    span = binding.high - binding.low
    share = (value - binding.low) / span if abs(span) > 1e-9 else 0.0
    place = math.pow(min(1.0, max(0.0, share)), 1.0 / binding.curve)
    return 1.0 - place if binding.invert else place


def messages_for(binding: Binding, level: int, channel: int) -> list[bytes]:
    """The messages that make a control show a level; none for those that cannot."""
    number = binding.light if binding.light is not None else binding.number or 0
    high, low = level >> 7, level & 0x7F
    control = 0xB0 | channel
    match binding.kind:
        case SourceKind.CC:
            return [bytes((control, number, level))]
        case SourceKind.NOTE:
            return [bytes((0x90 | channel, number, level))]
        case SourceKind.BEND:
            return [bytes((0xE0 | channel, low, high))]
        case SourceKind.CC14:
            return [bytes((control, number, high)), bytes((control, number + LSB_ABOVE, low))]
        case SourceKind.NRPN | SourceKind.RPN:
            select = _PARAMETERS[binding.kind]
            parts = zip(
                (*select, DATA_MSB, DATA_LSB, *select),
                (number >> 7, number & 0x7F, high, low, _NOTHING, _NOTHING),
                strict=True,
            )
            return [bytes((control, c, v)) for c, v in parts]
    return []


def _is_of(binding: Binding, source: Source) -> bool:
    """True if a message is of this control, or one half or a step of it if it has
    14 bits."""
    if binding.channel not in (None, source.channel):
        return False
    if binding.kind in WIDE:
        halves = {DATA_MSB, DATA_LSB, *STEPS}
        if binding.kind is SourceKind.CC14 and binding.number is not None:
            halves = {binding.number, binding.number + LSB_ABOVE}
        return source.kind is SourceKind.CC and source.number in halves
    return binding.kind is source.kind and binding.number in (None, source.number)

"""MIDI messages as controls: knobs of 7 and of 14 bits, keys, bends, pressure. Pure.

14-bit controllers and (N)RPNs come as several messages; :class:`Wire` remembers the halves.
Source: MIDI 1.0 Detailed Specification, "Control Change" (MSB 0 to 31, LSB 32 to 63) and
"Registered and Non-Registered Parameter Numbers" (98 to 101, data entry 6 and 38).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from bridge.midi.messages import (
    Aftertouch,
    ControlChange,
    Message,
    NoteOff,
    NoteOn,
    PitchBend,
    PolyAftertouch,
    ProgramChange,
    note_name,
)

TOP: Final = 127
WIDE_TOP: Final = 16383
DATA_MSB: Final = 6
DATA_LSB: Final = 38
LSB_ABOVE: Final = 32
"""An MSB controller's LSB is this much above it."""
NOTHING: Final = WIDE_TOP
"""The parameter number 127, 127: none is selected."""


class SourceKind(StrEnum):
    """The kind of message that a binding listens to. The values are the keys of a mapping file."""

    CC = "cc"
    CC14 = "cc14"
    NRPN = "nrpn"
    RPN = "rpn"
    NOTE = "note"
    BEND = "bend"
    PRESSURE = "pressure"
    KEY_PRESSURE = "key_pressure"
    PROGRAM = "program"


WIDE: Final = frozenset((SourceKind.CC14, SourceKind.NRPN, SourceKind.RPN))
"""Kinds that come in two messages, MSB first."""


@dataclass(frozen=True, slots=True)
class Source:
    """A control and where it stands: ``value`` 0..``top``; ``channel`` 0..15."""

    kind: SourceKind
    number: int | None
    channel: int
    value: int
    top: int = TOP


_Place = tuple[str, int]
"""A port and a channel."""
_Control = tuple[_Place, SourceKind, int]


@dataclass(frozen=True, slots=True)
class Wire:
    """The halves received so far of controls with 14 bits: the MSBs, which of them still wait for
    their LSB, which controls send an LSB at all, and each channel's selected parameter."""

    high: Mapping[_Control, int] = field(default_factory=dict)
    waiting: frozenset[_Control] = frozenset()
    fine: frozenset[_Control] = frozenset()
    chosen: Mapping[_Place, tuple[SourceKind, int]] = field(default_factory=dict)

    def hear(self, message: ControlChange, port: str = "") -> tuple[Wire, list[Source]]:
        """The 14-bit controls that a control change moves, none while a half is missing."""
        place, number = (port, message.channel), message.control
        if number in SELECT:
            return self._select(place, *SELECT[number], message.value), []
        if number in (DATA_MSB, DATA_LSB):
            kind, parameter = self.chosen.get(place, (SourceKind.NRPN, NOTHING))
            if parameter == NOTHING:
                return self, []
            return self._half((place, kind, parameter), message.value, number == DATA_MSB)
        if number < 2 * LSB_ABOVE:
            control = (place, SourceKind.CC14, number % LSB_ABOVE)
            return self._half(control, message.value, number < LSB_ABOVE)
        return self, []

    def is_value(self, message: ControlChange, port: str = "") -> bool:
        """True if a control change is the value of a selected parameter, so no knob by itself."""
        if message.control not in (DATA_MSB, DATA_LSB):
            return False
        _, parameter = self.chosen.get((port, message.channel), (SourceKind.NRPN, NOTHING))
        return parameter != NOTHING

    def _select(self, place: _Place, kind: SourceKind, is_high: bool, value: int) -> Wire:
        before, number = self.chosen.get(place, (kind, NOTHING))
        number = NOTHING if before is not kind else number
        number = (number & 0x7F | value << 7) if is_high else (number & 0x3F80 | value)
        return replace(self, chosen={**self.chosen, place: (kind, number)})

    def _half(self, control: _Control, value: int, is_high: bool) -> tuple[Wire, list[Source]]:
        """An MSB counts at once, spread over the range, while the control has sent no LSB;
        then it waits for its LSB, so that no value is heard that was never meant."""
        if not is_high:
            high = self.high.get(control)
            if high is None:
                return self, []
            wire = replace(self, waiting=self.waiting - {control}, fine=self.fine | {control})
            return wire, [_wide(control, high << 7 | value)]
        wire = replace(self, high={**self.high, control: value})
        if control in self.fine and control not in self.waiting:
            return replace(wire, waiting=self.waiting | {control}), []
        # MSB after MSB: it sends no LSBs (any more).
        wire = replace(wire, waiting=self.waiting - {control}, fine=self.fine - {control})
        return wire, [_wide(control, value << 7 | value)]


SELECT: Final = {
    99: (SourceKind.NRPN, True),
    98: (SourceKind.NRPN, False),
    101: (SourceKind.RPN, True),
    100: (SourceKind.RPN, False),
}
"""Controllers that select a parameter: of which kind, and whether they are its MSB."""


def _wide(control: _Control, value: int) -> Source:
    (_, channel), kind, number = control
    return Source(kind, number, channel, value, WIDE_TOP)


def read_source(message: Message | None) -> Source | None:
    """The control and value of a message by itself; None for a message of no control."""
    match message:
        case ControlChange(channel, control, value):
            return Source(SourceKind.CC, control, channel, value)
        case NoteOn(channel, pitch, velocity):
            return Source(SourceKind.NOTE, pitch, channel, velocity)
        case NoteOff(channel, pitch, _):
            return Source(SourceKind.NOTE, pitch, channel, 0)
        case PitchBend(channel, value):
            return Source(SourceKind.BEND, None, channel, value + 8192, WIDE_TOP)
        case Aftertouch(channel, value):
            return Source(SourceKind.PRESSURE, None, channel, value)
        case PolyAftertouch(channel, pitch, value):
            return Source(SourceKind.KEY_PRESSURE, pitch, channel, value)
        case ProgramChange(channel, program):
            return Source(SourceKind.PROGRAM, program, channel, TOP)
    return None


def source_text(kind: SourceKind, number: int | None, channel: int | None) -> str:
    """A control for a person: ``note 36 (C2) ch 10``; ``channel`` 0..15, None for any."""
    words = [kind.value.replace("_", " ")]
    if number is not None:
        words.append(str(number))
    if kind in (SourceKind.NOTE, SourceKind.KEY_PRESSURE) and number is not None:
        words.append(f"({note_name(number)})")
    if channel is not None:
        words.append(f"ch {channel + 1}")
    return " ".join(words)

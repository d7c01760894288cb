"""MIDI messages as controls: knobs of 7 and of 14 bits, keys, bends, pressure. Pure.

14-bit controllers and (N)RPNs come as several messages; :class:`Wire` remembers the halves.
Source: MIDI 1.0 Detailed Specification, "Control Change" (MSB 0 to 31, LSB 32 to 63) and
"Registered and Non-Registered Parameter Numbers" (98 to 101, data entry 6 and 38, data
increment 96 and decrement 97, whose value means nothing).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from bridge.controllers.halves import WAIT_SECONDS, ControlHalves, Half
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
STEPS: Final = {96: 1, 97: -1}
"""Controllers that step the selected parameter, and by which clicks."""
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
"""Kinds that come in two messages."""


@dataclass(frozen=True, slots=True)
class Source:
    """A control and where it stands: ``value`` 0..``top``; ``channel`` 0..15. ``clicks`` is not
    None where it tells steps up or down and no place; ``value`` is then one of the two ends."""

    kind: SourceKind
    number: int | None
    channel: int
    value: int
    top: int = TOP
    clicks: int | None = None


_Place = tuple[str, int]
"""A port and a channel."""
_Control = tuple[_Place, SourceKind, int]


@dataclass(frozen=True, slots=True)
class Wire:
    """The halves received of controls with 14 bits: those of each, the ones of which a half
    waits for the other, and each channel's selected parameter. Times are seconds."""

    pairs: Mapping[_Control, ControlHalves] = field(default_factory=dict)
    waiting: frozenset[_Control] = frozenset()
    chosen: Mapping[_Place, tuple[SourceKind, int]] = field(default_factory=dict)

    def hear(
        self, message: ControlChange, port: str = "", at: float = 0.0
    ) -> tuple[Wire, list[Source]]:
        """The 14-bit controls that a control change moves, none while a half is missing."""
        place, number = (port, message.channel), message.control
        if number in SELECT:
            return self._select(place, *SELECT[number], message.value), []
        if number in DATA:
            kind, parameter = self._parameter(place)
            if parameter == NOTHING:
                return self, []
            control = (place, kind, parameter)
            if number in STEPS:
                return self, [_step(control, STEPS[number])]
            half = Half.MSB if number == DATA_MSB else Half.LSB
            return self._half(control, half, message.value, at)
        if number < 2 * LSB_ABOVE:
            control = (place, SourceKind.CC14, number % LSB_ABOVE)
            half = Half.MSB if number < LSB_ABOVE else Half.LSB
            return self._half(control, half, message.value, at)
        return self, []

    @property
    def deadline(self) -> float | None:
        """When (seconds) a half that waits counts by itself; None while none waits."""
        moments = [self.pairs[control].since for control in self.waiting]
        return min((m + WAIT_SECONDS for m in moments if m is not None), default=None)

    def due(self, at: float) -> tuple[Wire, list[tuple[str, Source]]]:
        """The controls, each with its port, of which one half came and the other did not in
        time."""
        wire, found = self, list[tuple[str, Source]]()
        for control in sorted(self.waiting):
            since = self.pairs[control].since
            if since is not None and since + WAIT_SECONDS <= at:
                pair, value = self.pairs[control].waited()
                wire = wire._with(control, pair)
                (port, _), _, _ = control
                found += [] if value is None else [(port, _wide(control, value))]
        return wire, found

    def is_value(self, message: ControlChange, port: str = "") -> bool:
        """True if a control change is a value or a step of a selected parameter, so no knob by
        itself."""
        if message.control not in DATA:
            return False
        return self._parameter((port, message.channel))[1] != NOTHING

    def _parameter(self, place: _Place) -> tuple[SourceKind, int]:
        return self.chosen.get(place, (SourceKind.NRPN, NOTHING))

    def _select(self, place: _Place, kind: SourceKind, is_high: bool, value: int) -> Wire:
        before, number = self.chosen.get(place, (kind, NOTHING))
        number = NOTHING if before is not kind else number
        number = (number & 0x7F | value << 7) if is_high else (number & 0x3F80 | value)
        return replace(self, chosen={**self.chosen, place: (kind, number)})

    def _half(
        self, control: _Control, half: Half, value: int, at: float
    ) -> tuple[Wire, list[Source]]:
        pair, whole = self.pairs.get(control, ControlHalves()).hear(half, value, at)
        return self._with(control, pair), [] if whole is None else [_wide(control, whole)]

    def _with(self, control: _Control, pair: ControlHalves) -> Wire:
        waiting = self.waiting - {control} if pair.since is None else self.waiting | {control}
        return replace(self, pairs={**self.pairs, control: pair}, waiting=waiting)


SELECT: Final = {
    99: (SourceKind.NRPN, True),
    98: (SourceKind.NRPN, False),
    101: (SourceKind.RPN, True),
    100: (SourceKind.RPN, False),
}
"""Controllers that select a parameter: of which kind, and whether they are its MSB."""
DATA: Final = frozenset((DATA_MSB, DATA_LSB, *STEPS))
"""Controllers that move the selected parameter."""


def _wide(control: _Control, value: int) -> Source:
    (_, channel), kind, number = control
    return Source(kind, number, channel, value, WIDE_TOP)


def _step(control: _Control, clicks: int) -> Source:
    (_, channel), kind, number = control
    return Source(kind, number, channel, WIDE_TOP if clicks > 0 else 0, WIDE_TOP, clicks)


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

"""MIDI messages as one table, from which decoding, encoding and formatting derive.

Messages are complete (as rtmidi and JACK deliver them), status byte first. Channels are 0..15 here
and 1..16 where people see them. Unknown or malformed messages decode to None and never raise.
Source: MIDI 1.0 Detailed Specification, tables I to VI.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

NOTE_OFF, NOTE_ON, POLY_AFTERTOUCH, CONTROL = 0x80, 0x90, 0xA0, 0xB0
PROGRAM, AFTERTOUCH, PITCH_BEND = 0xC0, 0xD0, 0xE0
SYSEX, SONG_POSITION, CLOCK = 0xF0, 0xF2, 0xF8
START, CONTINUE, STOP, ACTIVE_SENSING, RESET = 0xFA, 0xFB, 0xFC, 0xFE, 0xFF

CC_PEDAL, CC_SOSTENUTO, CC_SOFT = 64, 66, 67
CC_ALL_SOUND_OFF, CC_RESET, CC_ALL_NOTES_OFF = 120, 121, 123
CC_MODES = range(124, 128)
"""Omni off and on, mono and poly: each is All Notes Off as well."""
CC_DOWN = 64
"""A pedal with this value or more is down."""


@dataclass(frozen=True, slots=True)
class NoteOn:
    """A key is pressed; ``velocity`` 1..127."""

    channel: int
    pitch: int
    velocity: int


@dataclass(frozen=True, slots=True)
class NoteOff:
    """A key is released. Note-on with velocity 0 decodes to this."""

    channel: int
    pitch: int
    velocity: int = 0


@dataclass(frozen=True, slots=True)
class PolyAftertouch:
    """Pressure 0..127 of one key."""

    channel: int
    pitch: int
    value: int


@dataclass(frozen=True, slots=True)
class ControlChange:
    """Controller 0..127 to value 0..127."""

    channel: int
    control: int
    value: int


@dataclass(frozen=True, slots=True)
class ProgramChange:
    """Program 0..127."""

    channel: int
    program: int


@dataclass(frozen=True, slots=True)
class Aftertouch:
    """Pressure 0..127 of the whole channel."""

    channel: int
    value: int


@dataclass(frozen=True, slots=True)
class PitchBend:
    """Pitch bend ``value`` -8192..8191, 0 at the centre."""

    channel: int
    value: int


@dataclass(frozen=True, slots=True)
class SongPosition:
    """Song Position Pointer: ``units`` 0..16383 of six clocks (16ths) from the beginning."""

    units: int


@dataclass(frozen=True, slots=True)
class Realtime:
    """Clock, Start, Continue, Stop, Active Sensing or Reset: one status byte."""

    status: int


@dataclass(frozen=True, slots=True)
class Sysex:
    """System exclusive of ``length`` bytes in all; the content is not kept."""

    length: int


Message = (
    NoteOn
    | NoteOff
    | PolyAftertouch
    | ControlChange
    | ProgramChange
    | Aftertouch
    | PitchBend
    | SongPosition
    | Realtime
    | Sysex
)


@dataclass(frozen=True, slots=True)
class MessageFormat:
    """The format of one message: its name, the number of data bytes, and the constructor from
    (channel, data)."""

    name: str
    length: int
    build: Callable[[int, bytes], Message]


def _note_on(channel: int, data: bytes) -> Message:
    return NoteOn(channel, data[0], data[1]) if data[1] else NoteOff(channel, data[0])


_CHANNEL_TABLE: dict[int, MessageFormat] = {
    NOTE_OFF: MessageFormat("note off", 2, lambda c, d: NoteOff(c, d[0], d[1])),
    NOTE_ON: MessageFormat("note on", 2, _note_on),
    POLY_AFTERTOUCH: MessageFormat(
        "poly aftertouch", 2, lambda c, d: PolyAftertouch(c, d[0], d[1])
    ),
    CONTROL: MessageFormat("control", 2, lambda c, d: ControlChange(c, d[0], d[1])),
    PROGRAM: MessageFormat("program", 1, lambda c, d: ProgramChange(c, d[0])),
    AFTERTOUCH: MessageFormat("aftertouch", 1, lambda c, d: Aftertouch(c, d[0])),
    PITCH_BEND: MessageFormat(
        "pitch bend", 2, lambda c, d: PitchBend(c, (d[0] | d[1] << 7) - 8192)
    ),
}
_SYSTEM_TABLE: dict[int, MessageFormat] = {
    SONG_POSITION: MessageFormat("song position", 2, lambda _, d: SongPosition(d[0] | d[1] << 7)),
    CLOCK: MessageFormat("clock", 0, lambda _, d: Realtime(CLOCK)),
    START: MessageFormat("start", 0, lambda _, d: Realtime(START)),
    CONTINUE: MessageFormat("continue", 0, lambda _, d: Realtime(CONTINUE)),
    STOP: MessageFormat("stop", 0, lambda _, d: Realtime(STOP)),
    ACTIVE_SENSING: MessageFormat("active sensing", 0, lambda _, d: Realtime(ACTIVE_SENSING)),
    RESET: MessageFormat("reset", 0, lambda _, d: Realtime(RESET)),
}


def decode(message: bytes) -> Message | None:
    """A complete message as a value; None for an unknown or malformed one."""
    if not message:
        return None
    status = message[0]
    if status == SYSEX:
        return Sysex(len(message))
    row = _CHANNEL_TABLE.get(status & 0xF0) if status < SYSEX else _SYSTEM_TABLE.get(status)
    if row is None or len(message) != row.length + 1:
        return None
    data = message[1:]
    if data and max(data) > 0x7F:
        return None
    return row.build(status & 0x0F, data)


def encode(message: Message) -> bytes:
    """The bytes of a message. ValueError for sysex, whose content is not kept."""
    match message:
        case NoteOn(channel, pitch, velocity):
            return bytes((NOTE_ON | channel, pitch, velocity))
        case NoteOff(channel, pitch, velocity):
            return bytes((NOTE_OFF | channel, pitch, velocity))
        case PolyAftertouch(channel, pitch, value):
            return bytes((POLY_AFTERTOUCH | channel, pitch, value))
        case ControlChange(channel, control, value):
            return bytes((CONTROL | channel, control, value))
        case ProgramChange(channel, program):
            return bytes((PROGRAM | channel, program))
        case Aftertouch(channel, value):
            return bytes((AFTERTOUCH | channel, value))
        case PitchBend(channel, value):
            raw = value + 8192
            return bytes((PITCH_BEND | channel, raw & 0x7F, raw >> 7))
        case SongPosition(units):
            return bytes((SONG_POSITION, units & 0x7F, units >> 7))
        case Realtime(status):
            return bytes((status,))
    raise ValueError("sysex content is not kept, so it cannot be sent again")


def describe(message: bytes) -> str:
    """One line for a person, channels counted from 1: ``note on   ch 10  36  C2  v100``."""
    value = decode(message)
    match value:
        case NoteOn(channel, pitch, velocity):
            return f"note on   ch {channel + 1:<2} {pitch:>3} {note_name(pitch):<4} v{velocity}"
        case NoteOff(channel, pitch, _):
            return f"note off  ch {channel + 1:<2} {pitch:>3} {note_name(pitch)}"
        case PolyAftertouch(channel, pitch, amount):
            return f"pressure  ch {channel + 1:<2} {note_name(pitch)} {amount}"
        case ControlChange(channel, control, amount):
            return f"control   ch {channel + 1:<2} {control:>3} = {amount}"
        case ProgramChange(channel, program):
            return f"program   ch {channel + 1:<2} {program}"
        case Aftertouch(channel, amount):
            return f"pressure  ch {channel + 1:<2} {amount}"
        case PitchBend(channel, amount):
            return f"bend      ch {channel + 1:<2} {amount:+d}"
        case SongPosition(units):
            return f"position  {units} (beat {units / 4:g})"
        case Realtime(status):
            return _SYSTEM_TABLE[status].name
        case Sysex(length):
            return f"sysex     {length} bytes"
    return "unknown   " + message[:8].hex(" ") + (" ..." if len(message) > 8 else "")


_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


def note_name(pitch: int) -> str:
    """The name of a MIDI note, middle C (60) being C4."""
    return f"{_NAMES[pitch % 12]}{pitch // 12 - 1}"


def panic_messages(sounding: Iterable[tuple[int, int]]) -> list[bytes]:
    """Messages that silence an instrument: a note-off for each sounding (channel, pitch), then on
    all channels All Notes Off, All Sound Off and the sustain pedal up."""
    offs = [bytes((NOTE_OFF | channel, pitch, 0)) for channel, pitch in sounding]
    return offs + [
        bytes((CONTROL | channel, control, 0))
        for channel in range(16)
        for control in (CC_ALL_NOTES_OFF, CC_ALL_SOUND_OFF, CC_PEDAL)
    ]

"""The events of an MTrk chunk: delta times, running status, metas and sysex packets.

RP-001, "Track Chunks": a track is a sequence of <delta-time> <event>; an event is a channel
message (with running status), a meta event (FF type length data) or a sysex packet (F0 or F7,
length, data).
"""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple

META: Final = 0xFF
SYSEX: Final = 0xF0
ESCAPE: Final = 0xF7
TRACK_NAME: Final = 0x03
FIRST_TEXT, LAST_TEXT = 0x01, 0x0F
MARKER: Final = 0x06
END_OF_TRACK: Final = 0x2F
TEMPO: Final = 0x51
TIME_SIGNATURE: Final = 0x58

NOTE_OFF, NOTE_ON, PROGRAM = 0x8, 0x9, 0xC
"""The upper four bits of a channel message's status."""

LONGEST_DELTA: Final = 0x0FFFFFFF
"""The largest variable-length quantity that RP-001 allows: four bytes of seven bits."""
END_BYTES: Final = bytes((0x00, META, END_OF_TRACK, 0x00))

_CHANNEL_DATA: Final = {0x8: 2, 0x9: 2, 0xA: 2, 0xB: 2, 0xC: 1, 0xD: 1, 0xE: 2}
_SYSTEM_DATA: Final = {0xF1: 1, 0xF2: 2, 0xF3: 1}
"""Data bytes of system common messages. None is allowed in a file (RP-001)."""


class Event(NamedTuple):
    """An event as it stands in the file.

    ``tick`` is its time from the track's start in the file's own unit. ``status`` is the first
    byte, 0x80..0xFF (the running one where it is left out), or 0 for a data byte without any.
    ``kind`` is a meta's type, else -1. ``data`` are the message's data bytes, or the payload of
    a meta or sysex packet, unchanged (data bytes above 0x7F too). ``start`` and ``stop`` bound
    its bytes after the delta time.
    """

    tick: int
    status: int
    kind: int
    data: bytes
    start: int
    stop: int


class Ending(Enum):
    """The reason why reading a track ended."""

    WHOLE = "End of Track was read"
    OPEN = "the bytes ended after a whole event"
    TORN = "the bytes ended inside an event, or a length in it is no number"


class Events(NamedTuple):
    """The whole events of a track, up to ``stop`` (the byte after the last one). ``strays`` of
    them are bytes or system messages that no file may hold."""

    events: list[Event]
    stop: int
    ending: Ending
    strays: int


def parse_events(data: bytes, start: int, limit: int) -> Events:
    """The events of a track whose bytes are ``data[start:limit]``, up to its End of Track.

    Running status lasts across metas, sysex packets and stray system messages, which RP-001
    does not allow but files do. Stray bytes are events of their own with a delta time.
    """
    events: list[Event] = []
    append = events.append
    at, tick, running, stop, strays = start, 0, 0, start, 0
    while at < limit:
        delta = data[at]
        at += 1
        if delta >= 0x80:
            delta, at = read_number(data, at - 1, limit)
        if delta < 0 or at >= limit:
            break
        tick += delta
        first, kind = at, -1
        status = data[at]
        if status >= 0x80:
            at += 1
        elif running:
            status = running
        else:
            status = 0
        if 0x80 <= status < SYSEX:
            running = status
            size = _CHANNEL_DATA[status >> 4]
        elif status == 0:
            size = 1
            strays += 1
        elif status in (META, SYSEX, ESCAPE):
            if status == META:
                if at >= limit:
                    break
                kind = data[at]
                at += 1
            size, at = read_number(data, at, limit)
            if size < 0:
                break
        else:
            size = _SYSTEM_DATA.get(status, 0)
            strays += 1
        after = at + size
        if after > limit:
            break
        append(Event(tick, status, kind, data[at:after], first, after))
        at = stop = after
        if kind == END_OF_TRACK:
            return Events(events, stop, Ending.WHOLE, strays)
    ending = Ending.OPEN if stop >= limit else Ending.TORN
    return Events(events, stop, ending, strays)


def read_number(data: bytes, at: int, limit: int) -> tuple[int, int]:
    """A variable-length number (RP-001) and the place after it; -1 where the bytes end in
    it or it is above :data:`LONGEST_DELTA`."""
    value = 0
    while at < limit:
        byte = data[at]
        at += 1
        if byte < 0x80:
            value = value << 7 | byte
            return (value, at) if value <= LONGEST_DELTA else (-1, at)
        value = value << 7 | byte & 0x7F
        if value > LONGEST_DELTA:
            break
    return -1, at


def number_bytes(value: int) -> bytes:
    """A number 0..LONGEST_DELTA in as few bytes as it takes. ValueError for others."""
    if not 0 <= value <= LONGEST_DELTA:
        raise ValueError(f"{value} is outside 0..{LONGEST_DELTA}")
    parts = [value & 0x7F]
    while value := value >> 7:
        parts.append(value & 0x7F | 0x80)
    return bytes(reversed(parts))


def meta_bytes(kind: int, data: bytes) -> bytes:
    """A meta event without its delta time."""
    return bytes((META, kind)) + number_bytes(len(data)) + data

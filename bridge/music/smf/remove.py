"""The notes of some tracks taken out of a file's bytes. Pure.

Names, programs, controllers and texts stay: the track is there and silent. Other chunks stay byte
for byte.
"""

from __future__ import annotations

import struct
from collections.abc import Collection

from bridge.music.smf.chunks import TRACK, Chunks, TrackChunk, parse_chunks
from bridge.music.smf.events import (
    END_BYTES,
    NOTE_OFF,
    NOTE_ON,
    SYSEX,
    Ending,
    Event,
    number_bytes,
)
from bridge.music.smf.read import song_from

_POLY_PRESSURE = 0xA
_OF_NOTES = (NOTE_OFF, NOTE_ON, _POLY_PRESSURE)


def without_notes(data: bytes, gone: Collection[int]) -> bytes:
    """The file without the notes of the tracks ``gone``: numbers from 0, in the order of the tracks
    of the song that :func:`bridge.music.smf.read.song_from` reads."""
    chunks = parse_chunks(data)
    leaving = _channels_of(data, chunks, gone)
    parts: list[bytes] = []
    at = 0
    for chunk, channels in zip(chunks.tracks, leaving, strict=True):
        if channels:
            parts += (data[at : chunk.start], _silenced(data, chunk, channels))
            at = chunk.stop
    return b"".join((*parts, data[at:]))


def _channels_of(data: bytes, chunks: Chunks, gone: Collection[int]) -> list[set[int]]:
    """For each chunk, the channels of the tracks ``gone`` that are in it. A chunk gives a track
    for each channel with notes, in order of channels."""
    tracks = iter(enumerate(song_from(data).tracks))
    found: list[set[int]] = []
    for chunk in chunks.tracks:
        voices = sorted(_noted(chunk))
        found.append({channel for channel in voices if next(tracks)[0] in gone})
    return found


def _noted(chunk: TrackChunk) -> set[int]:
    """The channels that a chunk has notes on."""
    return {
        event.status & 0x0F
        for event in chunk.events
        if event.status >> 4 == NOTE_ON and event.data[1]
    }


def _silenced(data: bytes, chunk: TrackChunk, channels: Collection[int]) -> bytes:
    """A chunk without the notes of some channels. Each message has its status, since a running one
    may be gone."""
    parts: list[bytes] = []
    before = 0
    for event in chunk.events:
        if _is_note(event) and event.status & 0x0F in channels:
            continue
        parts.append(number_bytes(event.tick - before))
        is_channel = 0x80 <= event.status < SYSEX
        whole = bytes((event.status,)) + event.data
        parts.append(whole if is_channel else data[event.start : event.stop])
        before = event.tick
    if chunk.ending is not Ending.WHOLE:
        parts.append(END_BYTES)
    body = b"".join(parts)
    return TRACK + struct.pack(">I", len(body)) + body


def _is_note(event: Event) -> bool:
    return event.status >> 4 in _OF_NOTES and event.status < SYSEX

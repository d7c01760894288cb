"""Tracks added to a file's bytes. Pure.

Chunks of the source stay byte for byte as they are: sysex packets, running status, odd metas,
ports, names. The header's count (and a format of 0, which becomes 1: a single track is a
format 1 file too, RP-001) is changed; a torn track is closed where it is torn; and where
the file's resolution cannot hold the new notes, all delta times are multiplied. Of a container
RIFF is kept, with its lengths; what else stands around a file (MacBinary, a mail's head) is not.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Final

from bridge.errors import MidiFileError
from bridge.music.grid import TICKS_PER_BEAT
from bridge.music.notes import Note
from bridge.music.smf.chunks import HEAD, TRACK, Chunks, Division, TrackChunk, parse_chunks
from bridge.music.smf.events import (
    END_BYTES,
    LONGEST_DELTA,
    NOTE_ON,
    PROGRAM,
    SYSEX,
    Ending,
    number_bytes,
)
from bridge.music.smf.gm_programs import DRUM_CHANNEL
from bridge.music.smf.read import resolution
from bridge.music.smf.song import Track
from bridge.music.smf.write import head_bytes, track_chunk

FINE_ENOUGH: Final = 96
"""Ticks a quarter note that hold 16ths, swing and feel."""
MOST_FRAME_TICKS: Final = 0xFF
MOST_TRACKS: Final = 0xFFFF


def append_tracks(data: bytes, tracks: Iterable[Track], end: int) -> bytes:
    """The file ``data`` with ``tracks`` added after its own. Theirs end at tick ``end`` (960 a
    quarter note).

    A program is sent only on channels where the file has no notes (for drums: and no program).
    MidiFileError for a file that is none or that a track more does not fit in.
    """
    chunks = parse_chunks(data)
    factor = times(chunks)
    per_beat = resolution(chunks) * factor

    def scale(tick: int) -> int:
        return round(tick * per_beat / TICKS_PER_BEAT)

    noted, programmed = _channels(chunks)
    taken = noted | (programmed & {DRUM_CHANNEL})
    ours = [
        track_chunk(
            replace(track, notes=scaled(track.notes, scale)),
            scale(end),
            program=track.channel not in taken,
        )
        for track in tracks
    ]
    if len(chunks.tracks) + len(ours) > MOST_TRACKS:
        raise MidiFileError(f"it has {len(chunks.tracks)} tracks, and no more fit into a file")
    return _contained(chunks, _joined(chunks, ours, factor))


def times(chunks: Chunks) -> int:
    """The whole number by which a file's times are multiplied: 1 where it is fine enough."""
    factor = max(1, math.ceil(FINE_ENOUGH / resolution(chunks)))
    if chunks.division.frames:
        return min(factor, MOST_FRAME_TICKS // chunks.division.per_beat)
    return factor


def scaled(notes: Sequence[Note], scale: Callable[[int], int]) -> tuple[Note, ...]:
    """Notes at another resolution. Positions are rounded, not distances, so that nothing drifts;
    each lasts a tick at least, and of two of one pitch on one tick the first is kept."""
    found: dict[tuple[int, int], Note] = {}
    for note in notes:
        tick = scale(note.tick)
        length = max(1, scale(note.end) - tick)
        found.setdefault((tick, note.pitch), replace(note, tick=tick, length=length))
    return tuple(found.values())


def _channels(chunks: Chunks) -> tuple[set[int], set[int]]:
    """The channels that the file has notes on, and those that it sends a program on."""
    statuses = {event.status for chunk in chunks.tracks for event in chunk.events}
    sent = {status for status in statuses if 0x80 <= status < SYSEX}
    noted = {status & 0x0F for status in sent if status >> 4 == NOTE_ON}
    return noted, {status & 0x0F for status in sent if status >> 4 == PROGRAM}


def _joined(chunks: Chunks, ours: Sequence[bytes], factor: int) -> bytes:
    """The MIDI file without its container."""
    data, stop = chunks.data, chunks.container.stop
    own = [(track.start, track.stop, _track_bytes(data, track, factor)) for track in chunks.tracks]
    last = max((at for _, at, _ in own), default=chunks.body)
    parts = own + [(begin, after, data[begin:after]) for begin, after in chunks.others]
    before = [part for begin, _, part in sorted(parts) if begin < last]
    behind = [part for begin, _, part in sorted(parts) if begin >= last]
    rest = data[max((after for _, after, _ in parts), default=chunks.body) : stop]
    rest = b"" if TRACK in rest.partition(HEAD)[0] else rest  # nobody would find ours after it
    count = len(own) + len(ours)
    return b"".join((_head(chunks, count, factor), *before, *ours, *behind, rest))


def _head(chunks: Chunks, count: int, factor: int) -> bytes:
    """The header, with what a longer one has after its six bytes."""
    division = Division(chunks.division.per_beat * factor, chunks.division.frames)
    head = head_bytes(chunks.format or 1, count, division.to_bytes())
    more = chunks.data[chunks.container.start + len(head) : chunks.body]
    return head[:4] + struct.pack(">I", 6 + len(more)) + head[8:] + more


def _track_bytes(data: bytes, track: TrackChunk, factor: int) -> bytes:
    """A track's chunk: as it is, or with its end and length made good, or with all its times
    multiplied."""
    if track.sound and factor == 1:
        return data[track.start : track.stop]
    body = data[track.start + 8 : track.end] if factor == 1 else _multiplied(data, track, factor)
    if track.ending is not Ending.WHOLE:
        body += END_BYTES
    return TRACK + struct.pack(">I", len(body)) + body


def _multiplied(data: bytes, track: TrackChunk, factor: int) -> bytes:
    """A track's events with their delta times multiplied."""
    parts: list[bytes] = []
    before = 0
    for event in track.events:
        delta = (event.tick - before) * factor
        if delta > LONGEST_DELTA:
            raise MidiFileError("there is a silence in it that no file can hold: cut it out")
        parts += (number_bytes(delta), data[event.start : event.stop])
        before = event.tick
    return b"".join(parts)


def _contained(chunks: Chunks, file: bytes) -> bytes:
    """The file in its RIFF container, whose lengths fit again; alone where it is in none."""
    at = chunks.container.size_at
    if at < 0:
        return file
    data, stop = chunks.data, chunks.container.stop
    size = int.from_bytes(data[at : at + 4], "little")
    behind = data[stop + size % 2 :]
    whole = b"".join((
        data[:at], struct.pack("<I", len(file)), file, b"\x00" * (len(file) % 2), behind,
    ))  # fmt: skip
    return whole[:4] + struct.pack("<I", len(whole) - 8) + whole[8:]

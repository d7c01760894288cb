"""A MIDI file's container, header and chunks, as they really are.

RP-001, "Chunks": a file is a header chunk (MThd) and track chunks (MTrk), each with a type of
four letters and a length of 32 bits; chunks of other types are skipped. What stands around it:
a RIFF file of the form RMID (RP-029) has it in its ``data`` chunk; a MacBinary header or the
head of a mail stand before it.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from bridge.errors import MidiFileError
from bridge.music.smf.events import Ending, Event, parse_events

HEAD, TRACK = b"MThd", b"MTrk"
HEAD_SIZE: Final = 14
"""Bytes of the header chunk with its type and length."""
MAC_HEAD: Final = 128
PADDING: Final = b"\x00\x1a\r\n\t "
"""Bytes that fill up a file, whose absence is no loss."""
NOT_MUSIC = "is it a MIDI file (.mid)? Try opening and saving it again in your DAW"


@dataclass(frozen=True, slots=True)
class Division:
    """The unit of time: ``per_beat`` ticks a quarter note, 1..32767; or, where ``frames`` is
    not 0, ``per_beat`` ticks (1..255) a frame of SMPTE time, ``frames`` (1..128) a second,
    29 standing for 30 drop frame, 29.97 a second (RP-001, "Header Chunks")."""

    per_beat: int
    frames: int = 0

    def to_bytes(self) -> bytes:
        """The header's two bytes."""
        if self.frames:
            return struct.pack(">bB", -self.frames, self.per_beat)
        return struct.pack(">H", self.per_beat)


@dataclass(frozen=True, slots=True)
class TrackChunk:
    """An MTrk chunk: ``data[start:stop]`` with the eight bytes of its type and length.

    ``events`` are its whole ones, up to ``end``; ``strays`` of them are none that a file may
    hold. ``sound``: its length is true and it is not torn, so that its bytes can stay as they
    are.
    """

    start: int
    end: int
    stop: int
    ending: Ending
    sound: bool
    events: list[Event]
    strays: int


@dataclass(frozen=True, slots=True)
class Container:
    """The extent of the MIDI file: ``data[start:stop]``. ``size_at`` is the place of the length of
    the RIFF chunk that holds it, -1 outside a RIFF file."""

    start: int
    stop: int
    size_at: int = -1


@dataclass(frozen=True, slots=True)
class Chunks:
    """A file taken apart. ``format`` is 0, 1 or 2 (others are read as 1). The header ends at
    ``body``; ``tracks`` and ``others``, chunks of other types as (start, stop), are in the order
    of the file. ``oddities`` say in a few words each what is missing or passed over."""

    data: bytes
    container: Container
    format: int
    division: Division
    body: int
    tracks: tuple[TrackChunk, ...]
    others: tuple[tuple[int, int], ...]
    oddities: tuple[str, ...]


def parse_chunks(data: bytes) -> Chunks:
    """Take a file apart as far as it is whole. MidiFileError where there is no header, or one
    without a resolution."""
    container = find_container(data)
    start, stop = container.start, container.stop
    if stop - start < HEAD_SIZE:
        raise MidiFileError(f"the file is torn (it ends too early): {NOT_MUSIC}")
    size, kind, count, division = struct.unpack_from(">IHHH", data, start + 4)
    body = _body(data, container, size)
    walk = _Walk(data, stop)
    walk.read(body)
    tracks, others = tuple(walk.tracks), tuple(walk.others)
    if count != len(tracks):
        walk.oddities.append(f"the header counts {_tracks_text(count)}, there are {len(tracks)}")
    return Chunks(
        data, container, kind, _division(division), body, tracks, others, tuple(walk.oddities)
    )


def find_container(data: bytes) -> Container:
    """The begin and end of the MIDI file in ``data``. MidiFileError where there is none."""
    inside = _riff(data)
    if inside is not None:
        return inside
    start = data.find(HEAD)
    if start < 0:
        if len(data) < HEAD_SIZE:
            raise MidiFileError(f"the file is torn (it ends too early): {NOT_MUSIC}")
        raise MidiFileError(f"not readable as MIDI (there is no MThd in it): {NOT_MUSIC}")
    stop = len(data)
    if start == MAC_HEAD and data[0] == 0:  # MacBinary: the data fork's length is at 83
        fork = int.from_bytes(data[83:87])
        stop = min(stop, start + fork) if fork >= HEAD_SIZE else stop
    return Container(start, stop)


def _riff(data: bytes) -> Container | None:
    """The ``data`` chunk of a RIFF file that holds a MIDI file. Chunks are padded to even."""
    if data[:4] != b"RIFF" or data[8:12] != b"RMID":
        return None
    at = 12
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        if data[at : at + 4] == b"data" and data[at + 8 : at + 12] == HEAD:
            return Container(at + 8, min(len(data), at + 8 + size), at + 4)
        at += 8 + size + size % 2
    return None


def _body(data: bytes, container: Container, size: int) -> int:
    """The begin of the chunks after the header. A header may be longer than six bytes (RP-001,
    "Header Chunks"); a length that leads nowhere is passed over."""
    told = container.start + 8 + size
    short = container.start + HEAD_SIZE
    return told if size >= 6 and _at_chunk(data, told, container.stop) else short


def _division(word: int) -> Division:
    frames = 256 - (word >> 8) if word & 0x8000 else 0
    per_beat = word & 0xFF if frames else word
    if not per_beat:
        raise MidiFileError(
            "its header has a resolution of 0 ticks: save it again in the program it is from"
        )
    return Division(per_beat, frames)


class _Walk:
    """Goes through the chunks of a file and collects them."""

    def __init__(self, data: bytes, stop: int) -> None:
        self.data, self.stop = data, stop
        self.tracks: list[TrackChunk] = []
        self.others: list[tuple[int, int]] = []
        self.oddities: list[str] = []

    def read(self, at: int) -> None:
        """All chunks from ``at`` on; a second header ends them."""
        data = self.data
        while at < self.stop:
            kind, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8])
            if kind == TRACK and at + 8 <= self.stop:
                track = _track(data, at, size, self.stop)
                self.tracks.append(track)
                self.oddities += _faults(track, len(self.tracks), size, self.stop)
                at = track.stop
            elif kind == HEAD:
                self.oddities.append("another MIDI file follows in it, which is not read")
                return
            elif _at_chunk(data, at, self.stop):
                self.others.append((at, at + 8 + size))
                at += 8 + size
            else:
                at = self._passed_over(at)

    def _passed_over(self, at: int) -> int:
        """The begin of the next track after bytes that are no chunk; the end where none does."""
        following = self.data.find(TRACK, at + 1, self.stop)
        following = following if following >= 0 else self.stop
        if self.data[at:following].strip(PADDING):
            self.oddities.append(f"{following - at} bytes that are no chunk are passed over")
        return following


def _track(data: bytes, start: int, size: int, stop: int) -> TrackChunk:
    """The track chunk at ``start``. Its length is believed where a chunk, or nothing, follows;
    else the track ends with its End of Track or where the next begins."""
    begin, told = start + 8, start + 8 + size
    if _at_chunk(data, told, stop):
        parsed = parse_events(data, begin, told)
        runs_on = parsed.ending is Ending.WHOLE and data[parsed.stop : parsed.stop + 4] == TRACK
        end = parsed.stop if runs_on and parsed.stop < told else told
    else:
        following = data.find(TRACK, begin, stop)
        end = following if following >= 0 else stop
        parsed = parse_events(data, begin, end)
        end = parsed.stop if parsed.ending is Ending.WHOLE else end
    sound = end == told and parsed.ending is not Ending.TORN
    return TrackChunk(start, parsed.stop, end, parsed.ending, sound, parsed.events, parsed.strays)


def _at_chunk(data: bytes, at: int, stop: int) -> bool:
    """True if a chunk, or the end, is at ``at``: a type of four letters and a length that fits,
    or a track's or header's type with any length."""
    if at + 8 > stop:
        return at == stop
    kind, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8])
    letters = all(0x20 <= byte < 0x7F for byte in kind)
    return kind in (TRACK, HEAD) or (letters and at + 8 + size <= stop)


def _faults(track: TrackChunk, number: int, size: int, stop: int) -> list[str]:
    """A fault of a track."""
    told = track.start + 8 + size
    faults = []
    if track.ending is not Ending.WHOLE and track.stop == stop < told:
        faults.append(f"the file is torn, track {number} is read as far as it goes")
    elif track.ending is Ending.TORN:
        faults.append(f"track {number} is damaged and read up to there")
    elif track.ending is Ending.OPEN:
        faults.append(f"track {number} has no End of Track")
    elif track.stop != told:
        faults.append(f"track {number} has a wrong length")
    elif track.end < told:
        faults.append(f"bytes after the end of track {number} are passed over")
    if track.strays:
        faults.append(f"stray messages in track {number}: {track.strays} passed over")
    return faults


def _tracks_text(count: int) -> str:
    return "1 track" if count == 1 else f"{count} tracks"

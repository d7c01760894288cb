"""A song -> a file's bytes, and a track -> its chunk. Pure.

Files are of format 1 (RP-001): a conductor track with tempo, time signatures, markers and the
names of chords (text events), then a track a voice. Running status is used within a track, and
ends with a meta.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

from bridge.music.grid import TICKS_PER_BEAT
from bridge.music.smf.chunks import HEAD, TRACK
from bridge.music.smf.events import (
    END_OF_TRACK,
    FIRST_TEXT,
    LONGEST_DELTA,
    MARKER,
    META,
    NOTE_OFF,
    NOTE_ON,
    PROGRAM,
    TEMPO,
    TIME_SIGNATURE,
    TRACK_NAME,
    meta_bytes,
    number_bytes,
)
from bridge.music.smf.song import Song, TimeSignature, Track

LONGEST_NUMBER = 4
"""Bytes of a variable-length number, at most."""
CLOCKS_A_CLICK, THIRTY_SECONDS_A_BEAT = 24, 8
COMPOUND_CLICK = 36
"""MIDI clocks of a dotted quarter, the beat that a metronome clicks in 6/8, 9/8 and 12/8."""

Timed = tuple[int, bytes]
"""A tick and an event's bytes with its status."""


def song_bytes(song: Song) -> bytes:
    """The file of a song, at 960 ticks a quarter note."""
    end = song.end
    chunks = [_conductor(song, end), *(track_chunk(track, end) for track in song.tracks)]
    return head_bytes(1, len(chunks), struct.pack(">H", TICKS_PER_BEAT)) + b"".join(chunks)


def head_bytes(kind: int, count: int, division: bytes) -> bytes:
    """A header chunk."""
    return HEAD + struct.pack(">IHH", 6, kind, count) + division


def track_chunk(track: Track, end: int, *, program: bool = True) -> bytes:
    """A track's chunk, closed at tick ``end``. ``program`` False leaves the channel the program
    that it has."""
    head = [(0, meta_bytes(TRACK_NAME, track_label(track)))]
    if program:
        head.append((0, bytes((PROGRAM << 4 | track.channel, track.program))))
    on, off = NOTE_ON << 4 | track.channel, NOTE_OFF << 4 | track.channel
    # At one tick offs go before ons, so that a repeated note is not cut.
    body = [(n.end, 0, n.pitch, bytes((off, n.pitch, 0))) for n in track.notes]
    body += [(n.tick, 1, n.pitch, bytes((on, n.pitch, n.velocity))) for n in track.notes]
    body.sort(key=lambda event: event[:3])
    return chunk_bytes([*head, *((tick, event) for tick, _, _, event in body)], end)


def track_label(track: Track) -> bytes:
    """The bytes of a track's name: those of the file it is from, else UTF-8."""
    return track.label or track.name.encode("utf-8")


def _conductor(song: Song, end: int) -> bytes:
    events = [
        (s.tick, meta_bytes(TIME_SIGNATURE, bytes((
            s.beats, s.unit.bit_length() - 1, _click(s), THIRTY_SECONDS_A_BEAT))))
        for s in song.signatures
    ]  # fmt: skip
    events += [(c.tick, meta_bytes(TEMPO, round(60e6 / c.bpm).to_bytes(3))) for c in song.tempi]
    events += [(tick, meta_bytes(MARKER, text.encode("utf-8"))) for tick, text in song.markers]
    events += [(tick, meta_bytes(FIRST_TEXT, text.encode("utf-8"))) for tick, text in song.chords]
    return chunk_bytes(events, end)


def _click(signature: TimeSignature) -> int:
    """MIDI clocks of a metronome's click."""
    compound = signature.unit == 8 and signature.beats > 3 and signature.beats % 3 == 0
    return COMPOUND_CLICK if compound else CLOCKS_A_CLICK


def chunk_bytes(events: Iterable[Timed], end: int) -> bytes:
    """A track's chunk of events, in order of their ticks, closed at ``end``."""
    parts: list[bytes] = []
    before, running = 0, -1
    for tick, event in sorted(events, key=lambda timed: timed[0]):
        silence = delta_bytes(tick - before)
        running = running if len(silence) <= LONGEST_NUMBER else -1
        status = event[0]
        parts += (silence, event[1:] if status == running else event)
        running = -1 if status == META else status
        before = tick
    parts += (delta_bytes(max(0, end - before)), meta_bytes(END_OF_TRACK, b""))
    body = b"".join(parts)
    return TRACK + struct.pack(">I", len(body)) + body


def delta_bytes(ticks: int) -> bytes:
    """A delta time; one above :data:`LONGEST_DELTA` with empty texts on the way."""
    steps = max(0, ticks - 1) // LONGEST_DELTA
    step = number_bytes(LONGEST_DELTA) + meta_bytes(FIRST_TEXT, b"")
    return step * steps + number_bytes(ticks - steps * LONGEST_DELTA)

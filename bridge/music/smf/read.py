"""A file's bytes -> a song. Pure.

What is music is read strictly: notes without an off, overlapping ones and offs by velocity 0
are mended. Metas of a wrong length and bytes that belong nowhere are passed over.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from bridge.errors import MidiFileError
from bridge.music.grid import TICKS_PER_BEAT
from bridge.music.notes import Note
from bridge.music.smf import names
from bridge.music.smf.chunks import Chunks, Division, TrackChunk, parse_chunks
from bridge.music.smf.events import (
    FIRST_TEXT,
    LAST_TEXT,
    MARKER,
    META,
    NOTE_OFF,
    NOTE_ON,
    PROGRAM,
    SYSEX,
    TEMPO,
    TIME_SIGNATURE,
    TRACK_NAME,
    Event,
)
from bridge.music.smf.song import DEFAULT_BPM, Song, TempoChange, TimeSignature, Track

LONGEST_TICKS: Final = 40_000 * TICKS_PER_BEAT
MICROSECONDS: Final = 60_000_000
"""In a minute."""
USUAL_TEMPI: Final = range(MICROSECONDS // 1000, MICROSECONDS + 1)
LARGEST_UNIT: Final = 8
"""Power of two of the shortest beat's note value that a time signature may have: 1/256."""
DROP_FRAME: Final = Fraction(30_000, 1001)
_META_BYTES: Final = {0x00: 2, 0x20: 1, 0x21: 1, TEMPO: 3, 0x54: 5, TIME_SIGNATURE: 4, 0x59: 2}
"""Payload bytes of metas by type, at least (RP-001; files have sequence numbers without any)."""

Resolution = int | Fraction


def song_from(data: bytes) -> Song:
    """Read a file of any resolution. MidiFileError says why there is no music to be read."""
    chunks = parse_chunks(data)
    if chunks.format == 2:
        raise MidiFileError("type 2 (a set of patterns) is not supported: export it as type 1")
    common = _common_encoding(chunks)
    maps = _Maps(chunks, common)
    per_beat = resolution(chunks)
    tracks: list[Track] = []
    length = 0
    for number, chunk in enumerate(chunks.tracks, 1):
        last = chunk.events[-1].tick if chunk.events else 0
        end = round(last * TICKS_PER_BEAT / per_beat)
        if end > LONGEST_TICKS:
            raise MidiFileError("it is longer than 10,000 bars of 4/4: cut it into pieces")
        length = max(length, end)
        tracks += _voices(chunk, number, end, per_beat, common, maps)
    oddities = (*chunks.oddities, *maps.oddities())
    if not any(track.notes for track in tracks):
        why = f" ({oddities[0]})" if oddities else ""
        raise MidiFileError(f"there are no notes in it{why}: choose a file with a melody")
    smpte = bool(chunks.division.frames)
    tempi = {0: smpte_bpm(chunks)} if smpte else {0: DEFAULT_BPM} | maps.tempi
    return Song(
        tracks=tuple(tracks),
        tempi=tuple(TempoChange(t, b) for t, b in sorted(tempi.items())),
        signatures=tuple(
            TimeSignature(t, *beats) for t, beats in sorted(({0: (4, 4)} | maps.signatures).items())
        ),
        length=length,
        markers=tuple(sorted(maps.markers.items())),
        set_up=frozenset(maps.set_up),
        oddities=oddities,
    )


def resolution(chunks: Chunks) -> Resolution:
    """Ticks of the file a quarter note. Of SMPTE time they are those of the first tempo."""
    division = chunks.division
    if not division.frames:
        return division.per_beat
    minute = 60 * ticks_per_second(division)
    return minute / Fraction(smpte_bpm(chunks))


def ticks_per_second(division: Division) -> Fraction:
    """Ticks a second of SMPTE time."""
    frames = DROP_FRAME if division.frames == 29 else Fraction(division.frames)
    return frames * division.per_beat


def smpte_bpm(chunks: Chunks) -> float:
    """The tempo that bars are counted by in a file of SMPTE time, where tempi move nothing:
    the first of 1..1000 BPM that it has, else 120."""
    told = (
        int.from_bytes(event.data[:3])
        for chunk in chunks.tracks
        for event in chunk.events
        if event.kind == TEMPO and len(event.data) >= 3
    )
    usual = (tempo for tempo in told if tempo in USUAL_TEMPI)
    return MICROSECONDS / next(usual, MICROSECONDS / DEFAULT_BPM)


def _common_encoding(chunks: Chunks) -> str:
    """The encoding of the names that leave doubt, by all texts of the file."""
    texts = [
        event.data
        for chunk in chunks.tracks
        for event in chunk.events
        if FIRST_TEXT <= event.kind <= LAST_TEXT and not event.data.isascii()
    ]
    return names.common_encoding(texts)


class _Maps:
    """Collects what is the whole file's: tempi, signatures, markers (their text in the encoding
    ``common``), channels, and what is odd."""

    def __init__(self, chunks: Chunks, common: str) -> None:
        self.tempi: dict[int, float] = {}
        self.signatures: dict[int, tuple[int, int]] = {}
        self.markers: dict[int, str] = {}
        self.set_up: set[int] = set()
        self._common = common
        self._short = 0
        self._strange = 0
        self._smpte = bool(chunks.division.frames)

    def take(self, event: Event, at: int) -> None:
        """A meta event at a tick of ours."""
        if len(event.data) < _META_BYTES.get(event.kind, 0) and (event.kind or event.data):
            self._short += 1
        elif event.kind == TEMPO and not self._smpte:
            tempo = int.from_bytes(event.data[:3])
            if tempo == 0:
                raise MidiFileError(
                    f"tempo 0 at quarter note {at // TICKS_PER_BEAT + 1}: set a tempo"
                )
            self.tempi[at] = MICROSECONDS / tempo
        elif event.kind == TIME_SIGNATURE:
            beats, power = event.data[0], event.data[1]
            if beats == 0 or power > LARGEST_UNIT:
                self._strange += 1
            else:
                self.signatures[at] = (beats, 1 << power)
        elif event.kind == MARKER and (text := names.readable(event.data, self._common)):
            self.markers[at] = text

    def oddities(self) -> list[str]:
        """The events that were passed over, in a few words each."""
        counts = (
            (self._short, "metas of a wrong length"),
            (self._strange, "time signatures that are none"),
        )
        return [f"{what}: {count} passed over" for count, what in counts if count]


def _voices(
    chunk: TrackChunk, number: int, end: int, per_beat: Resolution, common: str, maps: _Maps
) -> list[Track]:
    """The tracks of a chunk, one for each channel with notes, in order of channels."""
    name, label = "", b""
    voices: dict[int, _Voice] = {}
    for event in chunk.events:
        status = event.status
        if NOTE_OFF << 4 <= status < SYSEX:
            channel, kind = status & 0x0F, status >> 4
            maps.set_up.add(channel)
            if kind > NOTE_ON and kind != PROGRAM:
                continue
            voice = voices.get(channel)
            if voice is None:
                voice = voices[channel] = _Voice()
            first = min(event.data[0], 127)
            if kind == PROGRAM:
                voice.program = first
                continue
            velocity = min(event.data[1], 127) if kind == NOTE_ON else 0
            voice.take(first, velocity, round(event.tick * TICKS_PER_BEAT / per_beat))
        elif status == META:
            if event.kind == TRACK_NAME and not name:
                label = event.data
                name = names.readable(label, common)
            else:
                maps.take(event, round(event.tick * TICKS_PER_BEAT / per_beat))
    if not name or label == name.encode():
        label = b""
    tracks = []
    for channel, voice in sorted(voices.items()):
        notes = voice.finished(end)
        if notes:
            named = name or f"Track {number}"
            tracks.append(Track(named, channel, voice.program, notes, label))
    return tracks


class _Voice:
    """Collects the notes of one channel of one track."""

    def __init__(self) -> None:
        self.program = 0
        self._open: dict[int, tuple[int, int]] = {}
        self._notes: list[Note] = []

    def take(self, pitch: int, velocity: int, at: int) -> None:
        """A note-on, or an off where ``velocity`` is 0."""
        if velocity and self._open.get(pitch, (-1, 0))[0] == at:
            return  # doubled in the file: one note, not one of no length and another
        self._close(pitch, at)
        if velocity:
            self._open[pitch] = (at, velocity)

    def _close(self, pitch: int, at: int) -> None:
        begun = self._open.pop(pitch, None)
        if begun is not None:
            self._notes.append(Note(begun[0], pitch, max(1, at - begun[0]), begun[1]))

    def finished(self, end: int) -> tuple[Note, ...]:
        """All notes; one without an off lasts a beat at most."""
        for pitch, (tick, _) in list(self._open.items()):
            self._close(pitch, min(max(end, tick + 1), tick + TICKS_PER_BEAT))
        return tuple(sorted(self._notes))

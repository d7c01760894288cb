"""Standard MIDI Files as values, in and out.

Reading is strict about what is music and tolerant about what is dirt: missing note-offs,
overlapping notes and velocity-0 offs are mended; a torn file is an error with a plain line.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import mido

from bridge.errors import MidiFileError
from bridge.music.gm_programs import DRUM_CHANNEL
from bridge.music.grid import TICKS_PER_BAR, TICKS_PER_BEAT
from bridge.music.notes import Note
from bridge.system.atomic_write import write_whole
from bridge.system.streams import read_whole

DEFAULT_BPM = 120.0
LONGEST_TICKS = 10_000 * TICKS_PER_BAR
NOT_MUSIC = "is it a MIDI file (.mid)? Try opening and saving it again in your DAW"


@dataclass(frozen=True, slots=True)
class TempoChange:
    """From ``tick`` on the tempo is ``bpm``."""

    tick: int
    bpm: float


@dataclass(frozen=True, slots=True)
class TimeSignature:
    """From ``tick`` on a bar has ``beats`` beats of a ``unit``-th note."""

    tick: int
    beats: int
    unit: int


@dataclass(frozen=True, slots=True)
class Track:
    """One voice: its name, channel 0..15, program 0..127, and notes in order of start."""

    name: str
    channel: int
    program: int
    notes: tuple[Note, ...]

    @property
    def is_drums(self) -> bool:
        """Whether it plays on the percussion channel."""
        return self.channel == DRUM_CHANNEL


@dataclass(frozen=True, slots=True)
class Song:
    """A piece: ticks are 960 a quarter note. ``length`` is the last tick of the file (at
    least the end of the last note); ``tempi`` and ``signatures`` begin at tick 0; ``markers``
    are (tick, text), written but not read."""

    tracks: tuple[Track, ...]
    tempi: tuple[TempoChange, ...] = (TempoChange(0, DEFAULT_BPM),)
    signatures: tuple[TimeSignature, ...] = (TimeSignature(0, 4, 4),)
    length: int = 0
    markers: tuple[tuple[int, str], ...] = ()

    @property
    def end(self) -> int:
        """The tick at which the piece ends."""
        last = max((n.end for t in self.tracks for n in t.notes), default=0)
        return max(self.length, last)

    @property
    def bpm(self) -> float:
        """The tempo at the beginning."""
        return self.tempi[0].bpm if self.tempi else DEFAULT_BPM

    def seconds_at(self, tick: int) -> float:
        """The time of a tick by the tempo map."""
        seconds = 0.0
        for change, after in zip(self.tempi, [*self.tempi[1:], None], strict=True):
            upto = tick if after is None else min(tick, after.tick)
            if upto > change.tick:
                seconds += (upto - change.tick) / TICKS_PER_BEAT * 60.0 / change.bpm
        return seconds


def read(path: Path | str) -> Song:
    """Read a .mid file of any resolution. MidiFileError says what is wrong with it."""
    path = Path(path)
    try:
        data = read_whole(path)
    except OSError as exc:
        raise MidiFileError(f"{path}: cannot be read ({exc.strerror}): check the name") from exc
    if not data:
        raise MidiFileError(f"{path}: the file is empty: export it again from your DAW")
    try:
        midi = _opened(data)
        song = _song(midi)
    except MidiFileError as exc:
        raise MidiFileError(f"{path}: {exc}") from exc
    except EOFError as exc:
        raise MidiFileError(f"{path}: the file is torn (it ends too early): {NOT_MUSIC}") from exc
    except Exception as exc:  # mido raises a dozen kinds for broken files
        if isinstance(exc, OSError) and exc.strerror:  # mido's own have no number and text
            raise MidiFileError(f"{path}: cannot be read ({exc.strerror}): check the name") from exc
        detail = " ".join((str(exc) or type(exc).__name__).split())
        raise MidiFileError(f"{path}: not readable as MIDI ({detail}): {NOT_MUSIC}") from exc
    if not any(track.notes for track in song.tracks):
        raise MidiFileError(f"{path}: there are no notes in it: choose a file with a melody")
    return song


def _song(midi: mido.MidiFile) -> Song:
    per_beat = midi.ticks_per_beat
    if per_beat <= 0 or per_beat & 0x8000:
        raise MidiFileError("SMPTE time is not supported: export it with ticks per quarter note")
    if midi.type == 2:
        raise MidiFileError("type 2 (a set of patterns) is not supported: export it as type 1")
    tempi: dict[int, float] = {}
    signatures: dict[int, tuple[int, int]] = {}
    tracks: list[Track] = []
    length = 0
    for number, raw in enumerate(midi.tracks):
        name, tick = "", 0
        voices: dict[int, _Voice] = {}
        for message in raw:
            tick += message.time
            at = round(tick * TICKS_PER_BEAT / per_beat)
            if at > LONGEST_TICKS:
                raise MidiFileError("it is longer than 10,000 bars: cut it into pieces")
            if message.type == "track_name" and not name:
                name = _text(message.name)
            elif message.type == "set_tempo":
                if message.tempo <= 0:
                    raise MidiFileError(f"tempo 0 at bar {at // TICKS_PER_BAR + 1}: set a tempo")
                tempi[at] = mido.tempo2bpm(message.tempo)
            elif message.type == "time_signature":
                signatures[at] = (message.numerator, message.denominator)
            elif message.type in ("note_on", "note_off", "program_change"):
                voices.setdefault(message.channel, _Voice()).take(message, at)
        end = round(tick * TICKS_PER_BEAT / per_beat)
        length = max(length, end)
        for channel, voice in sorted(voices.items()):
            notes = voice.finished(end)
            if notes:
                tracks.append(Track(name or f"Track {number + 1}", channel, voice.program, notes))
    return Song(
        tracks=tuple(tracks),
        tempi=tuple(TempoChange(t, b) for t, b in sorted(({0: DEFAULT_BPM} | tempi).items())),
        signatures=tuple(
            TimeSignature(t, *beats) for t, beats in sorted(({0: (4, 4)} | signatures).items())
        ),
        length=length,
    )


def _text(name: str) -> str:
    """A name that mido read as Latin-1: as UTF-8 where it is that, on one line, printable."""
    with contextlib.suppress(UnicodeDecodeError, UnicodeEncodeError):
        name = name.encode("latin-1").decode("utf-8")
    return " ".join("".join(c if c.isprintable() else " " for c in name).split())


class _Voice:
    """Collects the notes of one channel of one track."""

    def __init__(self) -> None:
        self.program = 0
        self._open: dict[int, tuple[int, int]] = {}
        self._notes: list[Note] = []

    def take(self, message: mido.Message, at: int) -> None:
        if message.type == "program_change":
            self.program = message.program
            return
        starts = message.type == "note_on" and message.velocity > 0
        if starts and self._open.get(message.note, (-1, 0))[0] == at:
            return  # doubled in the file: one note, not one of no length and another
        self._close(message.note, at)
        if starts:
            self._open[message.note] = (at, message.velocity)

    def _close(self, pitch: int, at: int) -> None:
        begun = self._open.pop(pitch, None)
        if begun is not None:
            self._notes.append(Note(begun[0], pitch, max(1, at - begun[0]), begun[1]))

    def finished(self, end: int) -> tuple[Note, ...]:
        """All notes; one without an off lasts a beat at most."""
        for pitch, (tick, _) in list(self._open.items()):
            self._close(pitch, min(max(end, tick + 1), tick + TICKS_PER_BEAT))
        return tuple(sorted(self._notes))


def _opened(data: bytes) -> mido.MidiFile:
    """The file as mido reads it. Key signatures that are none, which some programs write and
    mido refuses, are read as of the major key, or of none: nobody here goes by them."""
    try:
        return mido.MidiFile(file=BytesIO(data), clip=True)
    except mido.KeySignatureError:
        mended = _KEY_SIGNATURE.sub(_as_key, data)
        return mido.MidiFile(file=BytesIO(mended), clip=True)


_KEY_SIGNATURE = re.compile(rb"\xff\x59\x02(.)(.)", re.DOTALL)


def _as_key(found: re.Match[bytes]) -> bytes:
    """A key signature's bytes with sharps (-7..7, signed) and mode (0, 1) in range."""
    sharps, mode = (int.from_bytes(group, signed=True) for group in found.groups())
    sharps, mode = (
        n if ok else 0 for n, ok in ((sharps, abs(sharps) <= 7), (mode, mode in (0, 1)))
    )
    return b"\xff\x59\x02" + sharps.to_bytes(1, signed=True) + mode.to_bytes(1)


def write(path: Path | str, song: Song) -> bytes:
    """Write a song as a type 1 file: a conductor track with tempo and time signature, then
    one named track a voice; the file's bytes. It appears whole or not at all; OutputError if
    it can't."""
    midi = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_BEAT, charset="utf-8")
    midi.tracks.append(_conductor(song))
    midi.tracks += [_track(track, song.end) for track in song.tracks]
    return _save(Path(path), midi)


def write_added(path: Path | str, source: Path | str, tracks: Iterable[Track], end: int) -> bytes:
    """Write the file ``source`` with ``tracks`` added, at its own resolution; its bytes.

    Everything in it stays as it is: pedals, volumes, bends, lyrics, markers. Our tracks end
    at tick ``end`` (960 a quarter note). OutputError if it can't be written.
    """
    midi = _opened(read_whole(Path(source)))
    if midi.type == 0:
        midi.type = 1
    midi.tracks += [_rescaled(_track(track, end), midi.ticks_per_beat) for track in tracks]
    return _save(Path(path), midi)


def _rescaled(track: mido.MidiTrack, per_beat: int) -> mido.MidiTrack:
    """A track of 960 ticks a quarter note at another resolution; positions are rounded, not
    distances, so that nothing drifts."""
    scaled, tick, before = mido.MidiTrack(), 0, 0
    for message in track:
        tick += message.time
        now = round(tick * per_beat / TICKS_PER_BEAT)
        scaled.append(message.copy(time=now - before))
        before = now
    return scaled


def _save(path: Path, midi: mido.MidiFile) -> bytes:
    """Write a file whole or not at all; its bytes."""
    file = BytesIO()
    midi.save(file=file)
    write_whole(path, file.getvalue())
    return file.getvalue()


def _conductor(song: Song) -> mido.MidiTrack:
    events: list[tuple[int, mido.MetaMessage]] = [
        (s.tick, mido.MetaMessage("time_signature", numerator=s.beats, denominator=s.unit))
        for s in song.signatures
    ]
    events += [
        (c.tick, mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(c.bpm))) for c in song.tempi
    ]
    events += [(tick, mido.MetaMessage("marker", text=text)) for tick, text in song.markers]
    return _timed(events, song.end)


def _track(track: Track, end: int) -> mido.MidiTrack:
    channel = track.channel
    head = [(0, mido.MetaMessage("track_name", name=track.name))]
    head.append((0, mido.Message("program_change", channel=channel, program=track.program)))
    # At one tick offs go before ons, so that a repeated note is not cut.
    body = [
        (n.end, 0, n.pitch, mido.Message("note_off", channel=channel, note=n.pitch, velocity=0))
        for n in track.notes
    ]
    body += [
        (n.tick, 1, n.pitch,
         mido.Message("note_on", channel=channel, note=n.pitch, velocity=n.velocity))
        for n in track.notes
    ]  # fmt: skip
    body.sort(key=lambda e: e[:3])
    return _timed(head + [(tick, message) for tick, _, _, message in body], end)


def _timed(events: Iterable[tuple[int, mido.MetaMessage]], end: int) -> mido.MidiTrack:
    """Absolute ticks -> mido's deltas, closed at ``end``."""
    track, before = mido.MidiTrack(), 0
    for tick, message in sorted(events, key=lambda e: e[0]):
        track.append(message.copy(time=tick - before))
        before = tick
    track.append(mido.MetaMessage("end_of_track", time=max(0, end - before)))
    return track

"""A piece of music as a value: tracks of notes, tempo map, time signatures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bridge.music.grid import TICKS_PER_BEAT, Metre
from bridge.music.notes import Note
from bridge.music.smf.gm_programs import DRUM_CHANNEL

DEFAULT_BPM = 120.0


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


def signature_of(metre: Metre, tick: int = 0) -> TimeSignature:
    """The time signature of a metre, from ``tick`` on."""
    return TimeSignature(tick, metre.numerator, metre.denominator)


@dataclass(frozen=True, slots=True)
class Track:
    """One voice: its name, channel 0..15, program 0..127, and notes in order of start.

    ``label`` holds the name's bytes where the file it is from has them in another encoding
    than UTF-8: they are written as they were.
    """

    name: str
    channel: int
    program: int
    notes: tuple[Note, ...]
    label: bytes = field(default=b"", compare=False)

    @property
    def is_drums(self) -> bool:
        """True if it plays on the percussion channel."""
        return self.channel == DRUM_CHANNEL


@dataclass(frozen=True, slots=True)
class Song:
    """A piece: ticks are 960 a quarter note. ``length`` is the last tick of the file (at
    least the end of the last note); ``tempi`` and ``signatures`` begin at tick 0; ``markers``
    are (tick, text), and ``chords`` the names of chords, written but not read.

    Of a file that was read, ``set_up`` are the channels that it sends any message on, and
    ``oddities`` say in a few words each what in it was missing or passed over.
    """

    tracks: tuple[Track, ...]
    tempi: tuple[TempoChange, ...] = (TempoChange(0, DEFAULT_BPM),)
    signatures: tuple[TimeSignature, ...] = (TimeSignature(0, 4, 4),)
    length: int = 0
    markers: tuple[tuple[int, str], ...] = ()
    chords: tuple[tuple[int, str], ...] = ()
    set_up: frozenset[int] = field(default=frozenset(), compare=False)
    oddities: tuple[str, ...] = field(default=(), compare=False)

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


def channel_for(song: Song, wished: int) -> tuple[int, str]:
    """The channel 0..15 (not the drums') for a pitched voice that is added to ``song``, and
    what there is to say about it (mostly nothing).

    It is ``wished`` or the first that the song sends nothing on, else one without notes. Where
    notes are on all, it is the one with the fewest; a voice that is added there has to sound
    with the program that the channel has.
    """
    counts = dict.fromkeys((c for c in (wished, *range(16)) if c != DRUM_CHANNEL), 0)
    for track in song.tracks:
        if not track.is_drums:
            counts[track.channel] += len(track.notes)
    still = [channel for channel, count in counts.items() if not count]
    unused = [channel for channel in still if channel not in song.set_up]
    if still:
        return (unused or still)[0], ""
    channel = min(counts, key=lambda each: counts[each])
    return channel, (
        f"notes are on all channels: the bass plays on channel {channel + 1}, which has the "
        "fewest, with the sound that it has"
    )


def placed_beside(song: Song, tracks: Sequence[Track]) -> tuple[tuple[Track, ...], str]:
    """Tracks that are added to ``song``, on channels that leave its own alone, and what there
    is to say about it. The percussion channel is shared."""
    remark = ""
    beside = song
    for track in tracks:
        if not track.is_drums:
            channel, remark = channel_for(beside, track.channel)
            track = replace(track, channel=channel)
        beside = replace(beside, tracks=(*beside.tracks, track))
    return beside.tracks[len(song.tracks) :], remark

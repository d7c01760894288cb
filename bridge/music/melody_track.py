"""Find the melody track of a song. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.errors import MidiFileError, NameUnknown
from bridge.music.grid import TICKS_PER_BEAT
from bridge.music.phrase import skyline
from bridge.music.smf.song import Song, Track

NAME_POINTS: dict[str, float] = {
    "melody": 3.0,
    "lead": 2.0,
    "vocal": 2.0,
    "voice": 2.0,
    "sing": 2.0,
    "solo": 1.0,
    "flute": 1.0,
    "sax": 1.0,
    "violin": 0.5,
    "bass": -4.0,
    "drum": -5.0,
    "perc": -5.0,
    "chord": -1.5,
    "pad": -2.0,
    "strings": -1.0,
    "rhythm": -1.0,
}
"""Points for a word in a track's name: positive for a melody, negative against."""
MELODY_REGISTER = (57, 84)
"""Lowest and highest median pitch of a typical melody: A3 to C6."""
ACTIVE_TICKS = 4 * TICKS_PER_BEAT
"""Length of the stretches in which a melody is expected to play."""


@dataclass(frozen=True, slots=True)
class MelodyScore:
    """Points of a track as a melody candidate, by criterion; :attr:`points` is the sum."""

    name: float
    register: float
    single: float
    activity: float

    @property
    def points(self) -> float:
        """The sum; the track with the most is the melody."""
        return self.name + self.register + self.single + self.activity


def find_melody(song: Song, wanted: str | None = None) -> Track:
    """The melody track: the one ``wanted`` by number (from 1, in file order) or name, else the
    one with the most points.

    NameUnknown when there is no such track, MidiFileError when all tracks are drums.
    """
    if wanted is not None:
        return _named_track(song, wanted)
    candidates = [track for track in song.tracks if not track.is_drums and track.notes]
    if not candidates:
        raise MidiFileError("there are only drums in it: the band needs a melody (see --track)")
    end = song.end
    return max(candidates, key=lambda track: melody_score(track, end).points)


def _named_track(song: Song, wanted: str) -> Track:
    if wanted.isdecimal() and 1 <= int(wanted) <= len(song.tracks):
        return song.tracks[int(wanted) - 1]
    for track in song.tracks:
        if track.name.casefold() == wanted.casefold():
            return track
    known = [f"{number} ({track.name})" for number, track in enumerate(song.tracks, 1)]
    raise NameUnknown("track", wanted, known)


def melody_score(track: Track, end: int) -> MelodyScore:
    """Score a track by its name, its register, the share of monophonic notes and the share of
    stretches of four quarter notes (of ``end`` ticks) in which it plays."""
    name = sum(points for word, points in NAME_POINTS.items() if word in track.name.casefold())
    voice = skyline(track.notes)
    pitches = sorted(note.pitch for note in voice)
    middle = pitches[len(pitches) // 2]
    low, high = MELODY_REGISTER
    register = 1.0 if low <= middle <= high else -min(3.0, max(low - middle, middle - high) / 4)
    active = {note.tick // ACTIVE_TICKS for note in voice}
    return MelodyScore(
        name=name,
        register=register,
        single=2.0 * len(voice) / len(track.notes) - 1.0,
        activity=1.5 * len(active) / max(1, -(-end // ACTIVE_TICKS)),
    )

"""Other tracks that sound beside the player: their notes, and the parts that they play. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from bridge.music.notes import Note, Part, PlayerKey
from bridge.music.phrase import Phrase
from bridge.music.smf.gm_programs import DRUM_CHANNEL

Place = tuple[str, int]
"""A port and a channel 0..15: one track."""
BASS_BELOW: Final = 50
"""Mean pitch under which a track is a bass."""
NOTES_NEEDED: Final = 4
"""Notes from which a track is known."""
HITS_KEPT: Final = 512
"""Drum hits that are kept: some bars of the busiest drums."""
FADE: Final = 0.95
"""Weight that the pitches so far keep with each note."""


@dataclass(frozen=True, slots=True)
class OtherTrack:
    """A track: the mean of its pitches, the number of its notes, and the tick of the last one."""

    pitch: float
    count: int
    last: int


@dataclass(frozen=True)
class OtherTracks:
    """The notes of other tracks, each track by its port and channel, and the parts of ours that
    lay out for them. ``hits`` are the ticks and pitches of their last drum hits."""

    phrase: Phrase = field(default_factory=Phrase)
    tracks: Mapping[Place, OtherTrack] = field(default_factory=dict)
    laid_out: frozenset[Part] = frozenset()
    hits: tuple[tuple[int, int], ...] = ()

    def with_key(self, tick: int, key: PlayerKey, velocity: int) -> OtherTracks:
        """The tracks with a key pressed at ``tick``, or (velocity 0) released."""
        place = (key.port, key.channel)
        tracks = self.tracks
        if velocity:
            before = tracks.get(place, OtherTrack(float(key.pitch), 0, tick))
            mean = FADE * before.pitch + (1 - FADE) * key.pitch
            tracks = {**tracks, place: OtherTrack(mean, before.count + 1, tick)}
        if self.is_drums(key):
            hits = (*self.hits, (tick, key.pitch))[-HITS_KEPT:] if velocity else self.hits
            return replace(self, tracks=tracks, hits=hits)
        return replace(self, tracks=tracks, phrase=self.phrase.note_on(tick, key, velocity))

    def is_drums(self, key: PlayerKey) -> bool:
        """True if a key is a drum's: on the percussion channel."""
        return key.channel == DRUM_CHANNEL

    def without_port(self, tick: int, port: str) -> OtherTracks:
        """The tracks after a port was closed: what it held ends."""
        phrase = self.phrase
        for key in [key for key in phrase.held if key.port == port]:
            phrase = phrase.note_off(tick, key)
        kept = {place: track for place, track in self.tracks.items() if place[0] != port}
        return replace(self, phrase=phrase, tracks=kept)

    def notes(self, until: int, since: int) -> list[Note]:
        """The pitched notes between two ticks (see :meth:`Phrase.notes`)."""
        return self.phrase.notes(until, since) if self.tracks else []

    def parts_since(self, tick: int) -> frozenset[Part]:
        """The parts that other tracks have played since a tick: drums, a bass."""
        found: set[Part] = set()
        for (_, channel), track in self.tracks.items():
            if track.count < NOTES_NEEDED or track.last < tick:
                continue
            if channel == DRUM_CHANNEL:
                found.add(Part.DRUMS)
            elif track.pitch < BASS_BELOW:
                found.add(Part.BASS)
        return frozenset(found)

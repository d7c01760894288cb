"""Clips: bars of the band's parts, cut out of what was played and placed on a time line. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from bridge.music.grid import FOUR_FOUR, Metre
from bridge.music.notes import Note, Part
from bridge.music.smf.gm_programs import WRITTEN_VOICES

TRACK_NAMES: Final = {
    Part.DRUMS: "Latent Bridge Drums",
    Part.BASS: "Latent Bridge Bass",
    Part.MELODY: "Latent Bridge Melody",
}
"""Part -> the name of its track in a DAW, in the order of the tracks."""
EARLY_TICKS: Final = FOUR_FOUR.ticks_per_step // 2
"""A note this shortly before a bar line was meant for the bar after it."""


@dataclass(frozen=True, slots=True)
class Clip:
    """The notes of one part, in ticks from the beginning of its :class:`ClipSet`."""

    part: Part
    notes: tuple[Note, ...]

    @property
    def track(self) -> str:
        """The name of its track."""
        return TRACK_NAMES[self.part]

    @property
    def channel(self) -> int:
        """Its MIDI channel 0..15."""
        return WRITTEN_VOICES[self.part][0]


@dataclass(frozen=True, slots=True)
class ClipSet:
    """Clips of the same bars, one a part that has notes there.

    ``length`` in ticks is a number of whole bars of ``metre``. ``start`` is the tick of the
    song in the DAW at which they were played; None where the DAW's position is not known: they
    go to its cursor. ``bpm`` is the tempo at which they were played.
    """

    name: str
    clips: tuple[Clip, ...]
    length: int
    start: int | None = None
    metre: Metre = FOUR_FOUR
    bpm: float = 120.0

    @property
    def bars(self) -> int:
        """The length in bars."""
        return -(-self.length // self.metre.ticks)

    @property
    def notes(self) -> int:
        """The number of notes in all clips."""
        return sum(len(clip.notes) for clip in self.clips)

    def moved_to(self, start: int | None) -> ClipSet:
        """The same clips elsewhere in the song."""
        return replace(self, start=start)


def cut(
    name: str,
    played: Mapping[Part, Iterable[Note]],
    first: int,
    end: int,
    *,
    metre: Metre = FOUR_FOUR,
    bpm: float = 120.0,
) -> ClipSet:
    """The clips of ticks [``first``, ``end``) of what was played.

    A note that begins a little before ``first`` (at most half a 16th) begins with the clip; a
    note that rings over ``end`` ends there. Parts without notes have no clip.
    """
    clips = (
        Clip(part, tuple(sorted(_inside(played.get(part, ()), first, end)))) for part in TRACK_NAMES
    )
    return ClipSet(
        name, tuple(c for c in clips if c.notes), end - first, start=first, metre=metre, bpm=bpm
    )


def _inside(notes: Iterable[Note], first: int, end: int) -> Iterable[Note]:
    for note in notes:
        if first - EARLY_TICKS <= note.tick < end - EARLY_TICKS:
            tick = max(note.tick, first)
            stop = max(tick + 1, min(note.end, end))
            yield Note(tick - first, note.pitch, stop - tick, note.velocity)

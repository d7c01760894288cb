"""A take -> a song: tracks with names, tempo map, metres, and markers for sections and chords."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Final, TypeVar

from bridge.music.grid import TICKS_PER_BEAT, Metre
from bridge.music.notes import Note, Part
from bridge.music.smf.gm_programs import PROGRAMS
from bridge.music.smf.song import Song, TempoChange, TimeSignature, Track, signature_of
from bridge.session.recording.take import Pass, Take

T = TypeVar("T")
TITLES: Final = {Part.MELODY: "Melody", Part.DRUMS: "Drums", Part.BASS: "Bass"}
_LATE: Final = TICKS_PER_BEAT // 2
"""A jump this much after a bar line, or less, counts as one on it."""


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A pass and where it lies in the song: ``shift`` is added to its ticks. ``after`` is the pass
    that follows (None: none)."""

    here: Pass
    after: Pass | None
    shift: int


def take_song(take: Take, channels: Mapping[Part, int]) -> Song:
    """A take as a song, in the order in which it was heard.

    Tracks are Melody, Drums and Bass. Ticks are counted from a bar line >= 0: a count-in is moved
    into the song by whole bars, and so is what follows a jump (of a DAW that loops), so that bar
    lines stay bar lines.
    """
    stretches = list(_laid_out(take))
    notes = {part: list(_notes(take, part, stretches)) for part in TITLES}
    last = max((n.end for found in notes.values() for n in found), default=0)
    shift = stretches[-1].shift
    for part, note in take.sounding(last - shift):
        notes[part].append(_moved(note, shift))
    tracks = tuple(
        Track(TITLES[part], channels[part], PROGRAMS[part], tuple(sorted(notes[part])))
        for part in TITLES
    )
    tempi = [(at, bpm) for at, bpm in _events(take.tempi, 0, stretches) if at > 0]
    metres = _events(take.metres, 1, stretches)
    sections = list(_events(take.sections, 2, stretches))
    chords = _changes(_events(take.chords, 3, stretches))
    return Song(
        tracks=tracks,
        tempi=(TempoChange(0, take.bpm), *(TempoChange(at, bpm) for at, bpm in tempi)),
        signatures=_signatures(take.metre, metres),
        markers=tuple(sorted([*sections, *chords], key=lambda marker: marker[0])),
    )


def _laid_out(take: Take) -> Iterator[_Stretch]:
    """The passes of a take, each from the bar line on that follows the end of the one before."""
    firsts = [note.tick for notes in take.notes.values() for note in islice(notes, 1)]
    first = min([*firsts, *(begun[0] for begun in take.open.values())], default=0)
    shift = -(min(first, 0) // take.metre.ticks) * take.metre.ticks
    for here, after in pairwise([*take.passes, None]):
        assert here is not None
        yield _Stretch(here, after, shift)
        if after is not None:
            end = take.last if here.end is None else here.end
            metres = list(islice(take.metres, after.marks[1]))
            bar = (metres[-1][1] if metres else take.metre).ticks
            shift = -((after.begin - (end + shift - _LATE)) // bar) * bar


def _notes(take: Take, part: Part, stretches: list[_Stretch]) -> Iterator[Note]:
    for stretch in stretches:
        upto = None if stretch.after is None else stretch.after.counts[part]
        for note in islice(take.notes[part], stretch.here.counts[part], upto):
            yield _moved(note, stretch.shift)


def _moved(note: Note, shift: int) -> Note:
    return Note(note.tick + shift, note.pitch, note.length, note.velocity)


def _events(
    events: Iterable[tuple[int, T]], mark: int, stretches: list[_Stretch]
) -> Iterator[tuple[int, T]]:
    """Events of all passes at their ticks of the song; ``mark`` is their place in the marks."""
    every = list(events)
    for stretch in stretches:
        upto = None if stretch.after is None else stretch.after.marks[mark]
        for tick, value in every[stretch.here.marks[mark] : upto]:
            yield tick + stretch.shift, value


def _changes(chords: Iterable[tuple[int, str]]) -> list[tuple[int, str]]:
    """The chords that are others than the one before."""
    found: list[tuple[int, str]] = []
    for tick, name in chords:
        if name and tick >= 0 and (not found or found[-1][1] != name):
            found.append((tick, name))
    return found


def _signatures(first: Metre, metres: Iterable[tuple[int, Metre]]) -> tuple[TimeSignature, ...]:
    """The time signatures of a song that begins in a metre, with its changes."""
    found: dict[int, Metre] = {0: first}
    for tick, metre in metres:
        found = {at: m for at, m in found.items() if at < tick or not at}
        found[max(0, tick)] = metre
    return tuple(signature_of(metre, tick) for tick, metre in found.items())

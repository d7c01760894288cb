"""The chords of a whole piece: heard in its tracks, and read by the model where one line sounds.

Pure, except for the calls of the model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from bridge.errors import MidiFileError
from bridge.listening.chord_symbol import ChordSymbol, runs, symbol_of_class
from bridge.listening.harmony import bar_beats, hear
from bridge.music.chord_features import HALF_BAR, half_bars
from bridge.music.chords import transpose_class
from bridge.music.grid import SLOTS_PER_BAR, Grid
from bridge.music.melody_track import find_melody
from bridge.music.notes import Note
from bridge.music.phrase import skyline
from bridge.music.rhythm.song_bars import SongBars, bar_classes
from bridge.music.smf.song import Song, Track
from bridge.music.tokens import encode_voice, shift_classes, to_slots
from bridge.music.trio_windows import key_of_line

ALL, MELODY = "all", "melody"
"""Values of ``--listen``; anything else names tracks."""
WINDOW_BARS: Final = 16
"""Bars that the model's chord reader hears at once; it was trained with up to 24."""
HOP_BARS: Final = 8
"""Bars taken from each of its windows."""

Reader = Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32] | None]
"""``Trio.harmony``."""


def tracks_to_hear(song: Song, wanted: str, melody: Track) -> tuple[Track, ...]:
    """The tracks of a song that the harmony is heard in: all pitched ones, the melody, or those
    named (by number or name, with commas between). NameUnknown for a track that is not there,
    MidiFileError for one of drums."""
    if wanted == ALL:
        return tuple(t for t in song.tracks if not t.is_drums and t.notes)
    if wanted == MELODY:
        return (melody,)
    found = tuple(find_melody(song, name.strip()) for name in wanted.split(",") if name.strip())
    drums = [track.name for track in found if track.is_drums]
    if drums:
        raise MidiFileError(f"the track {drums[0]!r} holds drums, and no chords: name another")
    return found


def chords_of(
    heard: Sequence[Note], melody: Sequence[Note], placed: SongBars, read: Reader | None
) -> tuple[ChordSymbol | None, ...]:
    """The chord of each beat of a song's bars, to the last note. Where only one line sounds they
    are those of ``read``, the model's reader of melodies (None: none)."""
    grid, origin = placed.grid, placed.origin
    last = max((n.end for n in (*heard, *melody)), default=origin)
    bars = grid.bar_of(max(1, last - origin) - 1) + 1
    beats = hear(heard, grid, origin, bars).beats
    if all(beats) or read is None or not melody:
        return beats
    halves = melody_chords(melody, placed, bars, read)
    return tuple(
        symbol_of_class(halves[grid.half_of(grid.beat_start(beat))]) if chord is None else chord
        for beat, chord in enumerate(beats)
    )


def melody_chords(melody: Sequence[Note], placed: SongBars, bars: int, read: Reader) -> list[int]:
    """The chord classes of half bars, two a bar, read from a melody by the model."""
    key = key_of_line(melody)
    voice = [replace(n, tick=n.tick - placed.origin) for n in skyline(melody)]
    line = bar_classes(encode_voice, voice, placed.grid, 0, bars)
    line = to_slots(shift_classes(line, key.shift), placed.metre)
    found: list[int] = []
    for start in range(0, bars, HOP_BARS):
        first = max(0, start - (WINDOW_BARS - HOP_BARS) // 2)
        part = line[first * SLOTS_PER_BAR : (first + WINDOW_BARS) * SLOTS_PER_BAR]
        logits = read(half_bars(part, np.ones(len(part)))[None])
        if logits is None:
            return [0] * (bars * SLOTS_PER_BAR // HALF_BAR)
        named = logits[0].argmax(-1)[2 * (start - first) :][: 2 * HOP_BARS]
        found += [transpose_class(int(cls), -key.shift) for cls in named]
    return found[: 2 * bars]


def bar_names(beats: Sequence[ChordSymbol | None], grid: Grid) -> list[list[str]]:
    """The names of each bar's chords, one a change; ``-`` for none. A chord that goes on from the
    bar before is named again."""
    bars: list[list[str]] = []
    for bar in range(grid.bar_of(grid.beat_start(len(beats)) - 1) + 1 if beats else 0):
        inside = [beats[b] for b in bar_beats(grid, bar)]
        names = [c.name if c else "-" for c in inside]
        bars.append([n for n, before in zip(names, ["", *names], strict=False) if n != before])
    return bars


CHORD_LOW: Final = 48
"""The lowest pitch of the chords of a chord track; the bass note is an octave or more below."""


def chord_notes(beats: Sequence[ChordSymbol | None], placed: SongBars) -> tuple[Note, ...]:
    """Chords as notes: close position from C3 up over their bass note."""
    notes: list[Note] = []
    for start, length, chord in runs(beats):
        tick, end = (placed.origin + placed.grid.beat_start(b) for b in (start, start + length))
        pitches = [CHORD_LOW - 12 + chord.bass_note, CHORD_LOW + chord.root]
        for tone in chord.pitch_classes[1:]:
            pitches.append(pitches[-1] + (tone - pitches[-1]) % 12)
        notes += [Note(tick, pitch, end - tick, 80) for pitch in pitches]
    return tuple(notes)

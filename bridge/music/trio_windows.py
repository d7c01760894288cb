"""Cut a song into windows of melody, bass and drums classes for a trio model. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from bridge.errors import MidiFileError
from bridge.music.grid import Metre
from bridge.music.key import Key, estimate_key, pitch_class_weights
from bridge.music.melody_track import find_melody
from bridge.music.notes import Note
from bridge.music.phrase import skyline
from bridge.music.rhythm.song_bars import Encode, SongBars, bar_classes, song_bars
from bridge.music.smf.song import Song, Track
from bridge.music.tokens import DRUM_NAMES, encode_drums, encode_line, shift_classes

Ints = npt.NDArray[np.int64]
BASS_PROGRAMS: Final = range(32, 40)
"""General MIDI programs (from 0) of bass instruments."""
MIN_MELODY_NOTES: Final = 3
"""Melody notes that a window needs; windows with fewer hold nothing to analyse."""


def find_bass(song: Song, melody: Track) -> Track | None:
    """The bass track: by name, else by program, else the lowest other pitched track; None where
    there is no other."""
    others = [t for t in song.tracks if t is not melody and t.notes and not t.is_drums]
    for candidates in (
        [t for t in others if "bass" in t.name.casefold()],
        [t for t in others if t.program in BASS_PROGRAMS],
    ):
        if candidates:
            return candidates[0]
    return min(others, key=_mean_pitch, default=None)


def key_of_line(notes: Sequence[Note]) -> Key:
    """The key that a line's notes suggest by their lengths."""
    return estimate_key(pitch_class_weights((n.pitch, float(n.length)) for n in notes))


def trio_windows(
    song: Song,
    bars: int = 4,
    hop: int = 2,
    *,
    common_key: bool = True,
    least: int = MIN_MELODY_NOTES,
    placed: SongBars | None = None,
) -> Ints:
    """Windows of ``bars`` bars, one every ``hop`` bars: classes [N, steps, 3] in the song's metre.

    With ``common_key`` they are transposed to C major or A minor. Windows with fewer than
    ``least`` melody notes are left out; with ``least`` 0 all of the piece is in some window, the
    last filled up with rests. ``placed`` are the song's bars where they are known.
    MidiFileError when the song has none that the band plays, or no window is left.
    """
    melody = find_melody(song)
    bass = find_bass(song, melody)
    placed = placed or song_bars(song)
    drums = [note for track in song.tracks if track.is_drums for note in track.notes]
    tune, low = skyline(melody.notes), lowest(bass.notes if bass else ())
    shift = key_of_line(tune).shift if common_key else 0
    whole = np.stack(
        [
            shift_classes(song_classes(encode_line, tune, placed, song.end), shift),
            shift_classes(song_classes(encode_line, low, placed, song.end), shift),
            song_classes(encode_drums, drums, placed, song.end),
        ],
        axis=-1,
    )
    windows = _windows(whole, bars, hop, placed.metre, filled=not least)
    kept = windows[(windows[..., 0] >= 2).sum(axis=1) >= least]
    if not len(kept):
        raise MidiFileError(f"no {bars} bars of it hold a melody: choose a longer piece")
    return np.asarray(kept, np.int64)


@dataclass(frozen=True)
class BandWindows:
    """Windows of an accompaniment: ``bass`` and ``drums`` classes [N, steps] in the song's metre,
    transposed by ``shift`` semitones, and the bars [N] that they begin with."""

    bass: Ints
    drums: Ints
    first_bars: Ints
    shift: int


def band_windows(
    song: Song,
    bars: int = 4,
    hop: int = 2,
    *,
    common_key: bool = True,
    placed: SongBars | None = None,
) -> BandWindows:
    """Windows of the accompaniment, one every ``hop`` bars, transposed as in :func:`trio_windows`.
    Silent windows are left out.

    No melody is needed. MidiFileError when the song has no bars that the band plays, or neither
    bass nor drums.
    """
    tuned = [track for track in song.tracks if not track.is_drums and track.notes]
    melody = find_melody(song) if len(tuned) > 1 else None
    bass = find_bass(song, melody) if melody is not None else (tuned[0] if tuned else None)
    placed = placed or song_bars(song)
    drums = [note for track in song.tracks if track.is_drums for note in track.notes]
    notes = [note for track in tuned for note in track.notes]
    shift = key_of_line(notes).shift if common_key and notes else 0
    notes = lowest(bass.notes if bass else ())
    low = shift_classes(song_classes(encode_line, notes, placed, song.end), shift)
    whole = np.stack([low, song_classes(encode_drums, drums, placed, song.end)], axis=-1)
    windows = _windows(whole, bars, hop, placed.metre)
    kept = np.flatnonzero(((windows[..., 0] >= 2) | (windows[..., 1] > 0)).any(axis=1))
    if not len(kept):
        raise MidiFileError("there are neither drums nor a bass in it: choose a piece with a band")
    return BandWindows(windows[kept, :, 0], windows[kept, :, 1], hop * kept, shift)


def most_typical(bass: Ints, drums: Ints) -> int:
    """The number of the window of N (classes [N, T] of both) whose hits and bass onsets differ
    least from those of all: what a groove is, not what happens in it once."""
    hits = ((drums[..., None] >> np.arange(len(DRUM_NAMES))) & 1).reshape(len(drums), -1)
    rows = np.concatenate([hits, bass >= 2], axis=1).astype(float)
    return int(np.abs(rows - rows.mean(axis=0)).sum(axis=1).argmin())


def song_classes(encode: Encode, notes: Sequence[Note], placed: SongBars, end: int) -> Ints:
    """The classes of all bars of a song that ends at tick ``end``, from its first full bar on, by
    an encoder of ``music.tokens``. The last bar is cut at its last step."""
    grid, last = placed.grid, max(1, end - placed.origin)
    bars = grid.bar_of(last - 1) + 1
    moved = [replace(note, tick=note.tick - placed.origin) for note in notes]
    whole = bar_classes(encode, moved, grid, 0, bars)
    missing = (grid.bar_start(bars) - last) // placed.metre.ticks_per_step
    return whole[: len(whole) - missing]


def _windows(whole: Ints, bars: int, hop: int, metre: Metre, filled: bool = False) -> Ints:
    """Windows [N, bars * steps, C] of a song's classes [steps, C], one every ``hop`` bars; a song
    shorter than a window, and the last window if ``filled``, is padded with zeros."""
    length, steps, far = bars * metre.steps, len(whole), hop * metre.steps
    end = max(length, steps)
    if filled:
        end = length + -(-(end - length) // far) * far
    padded = np.pad(whole, ((0, end - steps), (0, 0)))
    starts = range(0, end - length + 1, far)
    return np.stack([padded[at : at + length] for at in starts])


def _mean_pitch(track: Track) -> float:
    return sum(note.pitch for note in track.notes) / len(track.notes)


def lowest(notes: tuple[Note, ...]) -> list[Note]:
    """The lowest of the notes that start together, in order of start."""
    first: dict[int, Note] = {}
    for note in sorted(notes, key=lambda n: (n.tick, n.pitch)):
        first.setdefault(note.tick, note)
    return list(first.values())

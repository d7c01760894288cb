"""Cut a song into windows of melody, bass and drums classes for a trio model. Pure."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from bridge.errors import MidiFileError
from bridge.music.grid import STEPS_PER_BAR, TICKS_PER_STEP
from bridge.music.key import estimate_key, pitch_class_weights
from bridge.music.melody_track import bar_origin, find_melody
from bridge.music.notes import Note
from bridge.music.phrase import skyline
from bridge.music.smf.song import Song, Track
from bridge.music.tokens import encode_drums, encode_line, shift_classes

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


def trio_windows(
    song: Song,
    bars: int = 4,
    hop: int = 2,
    *,
    common_key: bool = True,
    least: int = MIN_MELODY_NOTES,
) -> Ints:
    """Windows of ``bars`` bars, one every ``hop`` bars: classes [N, 16 * bars, 3].

    With ``common_key`` they are transposed to C major or A minor. Windows with fewer than
    ``least`` melody notes are left out. MidiFileError when the song is not in 4/4 or no window
    is left.
    """
    melody = find_melody(song)
    bass = find_bass(song, melody)
    origin = bar_origin(song)
    steps = max(0, -(-(song.end - origin) // TICKS_PER_STEP))
    drums = [note for track in song.tracks if track.is_drums for note in track.notes]
    tune, low = skyline(melody.notes), _lowest(bass.notes if bass else ())
    key = estimate_key(pitch_class_weights((n.pitch, float(n.length)) for n in tune))
    shift = key.shift if common_key else 0
    whole = np.stack(
        [
            shift_classes(encode_line(tune, origin, steps), shift),
            shift_classes(encode_line(low, origin, steps), shift),
            encode_drums(drums, origin, steps),
        ],
        axis=-1,
    )
    windows = _windows(whole, bars, hop)
    kept = windows[(windows[..., 0] >= 2).sum(axis=1) >= least]
    if not len(kept):
        raise MidiFileError(f"no {bars} bars of it hold a melody: choose a longer piece")
    return np.asarray(kept, np.int64)


def band_windows(song: Song, bars: int = 4, hop: int = 2, *, common_key: bool = True) -> Ints:
    """Windows of the accompaniment: bass and drums classes [N, 16 * bars, 2], one every ``hop``
    bars, transposed as in :func:`trio_windows`. Silent windows are left out.

    No melody is needed. MidiFileError when the song is not in 4/4 or has neither bass nor drums.
    """
    tuned = [track for track in song.tracks if not track.is_drums and track.notes]
    melody = find_melody(song) if len(tuned) > 1 else None
    bass = find_bass(song, melody) if melody is not None else (tuned[0] if tuned else None)
    origin = bar_origin(song)
    steps = max(1, -(-(song.end - origin) // TICKS_PER_STEP))
    drums = [note for track in song.tracks if track.is_drums for note in track.notes]
    notes = [note for track in tuned for note in track.notes]
    key = estimate_key(pitch_class_weights((n.pitch, float(n.length)) for n in notes))
    shift = key.shift if common_key and notes else 0
    low = encode_line(_lowest(bass.notes if bass else ()), origin, steps)
    whole = np.stack([shift_classes(low, shift), encode_drums(drums, origin, steps)], axis=-1)
    windows = _windows(whole, bars, hop)
    kept = windows[((windows[..., 0] >= 2) | (windows[..., 1] > 0)).any(axis=1)]
    if not len(kept):
        raise MidiFileError("there are neither drums nor a bass in it: choose a piece with a band")
    return np.asarray(kept, np.int64)


def _windows(whole: Ints, bars: int, hop: int) -> Ints:
    """Windows [N, 16 * bars, C] of a song's classes [steps, C], one every ``hop`` bars; a song
    shorter than a window is padded with zeros."""
    length, steps = bars * STEPS_PER_BAR, len(whole)
    padded = np.pad(whole, ((0, max(0, length - steps)), (0, 0)))
    starts = range(0, max(1, steps - length + 1), hop * STEPS_PER_BAR)
    return np.stack([padded[at : at + length] for at in starts])


def _mean_pitch(track: Track) -> float:
    return sum(note.pitch for note in track.notes) / len(track.notes)


def _lowest(notes: tuple[Note, ...]) -> list[Note]:
    """The lowest of the notes that start together, in order of start."""
    first: dict[int, Note] = {}
    for note in sorted(notes, key=lambda n: (n.tick, n.pitch)):
        first.setdefault(note.tick, note)
    return list(first.values())

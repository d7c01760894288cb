"""Encode a piece and decode it again: what a model keeps of somebody's music. Pure but for the
calls of the model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from bridge.errors import MidiFileError
from bridge.model.contract import TRACKS, Codec, Ints, check_metre
from bridge.music.arrange import GM_DRUMS
from bridge.music.melody_track import find_melody
from bridge.music.notes import Note
from bridge.music.phrase import skyline
from bridge.music.rhythm.song_bars import SongBars
from bridge.music.smf.gm_programs import DRUM_CHANNEL
from bridge.music.smf.song import Song, Track
from bridge.music.tokens import (
    decode_drums,
    decode_line,
    encode_drums,
    encode_line,
    from_slots,
    shift_classes,
    to_slots,
)
from bridge.music.trio_windows import find_bass, key_of_line, lowest, song_classes

AT_ONCE: Final = 32
"""Windows that are encoded and decoded together."""
SHORTEST_HIT: Final = 4
"""A drum hit lasts a beat's part of this many."""


@dataclass(frozen=True)
class Reconstruction:
    """A piece as a model gives it back: a song of three tracks, and how much of it is as it was.

    ``kept`` has for each track the share (0..1) of the steps with an event, before or after, that
    are the same. ``melody`` and ``bass`` are the names of the tracks that were taken, empty where
    there was none.
    """

    song: Song
    kept: dict[str, float]
    bars: int
    melody: str
    bass: str


def reconstruct(
    codec: Codec,
    song: Song,
    placed: SongBars,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Reconstruction:
    """Encode all bars of a song and decode them at temperature 0, in its own key, tempo and metre.

    The windows stand one after another; the last is filled up with rests. MidiFileError for a song
    without a melody, ModelError for a metre that the model lacks.
    """
    spec, metre = codec.spec, placed.metre
    check_metre(spec, metre.name)
    melody = find_melody(song)
    bass = find_bass(song, melody)
    drums = [note for track in song.tracks if track.is_drums for note in track.notes]
    tune, low = skyline(melody.notes), lowest(bass.notes if bass else ())
    pitched = [n for t in song.tracks if not t.is_drums for n in t.notes]
    shift = key_of_line(pitched).shift if spec.common_key else 0
    lines = (
        shift_classes(song_classes(encode_line, tune, placed, song.end), shift),
        shift_classes(song_classes(encode_line, low, placed, song.end), shift),
        song_classes(encode_drums, drums, placed, song.end),
    )
    given = np.stack(lines, axis=-1)
    if not (given[..., 0] >= 2).any():
        raise MidiFileError("no bar of it holds a melody")
    back = _through(codec.in_metre(metre.name), given, placed, progress)
    kept = {name: events_kept(given[:, i], back[:, i]) for i, name in enumerate(TRACKS)}
    names = (melody.name or "Melody", bass.name or "Bass" if bass else "")
    return Reconstruction(
        song=_song(song, back, placed, shift, (melody, bass)),
        kept=kept,
        bars=-(-len(given) // metre.steps),
        melody=names[0],
        bass=names[1],
    )


def events_kept(before: Ints, after: Ints) -> float:
    """Share (0..1) of the steps with an event in either that are the same; 1 without any."""
    active = (before > 0) | (after > 0)
    return float((before == after)[active].mean()) if active.any() else 1.0


def _through(
    codec: Codec, classes: Ints, placed: SongBars, progress: Callable[[int, int], None]
) -> Ints:
    """Classes [steps, 3] encoded and decoded window by window."""
    spec, metre = codec.spec, placed.metre
    length = spec.bars * metre.steps
    count = -(-len(classes) // length)
    padded = np.pad(classes, ((0, count * length - len(classes)), (0, 0)))
    windows = to_slots(padded.reshape(count, length, len(TRACKS)), metre, axis=1)
    found = []
    for start in range(0, count, AT_ONCE):
        found.append(codec.again(windows[start : start + AT_ONCE]))
        progress(min(start + AT_ONCE, count), count)
    back = from_slots(np.concatenate(found), metre, axis=1)
    return back.reshape(count * length, -1)[: len(classes)]


def _song(
    song: Song, classes: Ints, placed: SongBars, shift: int, taken: tuple[Track, Track | None]
) -> Song:
    """The three tracks as a song with the piece's tempo and metre."""
    metre = placed.metre

    def tick(step_tick: int) -> int:
        bar, within = divmod(step_tick, metre.ticks)
        return placed.origin + placed.grid.bar_start(bar) + within

    def line(track: int, loud: int) -> tuple[Note, ...]:
        back = shift_classes(classes[:, track], -shift)
        notes = decode_line(back.tolist(), 0, metre, velocity=loud)
        return tuple(replace(n, tick=tick(n.tick), length=n.length) for n in notes)

    hits = tuple(
        Note(tick(step * metre.ticks_per_step), GM_DRUMS.notes[drum],
             metre.ticks_per_beat // SHORTEST_HIT, 96)
        for step, drum in decode_drums(classes[:, 2].tolist())
    )  # fmt: skip
    melody, bass = taken
    tracks = (
        Track("Melody", 0, melody.program, line(0, _loudness(melody))),
        Track("Bass", 1, bass.program if bass else 33, line(1, _loudness(bass))),
        Track("Drums", DRUM_CHANNEL, 0, hits),
    )
    return Song(tracks, song.tempi, song.signatures, song.length)


def _loudness(track: Track | None) -> int:
    """The mean velocity of a track; 96 without one."""
    notes = track.notes if track else ()
    return round(sum(n.velocity for n in notes) / len(notes)) if notes else 96

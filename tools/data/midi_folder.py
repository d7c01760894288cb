"""Read any folder of MIDI files as trios: melody, bass and drums on a grid of sixteenths.

Files are read on every core, or on a Dask cluster for very large folders.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from bridge.errors import BridgeError, ExtraMissing
from bridge.music.grid import FOUR_FOUR, Metre
from bridge.music.key import estimate_key, pitch_class_weights
from bridge.music.melody_track import find_melody
from bridge.music.notes import Note
from bridge.music.phrase import skyline
from bridge.music.rhythm.song_bars import song_bars
from bridge.music.smf import midi_file
from bridge.music.smf.song import Song, Track
from bridge.music.tokens import encode_drums, encode_line, to_slots
from bridge.music.trio_windows import BASS_PROGRAMS
from tools.data.harmony import half_bar_chords
from tools.data.sizes import BARS

LOWEST_BASS_MEAN = 55
"""Highest mean pitch of a bass (G3); a piece without a bass is no trio."""
MOST_BARS = 1000
Classes = npt.NDArray[np.int64]
A = TypeVar("A")
B = TypeVar("B")


@dataclass(frozen=True)
class Piece:
    """A trio: ``melody`` and ``bass`` classes and ``drums`` masks in slots, [bars * 16] each.

    ``shift`` is the number of semitones to the common key; ``chords`` are the classes of its half
    bars [2 * bars], inferred from all its pitched notes.
    """

    name: str
    melody: Classes
    bass: Classes
    drums: Classes
    shift: int
    chords: Classes
    metre: Metre = FOUR_FOUR


@dataclass(frozen=True)
class SkippedFile:
    """A file that holds no trio, and the reason."""

    name: str
    reason: str


def read_piece(path: str) -> Piece | SkippedFile:
    """Read one file. Never raises for its content: large folders hold broken files."""
    name = Path(path).stem
    try:
        song = midi_file.read(path)
        melody, (metre, origin, _) = find_melody(song), song_bars(song)
    except BridgeError as exc:
        return SkippedFile(name, str(exc).splitlines()[0])
    bass = find_bass(song, melody)
    drums = [n for t in song.tracks if t.is_drums for n in t.notes]
    if bass is None or not drums:
        return SkippedFile(name, "there is no bass in it" if bass is None else "no drums in it")
    bars = (song.end - origin) // metre.ticks
    if not BARS <= bars <= MOST_BARS:
        return SkippedFile(name, f"it has {bars} bars; {BARS} to {MOST_BARS} are wanted")
    weights = pitch_class_weights((n.pitch, float(n.length)) for n in melody.notes)
    steps = bars * metre.steps
    pitched = [n for t in song.tracks if not t.is_drums for n in t.notes]
    edges = np.array([metre.half_start(half) for half in range(2 * bars + 1)])
    return Piece(
        name=name,
        melody=to_slots(encode_line(skyline(melody.notes), origin, steps, metre), metre),
        bass=to_slots(encode_line(_lower(bass.notes), origin, steps, metre), metre),
        drums=to_slots(encode_drums(drums, origin, steps, metre), metre),
        shift=estimate_key(weights).shift,
        chords=half_bar_chords(pitched, origin, edges),
        metre=metre,
    )


def find_bass(song: Song, melody: Track) -> Track | None:
    """The bass: found by program or name, else the lowest low track; None without one."""
    others = [t for t in song.tracks if t.notes and not t.is_drums and t is not melody]
    told = [t for t in others if t.program in BASS_PROGRAMS or "bass" in t.name.casefold()]
    low = [t for t in told or others if _mean_pitch(t) < LOWEST_BASS_MEAN]
    return min(low, key=_mean_pitch, default=None)


def _mean_pitch(track: Track) -> float:
    return sum(n.pitch for n in track.notes) / len(track.notes)


def _lower(notes: Iterable[Note]) -> list[Note]:
    """The lowest note of each onset, cut where the next begins."""
    line: dict[int, Note] = {}
    for note in notes:
        if note.tick not in line or note.pitch < line[note.tick].pitch:
            line[note.tick] = note
    return [line[tick] for tick in sorted(line)]


# --- many files -----------------------------------------------------------------------------


def read_folder(folder: Path, scheduler: str = "") -> list[Piece]:
    """Every trio below a folder, in the order of the names; skipped files are counted and printed.

    ``scheduler`` is the address of a Dask cluster that sees the same paths; without one every core
    of this machine reads. SystemExit where there is no MIDI file at all.
    """
    paths = sorted(str(p) for p in folder.rglob("*") if p.suffix.lower() in (".mid", ".midi"))
    if not paths:
        raise SystemExit(f"no MIDI files (*.mid) below {folder}")
    results = on_cluster(read_piece, paths, scheduler) if scheduler else on_cores(read_piece, paths)
    pieces, reasons = [], []
    for result in tqdm(results, total=len(paths), desc=folder.name, unit="file"):
        if isinstance(result, Piece):
            pieces.append(result)
        else:
            reasons.append(f"{result.name}: {result.reason}")
    for reason in reasons[:5]:
        tqdm.write(f"skipped: {reason}")
    if len(reasons) > 5:
        tqdm.write(f"skipped: {len(reasons) - 5} more")
    return pieces


def on_cores(function: Callable[[A], B], items: list[A]) -> Iterator[B]:
    """``function`` of each item, in order, with one process for each core."""
    with ProcessPoolExecutor() as pool:
        yield from pool.map(function, items, chunksize=8)


def on_cluster(function: Callable[[A], B], items: list[A], scheduler: str) -> Iterator[B]:
    """``function`` of each item, in order, by the workers of a Dask cluster."""
    try:
        from distributed import Client
    except ImportError as exc:
        raise ExtraMissing("distributed", "cluster", "reading on a Dask cluster") from exc
    with Client(scheduler) as client:
        for future in client.map(function, items, batch_size=64):
            yield future.result()

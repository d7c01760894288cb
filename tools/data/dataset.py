"""The prepared data set: one compressed .npz of arrays, and the windows drawn from it."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bridge.music.grid import SLOTS_PER_BAR
from bridge.music.key import estimate_key
from bridge.system.atomic_write import write_whole
from tools.data.sizes import BARS, HALVES, PHASES

IntArray = npt.NDArray[np.int64]
SPLITS = ("train", "valid", "test")
FILE_NAME = "trio.npz"
MELODY_PART, BASS_PART, DRUMS_PART = 1, 2, 4
ALL_PARTS = MELODY_PART | BASS_PART | DRUMS_PART


def split_of(lead: str) -> int:
    """Index into SPLITS by the tune's name: sha1 ending in 0 or 1 is test, in 2 validation."""
    last = hashlib.sha1(lead.encode()).hexdigest()[-1]
    return {"0": 2, "1": 2, "2": 1}.get(last, 0)


@dataclass(frozen=True)
class Dataset:
    """All pieces one after another.

    ``melody``, ``bass`` [T] classes (see bridge.music.tokens) in the piece's own key,
    ``drums`` [T] bit masks; piece p covers ``starts[p]`` .. ``starts[p] + lengths[p]`` and is
    lead ``lead[p]`` in groove ``groove[p]``. Lead l has half-bar chord classes
    ``chords[chord_starts[l]:]``, a key shift (semitones to the common key), and a split
    (index into SPLITS).

    Every bar has 16 slots (see ``tools.data.slots``); piece p is in ``metre[p]`` (index into
    NETWORK_METRES). ``parts[p]`` has a bit for each of melody, bass and drums that the piece has:
    lead sheets have a melody alone, performances of drummers drums alone.
    """

    melody: npt.NDArray[np.uint8]
    bass: npt.NDArray[np.uint8]
    drums: npt.NDArray[np.uint16]
    starts: IntArray
    lengths: IntArray
    lead: IntArray
    groove: IntArray
    chords: npt.NDArray[np.uint8]
    chord_starts: IntArray
    shift: IntArray
    split: IntArray
    lead_names: npt.NDArray[np.str_]
    groove_names: npt.NDArray[np.str_]
    source: npt.NDArray[np.str_]
    metre: npt.NDArray[np.uint8] = field(default_factory=lambda: np.zeros(0, np.uint8))
    parts: npt.NDArray[np.uint8] = field(default_factory=lambda: np.zeros(0, np.uint8))

    def __post_init__(self) -> None:
        """Without a metre all pieces are in 4/4, without parts all are trios."""
        if not len(self.metre):
            object.__setattr__(self, "metre", np.zeros(len(self.starts), np.uint8))
        if not len(self.parts):
            object.__setattr__(self, "parts", np.full(len(self.starts), ALL_PARTS, np.uint8))

    @classmethod
    def load(cls, folder: Path) -> Dataset:
        """The data set that ``tools.data.build_dataset`` wrote into ``folder``. SystemExit if
        missing."""
        path = folder / FILE_NAME
        if not path.exists():
            raise SystemExit(f"{path} is missing: run python -m tools.data.build_dataset first")
        with np.load(path, allow_pickle=False) as arrays:
            return cls(**{name: arrays[name] for name in arrays.files})

    def save(self, folder: Path) -> Path:
        """Write all arrays to ``folder``; returns the file's path."""
        path = folder / FILE_NAME
        content = io.BytesIO()
        np.savez_compressed(content, **vars(self))
        write_whole(path, content.getvalue())
        return path

    def pieces(self, split: str, metre: int = 0, parts: int = ALL_PARTS) -> IntArray:
        """Indices of the pieces of a split, in one metre, that have all of ``parts``."""
        wanted = self.split[self.lead] == SPLITS.index(split)
        return np.flatnonzero(wanted & (self.metre == metre) & ((self.parts & parts) == parts))

    def drum_vocabulary(self, limit: int = 512) -> IntArray:
        """The drum masks that occur in training, most frequent first."""
        train = np.isin(self.lead, np.flatnonzero(self.split == 0))
        counts = np.zeros(512, np.int64)
        for piece in np.flatnonzero(train):
            at = self.starts[piece]
            counts += np.bincount(self.drums[at : at + self.lengths[piece]], minlength=512)
        order = np.argsort(-counts, kind="stable")
        return order[counts[order] > 0][:limit]


def transpose(classes: IntArray, semitones: IntArray | int) -> IntArray:
    """Move note-on classes by semitones, by octaves back into 2..89 where they leave it."""
    moved = classes + semitones
    moved = np.where(moved < 2, moved + 12, moved)
    moved = np.where(moved > 89, moved - 12, moved)
    return np.where(classes >= 2, moved, classes)


def transpose_chords(chords: IntArray, semitones: IntArray | int) -> IntArray:
    """Move chord classes 0..24 by semitones (see bridge.music.chords)."""
    index = chords - 1
    moved = index // 12 * 12 + (index % 12 + semitones) % 12 + 1
    return np.where(chords > 0, moved, 0)


def root_of(chords: IntArray) -> IntArray:
    """Root pitch classes of chord classes; meaningless for class 0 (no chord)."""
    return (chords - 1) % 12


def pitch_class(notes: IntArray) -> IntArray:
    """Pitch classes of note-on classes."""
    return (notes + 19) % 12


def class_weights(classes: IntArray) -> npt.NDArray[np.float64]:
    """Pitch-class weights [12] of a line of classes, each note by its length in steps."""
    weights = np.zeros(12)
    onsets = np.flatnonzero(classes > 0)
    ends = np.append(onsets, len(classes))[1:]
    for at, end in zip(onsets, ends, strict=True):
        if classes[at] >= 2:
            weights[pitch_class(classes[at])] += min(end - at, 2 * SLOTS_PER_BAR)
    return weights


@dataclass(frozen=True)
class Batch:
    """Windows in the common key, as arrays.

    ``tokens`` [N, 64, 3]; ``chords`` [N, 8]; ``style_bass`` and ``style_drums`` [N, 64] of another
    window of the same groove, turned so that it begins where the groove does. ``phase`` [N] (0..3)
    is the bar of the groove that the window begins with, ``style_phase`` [N] that of the style's
    window before it was turned.
    """

    tokens: IntArray
    chords: IntArray
    style_bass: IntArray
    style_drums: IntArray
    phase: IntArray
    style_phase: IntArray


def turned(line: IntArray, phase: IntArray) -> IntArray:
    """Windows [N, T] with their bars rotated so that each begins at phase 0.

    ``phase`` [N] is the phase of their first bars. Windows shorter than a groove are rotated within
    their own length.
    """
    bars = line.reshape(len(line), -1, SLOTS_PER_BAR)
    count = bars.shape[1]
    order = (np.arange(count) - phase[:, None]) % count
    return bars[np.arange(len(bars))[:, None], order].reshape(line.shape)


class Windows:
    """Windows of one split, ``bars`` long, each beginning on a bar line; listed or drawn."""

    def __init__(self, data: Dataset, split: str, bars: int = BARS) -> None:
        self.data, self.steps = data, bars * SLOTS_PER_BAR
        self.halves = bars * HALVES // BARS
        starts: list[IntArray] = []
        owners: list[IntArray] = []
        for piece in data.pieces(split):
            bars = (data.lengths[piece] - self.steps) // SLOTS_PER_BAR + 1
            first = data.starts[piece] + SLOTS_PER_BAR * np.arange(max(bars, 0))
            keep = first[[self._sounds(int(at)) for at in first]] if len(first) else first
            starts.append(keep)
            owners.append(np.full(len(keep), piece))
        self.start = np.concatenate(starts) if starts else np.zeros(0, np.int64)
        self.piece = np.concatenate(owners) if owners else np.zeros(0, np.int64)
        if not len(self.start):
            raise SystemExit(f"the {split} split holds no window")
        order = np.argsort(self.piece, kind="stable")
        self.start, self.piece = self.start[order], self.piece[order]
        pieces = len(data.starts)
        self.first = np.searchsorted(self.piece, np.arange(pieces), side="left")
        self.last = np.searchsorted(self.piece, np.arange(pieces), side="right")
        grooves = data.groove[self.piece]
        self.by_groove = np.argsort(grooves, kind="stable")
        self.groove_first = np.searchsorted(
            grooves[self.by_groove], np.arange(len(data.groove_names) + 1)
        )

    def _sounds(self, at: int) -> bool:
        """True if melody, bass and drums all have enough events in the window at ``at``."""
        data, end = self.data, at + self.steps
        return bool(
            (data.melody[at:end] >= 2).sum() >= 3
            and (data.bass[at:end] >= 2).sum() >= 2
            and (data.drums[at:end] > 0).sum() >= 4
        )

    def __len__(self) -> int:
        return len(self.start)

    def style_windows(self, index: IntArray, rng: np.random.Generator) -> IntArray:
        """For each window another of the same piece, or of the same groove in another piece."""
        out = np.empty_like(index)
        for i, window in enumerate(index):
            piece = self.piece[window]
            if rng.random() < 0.6:
                out[i] = rng.integers(self.first[piece], self.last[piece])
            else:
                groove = self.data.groove[piece]
                low, high = self.groove_first[groove], self.groove_first[groove + 1]
                out[i] = self.by_groove[rng.integers(low, high)]
        return out

    def cut(self, index: IntArray, track: str) -> IntArray:
        """Raw classes [N, 64] of a track, not transposed."""
        steps = self.start[index][:, None] + np.arange(self.steps)
        return getattr(self.data, track)[steps].astype(np.int64)

    def bar(self, index: IntArray) -> IntArray:
        """For each listed window the bar of its piece that it begins with [N]."""
        return (self.start[index] - self.data.starts[self.piece[index]]) // SLOTS_PER_BAR

    def grooves(self, index: IntArray) -> tuple[IntArray, IntArray, IntArray]:
        """Bass and drums [N, 64] of the listed windows, and the phases [N] of their first bars.

        Each is turned so that it begins where its groove does; none is transposed.
        """
        at = self.bar(index) % PHASES
        return turned(self.cut(index, "bass"), at), turned(self.cut(index, "drums"), at), at

    def batch(self, index: IntArray, rng: np.random.Generator, window_key: float = 0.0) -> Batch:
        """The listed windows in the common key of their tunes.

        A share ``window_key`` (0..1) is in the key found in the window alone instead.
        """
        data = self.data
        lead = data.lead[self.piece[index]]
        melody = self.cut(index, "melody")
        shift = data.shift[lead].copy()
        for i in np.flatnonzero(rng.random(len(index)) < window_key):
            shift[i] = estimate_key(class_weights(melody[i])).shift
        column = shift[:, None]
        bar = self.bar(index)
        halves = data.chord_starts[lead] + 2 * bar
        chords = data.chords[halves[:, None] + np.arange(self.halves)].astype(np.int64)
        tokens = np.stack(
            [
                transpose(melody, column),
                transpose(self.cut(index, "bass"), column),
                self.cut(index, "drums"),
            ],
            axis=-1,
        )
        bass, drums, at = self.grooves(self.style_windows(index, rng))
        return Batch(
            tokens=tokens,
            chords=transpose_chords(chords, column),
            style_bass=transpose(bass, column),
            style_drums=drums,
            phase=bar % PHASES,
            style_phase=at,
        )

    def random(self, count: int, rng: np.random.Generator, window_key: float = 0.0) -> Batch:
        """``count`` windows drawn with replacement."""
        return self.batch(rng.integers(0, len(self), count), rng, window_key)

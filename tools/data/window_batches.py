"""Batches of windows for the two-level model: trios as they are, single parts made various.

The augmentations of a single part: bars of another window, other bar orders, rotations, any
transposition, changed and missing notes, drums of another window. A network that has only heard
what a library of grooves holds does not hold anything else.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from bridge.model.two_level.chord_relative import to_relative
from bridge.model.two_level.code_layout import NETWORK_METRES
from bridge.music.grid import METRES, SLOTS_PER_BAR
from tools.data.dataset import (
    ALL_PARTS,
    BASS_PART,
    DRUMS_PART,
    MELODY_PART,
    SPLITS,
    Dataset,
    IntArray,
    transpose,
)
from tools.data.sizes import BARS, DRUM_BITS, STEPS
from tools.data.slots import slot_mask

Rng = np.random.Generator
Floats = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]
PLAIN: Final = 0.33
"""Share of the single parts that stay as they are."""
PARTS = (MELODY_PART, BASS_PART, DRUMS_PART)
FEWEST = (3, 2, 4)
"""Events that a window of melody, bass and drums has at least."""
MASKS = np.stack([slot_mask(METRES[name]) for name in NETWORK_METRES])
"""[4, 16]: the slots that hold a step in each metre."""
TRIO_WEIGHTS: Final = {"rendered 4/4": 0.3, "3/4": 0.12, "6/8": 0.12, "12/8": 0.11, "real": 0.35}
"""Shares of the pools of whole trios; below, of single melodies, basses and drums."""
SINGLE_SHARES: Final = (0.15, 0.12, 0.33)
"""Shares of a batch that are single melodies, basses and drums; drums are held last."""
SINGLE_WEIGHTS: Final[tuple[dict[str, float], ...]] = (
    {"leads": 0.45, "real": 0.35, "basses": 0.2},
    {"real": 0.45, "rendered": 0.35, "melodies": 0.2},
    {"groove": 0.4, "real": 0.25, "rendered": 0.25, "patterns": 0.1},
)
ROLLS = np.array([2, 4, 6, 8, -2, -4, 1, 3])
OCTAVES = np.array([-24, -12, 0, 12, 24])


@dataclass(frozen=True)
class Lines:
    """The whole data set as the network reads it: melody in the common key, bass relative to its
    chords, drums; all [T] in slots, and the chord class of each slot in the common key."""

    melody: npt.NDArray[np.uint8]
    bass: npt.NDArray[np.uint8]
    drums: npt.NDArray[np.uint16]
    chords: npt.NDArray[np.uint8]

    @classmethod
    def of(cls, data: Dataset) -> Lines:
        """Move every piece."""
        melody, bass = data.melody.copy(), data.bass.copy()
        chords = np.zeros_like(melody)
        for piece, (start, size) in enumerate(zip(data.starts, data.lengths, strict=True)):
            cut, lead = slice(start, start + size), data.lead[piece]
            shift = data.shift[lead]
            first = data.chord_starts[lead]
            named = data.chords[first : first + 2 * size // SLOTS_PER_BAR].repeat(
                SLOTS_PER_BAR // 2
            )
            raw = named.astype(np.int64)
            melody[cut] = transpose(melody[cut].astype(np.int64), shift)
            bass[cut] = to_relative(bass[cut].astype(np.int64), raw)
            chords[cut] = np.where(raw > 0, (raw - 1) // 12 * 12 + (raw - 1 + shift) % 12 + 1, 0)
        return cls(melody, bass, data.drums, chords)


@dataclass(frozen=True)
class Pool:
    """Windows to draw from: first slots [W], metres [W] (index into NETWORK_METRES), and pieces."""

    start: IntArray
    metre: IntArray
    piece: IntArray

    def draw(self, count: int, rng: Rng) -> tuple[IntArray, IntArray]:
        """First slots and metres of random windows."""
        index = rng.integers(0, len(self.start), count)
        return self.start[index], self.metre[index]


class WindowSource:
    """Pools of windows of one split, by the parts that they have and by where they are from."""

    def __init__(self, data: Dataset, lines: Lines, split: str) -> None:
        self.data, self.lines, self.split = data, lines, split
        self._counts = [
            np.concatenate([[0], np.cumsum(line >= least)])
            for line, least in ((lines.melody, 2), (lines.bass, 2), (lines.drums, 1))
        ]

    def pool(self, parts: int, pieces: npt.NDArray[np.bool_]) -> Pool:
        """Windows in which each of ``parts`` sounds, of the chosen pieces [P] of the split. A
        piece shorter than a window has none."""
        data = self.data
        wanted = pieces & (data.split[data.lead] == SPLITS.index(self.split))
        wanted &= (data.parts & parts) == parts
        starts, owners = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for piece in np.flatnonzero(wanted):
            bars = (data.lengths[piece] - STEPS) // SLOTS_PER_BAR + 1
            first = data.starts[piece] + SLOTS_PER_BAR * np.arange(max(int(bars), 0))
            starts.append(first)
            owners.append(np.full(len(first), piece))
        start, owner = np.concatenate(starts), np.concatenate(owners)
        keep = np.ones(len(start), bool)
        for bit, counts, least in zip(PARTS, self._counts, FEWEST, strict=True):
            if parts & bit:
                keep &= counts[start + STEPS] - counts[start] >= least
        return Pool(start[keep], data.metre[owner[keep]].astype(np.int64), owner[keep])

    def cut(self, part: int, start: IntArray) -> IntArray:
        """A part's windows [N, 64]."""
        line = (self.lines.melody, self.lines.bass, self.lines.drums)[part]
        return line[start[:, None] + np.arange(STEPS)].astype(np.int64)

    def tokens(self, start: IntArray) -> IntArray:
        """Windows [N, 64, 3]."""
        return np.stack([self.cut(part, start) for part in range(3)], -1)


@dataclass(frozen=True)
class Rows:
    """Rows of a batch: trios first, then single parts. ``tokens`` [N, 64, 3] (zeros for parts that
    are not there), ``there`` [N, 3], ``metre`` [N]; ``plain`` [N] is false for rows that were made
    various; ``sizes`` are the numbers of trios and of single melodies, basses and drums."""

    tokens: IntArray
    there: Floats
    metre: IntArray
    plain: Flags
    sizes: tuple[int, int, int, int]


class BatchMaker:
    """Draws batches of a split: whole trios, and single parts in the shares
    :data:`SINGLE_SHARES`."""

    def __init__(self, source: WindowSource) -> None:
        self.source = source
        data = source.data
        origin = data.source[data.lead]
        self.real = origin == "real"
        self.drummers = origin == "groove"
        self.patterns = np.char.startswith(origin, "drums-")
        self.made = ~(self.real | self.drummers | self.patterns)

    @cached_property
    def trios(self) -> dict[str, Pool]:
        """Pools of whole trios."""
        metre, pool = self.source.data.metre, self.source.pool
        by_metre = {
            name: pool(ALL_PARTS, self.made & (metre == NETWORK_METRES.index(name)))
            for name in NETWORK_METRES
        }
        return {
            "rendered 4/4": by_metre.pop("4/4"), **by_metre, "real": pool(ALL_PARTS, self.real)
        }  # fmt: skip

    @cached_property
    def singles(self) -> tuple[dict[str, Pool], ...]:
        """Pools of single melodies, basses and drums; lines of another part are named as such."""
        pool = self.source.pool
        leads, played = pool(MELODY_PART, self.made), pool(MELODY_PART, self.real)
        low, rendered = pool(BASS_PART, self.real), pool(BASS_PART, self.made)
        return (
            {"leads": leads, "real": played, "basses": low},
            {"real": low, "rendered": rendered, "melodies": leads},
            {
                "groove": pool(DRUMS_PART, self.drummers),
                "real": pool(DRUMS_PART, self.real),
                "rendered": pool(DRUMS_PART, self.made),
                "patterns": pool(DRUMS_PART, self.patterns),
            },
        )

    def draw(self, count: int, rng: Rng) -> Rows:
        """A batch of ``count`` rows."""
        melodies, basses, drums = (int(count * share) for share in SINGLE_SHARES)
        sizes = (count - melodies - basses - drums, melodies, basses, drums)
        start, metre = _mixed(self.trios, TRIO_WEIGHTS, sizes[0], rng)
        tokens = [self.source.tokens(start)]
        there = [np.ones((len(start), 3), np.float32)]
        metres = [metre]
        plain = [np.ones(len(start), bool)]
        for part in range(3):
            each = sizes[1 + part]
            line, metre, untouched = self._single(part, SINGLE_WEIGHTS[part], each, rng)
            row = np.zeros((each, STEPS, 3), np.int64)
            row[..., part] = line
            tokens.append(row)
            there.append(np.eye(3, dtype=np.float32)[[part] * each])
            metres.append(metre)
            plain.append(untouched)
        return Rows(
            np.concatenate(tokens),
            np.concatenate(there),
            np.concatenate(metres),
            np.concatenate(plain),
            sizes,
        )

    def _single(
        self, part: int, weights: dict[str, float], count: int, rng: Rng
    ) -> tuple[IntArray, IntArray, Flags]:
        pools = self.singles[part]
        lines, metres, owned = [], [], []
        for name, size in _sizes(pools, weights, count, rng).items():
            start, metre = pools[name].draw(size, rng)
            other = {"basses": 1, "melodies": 0}.get(name, part)
            lines.append(self.source.cut(other, start))
            metres.append(metre)
            owned.append(np.full(size, other == part))
        line, metre, own = (np.concatenate(x) for x in (lines, metres, owned))
        varied = various_drums if part == 2 else various_lines
        plain = chosen(count, PLAIN, rng)
        made = np.where(plain[:, None], line, varied(line, metre, rng))
        # A line of another part is no example of how this one goes.
        return made, metre, plain & own


def _sizes(
    pools: dict[str, Pool], weights: dict[str, float], count: int, rng: Rng
) -> dict[str, int]:
    """The number of windows, of ``count``, that come from each pool that has any."""
    names = [name for name in weights if len(pools[name].start)]
    share = np.array([weights[name] for name in names])
    drawn = rng.multinomial(count, share / share.sum())
    return {name: int(size) for name, size in zip(names, drawn, strict=True) if size}


def _mixed(
    pools: dict[str, Pool], weights: dict[str, float], count: int, rng: Rng
) -> tuple[IntArray, IntArray]:
    drawn = [
        pools[name].draw(size, rng) for name, size in _sizes(pools, weights, count, rng).items()
    ]
    return np.concatenate([s for s, _ in drawn]), np.concatenate([m for _, m in drawn])


# --- augmentation ----------------------------------------------------------------------------


def partners(metre: IntArray, rng: Rng) -> IntArray:
    """For each row another (or the same) row of the same metre."""
    out = np.arange(len(metre))
    for each in np.unique(metre):
        rows = np.flatnonzero(metre == each)
        out[rows] = rng.permutation(rows)
    return out


def chosen(count: int, share: float, rng: Rng) -> npt.NDArray[np.bool_]:
    """A random share of rows."""
    return rng.random(count) < share


def reordered(lines: IntArray, rows: npt.NDArray[np.bool_], rng: Rng) -> IntArray:
    """Bars of the chosen rows [N, 64] in a random order, with repeats."""
    bars = lines.reshape(len(lines), BARS, SLOTS_PER_BAR)
    order = np.where(rows[:, None], rng.integers(0, BARS, (len(lines), BARS)), np.arange(BARS))
    return bars[np.arange(len(lines))[:, None], order].reshape(lines.shape)


def rotated(lines: IntArray, rows: npt.NDArray[np.bool_], rng: Rng) -> IntArray:
    """The chosen rows [N, T] (whole windows) rotated within each by 16ths, 8ths or beats."""
    shift = np.where(rows, rng.choice(ROLLS, len(lines)), 0)
    at = np.arange(lines.shape[1])
    index = at // STEPS * STEPS + (at - shift[:, None]) % STEPS
    return np.take_along_axis(lines, index, 1)


def various_drums(lines: IntArray, metre: IntArray, rng: Rng) -> IntArray:
    """Drums [N, 64] with drums of others, bars in other orders, drums left out and exchanged,
    rotations (in 4/4), single hits changed."""
    lines = reordered(lines, chosen(len(lines), 0.3, rng), rng)
    lines = varied_voices(lines, metre, rng)
    bits = (lines[..., None] >> np.arange(DRUM_BITS)) & 1
    flips = (rng.random(bits.shape) < 0.004) & chosen(len(lines), 0.5, rng)[:, None, None]
    bits = np.where(flips, 1 - bits, bits)
    bits *= np.tile(MASKS[metre], (1, BARS))[..., None]
    return (bits << np.arange(DRUM_BITS)).sum(-1)


def varied_voices(lines: IntArray, metre: IntArray, rng: Rng) -> IntArray:
    """Drums [N, T] (whole bars) with drums of others, drums left out and exchanged, rotations (in
    4/4): the same change all the way through."""
    count = len(lines)
    lines = rotated(lines, chosen(count, 0.25, rng) & (metre == 0), rng)
    bits = (lines[..., None] >> np.arange(DRUM_BITS)) & 1
    other = bits[partners(metre, rng)]
    swap = (rng.random((count, 1, DRUM_BITS)) < 0.3) & chosen(count, 0.6, rng)[:, None, None]
    bits = np.where(swap, other, bits)
    left = (rng.random((count, 1, DRUM_BITS)) < 0.1) & chosen(count, 0.5, rng)[:, None, None]
    bits = bits * ~left
    exchanged = np.flatnonzero(chosen(count, 0.25, rng))
    order = np.tile(np.arange(DRUM_BITS), (count, 1))
    a, b = rng.integers(0, DRUM_BITS, (2, len(exchanged)))
    order[exchanged, a], order[exchanged, b] = b, a
    bits = np.take_along_axis(bits, order[:, None, :], 2)
    return (bits << np.arange(DRUM_BITS)).sum(-1)


def various_lines(lines: IntArray, metre: IntArray, rng: Rng) -> IntArray:
    """Melodies or basses [N, 64] with bars of others, rotated, at half and double speed (in 4/4),
    transposed, with notes changed and left out."""
    count = len(lines)
    out = np.where(
        np.repeat(rng.random((count, BARS)) < 0.5, SLOTS_PER_BAR, 1)
        & chosen(count, 0.3, rng)[:, None],
        lines[partners(metre, rng)],
        lines,
    )
    four = metre == 0
    out = rotated(out, chosen(count, 0.25, rng) & four, rng)
    speed = rng.random(count)
    double = np.concatenate([out[:, ::2]] * 2, 1)
    half = np.stack([out[:, : STEPS // 2], np.zeros((count, STEPS // 2), np.int64)], 2)
    out = np.where((four & (speed < 0.08))[:, None], double, out)
    out = np.where((four & (speed > 0.92))[:, None], half.reshape(count, STEPS), out)
    out = moved(out, rng.integers(-12, 13, count))
    out = moved(out, rng.choice(OCTAVES, count, p=[0.1, 0.2, 0.4, 0.2, 0.1]))
    note = out >= 2
    changed = note & (rng.random(out.shape) < 0.03) & chosen(count, 0.5, rng)[:, None]
    out = np.where(changed, np.clip(out + rng.integers(-5, 6, out.shape), 2, 89), out)
    gone = (rng.random(out.shape) < 0.05) & chosen(count, 0.3, rng)[:, None]
    return np.where(gone, 0, out)


def moved(lines: IntArray, semitones: IntArray) -> IntArray:
    """Rows [N, T] transposed by ``semitones`` [N] each; a row that would leave 2..89 stays."""
    low = np.where(lines >= 2, lines, 99).min(1)
    high = lines.max(1)
    fits = (low + semitones >= 2) & (high + semitones <= 89)
    return np.where((lines >= 2) & fits[:, None], lines + semitones[:, None], lines)

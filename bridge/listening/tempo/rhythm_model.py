"""A model of the rhythm of melodies: gaps between onsets, by their place in the bar. Pure.

A tune has one of some kinds of rhythm (even quarters, reels in 8ths, dotted figures ...), and
within it the next onset depends on the place of the last one in the bar: a mixture of metrical
Markov chains (Temperley 2007, "Music and Probability"; Nakamura et al. 2017, "Rhythm transcription
of polyphonic MIDI performances"). The shares are counted on training tunes by
``tools/train/rhythm_tables.py``. Times, step lengths and places are followed together by dynamic
programming, so that the tempo octave and the bar line are judged by the same likelihood.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from bridge.listening.chord_features import Floats

TABLES: Final = Path(__file__).with_name("rhythm_tables.npz")
LONGEST_GAP: Final = 32
"""Steps between two onsets that are told apart."""
PLACES: Final = 16
"""Most places of a bar."""
IOI_SD: Final = 0.022
"""Deviation of the time between two onsets: that of two of them, in seconds."""
RUBATO: Final = 0.02
"""Deviation of a tempo, as a share of a gap."""
STRAY: Final = 0.02
"""Density (1/s) of a gap that fits no grid."""
IMPOSSIBLE: Final = -60.0
"""Logarithm for what cannot be: places beyond a shorter bar."""
_TOGETHER: Final = 0.004
"""Share of a gap of no step: an ornament."""
_FLOOR: Final = 2e-4
"""Added to each share, so that no gap is impossible."""
_STEP_LENGTHS: Final = np.geomspace(0.05, 0.30, 150)
"""Seconds of a 16th that are tried."""
_DOWNBEAT, _BEAT, _EIGHTH, _OFF = 0.7, 0.2, 0.015, 0.002
"""Weights of the places that a player begins at; those of beats in all."""


class BarKind(StrEnum):
    """A bar of four beats, of three, or of two beats in threes; the value names its tables."""

    FOUR = "four"
    THREE = "three"
    COMPOUND = "compound"

    @property
    def places(self) -> int:
        """Steps (16ths) of a bar."""
        return 16 if self is BarKind.FOUR else 12

    @property
    def steps_per_beat(self) -> int:
        """Steps (16ths) of a beat."""
        return 6 if self is BarKind.COMPOUND else 4


KINDS: Final = tuple(BarKind)


@dataclass(frozen=True)
class RhythmTables:
    """The kinds of rhythm [K] of all kinds of bars, with logarithms of shares.

    ``kind`` [K] indexes :data:`KINDS`; ``start`` [K, P] is the share of a rhythm and of the place
    that it begins at; ``gaps`` [G, K, P] the share of a gap that leads to a place, ``origin``
    [G, K, P] the place that it comes from; ``degrees`` [2, 12, K, P] how much more usual a degree
    of the scale (of a major, a minor key) is at a place; ``accent`` [K, P] in deviations of
    velocity. P is :data:`PLACES`, G :data:`LONGEST_GAP` + 1; ``any_gap`` [G] is the share of a gap
    at any place.
    """

    kind: npt.NDArray[np.int64]
    start: npt.NDArray[np.float32]
    gaps: npt.NDArray[np.float32]
    origin: npt.NDArray[np.int64]
    degrees: npt.NDArray[np.float32]
    accent: npt.NDArray[np.float32]
    any_gap: Floats

    def of(self, kind: BarKind) -> RhythmTables:
        """The rhythms of one kind of bar alone."""
        rows = self.kind == KINDS.index(kind)
        return RhythmTables(
            self.kind[rows], self.start[rows], self.gaps[:, rows], self.origin[:, rows],
            self.degrees[:, :, rows], self.accent[rows], self.any_gap,
        )  # fmt: skip


@dataclass(frozen=True)
class Followed:
    """Step lengths [B] (seconds), the log likelihood [B, K, P] of each at each rhythm and place of
    the last onset, and the gaps [N - 1, B, K, P] that led there."""

    steps: Floats
    scores: npt.NDArray[np.float32]
    gaps: npt.NDArray[np.int8]

    def places(self, step: int, rhythm: int, place: int, tables: RhythmTables) -> npt.NDArray[Any]:
        """The places [N] of all onsets in steps from the first bar line, for the best way to the
        last onset at ``place``."""
        bar = KINDS[int(tables.kind[rhythm])].places
        gaps: list[int] = []
        for choices in self.gaps[::-1]:
            gap = int(choices[step, rhythm, place])
            gaps.append(gap)
            place = (place - gap) % bar
        return place + np.concatenate([[0], np.cumsum(gaps[::-1], dtype=np.int64)])


@cache
def tables() -> RhythmTables:
    """The tables of all kinds of bars."""
    with np.load(TABLES, allow_pickle=False) as file:
        return joined_tables({name: np.asarray(file[name], np.float64) for name in file.files})


@cache
def tables_of(kind: BarKind) -> RhythmTables:
    """The tables of one kind of bar."""
    return tables().of(kind)


def joined_tables(counted: dict[str, Floats]) -> RhythmTables:
    """Tables from shares: for each kind of bar ``KIND gaps`` [K, places, gaps], ``KIND shares``
    [K] and ``KIND degrees`` [2, places, 12] (logarithms)."""
    kinds, starts, gaps, origins, degrees, accents = [], [], [], [], [], []
    every = np.arange(PLACES)
    for number, kind in enumerate(KINDS):
        logs = _log_gaps(counted[f"{kind} gaps"])
        count, inside = len(logs), every < kind.places
        origin = (every[None, :] - np.arange(LONGEST_GAP + 1)[:, None]) % kind.places
        arrived = logs[:, origin, np.arange(LONGEST_GAP + 1)[:, None]]
        gaps.append(np.where(inside, arrived, IMPOSSIBLE).transpose(1, 0, 2))
        origins.append(np.repeat(origin[:, None, :], count, axis=1))
        shares = np.log(counted[f"{kind} shares"])[:, None]
        starts.append(shares + _padded(_beginnings(kind), IMPOSSIBLE))
        degrees.append(np.repeat(_padded(counted[f"{kind} degrees"].transpose(0, 2, 1), 0.0)
                                 [:, :, None], count, axis=2))  # fmt: skip
        accents.append(np.repeat(_padded(_accents(kind), 0.0)[None], count, axis=0))
        kinds += [number] * count
    usual = np.einsum("k,kpg->g", counted["four shares"], counted["four gaps"]) / PLACES
    usual[0] = _TOGETHER
    return RhythmTables(
        np.array(kinds), np.concatenate(starts).astype(np.float32),
        np.concatenate(gaps, axis=1).astype(np.float32), np.concatenate(origins, axis=1),
        np.concatenate(degrees, axis=2).astype(np.float32),
        np.concatenate(accents).astype(np.float32), np.log(usual + 0.002),
    )  # fmt: skip


def _log_gaps(shares: Floats) -> Floats:
    """Logarithms [K, places, G] of the shares of gaps."""
    wide = np.zeros((*shares.shape[:2], LONGEST_GAP + 1))
    wide[:, :, : shares.shape[2]] = shares
    wide[:, :, 0] = _TOGETHER
    wide += _FLOOR
    return np.asarray(np.log(wide / wide.sum(axis=2, keepdims=True)))


def _padded(values: Floats, by: float) -> Floats:
    """Values [..., places] as [..., PLACES]."""
    missing = [(0, 0)] * (values.ndim - 1) + [(0, PLACES - values.shape[-1])]
    return np.pad(values, missing, constant_values=by)


def _beginnings(kind: BarKind) -> Floats:
    """Logarithms [places] of the shares of the places that a player begins at."""
    shares = np.full(kind.places, _OFF)
    shares[2::4] = _EIGHTH
    beats = slice(kind.steps_per_beat, None, kind.steps_per_beat)
    shares[beats] = _BEAT / (kind.places // kind.steps_per_beat - 1)
    shares[0] = _DOWNBEAT
    return np.asarray(np.log(shares / shares.sum()))


def _accents(kind: BarKind) -> Floats:
    """Deviations of velocity [places] at the downbeat, beats and elsewhere."""
    accents = np.zeros(kind.places)
    accents[:: kind.steps_per_beat] = 0.5
    accents[0] = 1.5
    return accents


def step_lengths(times: Floats, tables: RhythmTables, most: int = 10) -> Floats:
    """The lengths [at most ``most`` of a 16th (seconds) that fit the gaps between ``times`` best:
    the peaks of their likelihood."""
    gaps = np.diff(times)[:, None]
    counts = gaps / _STEP_LENGTHS
    low = np.floor(counts)
    fits = np.maximum(*(
        _time_fit(gaps, count, _STEP_LENGTHS)
        + tables.any_gap[np.minimum(count, LONGEST_GAP).astype(int)]
        for count in (low, low + 1)
    )).sum(axis=0)  # fmt: skip
    padded = np.pad(fits, 2, constant_values=-np.inf)
    around = np.lib.stride_tricks.sliding_window_view(padded, 5).max(axis=1)
    peaks = np.flatnonzero(fits >= around)
    return np.asarray(_STEP_LENGTHS[peaks[np.argsort(-fits[peaks], kind="stable")][:most]])


def _time_fit(gap: Any, steps: Any, length: Any) -> Any:
    """Log density of a gap of ``gap`` seconds that is ``steps`` steps of ``length`` seconds."""
    spread = np.sqrt(IOI_SD**2 + (RUBATO * gap) ** 2)
    near = -0.5 * ((gap - steps * length) / spread) ** 2 - np.log(spread)
    return np.logaddexp(near, math.log(STRAY)) - 0.5 * math.log(2 * math.pi)


def follow(times: Floats, steps: Floats, tables: RhythmTables, heard: Floats) -> Followed:
    """The likelihood of onsets at ``times`` [N] for each of the ``steps`` [B] lengths, by all
    rhythms and places. ``heard`` [N, K, P] is what pitch and touch of each onset add."""
    ioi = np.diff(times)[:, None]
    low = np.floor(ioi / steps).astype(np.int64)
    both = np.stack([low, low + 1])
    fits = (_time_fit(ioi, both, steps) - 0.3 * np.maximum(0, both - LONGEST_GAP)).astype(
        np.float32
    )
    both = np.minimum(both, LONGEST_GAP)
    extra = heard.astype(np.float32)
    scores = np.repeat((tables.start + extra[0])[None], len(steps), axis=0)
    rows = np.arange(len(steps))[:, None, None], np.arange(len(tables.kind))[None, :, None]
    gaps = np.empty((len(ioi), *scores.shape), np.int8)
    for number in range(len(ioi)):
        short, long = both[:, number]
        fit = fits[:, number, :, None, None]
        by_short = scores[(*rows, tables.origin[short])] + tables.gaps[short] + fit[0]
        by_long = scores[(*rows, tables.origin[long])] + tables.gaps[long] + fit[1]
        longer = by_long > by_short
        gaps[number] = np.where(longer, long[:, None, None], short[:, None, None])
        scores = np.where(longer, by_long, by_short) + extra[number + 1]
    return Followed(steps, scores, gaps)

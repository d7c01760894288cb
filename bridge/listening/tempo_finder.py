"""Tempo, bar line and metre of free playing, from the times of its notes. Pure.

Distances between onsets are summed into an autocorrelation, whose value at a beat, its multiples
and its parts tells how well a beat fits (Dixon 2001, "Automatic extraction of tempo and beat from
expressive performances"; Ellis 2007, "Beat tracking by dynamic programming"). The beat is then
followed through the notes and fitted to them; the bar line is where accents, long notes, low notes
and changes of harmony are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final

import numpy as np

from bridge.listening.beat_slots import Floats
from bridge.music.grid import FOUR_FOUR, THREE_FOUR, Metre

SLOWEST, FASTEST = 45.0, 220.0
"""BPM that are looked for."""
LEAST_NOTES: Final = 8
LEAST_SECONDS: Final = 3.0
TOGETHER: Final = 0.05
"""Seconds within which onsets are one."""
SPREAD: Final = 0.03
"""Seconds of deviation of a human's onsets."""
LONGEST_LAG: Final = 4.5
"""Seconds between two onsets that are compared."""
_TEMPI: Final = np.geomspace(SLOWEST, FASTEST, 240)
_RATIOS: Final = (0.5, 1.0, 2.0, 4.0, 1 / 3)
"""Multiples and parts of a beat that distances between notes may be."""
BIN_SECONDS: Final = 0.005
_BINS: Final = int(LONGEST_LAG / BIN_SECONDS) + 40
_METRES: Final = (FOUR_FOUR, THREE_FOUR)


@dataclass(frozen=True, slots=True)
class PlayedNote:
    """A note in free time: its start (monotonic seconds), length in seconds, pitch, velocity."""

    at: float
    pitch: int
    length: float = 0.2
    velocity: int = 90


@dataclass(frozen=True, slots=True)
class FoundTempo:
    """A tempo in beats a minute, the time (seconds) of a bar line, and the metre, of three or four
    beats. ``trust`` 0..1 is the share
    of the notes that lie near the grid."""

    bpm: float
    downbeat: float
    metre: Metre
    trust: float

    def halved(self) -> FoundTempo:
        """The same music at half the tempo."""
        return replace(self, bpm=self.bpm / 2)

    def doubled(self) -> FoundTempo:
        """The same music at twice the tempo."""
        return replace(self, bpm=self.bpm * 2)

    def one_at(self, second: float) -> FoundTempo:
        """The bar line on the beat nearest to ``second``: the player says that it is the one."""
        beat = 60.0 / self.bpm
        return replace(self, downbeat=self.downbeat + round((second - self.downbeat) / beat) * beat)

    def next_bar(self, after: float) -> float:
        """The time of the first bar line at ``after`` or later."""
        bar = self.metre.quarters * 60.0 / self.bpm
        return self.downbeat + math.ceil((after - self.downbeat) / bar - 1e-6) * bar


@dataclass(frozen=True)
class TempoWeights:
    """Weights of the evidence for a tempo and a bar line; tuned on tunes of the training leads."""

    half: float = 0.87
    double: float = 0.6
    quadruple: float = 0.45
    triple: float = -0.25
    usual_bpm: float = 126.0
    bpm_octaves: float = 0.55
    notes_a_beat: float = 1.5
    density_octaves: float = 0.6
    velocity: float = 0.8
    long: float = 1.4
    low: float = 1.1
    first: float = 0.64
    bar_lag: float = 0.16


WEIGHTS: Final = TempoWeights()


@dataclass(frozen=True)
class Autocorrelation:
    """The distances of all pairs of onsets, each with a weight; their sum around a lag."""

    distances: Floats
    weights: Floats

    @classmethod
    def of(cls, times: Floats, strengths: Floats) -> Autocorrelation:
        """From onsets [N] in seconds and their strengths [N]."""
        first, second = np.triu_indices(len(times), 1)
        apart = times[second] - times[first]
        pairs = strengths[first] * strengths[second] / (strengths**2).sum()
        order = np.argsort(apart)
        return cls(apart[order], pairs[order])

    def binned(self) -> Floats:
        """The weights of distances in bins of :data:`BIN_SECONDS`."""
        edges = np.arange(_BINS + 1) * BIN_SECONDS
        return np.asarray(np.histogram(self.distances, edges, weights=self.weights)[0])

    def at(self, lag: float) -> float:
        """The weight of the pairs about ``lag`` seconds apart."""
        if lag > LONGEST_LAG:
            return 0.0
        spread = _spread(lag)
        ends = np.searchsorted(self.distances, (lag - 3 * spread, lag + 3 * spread))
        inside = slice(int(ends[0]), int(ends[1]))
        near = np.exp(-0.5 * ((self.distances[inside] - lag) / spread) ** 2)
        return float((self.weights[inside] * near).sum())


def find_tempo(notes: Sequence[PlayedNote], weights: TempoWeights = WEIGHTS) -> FoundTempo | None:
    """The tempo and bar line of some bars played freely; None while there is too little to tell."""
    onsets = _grouped(notes)
    if len(onsets) < LEAST_NOTES or onsets[-1].at - onsets[0].at < LEAST_SECONDS:
        return None
    times = np.array([n.at for n in onsets])
    strengths = _strengths(onsets)
    lagged = Autocorrelation.of(times, strengths)
    bpm = float(_TEMPI[int(_beat_scores(times, lagged, weights).argmax())])
    beat, phase = _fitted(60.0 / bpm, times, strengths)
    metre, downbeat = _bar_line(beat, phase, onsets, lagged, weights)
    return FoundTempo(60.0 / beat, downbeat, metre, _near_grid(times, beat, phase))


def _grouped(notes: Sequence[PlayedNote]) -> list[PlayedNote]:
    """One note an onset: the start of the first, the lowest pitch, the greatest length and
    velocity."""
    found: list[PlayedNote] = []
    for note in sorted(notes, key=lambda n: n.at):
        if found and note.at - found[-1].at <= TOGETHER:
            last = found[-1]
            found[-1] = PlayedNote(
                last.at,
                min(last.pitch, note.pitch),
                max(last.length, note.length),
                max(last.velocity, note.velocity),
            )
        else:
            found.append(note)
    return found


def _strengths(onsets: Sequence[PlayedNote]) -> Floats:
    """The weight of each onset: long until the next, and loud."""
    times = [n.at for n in onsets]
    gaps = np.diff([*times, times[-1] + max(onsets[-1].length, 0.1)])
    usual = float(np.median(gaps))
    loud = np.array([n.velocity for n in onsets]) / 90.0
    return np.asarray(np.minimum(2.0, gaps / usual) ** 0.5 * loud)


def _beat_scores(times: Floats, lagged: Autocorrelation, weights: TempoWeights) -> Floats:
    """The fit [B] of each tempo of :data:`_TEMPI`: distances between notes that are a beat, its
    multiples and its parts, and how usual such a tempo is."""
    parts = (weights.half, 1.0, weights.double, weights.quadruple, weights.triple)
    fits = (_kernel() @ lagged.binned()).reshape(len(_RATIOS), -1)
    fit = np.maximum(1e-6, np.asarray(parts) @ fits)
    far = np.log2(_TEMPI / weights.usual_bpm) / weights.bpm_octaves
    per_beat = (len(times) - 1) / (times[-1] - times[0]) * 60.0 / _TEMPI
    dense = np.log2(per_beat / weights.notes_a_beat) / weights.density_octaves
    return np.asarray(np.log(fit) - far * far / 2 - dense * dense / 2)


@cache
def _kernel() -> Floats:
    """[5 * B, bins]: for each part of each beat, the weight of each distance between onsets."""
    lags = np.concatenate([ratio * 60.0 / _TEMPI for ratio in _RATIOS])[:, None]
    centres = (np.arange(_BINS) + 0.5) * BIN_SECONDS
    near = np.exp(-0.5 * ((centres - lags) / _spread(lags)) ** 2)
    return np.asarray(np.where(lags > LONGEST_LAG, 0.0, near))


def _spread(lag: Any) -> Any:
    """The deviation (seconds) of a distance of ``lag`` seconds."""
    return SPREAD + 0.01 * lag


def _fitted(beat: float, times: Floats, strengths: Floats) -> tuple[float, float]:
    """The beat fitted to the notes, and the time of one: the phase in which most weight lies on
    beats, followed from note to note."""
    phase = _phase(beat, times, strengths)
    places, at, last = [], phase, 0.0
    for time in times:
        moved = (time - at) / beat
        place = round(moved * 4) / 4
        error = time - (at + place * beat)
        at += place * beat + 0.3 * error
        last += place
        places.append(last)
    index = np.array(places)
    if np.ptp(index) < 2:
        return beat, phase
    slope, start = np.polyfit(index, times, 1, w=np.sqrt(strengths))
    if not 0.9 < slope / beat < 1.1:
        return beat, phase
    return float(slope), float(start)


def _phase(beat: float, times: Floats, strengths: Floats) -> float:
    """The time of a beat near the first note."""
    offsets = np.arange(0, beat, beat / 32)
    from_grid = (times[None, :] - times[0] - offsets[:, None]) / beat
    far = np.abs(from_grid - np.round(from_grid)) * beat
    found = (np.exp(-0.5 * (far / (1.5 * SPREAD)) ** 2) * strengths).sum(axis=1)
    return float(times[0] + offsets[int(found.argmax())])


def _near_grid(times: Floats, beat: float, phase: float) -> float:
    places = (times - phase) / beat * 4
    return float((np.abs(places - np.round(places)) * beat / 4 < 2 * SPREAD).mean())


def _bar_line(
    beat: float,
    phase: float,
    onsets: Sequence[PlayedNote],
    lagged: Autocorrelation,
    weights: TempoWeights,
) -> tuple[Metre, float]:
    """The metre and the time of a bar line: where the strongest beats are."""
    strength: dict[int, float] = {}
    first_beat = round((onsets[0].at - phase) / beat)
    pitches = np.array([n.pitch for n in onsets], float)
    loud = np.array([n.velocity for n in onsets], float)
    middle, spread = float(np.median(pitches)), max(3.0, float(pitches.std()))
    touch, range_ = float(loud.mean()), max(4.0, float(loud.std()))
    gaps = np.diff([*(n.at for n in onsets), onsets[-1].at + onsets[-1].length]) / beat
    for note, gap in zip(onsets, gaps, strict=True):
        place = (note.at - phase) / beat
        number = round(place)
        if abs(place - number) > 0.15:
            continue
        strength[number] = strength.get(number, 0.0) + (
            0.5
            + weights.velocity * (note.velocity - touch) / range_
            + weights.long * min(2.0, float(gap))
            + weights.low * max(0.0, middle - note.pitch) / spread
        )
    best: tuple[float, Metre, int] | None = None
    for metre in _METRES:
        beats = metre.beats
        lag = weights.bar_lag * lagged.at(beats * beat)
        for offset in range(beats):
            on = [v for b, v in strength.items() if (b - offset) % beats == 0]
            off = [v for b, v in strength.items() if (b - offset) % beats]
            bars = len({(b - offset) // beats for b in strength}) or 1
            lead = weights.first * ((first_beat - offset) % beats == 0)
            score = sum(on) / bars - (sum(off) / max(1, len(off))) + lag + lead
            if best is None or score > best[0]:
                best = (score, metre, offset)
    assert best is not None
    _, metre, offset = best
    bar = math.ceil((first_beat - offset) / metre.beats)
    return metre, phase + (offset + bar * metre.beats) * beat

"""Tempo, bar line and metre of free playing, from its notes. Pure.

The likelihood of all onsets together, for each length of a 16th that fits them, each kind of
rhythm and each place in the bar (:mod:`.rhythm_model`); touch and the degrees of the scale tell
places apart, too. The tempo's octave, the metre and the bar line are those of the likeliest way
through the notes; tempo and bar line are then fitted to it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from bridge.listening.chord_features import Floats
from bridge.listening.tempo.rhythm_model import (
    KINDS,
    BarKind,
    Followed,
    RhythmTables,
    follow,
    step_lengths,
    tables,
    tables_of,
)
from bridge.music.grid import FOUR_FOUR, THREE_FOUR, Metre
from bridge.music.key import KeyMode, estimate_key

SLOWEST, FASTEST = 60.0, 180.0
"""BPM that are looked for: of a tempo, its half and its double, the one that lies between."""
LEAST_NOTES: Final = 8
LEAST_SECONDS: Final = 3.0
MOST_ONSETS: Final = 64
"""Onsets, the last ones, that are looked at."""
TOGETHER: Final = 0.05
"""Seconds within which onsets are one."""
NEAR_GRID: Final = 0.06
"""Seconds from the grid up to which a note is near it."""
_EDGE_OCTAVES: Final = 0.015
"""Deviation of a tempo beyond the slowest or the fastest, in octaves."""
_SLACK_OCTAVES: Final = 0.01
_METRE_SHARES: Final = {BarKind.FOUR: 0.7, BarKind.THREE: 0.18, BarKind.COMPOUND: 0.12}
"""Shares of metres, where the player has named none."""
_DEGREE_WEIGHT, _TOUCH_WEIGHT = 0.5, 0.8
"""Weights of the degrees and of the touch; tuned on tunes of the training leads."""
_LEAST_TOUCH_SD: Final = 8.0
"""Deviation of velocity below which touch tells less."""
_LOW_SEMITONES: Final = 7.0
"""Semitones below the middle note from which a note is a bass note; as many more weigh as much as a
deviation of touch."""
_MOST_LOW: Final = 2.0
_RECENT_BEATS: Final = 8.0
"""Beats after which a note counts less for the place of the bar line."""


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
    beats: two bars of 6/8 count as four beats. ``trust`` 0..1 is the share of the notes that lie
    near the grid."""

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
        bar = self.metre.beats * 60.0 / self.bpm
        return self.downbeat + math.ceil((after - self.downbeat) / bar - 1e-6) * bar


def find_tempo(notes: Sequence[PlayedNote], metre: Metre | None = None) -> FoundTempo | None:
    """The tempo and bar line of some bars played freely; None while there is too little to tell.
    ``metre`` is the one that the player has named; None: it is found, too."""
    onsets = _grouped(notes)[-MOST_ONSETS:]
    if len(onsets) < LEAST_NOTES or onsets[-1].at - onsets[0].at < LEAST_SECONDS:
        return None
    known = tables() if metre is None else tables_of(_kind_of(metre))
    times = np.array([n.at for n in onsets]) - onsets[0].at
    found = follow(times, step_lengths(times, known), known, _heard(onsets, known))
    kind, places = _likeliest(found, known)
    step, begin = np.polyfit(places, times, 1)
    if step <= 0:
        return None
    beat, bar = step * kind.steps_per_beat, step * _steps_in(kind)
    recent = np.exp((places - places[-1]) / (_RECENT_BEATS * kind.steps_per_beat))
    begin = float(np.average(times - step * places, weights=recent))
    last_bar = int(places[-1] // _steps_in(kind))
    off = np.abs(np.diff(times) - step * np.diff(places))
    return FoundTempo(
        float(60.0 / beat),
        float(onsets[0].at + begin + last_bar * bar),
        THREE_FOUR if kind is BarKind.THREE else FOUR_FOUR,
        float((off < NEAR_GRID).mean()),
    )


def _kind_of(metre: Metre) -> BarKind:
    """The kind of bar that a metre has."""
    if metre.steps_per_beat % 3 == 0:
        return BarKind.COMPOUND
    return BarKind.THREE if metre.beats % 3 == 0 else BarKind.FOUR


def _steps_in(kind: BarKind) -> int:
    """Steps of a bar of three or four beats."""
    return 2 * kind.places if kind is BarKind.COMPOUND else kind.places


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


def _heard(onsets: Sequence[PlayedNote], known: RhythmTables) -> Floats:
    """The log likelihood [N, K, P] that degree, touch and depth of each onset add at each place."""
    classes = np.zeros(12)
    for note in onsets:
        classes[note.pitch % 12] += note.length
    key = estimate_key(classes)
    degrees = [(note.pitch - key.tonic) % 12 for note in onsets]
    loud = np.array([note.velocity for note in onsets], float)
    touch = (loud - loud.mean()) / max(_LEAST_TOUCH_SD, float(loud.std()))
    by_degree = known.degrees[int(key.mode is KeyMode.MINOR)][degrees]
    pitches = np.array([note.pitch for note in onsets], float)
    below = (np.median(pitches) - pitches) / _LOW_SEMITONES - 1.0
    touch += np.clip(below, 0.0, _MOST_LOW)
    by_touch = touch[:, None, None] * known.accent - known.accent**2 / 4
    return np.asarray(_DEGREE_WEIGHT * by_degree + _TOUCH_WEIGHT * by_touch)


def _likeliest(found: Followed, known: RhythmTables) -> tuple[BarKind, npt.NDArray[Any]]:
    """The kind of bar, and the places [N] of the onsets in steps from a bar line: those of the
    likeliest tempo and place, over all rhythms of a kind of bar."""
    beats = np.array([kind.steps_per_beat for kind in KINDS])[known.kind]
    shares = np.array([_METRE_SHARES[kind] for kind in KINDS])[known.kind]
    bpm = 60.0 / (found.steps[:, None] * beats)
    beyond = np.maximum(np.log2(SLOWEST / bpm), np.log2(bpm / FASTEST)) - _SLACK_OCTAVES
    usual = np.log(shares) - (np.maximum(0.0, beyond) / _EDGE_OCTAVES) ** 2 / 2
    scores = found.scores + usual[:, :, None]
    ways = []
    for number in np.unique(known.kind):
        rhythms = np.flatnonzero(known.kind == number)
        together = np.logaddexp.reduce(scores[:, rhythms], axis=1)
        step, place = divmod(int(together.argmax()), together.shape[1])
        rhythm = int(rhythms[scores[step, rhythms, place].argmax()])
        ways.append((float(together[step, place]), step, rhythm, place))
    _, step, rhythm, place = max(ways)
    return KINDS[int(known.kind[rhythm])], found.places(step, rhythm, place, known)

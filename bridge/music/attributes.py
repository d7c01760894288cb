"""Musical attributes of trios, such as density or syncopation, as numbers. Pure, numpy only.

They are measured on classes (see :mod:`bridge.music.tokens`) [N, T, 3] in whole bars of 16 slots
(:func:`bridge.music.tokens.to_slots`). The
screen shows those of the next bar, and ``tools.export.directions`` finds latent directions that
change one of them alone. The attributes are independent by construction: density counts the steps
with any drum, and each drum group is a share of those steps, so that more hi-hats do not raise
the density.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property, partial
from typing import Final

import numpy as np
import numpy.typing as npt

from bridge.music.grid import SLOTS_PER_BAR
from bridge.music.tokens import FIRST_PITCH

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

MELODY, BASS, DRUMS = range(3)
KICK: Final = 0b1
SNARE: Final = 0b10
HATS: Final = 0b1100
TOMS: Final = 0b1110000
CYMBALS: Final = 0b110000000
_OPEN: Final = 0b10001000
"""Open hi-hat and crash."""
_SETS: Final = np.arange(512)
_BIT_COUNT: Final = np.array([drums.bit_count() for drums in range(512)], np.int8)
_GROUPS: Final = (KICK, SNARE, HATS, TOMS, CYMBALS)
_COUNTED: Final = np.stack(
    [
        *(_SETS & bits > 0 for bits in (0x1FF, *_GROUPS)),
        *(_BIT_COUNT[_SETS & bits] for bits in (_OPEN, HATS | CYMBALS)),
    ],
    axis=1,
).astype(np.int8)
"""[512, 8] for each set of drums: 1 if any sounds, 1 for each of :data:`_GROUPS` that sounds,
the number of open drums, the number of hats and cymbals."""
_WEIGHT: Final = np.array([0, 4, 3, 4, 2, 4, 3, 4, 1, 4, 3, 4, 2, 4, 3, 4]) / 4.0
"""Metrical weights of a 4/4 bar's steps, 0 on the bar line to 1 on a weak sixteenth: Longuet-
Higgins and Lee, "The rhythmic interpretation of monophonic music" (1984), with the sign turned."""
MAX_MOVEMENT: Final = 12.0
"""Semitones; wider steps of the bass count as this."""


def onsets(lines: Ints) -> Flags:
    """True where melody or bass classes start a note."""
    return lines >= 2


class TrioBars:
    """Counts of trios ``tokens`` [N, T, 3], computed once and shared by all attributes."""

    def __init__(self, tokens: Ints) -> None:
        self.tokens = tokens

    @cached_property
    def counts(self) -> npt.NDArray[np.int64]:
        """The sums over steps of :data:`_COUNTED`: [N, 8]."""
        return np.asarray(_COUNTED[self.tokens[..., DRUMS]].sum(axis=1, dtype=np.int64))

    @cached_property
    def bass(self) -> Flags:
        """True where the bass starts a note, [N, T]."""
        return onsets(self.tokens[..., BASS])

    @cached_property
    def accents(self) -> Flags:
        """True where kick, snare or bass start a note, [N, T]."""
        return (self.tokens[..., DRUMS] & (KICK | SNARE) > 0) | self.bass


def _share(group: int) -> Callable[[TrioBars], Floats]:
    """Measure: of the steps with any drum, the share with a drum of ``group``."""
    column = 1 + _GROUPS.index(group)

    def share(bars: TrioBars) -> Floats:
        return np.asarray(bars.counts[:, column] / np.maximum(bars.counts[:, 0], 1))

    return share


def _density(bars: TrioBars) -> Floats:
    """Share of steps on which any drum sounds."""
    return np.asarray(bars.counts[:, 0] / bars.tokens.shape[1])


def _bass_density(bars: TrioBars) -> Floats:
    """Share of steps on which the bass starts a note."""
    return np.asarray(bars.bass.mean(axis=1))


def _syncopation(bars: TrioBars) -> Floats:
    """Metrical weakness of the onsets of kick, snare and bass, scaled from the least (0) to the
    greatest (1) that the same number of onsets can have."""
    drums, steps = bars.tokens[..., DRUMS], bars.tokens.shape[1]
    struck = np.stack([drums & KICK > 0, drums & SNARE > 0, bars.bass])
    weight = np.tile(_WEIGHT, steps // SLOTS_PER_BAR)
    rising = np.concatenate([[0.0], np.cumsum(np.sort(weight))])
    falling = np.concatenate([[0.0], np.cumsum(np.sort(weight)[::-1])])
    strokes = struck.sum(axis=2)
    least, most = rising[strokes].sum(axis=0), falling[strokes].sum(axis=0)
    room = most - least
    return np.asarray(((struck @ weight).sum(axis=0) - least) / np.where(room > 0, room, 1.0))


def _intensity(bars: TrioBars) -> Floats:
    """Share of open hats and crashes among all hats and cymbals."""
    return np.asarray(bars.counts[:, 6] / np.maximum(bars.counts[:, 7], 1))


def _complexity(bars: TrioBars) -> Floats:
    """Dissimilarity 0..1 of the drums of a bar's beats and halves: the mean of the Jaccard
    distances between the beats of each half and between the halves."""
    beats = bars.tokens[..., DRUMS].reshape(len(bars.tokens), -1, 2, 2, 4)
    halves = beats.reshape(*beats.shape[:2], 2, 8)
    near = _jaccard_distance(beats[..., 0, :], beats[..., 1, :]).mean(axis=(1, 2))
    far = _jaccard_distance(halves[..., 0, :], halves[..., 1, :]).mean(axis=1)
    return np.asarray((near + far) / 2)


def _jaccard_distance(a: Ints, b: Ints) -> Floats:
    """Jaccard distance of the drum hits of two spans [..., T]; 0 where both are empty."""
    both = _BIT_COUNT[a & b].sum(axis=-1, dtype=np.int64)
    either = _BIT_COUNT[a | b].sum(axis=-1, dtype=np.int64)
    return np.where(either > 0, 1.0 - both / np.maximum(either, 1), 0.0)


def _bass_register(bars: TrioBars) -> Floats:
    """Mean MIDI pitch of the bass's notes; 40 where there are none."""
    return _mean_of(bars.tokens[..., BASS], bars.bass, 40.0)


def _mean_of(line: Ints, struck: Flags, none: float) -> Floats:
    count = struck.sum(axis=1)
    total = np.where(struck, line + FIRST_PITCH - 2, 0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), none)


def _bass_movement(bars: TrioBars) -> Floats:
    """Mean step from a bass note to the next in semitones, each at most :data:`MAX_MOVEMENT`."""
    return _movement(bars.tokens[..., BASS], bars.bass)


def _movement(line: Ints, struck: Flags) -> Floats:
    # Index of the last note at or before each step, -1 where there is none.
    place = np.maximum.accumulate(np.where(struck, np.arange(line.shape[1]), -1), axis=1)
    before = np.pad(place, ((0, 0), (1, 0)), constant_values=-1)[:, :-1]
    there = np.take_along_axis(line, np.maximum(before, 0), axis=1)
    counted = struck & (before >= 0)
    wide = np.minimum(np.abs(line - there), MAX_MOVEMENT) * counted
    return np.asarray(wide.sum(axis=1) / np.maximum(counted.sum(axis=1), 1))


def first_bass_pitch_class(tokens: Ints) -> Ints:
    """The pitch class 0..11 of the first bass note, -1 where there is none: [N]."""
    line = tokens[..., BASS]
    struck = onsets(line)
    first = np.take_along_axis(line, struck.argmax(axis=1)[:, None], axis=1)[:, 0]
    return np.where(struck.any(axis=1), (first + FIRST_PITCH - 2) % 12, -1)


def _melody_rhythm(bars: TrioBars) -> Floats:
    """Correlation (-1..1) of the onsets of kick, snare and bass with those of the melody."""
    tune, band = onsets(bars.tokens[..., MELODY]), bars.accents
    steps = tune.shape[1]
    a, b = tune.sum(axis=1), band.sum(axis=1)
    together = (tune & band).sum(axis=1) - a * b / steps
    length = np.sqrt(a * (1 - a / steps) * b * (1 - b / steps))
    return np.asarray(together / np.where(length > 0, length, 1.0))


_MEASURES: Final[dict[str, Callable[[TrioBars], Floats]]] = {
    "density": _density,
    "bass_density": _bass_density,
    "syncopation": _syncopation,
    "hihat_rate": _share(HATS),
    "kick": _share(KICK),
    "snare": _share(SNARE),
    "toms": _share(TOMS),
    "cymbals": _share(CYMBALS),
    "bass_register": _bass_register,
    "bass_movement": _bass_movement,
    "intensity": _intensity,
    "complexity": _complexity,
    "melody_rhythm": _melody_rhythm,
}


def _measured_tokens(measured: Callable[[TrioBars], Floats], tokens: Ints) -> Floats:
    return measured(TrioBars(tokens))


ATTRIBUTES: Final[dict[str, Callable[[Ints], Floats]]] = {
    name: partial(_measured_tokens, measured) for name, measured in _MEASURES.items()
}
"""Attribute -> its measure: classes [N, T, 3] -> [N]."""


DISPLAY_RANGES: Final[dict[str, tuple[float, float]]] = {
    "density": (0.0, 1.0),
    "bass_density": (0.0, 0.75),
    "syncopation": (0.0, 0.75),
    "hihat_rate": (0.0, 1.0),
    "kick": (0.0, 1.0),
    "snare": (0.0, 1.0),
    "toms": (0.0, 1.0),
    "cymbals": (0.0, 1.0),
    "bass_register": (28.0, 55.0),
    "bass_movement": (0.0, MAX_MOVEMENT),
    "intensity": (0.0, 1.0),
    "complexity": (0.0, 1.0),
    "melody_rhythm": (-1.0, 1.0),
}
"""Lowest and highest displayed value of each attribute; typical bars lie within."""


def display_values(tokens: Ints) -> Floats:
    """All attributes of trios [N, T, 3], scaled to 0..1 by :data:`DISPLAY_RANGES`: [N, A]."""
    low, high = np.array([DISPLAY_RANGES[name] for name in ATTRIBUTES]).T
    return np.asarray(np.clip((measure(tokens) - low) / (high - low), 0.0, 1.0))


def measure(tokens: Ints, names: Iterable[str] = tuple(ATTRIBUTES)) -> Floats:
    """The attributes ``names`` [A] of trios [N, T, 3]: [N, A], by default all, in the order of
    :data:`ATTRIBUTES`."""
    bars = TrioBars(tokens)
    return np.stack([_MEASURES[name](bars) for name in names], axis=1)


def _mean_pitch(tokens: Ints) -> Floats:
    """Mean MIDI pitch of the melody's notes; 60 where there are none."""
    line = tokens[..., MELODY]
    return _mean_of(line, onsets(line), 60.0)


def _pitch_range(tokens: Ints) -> Floats:
    """Semitones from the melody's lowest to its highest note."""
    line = tokens[..., MELODY]
    struck = onsets(line)
    high = np.where(struck, line, 0).max(axis=1)
    low = np.where(struck, line, high[:, None]).min(axis=1)
    return np.asarray(high - low, np.float64)


def _melody_movement(tokens: Ints) -> Floats:
    """Mean step from a melody note to the next in semitones."""
    line = tokens[..., MELODY]
    return _movement(line, onsets(line))


def _melody_density(tokens: Ints) -> Floats:
    """Share of steps on which the melody starts a note."""
    return np.asarray(onsets(tokens[..., MELODY]).mean(axis=1))


def _melody_syncopation(tokens: Ints) -> Floats:
    """Mean metrical weakness, 0..1, of the melody's onsets."""
    struck = onsets(tokens[..., MELODY])
    weight = np.tile(_WEIGHT, tokens.shape[1] // SLOTS_PER_BAR)
    return np.asarray((struck * weight).sum(axis=1) / np.maximum(struck.sum(axis=1), 1))


FEATURES: Final[dict[str, Callable[[Ints], Floats]]] = {
    "melody_pitch": _mean_pitch,
    "melody_range": _pitch_range,
    "melody_movement": _melody_movement,
    "melody_density": _melody_density,
    "melody_syncopation": _melody_syncopation,
    **ATTRIBUTES,
}
"""Features that latent dimensions are compared with: pitch and rhythm of the melody, then the
attributes of the band."""


def features(tokens: Ints) -> Floats:
    """All features [N, F] of trios [N, T, 3], in the order of :data:`FEATURES`."""
    return np.stack([feature(tokens) for feature in FEATURES.values()], axis=1)

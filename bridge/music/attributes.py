"""Musical attributes of trios: numbers that a player has words for. Pure, numpy only.

They are measured on classes (see :mod:`bridge.music.tokens`) [N, T, 3], T a multiple of 16:
the screen shows them of the bar that comes next, and ``tools.directions`` finds what moves
each of them alone in a model's latent space.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

from bridge.music.grid import STEPS_PER_BAR
from bridge.music.tokens import DRUM_NAMES, FIRST_PITCH

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

MELODY, BASS, DRUMS = range(3)
_BITS: Final = np.arange(len(DRUM_NAMES))
_KICK, _SNARE, _HATS, _TOMS, _CYMBALS = (0,), (1,), (2, 3), (4, 5, 6), (7, 8)
_LOUDNESS: Final = np.array([1.0, 1.0, 0.4, 0.6, 0.8, 0.8, 0.8, 1.2, 0.5])
"""How much each drum of :data:`DRUM_NAMES` counts in :func:`intensity`."""
_WEIGHT: Final = np.array([0, 4, 3, 4, 2, 4, 3, 4, 1, 4, 3, 4, 2, 4, 3, 4]) / 4.0
"""Metrical weights of a 4/4 bar's steps, 0 on the bar line to 1 on a weak sixteenth: Longuet-
Higgins and Lee, "The rhythmic interpretation of monophonic music" (1984), with the sign turned."""
WIDEST: Final = 12.0
"""Semitones as which a wider step of the bass counts."""


def onsets(lines: Ints) -> npt.NDArray[np.bool_]:
    """Where melody or bass classes start a note."""
    return lines >= 2


def hits(tokens: Ints) -> npt.NDArray[np.bool_]:
    """The nine drums of each step, [N, T, 9]."""
    return (tokens[..., DRUMS, None] >> _BITS & 1).astype(bool)


def _rate(drums: tuple[int, ...]) -> Callable[[Ints], Floats]:
    """Of those drums, strokes a step."""

    def rate(tokens: Ints) -> Floats:
        counted: Floats = hits(tokens)[..., drums].sum(axis=-1).mean(axis=1)
        return counted

    return rate


def density(tokens: Ints) -> Floats:
    """Share of steps on which any drum sounds."""
    return np.asarray((tokens[..., DRUMS] > 0).mean(axis=1))


def bass_density(tokens: Ints) -> Floats:
    """Share of steps on which the bass starts a note."""
    return np.asarray(onsets(tokens[..., BASS]).mean(axis=1))


def accents(tokens: Ints) -> npt.NDArray[np.bool_]:
    """Steps that kick, snare or bass mark, [N, T]."""
    return ((tokens[..., DRUMS] & 3) > 0) | onsets(tokens[..., BASS])


def syncopation(tokens: Ints) -> Floats:
    """Mean metrical weakness, 0..1, of what kick, snare and bass strike."""
    struck = np.stack([*np.moveaxis(hits(tokens)[..., :2], -1, 0), onsets(tokens[..., BASS])])
    weight = np.tile(_WEIGHT, tokens.shape[1] // STEPS_PER_BAR)
    counted = struck.sum(axis=(0, 2))
    return np.asarray((struck * weight).sum(axis=(0, 2)) / np.maximum(counted, 1))


def intensity(tokens: Ints) -> Floats:
    """How much sounds on a step that is struck at all, the drums weighted by loudness."""
    struck = hits(tokens)
    loud = (struck * _LOUDNESS).sum(axis=(1, 2))
    return np.asarray(loud / np.maximum(struck.any(axis=2).sum(axis=1), 1))


def complexity(tokens: Ints) -> Floats:
    """Entropy in bits of the steps' drum sets: few, regular sets are simple."""
    drums = tokens[..., DRUMS]
    share = (drums[:, :, None] == drums[:, None, :]).mean(axis=2)  # of each step's set
    return np.asarray(-np.log2(share).mean(axis=1))


def bass_register(tokens: Ints) -> Floats:
    """Mean MIDI pitch of the bass's notes; 40 where there are none."""
    line = tokens[..., BASS]
    struck = onsets(line)
    total = (np.where(struck, line + FIRST_PITCH - 2, 0)).sum(axis=1)
    count = struck.sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), 40.0)


def bass_movement(tokens: Ints) -> Floats:
    """Mean step from a bass note to the next in semitones, each at most :data:`WIDEST`."""
    line = tokens[..., BASS]
    struck = onsets(line)
    # The place of the last note before each step, or the step itself where there is none.
    place = np.maximum.accumulate(np.where(struck, np.arange(line.shape[1]), -1), axis=1)
    before = np.pad(place, ((0, 0), (1, 0)), constant_values=-1)[:, :-1]
    there = np.take_along_axis(line, np.maximum(before, 0), axis=1)
    counted = struck & (before >= 0)
    wide = np.minimum(np.abs(line - there), WIDEST) * counted
    return np.asarray(wide.sum(axis=1) / np.maximum(counted.sum(axis=1), 1))


def first_bass(tokens: Ints) -> Ints:
    """The pitch class 0..11 of the first bass note, -1 where there is none: [N]."""
    line = tokens[..., BASS]
    struck = onsets(line)
    first = np.take_along_axis(line, struck.argmax(axis=1)[:, None], axis=1)[:, 0]
    return np.where(struck.any(axis=1), (first + FIRST_PITCH - 2) % 12, -1)


def melody_rhythm(tokens: Ints) -> Floats:
    """How far kick, snare and bass fall where melody notes start: their correlation, -1..1."""
    tune = onsets(tokens[..., MELODY]).astype(float)
    band = accents(tokens).astype(float)
    tune -= tune.mean(axis=1, keepdims=True)
    band -= band.mean(axis=1, keepdims=True)
    length = np.sqrt((tune**2).sum(axis=1) * (band**2).sum(axis=1))
    return np.asarray((tune * band).sum(axis=1) / np.where(length > 0, length, 1.0))


ATTRIBUTES: Final[dict[str, Callable[[Ints], Floats]]] = {
    "density": density,
    "bass_density": bass_density,
    "syncopation": syncopation,
    "hihat_rate": _rate(_HATS),
    "kick": _rate(_KICK),
    "snare": _rate(_SNARE),
    "toms": _rate(_TOMS),
    "cymbals": _rate(_CYMBALS),
    "bass_register": bass_register,
    "bass_movement": bass_movement,
    "intensity": intensity,
    "complexity": complexity,
    "melody_rhythm": melody_rhythm,
}
"""Attribute -> its measure: classes [N, T, 3] -> [N]."""


DRAWN: Final[dict[str, tuple[float, float]]] = {
    "density": (0.0, 1.0),
    "bass_density": (0.0, 0.75),
    "syncopation": (0.0, 0.75),
    "hihat_rate": (0.0, 1.0),
    "kick": (0.0, 0.5),
    "snare": (0.0, 0.5),
    "toms": (0.0, 0.5),
    "cymbals": (0.0, 0.75),
    "bass_register": (28.0, 55.0),
    "bass_movement": (0.0, WIDEST),
    "intensity": (0.0, 2.0),
    "complexity": (0.0, 3.5),
    "melody_rhythm": (-1.0, 1.0),
}
"""From what to what an attribute is drawn: the usual bars lie within."""


def shares(tokens: Ints) -> Floats:
    """All attributes of trios [N, T, 3] as shares 0..1 of :data:`DRAWN`, [N, A]."""
    low, high = np.array([DRAWN[name] for name in ATTRIBUTES]).T
    return np.asarray(np.clip((measure(tokens) - low) / (high - low), 0.0, 1.0))


def measure(tokens: Ints) -> Floats:
    """All attributes [N, A] of trios [N, T, 3], in the order of :data:`ATTRIBUTES`."""
    return np.stack([attribute(tokens) for attribute in ATTRIBUTES.values()], axis=1)


def _mean_pitch(tokens: Ints) -> Floats:
    """Mean MIDI pitch of the melody's notes; 60 where there are none."""
    line = tokens[..., MELODY]
    struck = onsets(line)
    count = struck.sum(axis=1)
    total = np.where(struck, line + FIRST_PITCH - 2, 0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), 60.0)


def _pitch_range(tokens: Ints) -> Floats:
    """Semitones from the melody's lowest to its highest note."""
    line = tokens[..., MELODY]
    struck = onsets(line)
    high = np.where(struck, line, 0).max(axis=1)
    low = np.where(struck, line, high[:, None]).min(axis=1)
    return np.asarray(high - low, np.float64)


def _melody_movement(tokens: Ints) -> Floats:
    """Mean step from a melody note to the next in semitones."""
    return bass_movement(np.repeat(tokens[..., :1], 2, axis=2))


def _melody_density(tokens: Ints) -> Floats:
    """Share of steps on which the melody starts a note."""
    return np.asarray(onsets(tokens[..., MELODY]).mean(axis=1))


def _melody_syncopation(tokens: Ints) -> Floats:
    """Mean metrical weakness, 0..1, of the melody's onsets."""
    struck = onsets(tokens[..., MELODY])
    weight = np.tile(_WEIGHT, tokens.shape[1] // STEPS_PER_BAR)
    return np.asarray((struck * weight).sum(axis=1) / np.maximum(struck.sum(axis=1), 1))


FEATURES: Final[dict[str, Callable[[Ints], Floats]]] = {
    "melody_pitch": _mean_pitch,
    "melody_range": _pitch_range,
    "melody_movement": _melody_movement,
    "melody_density": _melody_density,
    "melody_syncopation": _melody_syncopation,
    **ATTRIBUTES,
}
"""What the dimensions of a latent space are compared with: pitch and rhythm of the melody,
then the attributes of the band."""


def features(tokens: Ints) -> Floats:
    """All features [N, F] of trios [N, T, 3], in the order of :data:`FEATURES`."""
    return np.stack([feature(tokens) for feature in FEATURES.values()], axis=1)

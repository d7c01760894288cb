"""Notes of both hands -> features of each beat, for the network that names chords. Pure.

A beat is described by what sounds in three registers, by what begins on it, and by its lowest and
highest note; the pitch classes are counted from each of the twelve roots in turn, so that a chord
is learned in all keys at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from bridge.music.grid import Metre
from bridge.music.notes import Note

Floats = npt.NDArray[np.float64]
Floats32 = npt.NDArray[np.float32]

SHORTEST: Final = 1 / 16
"""Share of a beat that a note has to sound in it to be its lowest or highest."""
ONSET_WEIGHT: Final = 0.15
"""Weight of an onset, in beats: a short note counts for more than its length."""
LONGEST: Final = 8
"""Beats that a note counts for: a pedal held for minutes does not hold the harmony."""
ROUNDING: Final = 1 / 6
"""Share of a beat by which a note may begin early and still belong to the next beat alone."""
HELD_OVER: Final = 0.45
"""Share of a beat that a note from before has to last to be its lowest at the beginning."""

REGISTERS: Final = (52, 66)
"""The first pitch of the middle and of the high register."""
GROUPS: Final = 7
"""Rows of pitch classes of a beat: three registers, what begins with the beat, the lowest note, the
lowest at the beat's beginning, the highest."""
SCALARS: Final = 4
"""Heights of the lowest, of the lowest at the beginning and of the highest note; the number of
notes."""
WIDTH: Final = GROUPS * 12 + SCALARS
"""Numbers that describe a beat."""
PLACES: Final = 3
"""Places of a beat in its bar that are told apart: the bar line, the half bar, others."""
SOUND: Final = len((*REGISTERS, None)) * 12
"""The first numbers of a beat: the roots of what sounds in each register."""
KEPT: Final = 0.97
"""Weight that the pitch classes so far keep with each beat."""
_BEGIN, _EXTREME, _HEIGHT, _COUNT = SOUND, SOUND + 12, GROUPS * 12, WIDTH - 1
"""Where what begins, the lowest and highest notes, their heights, and the number of notes are."""
_NO_LOW, _NO_HIGH = 999.0, -1.0
_MIDDLE, _OCTAVES = 60.0, 24.0
"""Heights are counted from middle C, in two octaves."""


def beat_features(notes: Floats, first: int, count: int) -> Floats32:
    """Features [N, WIDTH] of ``count`` beats from beat number ``first`` on.

    ``notes`` [M, 3] are start and end in beats, and the pitch. A note that begins a little early
    belongs to the next beat.
    """
    found = np.zeros((count, WIDTH), np.float32)
    if not len(notes) or not count:
        return found
    began, pitch = notes[:, 0] - first, notes[:, 2]
    nearest = np.round(began)
    snapped = (nearest > began) & (began > nearest - ROUNDING) & (notes[:, 1] - first > nearest)
    began = np.where(snapped, nearest, began)
    ended = np.minimum(notes[:, 1] - first, began + LONGEST)
    start = np.maximum(0, np.floor(began)).astype(int)
    stop = np.minimum(count, np.ceil(ended)).astype(int)
    lengths = np.maximum(0, stop - start)
    which = np.repeat(np.arange(len(notes)), lengths)
    slot = np.arange(len(which)) - np.repeat(np.cumsum(lengths) - lengths, lengths) + start[which]
    began, ended, pitch = began[which], ended[which], pitch[which]
    share = np.minimum(ended, slot + 1) - np.maximum(began, slot)
    on = (began >= slot) & (began < slot + 1)
    weight = (np.maximum(share, 0) + ONSET_WEIGHT * on).astype(np.float32)
    register = np.searchsorted(REGISTERS, pitch, side="right")
    pc = pitch.astype(int) % 12
    np.add.at(found, (slot, register * 12 + pc), weight)
    begins = on & (began <= slot + ROUNDING)
    np.add.at(found, (slot[begins], _BEGIN + pc[begins]), 1.0)
    long_enough = share >= SHORTEST
    at_start = long_enough & (begins | ((began < slot) & (ended - slot >= HELD_OVER)))
    low, start_low, high = (np.full(count, v) for v in (_NO_LOW, _NO_LOW, _NO_HIGH))
    np.minimum.at(low, slot[long_enough], pitch[long_enough])
    np.minimum.at(start_low, slot[at_start], pitch[at_start])
    np.maximum.at(high, slot[long_enough], pitch[long_enough])
    rows = np.arange(count)
    extremes = ((low, _NO_LOW), (start_low, _NO_LOW), (high, _NO_HIGH))
    for group, (extreme, nothing) in enumerate(extremes):
        sounds = extreme != nothing
        pcs = extreme[sounds].astype(int) % 12
        found[rows[sounds], _EXTREME + group * 12 + pcs] = 1.0
        found[rows[sounds], _HEIGHT + group] = (extreme[sounds] - _MIDDLE) / _OCTAVES
    found[:, _COUNT] = np.log1p(found[:, :SOUND].sum(axis=1))
    found[:, : _BEGIN + 12] = np.sqrt(found[:, : _BEGIN + 12])
    return found


def in_beats(notes: Sequence[Note], metre: Metre, origin: int = 0) -> Floats:
    """Notes as [M, 3]: start and end in beats from tick ``origin`` on, and the pitch."""
    length = metre.ticks_per_beat
    rows = [((n.tick - origin) / length, (n.end - origin) / length, n.pitch) for n in notes]
    return np.array(rows, float).reshape(-1, 3)


def with_low_of(features: Floats32, low: Floats32) -> Floats32:
    """The features [N, WIDTH] with the lowest notes of others, where these have any."""
    found = features.copy()
    has = low[:, _EXTREME : _EXTREME + 12].any(axis=1)
    for part in (slice(_EXTREME, _EXTREME + 24), slice(_HEIGHT, _HEIGHT + 2)):
        found[has, part] = low[has, part]
    return found


def low_at_start(features: Floats32) -> int:
    """The lowest pitch at the beginning of a beat [1, WIDTH]; 128 where there is none."""
    if not features[0, _EXTREME + 12 : _EXTREME + 24].any():
        return 128
    return round(float(features[0, _HEIGHT + 1]) * _OCTAVES + _MIDDLE)


def places(metre: Metre, first: int, count: int) -> Floats32:
    """[N, 3]: one-hot places in the bar of the beats from number ``first`` on, which is counted
    from a bar line."""
    kinds = np.full(metre.beats, 2)
    kinds[metre.half_step // metre.steps_per_beat] = 1
    kinds[0] = 0
    numbers = (first + np.arange(count)) % metre.beats
    return np.asarray(np.eye(PLACES, dtype=np.float32)[kinds[numbers]])


def pitch_classes(features: Floats32) -> Floats32:
    """[N, 12]: the pitch classes that sound in beats of features [N, WIDTH]."""
    found: Floats32 = (features[:, :SOUND] ** 2).reshape(-1, SOUND // 12, 12).sum(axis=1)
    return found


def so_far(sounding: Floats32, before: Floats32 | None = None) -> Floats32:
    """[N + 1, 12]: the fading sums of pitch classes [N, 12] before each beat, and after the last;
    ``before`` is that before the first."""
    sums = np.zeros((len(sounding) + 1, 12), np.float32)
    if before is not None:
        sums[0] = before
    for beat, weights in enumerate(sounding):
        sums[beat + 1] = sums[beat] * KEPT + weights
    return sums


def context(sounding: Floats32, *, ahead: bool) -> Floats32:
    """[N, 12]: the pitch classes around each beat; only those before it, or (``ahead``) its own
    and those to come, too."""
    found = so_far(sounding)[:-1]
    if ahead:
        found = found + so_far(sounding[::-1])[1:][::-1]
    return found

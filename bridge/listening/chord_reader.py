"""Chords from all that sounds: chord profiles, the bass, and Viterbi's algorithm over beats. Pure.

Each beat is compared with the tones of 13 qualities on 12 roots (a template, as in Fujishima 1999,
"Realtime chord recognition of musical sound"); the lowest note is evidence for the root. A change
of chord costs less on a bar line than on a weak beat, so passing notes change nothing (Sheh and
Ellis 2003 find the sequence with a hidden Markov model in the same way).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from bridge.listening.beat_slots import NOTHING, TOP_VOICE, BeatSlots, Floats, pooled, slots_of
from bridge.listening.chord_symbol import ChordSymbol, Quality
from bridge.music.grid import Metre
from bridge.music.notes import Note

QUALITIES: Final = tuple(Quality)
STATES: Final = tuple(ChordSymbol(root, quality) for quality in QUALITIES for root in range(12))
"""The chords that are told apart, a quality after another."""


@dataclass(frozen=True)
class ReaderWeights:
    """Weights of the evidence, in nats. Tuned on textures made from the training leads.

    ``sharpness`` multiplies the likelihood of a beat's pitch classes, ``outside`` is the share of
    each of the other pitch classes in a chord's profile. ``bass_root`` and ``bass_tone`` are for a
    lowest note that is the root or another chord tone, ``bass_start`` the share of the lowest note
    at the beat itself (the rest: in the beat). Changes cost ``change_bar``, ``change_half`` or
    ``change_beat`` by their place; a change of quality over one root half of that.
    """

    sharpness: float = 3.0
    outside: float = 0.0175
    bass_root: float = 2.5
    bass_tone: float = 0.15
    bass_start: float = 0.95
    change_bar: float = 1.9
    change_half: float = 4.0
    change_beat: float = 3.7
    bass_register: float = 63.0
    bass_weak: float = 0.25
    bass_half: float = 0.85
    rarity: float = 0.45
    top_voice: float = TOP_VOICE
    around: float = 0.4
    pool: float = 0.6
    bass_unit: float = 0.3


WEIGHTS: Final = ReaderWeights()

_DEGREE: Final[dict[int, float]] = {0: 1.0, 3: 0.9, 4: 0.9, 7: 0.7, 6: 0.7, 8: 0.7}
"""Share of a chord tone in the profile by its distance from the root; others have less."""
_OTHER_TONE: Final = 0.55
_RARITY: Final[dict[Quality, float]] = {
    Quality.MAJOR: 0.0,
    Quality.MINOR: 0.0,
    Quality.SEVENTH: 0.5,
    Quality.MINOR_SEVENTH: 0.5,
    Quality.MAJOR_SEVENTH: 0.8,
    Quality.POWER: 1.0,
    Quality.SIXTH: 1.2,
    Quality.SUS4: 1.0,
    Quality.SUS2: 1.4,
    Quality.DIMINISHED: 1.2,
    Quality.HALF_DIMINISHED: 1.2,
    Quality.AUGMENTED: 1.6,
    Quality.NINTH: 1.2,
}
"""Cost (nats a beat) of a quality: rare ones need better evidence."""


@cache
def _profiles(outside: float) -> Floats:
    """[S, 12]: the log share of each pitch class in each chord."""
    rows = np.full((len(STATES), 12), outside)
    for index, state in enumerate(STATES):
        for tone in state.quality.tones:
            rows[index, (state.root + tone) % 12] = _DEGREE.get(tone, _OTHER_TONE)
    logs: Floats = np.log(rows / rows.sum(axis=1, keepdims=True))
    return logs


AROUND: Final = 24
"""Beats on each side whose pitch classes a chord is compared with."""
_UNUSED: Final = 0.01
"""Share of a pitch class that does not sound, so that its logarithm is finite."""
_ROOTS: Final = np.array([state.root for state in STATES])
_RARE: Final = np.array([_RARITY[state.quality] for state in STATES])
_MEMBER: Final = np.array([[pc in s.pitch_classes for pc in range(12)] for s in STATES])


def evidence(
    slots: BeatSlots,
    metre: Metre,
    context: Floats,
    weights: ReaderWeights = WEIGHTS,
    first: int = 0,
) -> Floats:
    """Log likelihood [N, S] of each chord in each slot; zeros where nothing sounds. ``context``
    [N, 12] are the pitch classes of the music around; ``first`` is the number of the first slot,
    counted from a bar line."""
    sounds = slots.low != NOTHING
    slots = pooled(slots, metre, first, weights.pool)
    slots.weights[~sounds] = 0.0
    total = slots.weights.sum(axis=1, keepdims=True)
    shares = np.divide(slots.weights, total, out=np.zeros_like(slots.weights), where=total > 0)
    mass = np.minimum(1.0, total)
    found = weights.sharpness * mass * (shares @ _profiles(weights.outside).T)
    found -= weights.rarity * mass * _RARE
    found += weights.around * mass * usual_tones(context)
    places = (1.0, weights.bass_half, weights.bass_weak)
    strength = metrical(metre, slots.count, places, first)
    for low, share in (
        (slots.low_at_start, weights.bass_start),
        (slots.low, weights.bass_unit),
    ):
        found += share * strength[:, None] * _bass(low, weights)
    return np.asarray(found)


def usual_tones(context: Floats) -> Floats:
    """The mean log share [N, S] of each chord's tones among the pitch classes [N, 12] around: a
    chord of tones that the music does not use is unlikely."""
    total = context.sum(axis=-1, keepdims=True)
    shares = np.divide(context, total, out=np.full_like(context, 1 / 12), where=total > 0)
    return np.asarray(np.log(shares + _UNUSED) @ _MEMBER.T / _MEMBER.sum(axis=1))


def context_of(weights: Floats) -> Floats:
    """The pitch classes [N, 12] within :data:`AROUND` beats before and after each slot."""
    sums = np.concatenate([np.zeros((1, 12)), np.cumsum(weights, axis=0)])
    count = len(weights)
    ends = np.arange(count)
    after, before = np.minimum(count, ends + AROUND + 1), np.maximum(0, ends - AROUND)
    return np.asarray(sums[after] - sums[before])


def _bass(low: npt.NDArray[np.int64], weights: ReaderWeights) -> Floats:
    """Evidence [N, S] of the lowest pitches [N]; less of high ones, which may be the melody."""
    deep = 1.0 / (1.0 + np.exp((low - weights.bass_register) / 4.0))
    deep = np.where(low == NOTHING, 0.0, deep)
    is_root = (low % 12)[:, None] == _ROOTS
    is_tone = _MEMBER[:, low % 12].T
    points = np.where(is_root, weights.bass_root, np.where(is_tone, weights.bass_tone, 0.0))
    return np.asarray(deep[:, None] * points)


def metrical(
    metre: Metre, count: int, values: tuple[float, float, float], first: int = 0
) -> Floats:
    """A value [N] for each slot from number ``first`` on: on the bar line, at the half bar, on
    other beats."""
    half = metre.half_step // metre.steps_per_beat
    costs = np.full(metre.beats, values[2])
    costs[half] = values[1]
    costs[0] = values[0]
    return costs[(first + np.arange(count)) % metre.beats]


def best_path(found: Floats, costs: Floats) -> list[int]:
    """The likeliest sequence of states: Viterbi with a cost of change for each slot."""
    count = len(found)
    if not count:
        return []
    best = found[0].copy()
    came = np.zeros((count, len(STATES)), np.int64)
    for slot in range(1, count):
        best, came[slot] = stepped(best, float(costs[slot]))
        best = best + found[slot]
    path = [int(best.argmax())]
    for slot in range(count - 1, 0, -1):
        path.append(int(came[slot, path[-1]]))
    return path[::-1]


def stepped(best: Floats, cost: float) -> tuple[Floats, npt.NDArray[np.int64]]:
    """The best scores after a step, and the states that they came from: itself, the best of its
    root at half the cost, or the best of all."""
    own = np.arange(len(STATES))
    by_root = best.reshape(len(QUALITIES), 12)
    near = by_root.argmax(axis=0)
    near_score = np.tile(by_root.max(axis=0) - cost / 2, len(QUALITIES))
    near_from = np.tile(near * 12 + np.arange(12), len(QUALITIES))
    far = int(best.argmax())
    scores = np.stack([best, near_score, np.full(len(best), best[far] - cost)])
    froms = np.stack([own, near_from, np.full(len(best), far)])
    choice = scores.argmax(axis=0)
    return scores[choice, own], froms[choice, own]


def read_beats(
    notes: Sequence[Note],
    metre: Metre,
    origin: int,
    count: int,
    weights: ReaderWeights = WEIGHTS,
) -> list[ChordSymbol | None]:
    """The chord of each of ``count`` beats from tick ``origin`` on, with the music after it known.

    None before the first note. The chord goes on where nothing sounds.
    """
    return read_slots(slots_of(notes, metre, origin, count, weights.top_voice), metre, weights)


def read_slots(
    slots: BeatSlots,
    metre: Metre,
    weights: ReaderWeights = WEIGHTS,
    starts: Sequence[int] = (0,),
) -> list[ChordSymbol | None]:
    """The chord of each slot. Bars are counted from each of the slots ``starts``, the first of
    which is 0: a bar before another start may be short."""
    costs = (weights.change_bar, weights.change_half, weights.change_beat)
    context, parts = context_of(slots.weights), list(pairwise((*starts, slots.count)))
    path = best_path(
        np.concatenate(
            [evidence(slots.part(a, b), metre, context[a:b], weights) for a, b in parts]
        ),
        np.concatenate([metrical(metre, b - a, costs) for a, b in parts]),
    )
    heard = np.maximum.accumulate(slots.low != NOTHING) if slots.count else np.zeros(0, bool)
    chords = [STATES[s] if h else None for s, h in zip(path, heard, strict=True)]
    return with_basses(chords, slots, metre, [beat for a, b in parts for beat in range(b - a)])


def with_basses(
    chords: Sequence[ChordSymbol | None], slots: BeatSlots, metre: Metre, numbers: Sequence[int]
) -> list[ChordSymbol | None]:
    """The chords of beats over their bass notes: the lowest note where the chord begins, and where
    the bar or its half begins if it is held. ``numbers`` are those of the slots, counted from a
    bar line."""
    half = metre.half_step // metre.steps_per_beat
    found: list[ChordSymbol | None] = []
    bass: int | None = None
    for slot, chord in enumerate(chords):
        beat = numbers[slot] % metre.beats
        begins = slot == 0 or chord != chords[slot - 1] or beat == 0
        held = slot + 1 < len(chords) and slots.low[slot + 1] == slots.low_at_start[slot]
        if begins or (beat == half and held):
            bass = bass_of(chord, int(slots.low_at_start[slot]))
        found.append(None if chord is None else replace(chord, bass=bass))
    return found


def bass_of(chord: ChordSymbol | None, low: int) -> int | None:
    """The bass of a chord over a lowest pitch; None for its root, or a note that is no bass."""
    if chord is None or low >= WEIGHTS.bass_register or low % 12 == chord.root:
        return None
    return low % 12 if low % 12 in chord.pitch_classes else None

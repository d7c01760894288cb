"""Notes -> what sounds in each beat: pitch classes, the lowest note, the number of lines. Pure.

A slot is a beat of the metre (:attr:`Metre.ticks_per_beat`). Notes that begin up to a spread of
time before a slot and last into it count for that slot, so that a chord played a little early, or
with fingers that land one after another, is not split between two.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from bridge.music.grid import Metre
from bridge.music.notes import Note
from bridge.music.phrase import skyline

Floats = npt.NDArray[np.float64]

SHORTEST: Final = 1 / 16
"""Share of a slot that a note has to sound in it to be its lowest."""
ONSET_WEIGHT: Final = 0.15
"""Weight of an onset, in slots: a short note counts for more than its length."""
LONGEST: Final = 8
"""Slots that a note counts for: a pedal held for minutes does not hold the harmony."""
ROUNDING: Final = 1 / 6
"""Share of a slot by which a note may begin early and still belong to the next slot alone."""
HELD_OVER: Final = 0.45
"""Share of a slot that a note from before has to last to be its lowest at the beginning."""
TOP_VOICE: Final = 0.4
"""Weight of the highest voice: passing notes are its own, not the chord's."""


@dataclass(frozen=True)
class BeatSlots:
    """The notes that sound in ``count`` beats from a first tick on.

    ``weights`` [N, 12] are the pitch classes, in slots of sound; ``low`` [N] the lowest pitch that
    sounds long enough (128: none), ``low_at_start`` [N] the lowest that sounds at the slot's
    beginning; ``lines`` [N] the mean number of notes that sound at once while any does.
    """

    weights: Floats
    low: npt.NDArray[np.int64]
    low_at_start: npt.NDArray[np.int64]
    lines: Floats

    @property
    def count(self) -> int:
        """The number of slots."""
        return len(self.low)

    def part(self, start: int, stop: int) -> BeatSlots:
        """The slots from number ``start`` to before ``stop``."""
        inside = slice(start, stop)
        return BeatSlots(
            self.weights[inside], self.low[inside], self.low_at_start[inside], self.lines[inside]
        )


def joined(parts: Iterable[BeatSlots]) -> BeatSlots:
    """Slots after one another; at least one part."""
    found = list(parts)
    if len(found) == 1:
        return found[0]
    return BeatSlots(
        np.concatenate([p.weights for p in found]),
        np.concatenate([p.low for p in found]),
        np.concatenate([p.low_at_start for p in found]),
        np.concatenate([p.lines for p in found]),
    )


NOTHING: Final = 128
"""In place of the lowest pitch where nothing sounds."""


def slots_of(
    notes: Sequence[Note], metre: Metre, origin: int, count: int, top_voice: float = TOP_VOICE
) -> BeatSlots:
    """The ``count`` slots from tick ``origin`` on. ``top_voice`` 0..1 is the weight of the highest
    voice."""
    length = metre.ticks_per_beat
    top = _top_voice(notes, length)
    weights, sounding, covered = np.zeros((count, 12)), np.zeros(count), np.zeros(count)
    low, start_low = np.full(count, NOTHING), np.full(count, NOTHING)
    spans: list[list[tuple[float, float]]] = [[] for _ in range(count)]
    for note in notes:
        began = (note.tick - origin) / length
        nearest = round(began)
        if nearest > began > nearest - ROUNDING and note.end - origin > nearest * length:
            began = float(nearest)
        ended = min((note.end - origin) / length, began + LONGEST)
        first, last = max(0, int(began // 1)), min(count - 1, int(-(-ended // 1)) - 1)
        weight = top_voice if (note.tick, note.pitch) in top else 1.0
        for slot in range(first, last + 1):
            share = min(ended, slot + 1) - max(began, slot)
            if share <= 0:
                continue
            onset = ONSET_WEIGHT if slot <= began < slot + 1 else 0.0
            weights[slot, note.pitch % 12] += weight * (share + onset)
            sounding[slot] += share
            spans[slot].append((max(began, slot), min(ended, slot + 1)))
            if share >= SHORTEST:
                low[slot] = min(low[slot], note.pitch)
                lasts = ended - slot >= HELD_OVER
                if slot <= began <= slot + ROUNDING or (began < slot and lasts):
                    start_low[slot] = min(start_low[slot], note.pitch)
    for slot, inside in enumerate(spans):
        covered[slot] = _covered(inside)
    lines = np.divide(sounding, covered, out=np.zeros(count), where=covered > 0)
    return BeatSlots(weights, low, start_low, lines)


def unit_start(metre: Metre, slot: int) -> int:
    """The first slot of the unit that a slot (counted from a bar line) is in: a half bar, or a bar
    of three beats. A bass note and the chord after it are one chord there."""
    bar, beat = divmod(slot, metre.beats)
    half = metre.half_step // metre.steps_per_beat
    later = beat >= half and metre.beats % 2 == 0
    return bar * metre.beats + (half if later else 0)


def pooled(slots: BeatSlots, metre: Metre, first: int, share: float) -> BeatSlots:
    """The slots with a ``share`` of what sounded before in their unit, and with its lowest note.
    ``first`` is the number of the first slot, counted from a bar line."""
    weights, low = slots.weights.copy(), slots.low.copy()
    for slot in range(slots.count):
        start = max(0, unit_start(metre, first + slot) - first)
        if start < slot:
            weights[slot] += share * slots.weights[start:slot].mean(axis=0)
            low[slot] = min(slots.low[slot], slots.low[start:slot].min())
    return replace(slots, weights=weights, low=low)


def _top_voice(notes: Sequence[Note], length: int) -> set[tuple[int, int]]:
    """The starts and pitches of the highest voice, without the highest notes of chords: those
    that begin and end with another note less than an octave below."""
    near = length // 8
    ends: dict[int, list[Note]] = {}
    for note in notes:
        ends.setdefault(note.tick // near, []).append(note)

    def of_chord(top: Note) -> bool:
        place = top.tick // near
        around = (n for key in (place - 1, place, place + 1) for n in ends.get(key, ()))
        return any(
            0 < top.pitch - n.pitch < 12
            and abs(n.tick - top.tick) <= near
            and abs(n.end - top.end) <= near
            for n in around
        )

    return {(n.tick, n.pitch) for n in skyline(notes) if not of_chord(n)}


def _covered(spans: list[tuple[float, float]]) -> float:
    """The length in which at least one of the spans lies."""
    total, until = 0.0, float("-inf")
    for start, end in sorted(spans):
        total += max(0.0, end - max(start, until))
        until = max(until, end)
    return total

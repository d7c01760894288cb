"""The harmony of a whole piece, from all its pitched notes. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from bridge.listening.beat_slots import NOTHING, BeatSlots, slots_of
from bridge.listening.chord_reader import WEIGHTS, read_slots
from bridge.listening.chord_symbol import ChordSymbol
from bridge.music.grid import Metre
from bridge.music.notes import Note

AROUND: Final = 8
"""Beats before and after a beat that decide whether more than a line sounds."""
MORE_THAN_A_LINE: Final = 1.15
"""Notes that sound at once, on the mean, from which there is harmony to be read."""


@dataclass(frozen=True)
class Harmony:
    """The chords that are heard from ``origin`` on: one a beat of ``metre``, None where only a
    single line sounds (or nothing yet), so that a reader of melodies is better."""

    metre: Metre
    origin: int
    beats: tuple[ChordSymbol | None, ...]

    def at(self, tick: int) -> ChordSymbol | None:
        """The chord at a tick; None outside the piece."""
        beat = (tick - self.origin) // self.metre.ticks_per_beat
        return self.beats[beat] if 0 <= beat < len(self.beats) else None

    @property
    def halves(self) -> tuple[ChordSymbol | None, ...]:
        """The chords of the half bars, two a bar: of their first beats."""
        second = self.metre.half_step // self.metre.steps_per_beat
        bars = range(0, len(self.beats), self.metre.beats)
        return tuple(self.beats[bar + beat] for bar in bars for beat in (0, second))


def hear(notes: Sequence[Note], metre: Metre, origin: int, bars: int) -> Harmony:
    """The harmony of ``bars`` bars from tick ``origin`` on."""
    slots = slots_of(notes, metre, origin, bars * metre.beats, WEIGHTS.top_voice)
    chords = read_slots(slots, metre)
    known = has_harmony(slots)
    return Harmony(
        metre, origin, tuple(c if k else None for c, k in zip(chords, known, strict=True))
    )


def has_harmony(slots: BeatSlots) -> list[bool]:
    """For each slot, True if more than a single line sounds around it."""
    if not slots.count:
        return []
    sounds = (slots.low != NOTHING).astype(float)
    window = np.ones(2 * AROUND + 1)
    lines = np.convolve(slots.lines * sounds, window)[AROUND : AROUND + slots.count]
    heard = np.convolve(sounds, window)[AROUND : AROUND + slots.count]
    return [bool(h and n / h >= MORE_THAN_A_LINE) for n, h in zip(lines, heard, strict=True)]

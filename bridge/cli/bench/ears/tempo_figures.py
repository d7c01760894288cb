"""Figures of the tempo found in free playing, on tunes that a simulated human plays."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from bridge.cli.bench.ears.leads import Lead, read_leads, split_of
from bridge.cli.bench.ears.scores import Share
from bridge.listening.tempo.tempo_finder import PlayedNote, find_tempo
from bridge.music.grid import FOUR_FOUR, TICKS_PER_BEAT, Metre

SOURCES: Final = ("nottingham", "openewld", "songs-bbloomf", "oldtime-rjl20")
BARS: Final = 4
TIME_SD: Final = 0.015
RUBATO: Final = 0.02
SLOWEST, FASTEST = 60.0, 180.0
USUAL_BPM: Final = 120.0
NOTES_NEEDED: Final = 8
NEAR_BEATS: Final = 0.25
"""Beats from a bar line up to which it is found."""


def played_freely(
    lead: Lead, bpm: float, rng: np.random.Generator, first_bar: int = 1
) -> tuple[list[PlayedNote], list[float]]:
    """Four bars of a lead's melody as a human plays them, and the times of their bar lines: 15 ms
    of deviation, a tempo that sways by 2 %, and an accent on the beats."""
    beat, period = 60.0 / bpm, float(rng.uniform(6.0, 16.0))
    phase = float(rng.uniform(0.0, 2 * math.pi))

    def second(beats: float) -> float:
        at = beats * beat
        sway = math.sin(2 * math.pi * at / period + phase) - math.sin(phase)
        return at + RUBATO * period / (2 * math.pi) * sway

    start, end = first_bar * FOUR_FOUR.ticks, (first_bar + BARS) * FOUR_FOUR.ticks
    notes = []
    for note in lead.melody:
        if start <= note.tick < end:
            accent = 10 * (note.tick % FOUR_FOUR.ticks == 0) + 5 * (note.tick % TICKS_PER_BEAT == 0)
            at = second(note.tick / TICKS_PER_BEAT)
            length = 0.9 * (second(note.end / TICKS_PER_BEAT) - at)
            loud = int(np.clip(75 + accent + rng.normal(0.0, 8.0), 20, 127))
            notes.append(PlayedNote(at + float(rng.normal(0.0, TIME_SD)), note.pitch, length, loud))
    lines = [second(bar * FOUR_FOUR.beats) for bar in range(first_bar, first_bar + BARS)]
    return notes, lines


def tempi(data: Path, pieces: int) -> dict[str, Any]:
    """The shares of tunes whose tempo is found within 2 %, in the right octave, with the right
    bar line, where the metre is found as well, and where the player has named it; beside them
    always 120 BPM from the first note on."""
    rng = np.random.default_rng(7)
    unnamed, named = _TempoScore(None), _TempoScore(FOUR_FOUR)
    usual, first_note = Share(), Share()
    for lead in _tunes(data, pieces):
        bpm = float(np.exp(rng.uniform(math.log(SLOWEST), math.log(FASTEST))))
        notes, lines = played_freely(lead, bpm, rng)
        if len(notes) < NOTES_NEEDED:
            continue
        true = 60.0 * FOUR_FOUR.beats * (len(lines) - 1) / (lines[-1] - lines[0])
        for score in (unnamed, named):
            score.add(notes, lines, true)
        usual.add(abs(USUAL_BPM / true - 1) < 0.02)
        first_note.add(_distance(notes[0].at, lines) < NEAR_BEATS * 60.0 / true)
    return {
        **unnamed.shares(), "tunes": int(usual.count), "metre_named": named.shares(),
        "baseline": {"name": "120 BPM, bar line at the first note",
                     "within_2_percent": usual.value, "downbeat": first_note.value},
    }  # fmt: skip


@dataclass
class _TempoScore:
    """Shares of tempi and bar lines that are found, where the player has named ``metre``."""

    metre: Metre | None
    within: Share = field(default_factory=Share)
    octave: Share = field(default_factory=Share)
    line: Share = field(default_factory=Share)

    def add(self, notes: Sequence[PlayedNote], lines: Sequence[float], true: float) -> None:
        """Count one tune of ``true`` BPM with bar lines at the seconds ``lines``."""
        found = find_tempo(notes, self.metre)
        ratio = found.bpm / true if found is not None else 0.0
        self.within.add(abs(ratio - 1) < 0.02)
        self.octave.add(abs(ratio - 1) < 0.1)
        self.line.add(
            found is not None
            and abs(ratio - 1) < 0.1
            and found.metre == FOUR_FOUR
            and _distance(found.downbeat, lines) < NEAR_BEATS * 60.0 / true
        )

    def shares(self) -> dict[str, Any]:
        """The shares 0..1."""
        return {
            "within_2_percent": self.within.value,
            "octave": self.octave.value,
            "downbeat": self.line.value,
        }


def _distance(at: float, lines: Sequence[float]) -> float:
    return min(abs(at - line) for line in lines)


def _tunes(data: Path, pieces: int) -> list[Lead]:
    found = [
        lead
        for name in SOURCES
        for lead in read_leads(data / "leads" / f"{name}.jsonl")
        if split_of(lead.name) == "test" and lead.melody and lead.bars >= BARS + 2
    ]
    return found[:: max(1, -(-len(found) // pieces))] if pieces else found

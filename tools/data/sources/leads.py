"""Lead sheets: melodies with chords, from JSON lines.

A line is ``id``, ``nb`` (bars), ``beats`` (equally many chord names a bar, ``z`` for none),
``notes`` ([start, MIDI pitch, length] in steps), and for other metres than 4/4 ``meter`` and
``steps`` (a bar); ``group`` names the tune that parts and variants belong to.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bridge.music.chords import chord_class
from bridge.music.grid import FOUR_FOUR, FOUR_FOUR_TRIPLETS, METRES, Metre
from bridge.music.key import estimate_key, pitch_class_weights
from bridge.music.tokens import fold_pitch, pitch_to_class, to_slots

Classes = npt.NDArray[np.int64]
PART_NUMBER = re.compile(r"-\d+$")
SWUNG_STEP = (0, 1, 2, 2)
"""The step (of three) at which a 16th of a beat (of four) is played in triplets."""


@dataclass(frozen=True)
class LeadSheet:
    """A melody with its chords.

    ``notes`` are (start, MIDI pitch, length) in steps of ``metre``; ``beats`` holds equally many
    chord names a bar. ``group`` is the tune that it belongs to.
    """

    name: str
    group: str
    source: str
    metre: Metre
    bars: int
    beats: tuple[str, ...]
    notes: tuple[tuple[int, int, int], ...]

    @cached_property
    def halves(self) -> Classes:
        """Chord classes [2 * bars]: of the beginning and of the second half of each bar."""
        per_bar = len(self.beats) // self.bars
        second = (per_bar * self.metre.half_step) // self.metre.steps
        names = np.array(self.beats).reshape(self.bars, per_bar)
        return np.array([chord_class(str(n)) for n in names[:, [0, second]].reshape(-1)], np.int64)

    @cached_property
    def melody(self) -> Classes:
        """Melody classes in slots [bars * 16]."""
        line = np.zeros(self.bars * self.metre.steps, np.int64)
        for start, pitch, length in self.notes:
            if start < len(line):
                line[start] = pitch_to_class(fold_pitch(pitch))
                end = start + max(1, length)
                if end < len(line) and line[end] == 0:
                    line[end] = 1
        return to_slots(line, self.metre)

    @cached_property
    def shift(self) -> int:
        """Semitones to the common key."""
        return estimate_key(pitch_class_weights((p, n) for _, p, n in self.notes)).shift

    def swung(self) -> LeadSheet:
        """A lead in 4/4 on the grid of triplets: second 8ths fall on the third triplet."""
        notes: dict[int, tuple[int, int, int]] = {}
        for start, pitch, length in self.notes:
            at, end = _in_triplets(start), _in_triplets(start + length)
            notes[at] = (at, pitch, max(1, end - at))
        return LeadSheet(
            self.name, self.group, self.source, FOUR_FOUR_TRIPLETS, self.bars, self.beats,
            tuple(notes[at] for at in sorted(notes)),
        )  # fmt: skip


def _in_triplets(step: int) -> int:
    return step // 4 * 3 + SWUNG_STEP[step % 4]


def read_leads(folder: Path) -> Iterator[LeadSheet]:
    """All lead sheets of ``*.jsonl`` in a folder, in order; metres without a grid are left out."""
    for path in sorted(folder.glob("*.jsonl")):
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                lead = _lead(json.loads(line), path.stem)
                if lead is not None:
                    yield lead


def _lead(row: dict[str, Any], source: str) -> LeadSheet | None:
    metre = METRES.get(row.get("meter", FOUR_FOUR.name))
    if metre is None and row.get("steps", FOUR_FOUR.steps) == FOUR_FOUR.steps:
        metre = FOUR_FOUR  # 2/2, and 2/4 in pairs
    if metre is None:
        return None
    finer = row.get("steps", metre.steps) // metre.steps
    name = str(row["id"])
    notes = {
        int(start) // finer: (int(start) // finer, int(pitch), max(1, int(length) // finer))
        for start, pitch, length in reversed(row["notes"])
        if start >= 0
    }
    return LeadSheet(
        name=name,
        group=str(row.get("group", PART_NUMBER.sub("", name) if name.startswith("li-") else name)),
        source=source,
        metre=metre,
        bars=int(row["nb"]),
        beats=tuple(row["beats"]),
        notes=tuple(notes[at] for at in sorted(notes)),
    )

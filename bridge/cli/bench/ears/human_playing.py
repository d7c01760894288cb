"""Notes as a human plays them: deviations of time, wrong notes, runs across the hands. Seeded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bridge.music.grid import TICKS_PER_BEAT
from bridge.music.notes import Note


@dataclass(frozen=True)
class HumanPlaying:
    """Deviations of a player: time (sd in seconds), share of wrong notes, and right-hand runs
    across the split (share of bars)."""

    time_sd: float = 0.03
    wrong: float = 0.05
    runs: float = 0.1


def played(notes: Sequence[Note], bpm: float, human: HumanPlaying, seed: int) -> list[Note]:
    """Notes as a human plays them."""
    rng = np.random.default_rng(seed)
    ticks = human.time_sd * bpm / 60.0 * TICKS_PER_BEAT
    after: list[Note] = []
    for note in notes:
        moved = max(0, note.tick + round(float(rng.normal(0.0, ticks))))
        pitch = note.pitch
        if rng.random() < human.wrong:
            pitch = min(127, max(0, pitch + int(rng.choice([-2, -1, 1, 2]))))
        after.append(replace(note, tick=moved, pitch=pitch))
    end = max((n.end for n in notes), default=0)
    for bar in range(end // (4 * TICKS_PER_BEAT)):
        if rng.random() < human.runs:
            start = bar * 4 * TICKS_PER_BEAT + int(rng.integers(0, 12)) * TICKS_PER_BEAT // 4
            top = int(rng.integers(64, 74))
            scale = (0, 2, 3, 5, 7, 8, 10, 12)
            after += [
                Note(start + k * 240, top - step, 230, 80) for k, step in enumerate(scale)
            ]  # fmt: skip
    return sorted(after)

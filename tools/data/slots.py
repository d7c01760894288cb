"""Bars of any metre in the sixteen slots that the network has for a bar.

A bar of twelve steps is laid out so that its beats fall where those of 4/4 fall; the slots between
stay empty. Weights that know what a downbeat is then serve all metres.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from bridge.music.grid import Metre

Array = npt.NDArray[np.int64]
SLOTS: Final = 16
"""Slots of a bar."""
FOUR, THREE, SIX, TWELVE = "4/4", "3/4", "6/8", "12/8"
NETWORK_METRES: Final = (FOUR, THREE, SIX, TWELVE)
"""Metres that the network tells apart. 4/4 in triplets is 12/8 to it: four beats of three."""


def network_metre(metre: Metre) -> int:
    """Index into :data:`NETWORK_METRES`."""
    return NETWORK_METRES.index(TWELVE if metre.name == "4/4t" else metre.name)


def slots_of(metre: Metre) -> tuple[int, ...]:
    """The slot (0..15) of each step of a bar."""
    every = SLOTS // (4 if metre.beats > 2 else 2)
    return tuple(
        every * beat + step for beat in range(metre.beats) for step in range(metre.steps_per_beat)
    )


def spread(line: Array, metre: Metre) -> Array:
    """A line [bars * steps] in slots [bars * 16]."""
    bars = line.reshape(-1, metre.steps)
    out = np.zeros((len(bars), SLOTS), line.dtype)
    out[:, list(slots_of(metre))] = bars
    return out.reshape(-1)


def slot_mask(metre: Metre) -> npt.NDArray[np.bool_]:
    """[16]: True for the slots that hold a step."""
    return np.isin(np.arange(SLOTS), slots_of(metre))


def line_of(
    notes: Sequence[tuple[float, float, int]], bars: int, metre: Metre, classes: Sequence[int]
) -> Array:
    """Notes (start, end in steps, class index of ``classes``) of one voice as a line in slots.

    Starts are rounded to steps; a later note cuts the one before, a note off is written where a
    rest follows.
    """
    steps = bars * metre.steps
    line = np.zeros(steps, np.int64)
    for start, end, index in notes:
        at = round(start)
        if not 0 <= at < steps:
            continue
        line[at] = classes[index]
        off = max(round(end), at + 1)
        if off < steps:
            line[off] = 1
    return spread(line, metre)

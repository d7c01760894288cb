"""Bars of any metre in the sixteen slots that the network has for a bar (``Metre.slots``).

Beats fall where those of 4/4 fall, so weights that know what a downbeat is serve all metres.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bridge.music.grid import SLOTS_PER_BAR, Metre
from bridge.music.tokens import to_slots

Array = npt.NDArray[np.int64]


def slot_mask(metre: Metre) -> npt.NDArray[np.bool_]:
    """[16]: True for the slots that hold a step."""
    return np.isin(np.arange(SLOTS_PER_BAR), metre.slots)


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
    return to_slots(line, metre)

"""Bars of any metre in the sixteen slots that the network has for a bar (``Metre.slots``).

Beats fall where those of 4/4 fall, so weights that know what a downbeat is serve all metres.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from bridge.music.grid import SLOTS_PER_BAR, Metre
from bridge.music.tokens import to_slots

Array = npt.NDArray[np.int64]
FOUR, THREE, SIX, TWELVE = "4/4", "3/4", "6/8", "12/8"
NETWORK_METRES: Final = (FOUR, THREE, SIX, TWELVE)
"""Metres that the network tells apart. 4/4 in triplets is 12/8 to it: four beats of three."""


def network_metre(metre: Metre) -> int:
    """Index into :data:`NETWORK_METRES`."""
    return NETWORK_METRES.index(TWELVE if metre.name == "4/4t" else metre.name)


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

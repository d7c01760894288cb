"""Clocks that all come twice: a device with two ports, USB and DIN merged. Pure.

Each clock is followed by its copy within two milliseconds or so, which is too fast for any tempo.
Only clocks that an audio system delivers in periods come as pairs, too: their pairs lie on the
grid of its period, and now and then three come at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from bridge.timing.batched_clocks import frame_of

PAIR_SECONDS: Final = 0.003
"""A copy comes this soon after its clock."""
PAIRS: Final = 6
"""So many pairs running are no chance."""
APART: Final = 2.0
"""The next pair comes after so many times the largest distance in a pair, at least."""
REGULAR: Final = 1.5
"""The longest distance between pairs is at most so many times the shortest."""
THIRD_PERIODS: Final = 1.5
"""After a longer gap (periods) several clocks at once are late ones."""

Clocks = Sequence[tuple[int, float]]


def copies_among(clocks: Clocks, arrivals: Sequence[float]) -> frozenset[int]:
    """The numbers of the clocks that are copies of the one before; none unless the last
    ``PAIRS`` pairs show that all clocks come twice.

    ``clocks`` are (number, seconds), the last of them a copy; ``arrivals`` (seconds) are the last
    ones in order, for the periods of an audio system.
    """
    if len(clocks) < 2 * PAIRS or clocks[-1][1] - clocks[-2][1] > PAIR_SECONDS:
        return frozenset()
    gaps = [b - a for (_, a), (_, b) in pairwise(clocks[-2 * PAIRS :])]
    short, long = gaps[::2], gaps[1::2]
    if max(short) > PAIR_SECONDS:
        return frozenset()
    if min(long) < APART * max(short) or max(long) > REGULAR * min(long):
        return frozenset()
    if frame_of(arrivals, (clocks[-1][1] - clocks[-2 * PAIRS][1]) / (2 * PAIRS - 1)):
        return frozenset()
    return frozenset(
        number for (_, a), (number, b) in pairwise(clocks) if b - a <= PAIR_SECONDS
    )


def is_a_third(arrivals: Sequence[float], period: float) -> bool:
    """Whether the last arrival is the third at once though none was late before them."""
    if len(arrivals) < 4:
        return False
    before, first, _, third = arrivals[-4:]
    return third - first <= PAIR_SECONDS and first - before < THIRD_PERIODS * period

"""Clocks that all come twice: a device with two ports, USB and DIN merged. Pure.

Each clock is followed by its copy within two milliseconds or so, which is too fast for any tempo.
Only clocks that an audio system delivers in periods come as pairs, too: their pairs lie on the
grid of its period, and now and then three come at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from bridge.timing.batched_clocks import delivery_period
from bridge.timing.missed_clocks import CLOCKS_KEPT

PAIR_SECONDS: Final = 0.003
"""A copy comes this soon after its clock."""
PAIRS: Final = 6
"""Pairs in a row that are no coincidence."""
APART: Final = 2.0
"""The next pair comes after so many times the largest distance in a pair, at least."""
REGULAR: Final = 1.5
"""The longest distance between pairs is at most so many times the
shortest, among the first ones."""
THIRD_PERIODS: Final = 1.5
"""After a longer gap (periods) several clocks at once are late ones."""

Clocks = Sequence[tuple[int, float]]


def come_twice(clocks: Clocks, arrivals: Sequence[float]) -> bool:
    """True if all clocks come twice, the last one being a copy: the last ``PAIRS`` pairs show it
    soon after the first clock, and all ``arrivals`` (seconds, in order) later on.

    ``clocks`` are the last (number, seconds) as counted, ``CLOCKS_KEPT`` at most.
    """
    if len(clocks) < 2 * PAIRS or clocks[-1][1] - clocks[-2][1] > PAIR_SECONDS:
        return False
    last = 2 * (PAIRS if len(clocks) < CLOCKS_KEPT else len(arrivals) // 2)
    gaps = [b - a for a, b in pairwise(arrivals[-last:])]
    short, long = gaps[::2], gaps[1::2]
    if max(short) > PAIR_SECONDS or min(long) < APART * max(short):
        return False
    if len(clocks) < CLOCKS_KEPT and max(long) > REGULAR * min(long):
        return False
    return not delivery_period(arrivals, (arrivals[-1] - arrivals[-last]) / (last - 1))


def copies_among(clocks: Clocks) -> frozenset[int]:
    """The numbers of the clocks that are copies of the one before."""
    return frozenset(number for (_, a), (number, b) in pairwise(clocks) if b - a <= PAIR_SECONDS)


def is_a_third(arrivals: Sequence[float], period: float) -> bool:
    """True if the last arrival is the third at once though none was late before them."""
    if len(arrivals) < 4:
        return False
    before, first, _, third = arrivals[-4:]
    return third - first <= PAIR_SECONDS and first - before < THIRD_PERIODS * period

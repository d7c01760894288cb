"""Clocks that are delivered in periods of an audio system, several at once or none. Pure.

JACK (and PipeWire, whose usual period is 1024 frames) hands over MIDI once a period. Where a
period is about as long as a clock or longer, two clocks come together now and then and look like
one that was doubled, or none comes and one looks lost. Such a wire is known by its grid: all
arrivals lie on multiples of the period, which is a power of two of frames.
"""

from __future__ import annotations

from cmath import exp, phase
from collections.abc import Sequence
from math import pi
from typing import Final

PERIODS: Final = tuple(
    frames / rate for frames in (4096, 2048, 1024, 512) for rate in (44_100, 48_000)
)
"""Periods (seconds) that are looked for, long ones first: on a grid of a long one all arrivals lie
on that of a shorter one, too."""
GRID_TOLERANCE_SECONDS: Final = 0.0006
"""So near to the grid an arrival is on it: whoever reads is woken a little late."""
MIN_SHARE_ON_GRID: Final = 0.75
MIN_PERIOD_CLOCKS: Final = 0.4
"""A shorter period (in clocks) makes no more than jitter."""
MAX_ARRIVALS: Final = 96
MIN_ARRIVALS: Final = 12


def delivery_period(arrivals: Sequence[float], clock: float) -> float:
    """The period (seconds) in which clocks of ``clock`` seconds are delivered; 0 if there is
    none, or one so short that it does no harm. ``arrivals`` (seconds) are in order."""
    arrivals = arrivals[-MAX_ARRIVALS:]
    if len(arrivals) < MIN_ARRIVALS:
        return 0.0
    for frame in PERIODS:
        if frame > MIN_PERIOD_CLOCKS * clock and _on_a_grid(arrivals, frame):
            return frame
    return 0.0


def _on_a_grid(arrivals: Sequence[float], frame: float) -> bool:
    """Whether (almost) all arrivals lie on one grid. Chance puts one in nine there or fewer."""
    start = arrivals[0]
    turns = [((at - start) / frame) % 1.0 for at in arrivals]
    grid = phase(sum(exp(2j * pi * turn) for turn in turns)) / (2 * pi)
    near = sum(
        abs((turn - grid + 0.5) % 1.0 - 0.5) * frame < GRID_TOLERANCE_SECONDS for turn in turns
    )
    return near >= MIN_SHARE_ON_GRID * len(turns)

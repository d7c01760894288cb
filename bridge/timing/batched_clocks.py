"""Detect clocks that an audio system delivers in batches, once a period. Pure.

JACK (and PipeWire, with a default period of 1024 frames) delivers MIDI once a period. Where a
period is about as long as a clock or longer, a period with two clocks looks like a doubled clock
and one without looks like a lost clock. Batched delivery is recognised by its grid: all arrivals
lie on multiples of the period, which is a power of two of frames.
"""

from __future__ import annotations

from cmath import exp, phase
from collections.abc import Sequence
from math import pi
from typing import Final

PERIODS: Final = tuple(
    frames / rate for frames in (4096, 2048, 1024, 512) for rate in (44_100, 48_000)
)
"""Known periods (seconds), longest first: arrivals on the grid of a long period are on that of a
shorter one too."""
GRID_TOLERANCE_SECONDS: Final = 0.0006
"""Distance to the grid within which an arrival is on it: the reader wakes up a little late."""
MIN_SHARE_ON_GRID: Final = 0.75
MIN_PERIOD_CLOCKS: Final = 0.4
"""Shortest period to detect, in clocks; shorter ones only add jitter."""
MAX_ARRIVALS: Final = 96
MIN_ARRIVALS: Final = 12


def delivery_period(arrivals: Sequence[float], clock: float) -> float:
    """The delivery period (seconds) of clocks that are ``clock`` seconds apart.

    0 where there is none or it is shorter than :data:`MIN_PERIOD_CLOCKS`. ``arrivals`` (seconds)
    are in order.
    """
    arrivals = arrivals[-MAX_ARRIVALS:]
    if len(arrivals) < MIN_ARRIVALS:
        return 0.0
    for frame in PERIODS:
        if frame > MIN_PERIOD_CLOCKS * clock and _on_a_grid(arrivals, frame):
            return frame
    return 0.0


def _on_a_grid(arrivals: Sequence[float], frame: float) -> bool:
    """True if nearly all arrivals lie on one grid. By chance at most one in nine does."""
    start = arrivals[0]
    turns = [((at - start) / frame) % 1.0 for at in arrivals]
    grid = phase(sum(exp(2j * pi * turn) for turn in turns)) / (2 * pi)
    near = sum(
        abs((turn - grid + 0.5) % 1.0 - 0.5) * frame < GRID_TOLERANCE_SECONDS for turn in turns
    )
    return near >= MIN_SHARE_ON_GRID * len(turns)

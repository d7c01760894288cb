"""Find clocks lost or doubled amid jitter, in retrospect. Pure.

One late clock proves little; six consecutive clocks that are a whole period late show that one
before them was lost, because a new tempo bends the line and does not shift it. The decision is a
likelihood ratio of the last clocks under each hypothesis (a line shifted by one clock; a line; a
line with a bend; a parabola), each with its own fitted noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bridge.timing.pulse_fit import Pulse

CLOCKS_KEPT: Final = 32
"""Number of last clocks that are examined."""
MIN_CLOCKS_BEFORE: Final = 8
MIN_CLOCKS_AFTER: Final = 4
"""Least number of clocks before and after a slip."""
SUSPICIOUS_PERIODS: Final = 0.3
"""Deviation of the last clocks, in periods, from which the likelihoods are computed."""
MIN_LOG_LIKELIHOOD_RATIO: Final = 10.0
"""Natural logarithm of the likelihood ratio from which a slip is accepted."""
WHOLE_CLOCK_TOLERANCE: Final = 0.25
"""Largest deviation (periods) of a shift from a whole clock."""
NOISE_FLOOR_PERIODS: Final = 0.02
"""Noise (periods) added to every hypothesis, so that near-perfect fits are equal."""

TWO_SLIPS_PENALTY: Final = 2.0
"""Log-likelihood penalty for two slips, which are many more hypotheses than one."""

SETTLED: Final = 10
"""Points of a new pulse without a stray that mean another tempo, not a lost clock."""
ANOTHER_TEMPO: Final = 0.25
"""Periods that differ by more than this share are those of two tempi."""

Clocks = Sequence[tuple[int, float]]


class _Shapes(NamedTuple):
    """Basis shapes of errors against a line: unit rows without mean and trend.

    ``steps[i]`` is a step up at each clock index in ``places[i]``, scaled by ``heights[i]``;
    ``trends[i]`` is the trend removed from it; ``curves`` are a parabola and bends; ``single``
    marks the rows with one step; ``numbers`` are the clock numbers with mean 0.
    """

    numbers: NDArray[np.float64]
    places: tuple[tuple[int, ...], ...]
    single: NDArray[np.bool_]
    steps: NDArray[np.float64]
    heights: NDArray[np.float64]
    trends: NDArray[np.float64]
    curves: NDArray[np.float64]


def since_another_tempo(
    clocks: tuple[tuple[int, float], ...], pulse: Pulse
) -> tuple[tuple[int, float], ...]:
    """The clocks since the pulse began, where it is settled and those before it were of another
    tempo; else all of them. Clocks lost or doubled before cannot be told any more."""
    first = pulse.points[0][0]
    if pulse.strays or len(pulse.points) < SETTLED:
        return clocks
    if len(clocks) <= MIN_CLOCKS_BEFORE or first <= clocks[MIN_CLOCKS_BEFORE][0]:
        return clocks
    (k0, t0), (k1, t1) = clocks[0], clocks[MIN_CLOCKS_BEFORE]
    before = (t1 - t0) / (k1 - k0)
    if abs(before - pulse.period) < ANOTHER_TEMPO * pulse.period:
        return clocks
    return tuple(clock for clock in clocks if clock[0] >= first)


def find_slips(clocks: Clocks) -> tuple[tuple[int, ...], int] | None:
    """Find one or two slips: ``(numbers, by)``, or None where none is certain.

    From each of ``numbers`` on, the true clock numbers are ``by`` higher: 1 for a lost clock, -1
    for a doubled one. ``clocks`` are (number, seconds) with rising numbers, at most
    :data:`CLOCKS_KEPT`.
    """
    count = len(clocks)
    if count < MIN_CLOCKS_BEFORE + MIN_CLOCKS_AFTER or not _suspicious(clocks):
        return None
    first, start = clocks[0]
    shapes = _shapes(tuple(k - first for k, _ in clocks))
    times = np.array([at - start for _, at in clocks])
    times -= times.mean()
    period = float(times @ shapes.numbers / (shapes.numbers @ shapes.numbers))
    errors = times - period * shapes.numbers
    much = shapes.steps @ errors
    shift = much * shapes.heights
    by, clock = np.sign(shift), period - shift * shapes.trends
    whole = (clock > 0) & (np.abs(shift - by * clock) < WHOLE_CLOCK_TOLERANCE * clock)
    if not whole.any():
        return None
    left, floor = float(errors @ errors), count * (NOISE_FLOOR_PERIODS * period) ** 2
    other = left - float(np.max((shapes.curves @ errors) ** 2)) + floor
    likely = count / 2 * np.log(other / (left - much**2 + floor))
    likely = np.where(whole, likely - np.where(shapes.single, 0.0, TWO_SLIPS_PENALTY), -1.0)
    best = int(np.argmax(likely))
    if likely[best] < MIN_LOG_LIKELIHOOD_RATIO:
        return None
    return tuple(clocks[place][0] for place in shapes.places[best]), int(by[best])


def renumbered(clocks: Clocks, numbers: Sequence[int], by: int) -> tuple[tuple[int, float], ...]:
    """The clocks with their numbers corrected for the result of :func:`find_slips`."""
    return tuple((k + by * sum(k >= since for since in numbers), at) for k, at in clocks)


def _suspicious(clocks: Clocks) -> bool:
    """A cheap test: True if the last clocks deviate from the line through those before."""
    return any(_off(clocks, len(clocks) * part // 4) > SUSPICIOUS_PERIODS for part in (2, 3))


def _off(clocks: Clocks, middle: int) -> float:
    """Deviation (periods) of the last clock from the line through the first and a middle one."""
    (k0, t0), (k1, t1), (k2, t2) = clocks[0], clocks[middle], clocks[-1]
    period = (t1 - t0) / (k1 - k0)
    return abs((t2 - t1) / period - (k2 - k1)) if period > 0 else 0.0


@lru_cache(maxsize=64)
def _shapes(numbers: tuple[int, ...]) -> _Shapes:
    """The basis shapes for clocks of these numbers, cached because they mostly rise by one."""
    count = len(numbers)
    centred = np.array(numbers, dtype=float)
    centred -= centred.mean()
    since = range(MIN_CLOCKS_BEFORE, count - MIN_CLOCKS_AFTER + 1)
    places = (*((i,) for i in since), *((i, j) for i in since for j in since if i <= j))
    upward = np.arange(count) >= np.arange(count)[:, None]
    raised = np.array([upward[list(at)].sum(axis=0) for at in places], dtype=float)
    steps, heights, trends = _detrended(raised, centred)
    bends = np.maximum(0.0, centred - centred[2 : count - 2, None])
    curves, _, _ = _detrended(np.vstack([centred**2, bends]), centred)
    single = np.array([len(at) == 1 for at in places])
    return _Shapes(centred, places, single, steps, heights, trends, curves)


def _detrended(
    rows: NDArray[np.float64], numbers: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Rows without mean and trend, normalised; the inverse lengths; the removed trends."""
    rows = rows - rows.mean(axis=1, keepdims=True)
    trends = rows @ numbers / (numbers @ numbers)
    rows = rows - trends[:, None] * numbers
    heights = 1.0 / np.sqrt((rows * rows).sum(axis=1))
    return rows * heights[:, None], heights, trends

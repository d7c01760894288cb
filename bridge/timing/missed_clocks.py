"""Clocks lost or doubled amid jitter, found afterwards. Pure.

One clock that is late by a fifth of its period says little; six running that are a whole
period late say that one before them was lost, for a new tempo would have bent the line, not
shifted it. The judgement is one of likelihoods: the last clocks under each explanation (a
line shifted by one clock; a line; a bent one; a parabola), each with the noise that it needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bridge.timing.pulse_fit import Pulse

RECENT: Final = 32
"""So many clocks are looked at."""
BEFORE: Final = 8
AFTER: Final = 4
"""So many clocks must lie before and after what is to be told."""
SUSPICION: Final = 0.3
"""Periods by which the last clocks must be off before anything is worked out."""
SURE: Final = 10.0
"""How much likelier (natural logarithm) lost or doubled must be than all else."""
WHOLE: Final = 0.25
"""A shift so near (periods) to a whole clock is one."""
FLOOR: Final = 0.02
"""Noise (periods) below which no explanation is the better one."""

TWICE: Final = 2.0
"""So much more for two of them, which are many more explanations."""

SETTLED: Final = 10
"""So many points of a new pulse without a stray are another tempo, no lost clock."""
ANOTHER_TEMPO: Final = 0.25
"""Periods that differ by more than this share are those of two tempi."""

Clocks = Sequence[tuple[int, float]]


class _Shapes(NamedTuple):
    """What errors against a line may look like: rows of length 1, without mean and trend.

    ``steps[i]`` is a step up at each clock of ``places[i]``, of height ``heights[i]`` and
    with ``trends[i]`` a clock before these were taken out; ``curves`` are a parabola and
    bends; ``numbers`` of the clocks, mean 0.
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
    if len(clocks) <= BEFORE or first <= clocks[BEFORE][0]:
        return clocks
    (k0, t0), (k1, t1) = clocks[0], clocks[BEFORE]
    before = (t1 - t0) / (k1 - k0)
    if abs(before - pulse.period) < ANOTHER_TEMPO * pulse.period:
        return clocks
    return tuple(clock for clock in clocks if clock[0] >= first)


def find_slips(clocks: Clocks) -> tuple[tuple[int, ...], int] | None:
    """``(numbers, by)``: from each of these numbers (one, or two) on the clocks are truly
    ``by`` further: 1 where one was lost, -1 where one was doubled. None if nothing of the
    kind is sure.

    ``clocks`` are (number, seconds), numbers rising; ``RECENT`` of them are enough.
    """
    count = len(clocks)
    if count < BEFORE + AFTER or not _suspicious(clocks):
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
    whole = (clock > 0) & (np.abs(shift - by * clock) < WHOLE * clock)
    if not whole.any():
        return None
    left, floor = float(errors @ errors), count * (FLOOR * period) ** 2
    other = left - float(np.max((shapes.curves @ errors) ** 2)) + floor
    likely = count / 2 * np.log(other / (left - much**2 + floor))
    likely = np.where(whole, likely - np.where(shapes.single, 0.0, TWICE), -1.0)
    best = int(np.argmax(likely))
    if likely[best] < SURE:
        return None
    return tuple(clocks[place][0] for place in shapes.places[best]), int(by[best])


def renumbered(clocks: Clocks, numbers: Sequence[int], by: int) -> tuple[tuple[int, float], ...]:
    """The clocks with the numbers that ``find_slips`` says they truly have."""
    return tuple((k + by * sum(k >= since for since in numbers), at) for k, at in clocks)


def _suspicious(clocks: Clocks) -> bool:
    """Whether the last clocks are off the line through those before: cheap, and often no."""
    return any(_off(clocks, len(clocks) * part // 4) > SUSPICION for part in (2, 3))


def _off(clocks: Clocks, middle: int) -> float:
    """Periods by which the last clock is off the line through the first and a middle one."""
    (k0, t0), (k1, t1), (k2, t2) = clocks[0], clocks[middle], clocks[-1]
    period = (t1 - t0) / (k1 - k0)
    return abs((t2 - t1) / period - (k2 - k1)) if period > 0 else 0.0


@lru_cache(maxsize=64)
def _shapes(numbers: tuple[int, ...]) -> _Shapes:
    """The shapes for clocks of these numbers; mostly they rise by one."""
    count = len(numbers)
    centred = np.array(numbers, dtype=float)
    centred -= centred.mean()
    since = range(BEFORE, count - AFTER + 1)
    places = (*((i,) for i in since), *((i, j) for i in since for j in since if i <= j))
    upward = np.arange(count) >= np.arange(count)[:, None]
    raised = np.array([upward[list(at)].sum(axis=0) for at in places], dtype=float)
    steps, heights, trends = _apart(raised, centred)
    bends = np.maximum(0.0, centred - centred[2 : count - 2, None])
    curves, _, _ = _apart(np.vstack([centred**2, bends]), centred)
    single = np.array([len(at) == 1 for at in places])
    return _Shapes(centred, places, single, steps, heights, trends, curves)


def _apart(
    rows: NDArray[np.float64], numbers: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Rows without mean and trend, made of length 1; one over their lengths; their trends."""
    rows = rows - rows.mean(axis=1, keepdims=True)
    trends = rows @ numbers / (numbers @ numbers)
    rows = rows - trends[:, None] * numbers
    heights = 1.0 / np.sqrt((rows * rows).sum(axis=1))
    return rows * heights[:, None], heights, trends

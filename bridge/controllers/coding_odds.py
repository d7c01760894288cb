"""The code of a knob by the odds of what it sent: a place of its own, or steps of an endless knob.

Each code gives the values a likelihood. A knob with a place sends a value only when it changes,
in small steps, mostly the same way; an endless knob sends many times the smallest step, larger
ones when it is turned faster, and never a step of none. The first movement of an endless knob is
to the right: so the player is asked, since a code and its mirror cannot be told apart.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from bridge.controllers.bindings import RELATIVE, Coding

LARGEST: Final = 63
STILL: Final = 0.02
"""Probability that a knob with a place repeats its value."""
JUMP: Final = 0.02
"""Probability that it jumps: another bank, a preset."""
TURN: Final = 0.15
"""Probability that any knob turns back."""
IMPOSSIBLE: Final = 1e-5
"""Probability of a value that the code does not have; noise of the wire."""
LEFT_FIRST: Final = 1e-4
"""Probability that the player turns an endless knob to the left first."""
ENDLESS: Final = 0.3
"""Share of endless knobs among all, divided among their codes."""


def _power(top: int, exponent: float) -> tuple[float, ...]:
    """Probabilities of the sizes 1..``top``, which fall as a power; index 0 is unused."""
    weights = [0.0, *(n**-exponent for n in range(1, top + 1))]
    return tuple(weight / sum(weights) for weight in weights)


_STEP: Final = _power(127, 1.5)
_CLICKS: Final = _power(LARGEST, 2.0)
_CHANGE: Final = _power(128, 1.6)
"""Probabilities of |change| + 1 of the speed of a hand from one message to the next."""


def odds(values: Sequence[int]) -> dict[Coding, float]:
    """The logarithm of the likelihood of the values (0..127, in order) by each code, with the
    share of knobs that have it."""
    found = {Coding.ABSOLUTE: math.log(1.0 - ENDLESS) + _of_places(values)}
    for code in RELATIVE:
        found[code] = math.log(ENDLESS / len(RELATIVE)) + _of_clicks(code, values)
    return found


def _of_places(values: Sequence[int]) -> float:
    total, way = -math.log(128), 0
    for before, value in pairwise(values):
        step = value - before
        if step == 0:
            total += math.log(STILL)
            continue
        size = _STEP[abs(step)]
        likely = size / 2 if way == 0 else _turned(way, step) * _as_fast(way, step, size)
        likely = (1.0 - STILL - JUMP) * likely + JUMP / 128
        total, way = total + math.log(likely), step
    return total


def _of_clicks(code: Coding, values: Sequence[int]) -> float:
    total, before = 0.0, 0
    for value in values:
        clicks = RELATIVE[code](value)
        size = abs(clicks)
        if not 0 < size <= LARGEST:
            total += math.log(IMPOSSIBLE)
            continue
        if before == 0:
            way = LEFT_FIRST if clicks < 0 else 1.0 - LEFT_FIRST
            likely = _CLICKS[size] * way
        else:
            likely = _turned(before, clicks) * _as_fast(before, clicks, _CLICKS[size])
        total, before = total + math.log(likely), clicks
    return total


def _turned(before: int, step: int) -> float:
    """The probability that a step goes the same way as the one before, or back."""
    return TURN if (step > 0) is not (before > 0) else 1.0 - TURN


def _as_fast(before: int, step: int, size: float) -> float:
    """The probability of a step's size: ``size`` by itself, or one near the step before."""
    return (size + _CHANGE[abs(abs(step) - abs(before)) + 1]) / 2

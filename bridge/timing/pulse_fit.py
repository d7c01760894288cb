"""The pulse of a clock: a least-squares line through its last clocks. Pure.

The window is up to eight beats while the tempo is steady, so phase and tempo are smooth; a real
change of tempo shortens it at once. A clock far off the line is an outlier until the next clocks
explain it: another tempo, another phase, or lost or doubled clocks.
"""

from __future__ import annotations

import math
from itertools import pairwise
from operator import mul
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from bridge.music.grid import CLOCKS_PER_BEAT

CLOCKS_KEPT = 8 * CLOCKS_PER_BEAT
SUMS_CLOCKS = 2 * CLOCKS_KEPT
NOISE_FLOOR = 0.0004
NOISE_START = 0.003
FRAME_NOISE = 0.29
"""Standard deviation of a uniform distribution over a delivery period, in periods."""
FRAME_LEAN = 0.75
"""Mean deviation of batched clocks, in delivery periods, that means another tempo; batching
alone gives at most a half."""
STEP_NOISES = 4.0
STRAY_RATIO = 0.8
NOISE_CLOCKS = 4
DRIFT_CLOCKS = 8
DRIFT_NOISES = 3.0
DRIFT_LEAPS = 0.4
"""Mean deviation against the largest leap between clocks that counts as drift: batched clocks
deviate one way and leap back, a drift has no leap."""
CURVE_NOISES = 2.6
CURVE_LEAPS = 0.25
PERIODIC_RATIO = 6.0
PERIODIC_LEAPS = 0.7
"""Ratio of the largest to the median leap from which clocks count as batched; then only a curve
of :data:`PERIODIC_LEAPS` leaps counts as a drift."""
SHORTEST_CLOCKS = 12
MIN_CLOCKS_TRUSTED = 12
"""Clocks from which a line is trusted against new clocks."""
TAIL_CLOCKS = 8
ANCHOR_WEIGHT = 4
SHIFT_CLOCKS = 4
CLEAR_NOISES = 4.0
SLIP_RATIO = 0.25
CLEAR_PERIODS = 6.5
"""Ratio of period to noise from which a missed or doubled clock can be told from a late or early
one; below it clocks are only counted."""
SLIP_PERIODS = 7.5
"""The same ratio where the tempo may have changed; JACK with two periods a clock exceeds it."""


class Sums(NamedTuple):
    """Running sums for the least-squares line: of clock numbers ``k`` and seconds ``t``, relative
    to ``number`` and ``second``, and of ``k * k`` and ``k * t``."""

    number: int
    second: float
    k: int
    t: float
    kk: int
    kt: float

    def plus(self, number: int, at: float, sign: int = 1) -> Sums:
        """The sums with one clock added, or removed (``sign`` -1)."""
        k, t = number - self.number, at - self.second
        return Sums(
            self.number,
            self.second,
            self.k + sign * k,
            self.t + sign * t,
            self.kk + sign * k * k,
            self.kt + sign * k * t,
        )


class Pulse(msgspec.Struct, frozen=True):
    """A least-squares line through ``points`` (clock number, seconds).

    ``noise`` is the standard deviation (seconds) about it; it passes (``number``, ``second``)
    with ``period`` seconds a clock. ``strays`` counts the last consecutive outliers, signed.
    ``sums`` are those of ``points``, where known. ``frame`` is the delivery period (seconds) of
    batched clocks, else 0 (``bridge.timing.batched_clocks``).
    """

    points: tuple[tuple[int, float], ...] = ()
    noise: float = NOISE_START
    number: float = 0.0
    second: float = 0.0
    period: float = 0.0
    strays: int = 0
    sums: Sums | None = None
    frame: float = 0.0

    @property
    def steady(self) -> bool:
        """True if a period is known (from two clocks on)."""
        return self.period > 0

    @property
    def clear(self) -> bool:
        """True if the clocks are regular enough to recognise a missed or doubled one."""
        return len(self.points) >= MIN_CLOCKS_TRUSTED and self.period > CLEAR_PERIODS * self.noise

    @property
    def _tells_slips(self) -> bool:
        """True if clocks off by a whole period must have been miscounted."""
        return self.clear and self.period > SLIP_PERIODS * self.noise and not self.frame

    def second_at(self, number: float) -> float:
        """Expected time (seconds) of a clock."""
        return self.second + (number - self.number) * self.period

    def with_clock(self, number: int, at: float) -> Pulse:
        """The line after one more clock."""
        if not self.steady or len(self.points) < 3:
            return fit_pulse((*self.points, (number, at)), self.noise, self.frame)
        error = at - self.second_at(number)
        stray = min(STEP_NOISES * self.noise, STRAY_RATIO * self.period)
        if abs(error) > max(stray, self.frame):
            return self._with_stray(number, at, error)
        return self._with_point(number, at, self._noise_with(error))._without_drift()

    def _with_point(self, number: int, at: float, noise: float) -> Pulse:
        """The line with one more clock, without the oldest where the window is full.

        The sums are recomputed now and then, because differences of large numbers lose digits.
        """
        points, sums = (*self.points, (number, at)), self.sums
        if sums is None or number - sums.number > SUMS_CLOCKS:
            return fit_pulse(points[-CLOCKS_KEPT:], noise, self.frame)
        sums = sums.plus(number, at)
        if len(points) > CLOCKS_KEPT:
            sums, points = sums.plus(*points[0], -1), points[1:]
        return _line(points, noise, sums, self.frame)

    def _noise_with(self, error: float) -> float:
        """The noise after one more clock.

        Its error is taken relative to the mean error of the last few clocks, so that a slow
        change of tempo, which shifts them all, does not count as noise. The error is limited
        against outliers; a floor keeps the noise of a perfect clock above 0.
        """
        recent = self.points[-NOISE_CLOCKS:]
        lean = sum(at - self.second_at(k) for k, at in recent) / len(recent)
        wild = min(abs(error - lean), 2 * STEP_NOISES * self.noise)
        rate = 1.0 / min(64, 8 + len(self.points))
        return max(
            NOISE_FLOOR,
            FRAME_NOISE * self.frame,
            math.sqrt((1 - rate) * self.noise**2 + rate * wild**2),
        )

    def _with_stray(self, number: int, at: float, error: float) -> Pulse:
        """A clock far off the line: the first is an outlier, the second in a row needs an
        explanation."""
        sign = 1 if error > 0 else -1
        running = self.strays + sign if self.strays * sign > 0 else sign
        points = (*self.points, (number, at))[-CLOCKS_KEPT:]
        if abs(running) == 1:
            noise = self._noise_with(error)
            return replace(self, points=points, strays=running, noise=noise, sums=None)
        if len(self.points) < MIN_CLOCKS_TRUSTED:
            return fit_pulse(points[-3:], self.noise, self.frame)
        return replace(self, points=points, strays=running, sums=None)._with_explanation()

    def _with_explanation(self) -> Pulse:
        """The line that explains the last clocks: another tempo from some clock on (a bend),
        another phase (a shift), or a miscount by whole clocks."""
        tail = self.points[-TAIL_CLOCKS:]
        errors = [at - self.second_at(k) for k, at in tail]
        bend_cost, bend, _ = _bend(errors)
        shift_cost, since, shift = _shift(errors)
        unsure = abs(bend_cost - shift_cost) < CLEAR_NOISES * self.noise**2
        if unsure and abs(self.strays) < SHIFT_CLOCKS:
            return self
        if bend_cost <= shift_cost:
            at_bend = tail[bend][0], self.second_at(tail[bend][0])
            anchors = (at_bend,) * ANCHOR_WEIGHT
            return fit_pulse((*anchors, *tail[bend + 1 :]), self.noise, self.frame)
        slip = round(shift / self.period)
        since -= len(tail)
        whole = abs(shift - slip * self.period) < SLIP_RATIO * self.period
        if slip and whole and self._tells_slips:
            counted = tuple((k + slip, at) for k, at in self.points[since:])
            return fit_pulse((*self.points[:since], *counted), self.noise, self.frame)
        if abs(self.strays) < SHIFT_CLOCKS:
            return self
        moved = tuple((k, at + shift) for k, at in self.points[:since])
        return fit_pulse((*moved, *self.points[since:]), self.noise, self.frame)

    def _without_drift(self) -> Pulse:
        """Drop the older half of the window when the clocks do not lie on one line, because the
        tempo drifts or has just drifted."""
        if len(self.points) <= 2 * DRIFT_CLOCKS:
            return self
        period, zero = self.period, self.second_at(0)
        errors = [at - zero - k * period for k, at in self.points]
        lean = abs(sum(errors[-DRIFT_CLOCKS:])) / DRIFT_CLOCKS
        if self.frame:
            return self._newer_half() if lean > FRAME_LEAN * self.frame else self
        leans = lean > DRIFT_NOISES * self.noise / math.sqrt(DRIFT_CLOCKS)
        curve, sure = _curve(errors, self.noise)
        if not leans and not sure:
            return self
        leaps = sorted(abs(b - a) for a, b in pairwise(errors))
        leap, usual = leaps[-1], leaps[len(leaps) // 2]
        bound = PERIODIC_LEAPS if leap > PERIODIC_RATIO * usual else CURVE_LEAPS
        if not (leans and lean > DRIFT_LEAPS * leap) and not (sure and curve > bound * leap):
            return self
        return self._newer_half()

    def _newer_half(self) -> Pulse:
        """The line through the newer half of the clocks."""
        kept = max(SHORTEST_CLOCKS, len(self.points) // 2)
        return fit_pulse(self.points[-kept:], self.noise, self.frame)

    def framed(self, frame: float) -> Pulse:
        """The same line with clocks delivered in periods of ``frame`` seconds (0: unbatched)."""
        noise = max(self.noise, FRAME_NOISE * frame) if frame else NOISE_START
        return replace(self, frame=frame, noise=noise)


def _curve(errors: list[float], noise: float) -> tuple[float, bool]:
    """The distance of the middle third of errors from the line through the outer thirds, and True
    where it is significant against their spread, or ``noise`` if that is less."""
    third = len(errors) // 3
    first, last = sum(errors[:third]), sum(errors[-third:])
    curve = abs(first + last - 2 * sum(errors[third : 2 * third])) / (2 * third)
    spread = max(NOISE_FLOOR, min(noise, math.sqrt(sum(map(mul, errors, errors)) / len(errors))))
    return curve, curve > CURVE_NOISES * spread * math.sqrt(1.5 / third)


def _bend(errors: list[float]) -> tuple[float, int, float]:
    """The best bend in errors against a line: (residual sum of squares, index, slope)."""
    best = (math.inf, 0, 0.0)
    for bend in range(len(errors) - 1):
        away = [max(0, k - bend) for k in range(len(errors))]
        slope = sum(x * e for x, e in zip(away, errors, strict=True)) / sum(x * x for x in away)
        left = sum((e - slope * x) ** 2 for x, e in zip(away, errors, strict=True))
        best = min(best, (left, bend, slope))
    return best


def _shift(errors: list[float]) -> tuple[float, int, float]:
    """The best shift in errors against a line: (residual sum of squares, first index, shift)."""
    best = (math.inf, 0, 0.0)
    for since in range(1, len(errors)):
        shift = sum(errors[since:]) / (len(errors) - since)
        left = sum(e * e for e in errors[:since]) + sum((e - shift) ** 2 for e in errors[since:])
        best = min(best, (left, since, shift))
    return best


def fit_pulse(points: tuple[tuple[int, float], ...], noise: float, frame: float = 0.0) -> Pulse:
    """The least-squares line through clocks; with one clock there is no period yet."""
    first, start = points[0]
    numbers = [k - first for k, _ in points]
    seconds = [at - start for _, at in points]
    squares, products = sum(map(mul, numbers, numbers)), sum(map(mul, numbers, seconds))
    sums = Sums(first, start, sum(numbers), sum(seconds), squares, products)
    return _line(points, noise, sums, frame)


def _line(points: tuple[tuple[int, float], ...], noise: float, sums: Sums, frame: float) -> Pulse:
    """The least-squares line through clocks with known sums."""
    count = len(points)
    number, second = sums.k / count, sums.t / count
    spread = sums.kk - count * number * number
    common = sums.kt - count * number * second
    period = max(common / spread, 0.0) if spread > 0 else 0.0
    number, second = sums.number + number, sums.second + second
    return Pulse(points, noise, number, second, period, 0, sums, frame)

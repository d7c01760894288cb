"""Following a MIDI clock: 24 pulses a quarter note and transport in, a BeatLine out. Pure.

The pulse is a least-squares line through the last clocks (up to eight beats of them while
the tempo is steady), so phase and tempo are both smooth; a real change of tempo shortens
the window at once. Clocks are counted, never measured: the position is exact. Rules of the
wire: MIDI 1.0 Detailed Specification 4.2.1, "System Real Time" and "Song Position Pointer".
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from enum import Enum
from itertools import pairwise
from operator import mul

from bridge.music.grid import CLOCKS_PER_BEAT, TICKS_PER_CLOCK
from bridge.timing.recount import RECENT, find_slips, renumbered
from bridge.timing.tempo import BPM_MAX, BPM_MIN, BeatLine

CLOCKS_KEPT = 8 * CLOCKS_PER_BEAT
CLOCKS_PER_SONG_POSITION = 6
POSITION_UNITS = {"16ths": CLOCKS_PER_SONG_POSITION, "clocks": 1}
"""What masters count in Song Position: 16ths, as the specification has it, or clocks."""
LOSS_SECONDS = 0.5
NOISE_FLOOR = 0.0004
NOISE_START = 0.003
STEP_NOISES = 4.0
STRAY_RATIO = 0.8
NOISE_CLOCKS = 4
DRIFT_CLOCKS = 8
DRIFT_NOISES = 3.0
DRIFT_LEAPS = 0.4
"""Clocks delivered in periods lean one way, then leap back: a drift leans without a leap."""
CURVE_NOISES = 2.6
CURVE_LEAPS = 0.25
PERIODIC_RATIO = 6.0
PERIODIC_LEAPS = 0.7
"""Where the largest leap is so many times the usual one, clocks come in periods: only a curve
almost as large as a leap is one."""
SHORTEST_CLOCKS = 12
SURE_CLOCKS = 12
"""So many clocks make a line that is trusted against the next ones."""
TAIL_CLOCKS = 8
ANCHOR_WEIGHT = 4
SHIFT_CLOCKS = 4
CLEAR_NOISES = 4.0
SLIP_RATIO = 0.25
MISSED_RATIO = 1.7
DOUBLE_RATIO = 0.3
CLEAR_PERIODS = 6.5
"""Only where a clock's period is so many times the noise can a missed or doubled clock be
told from a late or early one; else clocks are only counted."""
GAPS_OF_A_TEMPO = 3
"""So many gaps running are no missed clocks but a much slower tempo."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """A line through (clock number, seconds), and how noisy the clocks are around it."""

    points: tuple[tuple[int, float], ...] = ()
    noise: float = NOISE_START
    number: float = 0.0
    second: float = 0.0
    period: float = 0.0
    strays: int = 0

    @property
    def steady(self) -> bool:
        """Whether there is a period at all (two clocks)."""
        return self.period > 0

    @property
    def clear(self) -> bool:
        """Whether the clocks are so regular that one missed or doubled stands out."""
        return len(self.points) >= SURE_CLOCKS and self.period > CLEAR_PERIODS * self.noise

    def second_at(self, number: float) -> float:
        """When a clock is, or was, expected."""
        return self.second + (number - self.number) * self.period

    def with_clock(self, number: int, at: float) -> Pulse:
        """The line after one more clock."""
        if not self.steady or len(self.points) < 3:
            return _fitted((*self.points, (number, at)), self.noise)
        error = at - self.second_at(number)
        if abs(error) > min(STEP_NOISES * self.noise, STRAY_RATIO * self.period):
            return self._with_stray(number, at, error)
        after = _fitted((*self.points, (number, at))[-CLOCKS_KEPT:], self._noise_with(error))
        return after._shortened()

    def _noise_with(self, error: float) -> float:
        """The noise after one more clock: its error against those of the last few clocks, so
        that a slow change of tempo, which moves them all, is not taken for noise. One stray
        decides little; the floor keeps a perfect clock sane."""
        recent = self.points[-NOISE_CLOCKS:]
        lean = sum(at - self.second_at(k) for k, at in recent) / len(recent)
        wild = min(abs(error - lean), 2 * STEP_NOISES * self.noise)
        rate = 1.0 / min(64, 8 + len(self.points))
        return max(NOISE_FLOOR, math.sqrt((1 - rate) * self.noise**2 + rate * wild**2))

    def _with_stray(self, number: int, at: float, error: float) -> Pulse:
        """A clock far off: one is an outlier; the second running wants an explanation."""
        sign = 1 if error > 0 else -1
        running = self.strays + sign if self.strays * sign > 0 else sign
        points = (*self.points, (number, at))[-CLOCKS_KEPT:]
        if abs(running) == 1:
            return replace(self, points=points, strays=running, noise=self._noise_with(error))
        if len(self.points) < SURE_CLOCKS:
            return _fitted(points[-3:], self.noise)
        return replace(self, points=points, strays=running)._explained()

    def _explained(self) -> Pulse:
        """What the last clocks, off the line, mean: another tempo from some clock on (the
        line bends), another phase (it shifts), or that we counted wrong by whole clocks."""
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
            return _fitted((*anchors, *tail[bend + 1 :]), self.noise)
        slip = round(shift / self.period)
        since -= len(tail)
        if slip and self.clear and abs(shift - slip * self.period) < SLIP_RATIO * self.period:
            counted = tuple((k + slip, at) for k, at in self.points[since:])
            return _fitted((*self.points[:since], *counted), self.noise)
        if abs(self.strays) < SHIFT_CLOCKS:
            return self
        moved = tuple((k, at + shift) for k, at in self.points[:since])
        return _fitted((*moved, *self.points[since:]), self.noise)

    def _shortened(self) -> Pulse:
        """Forget the older half when the clocks do not lie on one line: the tempo drifts, or
        has done so until a moment ago."""
        if len(self.points) <= 2 * DRIFT_CLOCKS:
            return self
        period, zero = self.period, self.second_at(0)
        errors = [at - zero - k * period for k, at in self.points]
        lean = abs(sum(errors[-DRIFT_CLOCKS:])) / DRIFT_CLOCKS
        leans = lean > DRIFT_NOISES * self.noise / math.sqrt(DRIFT_CLOCKS)
        curve, sure = _curve(errors, self.noise)
        if not leans and not sure:
            return self
        leaps = sorted(abs(b - a) for a, b in pairwise(errors))
        leap, usual = leaps[-1], leaps[len(leaps) // 2]
        bound = PERIODIC_LEAPS if leap > PERIODIC_RATIO * usual else CURVE_LEAPS
        if not (leans and lean > DRIFT_LEAPS * leap) and not (sure and curve > bound * leap):
            return self
        return _fitted(self.points[-max(SHORTEST_CLOCKS, len(self.points) // 2) :], self.noise)


def _curve(errors: list[float], noise: float) -> tuple[float, bool]:
    """How far the middle third of errors lies off the line through the outer two, and
    whether that is more than chance (their own spread, or ``noise`` if that is less)."""
    third = len(errors) // 3
    first, last = sum(errors[:third]), sum(errors[-third:])
    curve = abs(first + last - 2 * sum(errors[third : 2 * third])) / (2 * third)
    spread = max(NOISE_FLOOR, min(noise, math.sqrt(sum(e * e for e in errors) / len(errors))))
    return curve, curve > CURVE_NOISES * spread * math.sqrt(1.5 / third)


def _bend(errors: list[float]) -> tuple[float, int, float]:
    """The best bend in errors against a line: what it leaves (squares), where, the slope."""
    best = (math.inf, 0, 0.0)
    for bend in range(len(errors) - 1):
        away = [max(0, k - bend) for k in range(len(errors))]
        slope = sum(x * e for x, e in zip(away, errors, strict=True)) / sum(x * x for x in away)
        left = sum((e - slope * x) ** 2 for x, e in zip(away, errors, strict=True))
        best = min(best, (left, bend, slope))
    return best


def _shift(errors: list[float]) -> tuple[float, int, float]:
    """The best shift in errors against a line: what it leaves (squares), since when, by what."""
    best = (math.inf, 0, 0.0)
    for since in range(1, len(errors)):
        shift = sum(errors[since:]) / (len(errors) - since)
        left = sum(e * e for e in errors[:since]) + sum((e - shift) ** 2 for e in errors[since:])
        best = min(best, (left, since, shift))
    return best


def _fitted(points: tuple[tuple[int, float], ...], noise: float) -> Pulse:
    """The least-squares line through clocks; with one clock there is no period yet."""
    (first, start), count = points[0], len(points)
    numbers = [k - first for k, _ in points]
    seconds = [at - start for _, at in points]
    number, second = sum(numbers) / count, sum(seconds) / count
    spread = sum(map(mul, numbers, numbers)) - count * number * number
    common = sum(map(mul, numbers, seconds)) - count * number * second
    period = common / spread if spread > 0 else 0.0
    return Pulse(points, noise, first + number, start + second, max(period, 0.0))


class Motion(Enum):
    """What the master's transport does."""

    STOPPED = "stopped"
    ARMED = "armed"
    """Start or Continue came; the next clock moves."""
    RUNNING = "running"


@dataclass(frozen=True, slots=True)
class Follower:
    """A follower of one master. All positions are in clocks from the song's beginning.

    ``position`` is that of the last clock while running, else the one to continue from.
    ``offset`` (seconds, signed) delays what we play against the clock. ``unit`` is how many
    clocks the master means by one of Song Position: six, but Ardour 7 counts clocks.
    ``anew``: the master began with Start, and has not gone on with Continue since.
    ``missed`` and ``doubled`` count clocks; ``made_up`` are those taken for missed in the last
    ``gaps`` steps. ``placed``: the master has just said where the next clock is.
    ``recent`` are the last clocks as counted; ``counted_from``: what turns out to have been
    lost or doubled among clocks up to this number was before the master's last word on the
    position, and does not move it.
    """

    offset: float = 0.0
    unit: int = CLOCKS_PER_SONG_POSITION
    motion: Motion = Motion.STOPPED
    position: int = 0
    anew: bool = True
    pulse: Pulse = field(default_factory=Pulse)
    number: int = 0
    last: float | None = None
    lost: bool = False
    missed: int = 0
    doubled: int = 0
    made_up: int = 0
    gaps: int = 0
    placed: bool = False
    recent: tuple[tuple[int, float], ...] = ()
    counted_from: int = 0

    # --- what the master says -------------------------------------------------------------

    def start(self) -> Follower:
        """Start: from the beginning, at the next clock."""
        return replace(
            self, motion=Motion.ARMED, position=0, anew=True, counted_from=self.number + 1
        )

    def resume(self) -> Follower:
        """Continue: from the held position, at the next clock. Ignored while running."""
        if self.motion is Motion.RUNNING:
            return self
        return replace(self, motion=Motion.ARMED, anew=False, counted_from=self.number + 1)

    def stop(self) -> Follower:
        """Stop: hold the position (of the next clock, which is where Continue goes on)."""
        return replace(self, motion=Motion.STOPPED, position=self.next_position)

    def song_position(self, units: int) -> Follower:
        """Song Position: ``units`` of six clocks (``unit``). While running the next clock is
        there."""
        position = units * self.unit
        if self.motion is Motion.RUNNING:
            counted_from = self.number + 1
            return replace(self, position=position - 1, placed=True, counted_from=counted_from)
        return replace(self, position=position)

    def clock(self, at: float) -> Follower:
        """One clock at monotonic time ``at``."""
        if self.last is None or at - self.last > LOSS_SECONDS or self.lost:
            return self._moved(1, replace(self, pulse=Pulse(), lost=False), at)
        period = self.pulse.period
        gap = at - self.last
        if self._double(at, period):
            return replace(self, doubled=self.doubled + 1)
        late_by = self._gap(at, gap)
        if late_by == 1:
            return replace(self._moved(1, self, at), made_up=0, gaps=0)
        if self.gaps == GAPS_OF_A_TEMPO - 1:
            return self._slower(at)
        after = self._moved(late_by, self, at)
        extra = late_by - 1
        made_up = self.made_up + extra
        return replace(after, missed=after.missed + extra, made_up=made_up, gaps=self.gaps + 1)

    def _gap(self, at: float, gap: float) -> int:
        """How many clocks further this one is: 1, or more when some seem to be missing."""
        pulse = self.pulse
        if not pulse.clear or pulse.strays > 0 or gap < MISSED_RATIO * pulse.period:
            return 1
        late = at - pulse.second_at(self.number)
        unclear = late < MISSED_RATIO * pulse.period
        if unclear or late - pulse.period <= STEP_NOISES * pulse.noise:
            return 1
        return round(late / pulse.period)

    def _slower(self, at: float) -> Follower:
        """Gap after gap: no missed clocks but a slower tempo. Take back what was made up."""
        assert self.last is not None
        wrong = self.made_up
        back = self.position - wrong if self.motion is Motion.RUNNING else self.position
        base = replace(
            self,
            number=self.number - wrong,
            position=back,
            missed=self.missed - wrong,
            made_up=0,
            gaps=0,
            pulse=Pulse(((self.number - wrong, self.last),), self.pulse.noise),
        )
        return self._moved(1, base, at)

    def _double(self, at: float, period: float) -> bool:
        """Whether this clock is a copy of the last one rather than a much faster tempo."""
        if not self.pulse.clear or self.last is None:
            return False
        near = at - self.last < DOUBLE_RATIO * period
        early = self.pulse.second_at(self.number + 1) - at > STEP_NOISES * self.pulse.noise
        return near and early

    def _moved(self, by: int, base: Follower, at: float) -> Follower:
        """The state after ``by`` clocks, the last of them at ``at``."""
        pulse = base.pulse.with_clock(base.number + by, at)
        number = pulse.points[-1][0]
        slip = number - base.number - by
        position = base.position
        if base.motion is Motion.RUNNING:
            position += 1 if base.placed else by + slip
        motion = Motion.RUNNING if base.motion is Motion.ARMED else base.motion
        recent = (*base.recent, (number, at)) if slip == 0 else pulse.points
        if len(pulse.points) <= 2:
            recent = pulse.points
        after = replace(
            base,
            number=number,
            position=position,
            motion=motion,
            last=at,
            placed=False,
            pulse=pulse,
            missed=base.missed + max(0, slip),
            doubled=base.doubled + max(0, -slip),
            recent=recent[-RECENT:],
        )
        return after._recounted()

    def _recounted(self) -> Follower:
        """The state with clocks lost or doubled amid jitter, if a few clocks show it."""
        found = find_slips(self.recent)
        if found is None:
            return self
        numbers, by = found
        recent = renumbered(self.recent, numbers, by)
        counted = sum(since > self.counted_from for since in numbers)
        return replace(
            self,
            number=recent[-1][0],
            position=self.position + (by * counted if self.motion is Motion.RUNNING else 0),
            recent=recent,
            pulse=_fitted(recent, self.pulse.noise),
            missed=self.missed + max(0, by * len(numbers)),
            doubled=self.doubled + max(0, -by * len(numbers)),
        )

    def at_position(self, position: int) -> Follower:
        """The same follower with the last clock taken to be at ``position``."""
        return replace(self, position=position)

    # --- what it means ---------------------------------------------------------------------

    def quiet(self, at: float) -> Follower:
        """Note that time passes: without a clock for half a second the clock is lost."""
        gone = self.last is not None and at - self.last > LOSS_SECONDS
        return replace(self, lost=True) if gone and not self.lost else self

    @property
    def line(self) -> BeatLine | None:
        """Where the music is (beats from the song's beginning); None before a tempo is
        known. While not running it tells the tempo only."""
        pulse = self.pulse
        if not pulse.steady or self.last is None:
            return None
        beat = self.position / CLOCKS_PER_BEAT
        per_beat = min(60 / BPM_MIN, max(60 / BPM_MAX, pulse.period * CLOCKS_PER_BEAT))
        second = pulse.second_at(self.number)
        if len(pulse.points) < 3:
            second = self.last
        return BeatLine(beat, second + self.offset, per_beat)

    @property
    def next_position(self) -> int:
        """Where the next clock will be, if the transport runs then."""
        return self.position + (1 if self.motion is Motion.RUNNING else 0)

    @property
    def tick(self) -> int:
        """The tick of the last clock (or, not running, the one to continue from)."""
        return self.position * TICKS_PER_CLOCK

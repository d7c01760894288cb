"""Follow a MIDI clock: 24 clocks a quarter note and transport in, a BeatLine out. Pure.

The pulse (``bridge.timing.pulse_fit``) is a line through the last clocks. The position is a count
of clocks, so it is exact. Protocol: MIDI 1.0 Detailed Specification 4.2.1, "System Real Time" and
"Song Position Pointer".
"""

from __future__ import annotations

from enum import Enum

import msgspec
from msgspec.structs import replace

from bridge.music.grid import CLOCKS_PER_BEAT, TICKS_PER_CLOCK
from bridge.timing.batched_clocks import MAX_ARRIVALS, delivery_period
from bridge.timing.missed_clocks import CLOCKS_KEPT, find_slips, renumbered
from bridge.timing.pulse_fit import STEP_NOISES, Pulse, fit_pulse
from bridge.timing.tempo import BPM_MAX, BPM_MIN, BeatLine

CLOCKS_PER_SONG_POSITION = 6
POSITION_UNITS = {"16ths": CLOCKS_PER_SONG_POSITION, "clocks": 1}
"""Clocks for one unit of Song Position: 16ths, as specified, or clocks, as some masters send."""
LOSS_SECONDS = 0.5
MISSED_RATIO = 1.7
DOUBLE_RATIO = 0.3
ODD_RATIO = 0.3
GAPS_FOR_SLOWER_TEMPO = 3
"""Consecutive gaps that mean a much slower tempo rather than missed clocks."""


class TransportMotion(Enum):
    """State of the master's transport."""

    STOPPED = "stopped"
    ARMED = "armed"
    """Start or Continue was received; the next clock starts the motion."""
    RUNNING = "running"


class ClockFollower(msgspec.Struct, frozen=True):
    """The state of following one master. All positions are in clocks from the song's beginning.

    ``position`` is that of the last clock while running, else the one to continue from.
    ``offset`` (seconds, signed) delays our output against the clock. ``unit`` is the number of
    clocks in one unit of Song Position: six, but Ardour 7 counts clocks. ``anew``: the last
    transport start was Start rather than Continue. ``missed`` and ``doubled`` count clocks;
    ``made_up`` are those counted as missed in the last ``gaps`` steps. ``placed``: a Song
    Position has just set the next clock's position. ``recent`` are the last clocks as (number,
    seconds). Slips found among clocks up to number ``counted_from`` do not change the position,
    because the master has set it since. ``heard`` are the arrival times (seconds) of the last
    clocks, copies included.
    """

    offset: float = 0.0
    unit: int = CLOCKS_PER_SONG_POSITION
    motion: TransportMotion = TransportMotion.STOPPED
    position: int = 0
    anew: bool = True
    pulse: Pulse = msgspec.field(default_factory=Pulse)
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
    heard: tuple[float, ...] = ()

    # --- messages of the master -----------------------------------------------------------

    def start(self) -> ClockFollower:
        """Start: play from the beginning, at the next clock."""
        return replace(
            self, motion=TransportMotion.ARMED, position=0, anew=True, counted_from=self.number + 1
        )

    def resume(self) -> ClockFollower:
        """Continue: play from the held position, at the next clock. Ignored while running."""
        if self.motion is TransportMotion.RUNNING:
            return self
        return replace(self, motion=TransportMotion.ARMED, anew=False, counted_from=self.number + 1)

    def stop(self) -> ClockFollower:
        """Stop: hold the position of the next clock, from which Continue goes on."""
        return replace(self, motion=TransportMotion.STOPPED, position=self.next_position)

    def song_position(self, units: int) -> ClockFollower:
        """Song Position: set the position to ``units`` times ``unit`` clocks. While running it is
        the position of the next clock."""
        position = units * self.unit
        if self.motion is TransportMotion.RUNNING:
            counted_from = self.number + 1
            return replace(self, position=position - 1, placed=True, counted_from=counted_from)
        return replace(self, position=position)

    def clock(self, at: float) -> ClockFollower:
        """One clock at monotonic time ``at``."""
        return replace(self, heard=(*self.heard, at)[-MAX_ARRIVALS:])._clock(at)

    def _clock(self, at: float) -> ClockFollower:
        if self.last is None or at - self.last > LOSS_SECONDS or self.lost:
            fresh = replace(self, pulse=Pulse(frame=self.pulse.frame), lost=False)
            return self._advanced(1, fresh, at)
        frame = self._frame(at - self.last)
        if frame != self.pulse.frame:
            return replace(self, pulse=self.pulse.framed(frame))._next(at, at - self.last)
        return self._next(at, at - self.last)

    def _next(self, at: float, gap: float) -> ClockFollower:
        """A clock ``gap`` seconds after the last one: the next, a copy, or one after a gap."""
        if self.pulse.frame:
            return self._advanced(1, self, at)
        if self._is_copy(at, self.pulse.period):
            return replace(self, doubled=self.doubled + 1)
        late_by = self._clocks_since_last(at, gap)
        if late_by == 1:
            after = self._advanced(1, self, at)
            return replace(after, made_up=0, gaps=0) if after.gaps else after
        if self.gaps == GAPS_FOR_SLOWER_TEMPO - 1:
            return self._as_slower_tempo(at)
        after = self._advanced(late_by, self, at)
        extra = late_by - 1
        made_up = self.made_up + extra
        return replace(after, missed=after.missed + extra, made_up=made_up, gaps=self.gaps + 1)

    def _frame(self, gap: float) -> float:
        """The delivery period (seconds), 0 for none: computed where this clock is unusually
        early or late, and once a beat while there is one."""
        pulse = self.pulse
        odd = abs(gap - pulse.period) > ODD_RATIO * pulse.period
        if not pulse.steady or (self.number % CLOCKS_PER_BEAT if pulse.frame else not odd):
            return pulse.frame
        return delivery_period(self.heard, pulse.period)

    def _clocks_since_last(self, at: float, gap: float) -> int:
        """Clocks from the last one to this one: 1, or more when some seem to be missing."""
        pulse = self.pulse
        if not pulse.clear or pulse.strays > 0 or gap < MISSED_RATIO * pulse.period:
            return 1
        late = at - pulse.second_at(self.number)
        unclear = late < MISSED_RATIO * pulse.period
        if unclear or late - pulse.period <= STEP_NOISES * pulse.noise:
            return 1
        return round(late / pulse.period)

    def _as_slower_tempo(self, at: float) -> ClockFollower:
        """Consecutive gaps mean a slower tempo: undo the clocks counted as missed."""
        assert self.last is not None
        wrong = self.made_up
        back = self.position - wrong if self.motion is TransportMotion.RUNNING else self.position
        base = replace(
            self,
            number=self.number - wrong,
            position=back,
            missed=self.missed - wrong,
            made_up=0,
            gaps=0,
            pulse=Pulse(((self.number - wrong, self.last),), self.pulse.noise),
        )
        return self._advanced(1, base, at)

    def _is_copy(self, at: float, period: float) -> bool:
        """True if this clock is a copy of the last one rather than a much faster tempo."""
        if not self.pulse.clear or self.last is None:
            return False
        near = at - self.last < DOUBLE_RATIO * period
        early = self.pulse.second_at(self.number + 1) - at > STEP_NOISES * self.pulse.noise
        return near and early

    def _advanced(self, by: int, base: ClockFollower, at: float) -> ClockFollower:
        """The state after ``by`` clocks, the last of them at ``at``."""
        pulse = base.pulse.with_clock(base.number + by, at)
        number = pulse.points[-1][0]
        slip = number - base.number - by
        position = base.position
        if base.motion is TransportMotion.RUNNING:
            position += 1 if base.placed else by + slip
        motion = TransportMotion.RUNNING if base.motion is TransportMotion.ARMED else base.motion
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
            recent=recent[-CLOCKS_KEPT:],
        )
        return after._without_slips()

    def _without_slips(self) -> ClockFollower:
        """The state corrected for clocks lost or doubled amid jitter, where they are found."""
        found = None if self.pulse.frame else find_slips(self.recent)
        if found is None or delivery_period(self.heard, self.pulse.period):
            return self
        numbers, by = found
        recent = renumbered(self.recent, numbers, by)
        counted = sum(since > self.counted_from for since in numbers)
        return replace(
            self,
            number=recent[-1][0],
            position=self.position
            + (by * counted if self.motion is TransportMotion.RUNNING else 0),
            recent=recent,
            pulse=fit_pulse(recent, self.pulse.noise),
            missed=self.missed + max(0, by * len(numbers)),
            doubled=self.doubled + max(0, -by * len(numbers)),
        )

    def at_position(self, position: int) -> ClockFollower:
        """The same follower with its position set to ``position``."""
        return replace(self, position=position)

    # --- the result ------------------------------------------------------------------------

    def quiet(self, at: float) -> ClockFollower:
        """The follower at time ``at``: after half a second without a clock it is lost."""
        gone = self.last is not None and at - self.last > LOSS_SECONDS
        return replace(self, lost=True) if gone and not self.lost else self

    @property
    def line(self) -> BeatLine | None:
        """The beat line of the music, in beats from the song's beginning; None before a tempo is
        known. While not running only its tempo is valid."""
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
        """Position of the next clock, if the transport runs then."""
        return self.position + (1 if self.motion is TransportMotion.RUNNING else 0)

    @property
    def tick(self) -> int:
        """The tick of ``position``."""
        return self.position * TICKS_PER_CLOCK

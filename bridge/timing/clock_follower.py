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
from bridge.timing.doubled_clocks import PAIR_SECONDS, PAIRS, come_twice, copies_among, is_a_third
from bridge.timing.missed_clocks import CLOCKS_KEPT, find_slips, renumbered, since_another_tempo
from bridge.timing.pulse_fit import NOISE_START, STEP_NOISES, Pulse, fit_pulse
from bridge.timing.tempo import BeatLine

CLOCKS_PER_SONG_POSITION = 6
POSITION_UNITS = {"16ths": CLOCKS_PER_SONG_POSITION, "clocks": 1}
"""Clocks for one unit of Song Position: 16ths, as specified, or clocks, as some masters send."""
LOSS_SECONDS = 0.5
LOSS_PERIODS = 4
"""Without a clock for so many periods, and for ``LOSS_SECONDS`` at least, the clock is lost."""
FIRST_LOSS_SECONDS = 1.0
"""Seconds without a clock after which it is lost while its period is not known."""
PERIOD_MIN, PERIOD_MAX = 60 / 1000 / CLOCKS_PER_BEAT, 60 / 2 / CLOCKS_PER_BEAT
"""Seconds between clocks that a beat line is made of: 1000 to 2 BPM, whatever is displayed."""
MISSED_RATIO = 1.7
DOUBLE_RATIO = 0.3
ODD_RATIO = 0.3
GAPS_FOR_SLOWER_TEMPO = 3
"""Consecutive gaps that mean a much slower tempo rather than missed clocks."""
OFF_RATIO = 0.4
"""A clock this far (periods) from where a guess expects it speaks against the guess."""
GUESS_CLOCKS = 4
"""Clocks where a guess expects them that confirm it."""
FASTEST_PAIR_SECONDS = 0.005
"""Two clocks of a faster tempo take longer than this; copies that come sooner are only more
copies."""


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
    transport start was Start rather than Continue. ``missed`` and ``doubled`` count clocks.
    ``placed``: a Song Position has just set the next clock's position.
    ``rival``: the follower as it would be if the last guess (missed clocks, a copy) were wrong
    and the tempo another; it counts every clock. It takes over when the next clocks speak for
    it, and is dropped after ``confirmed`` clocks that speak for the guess. ``gaps`` and
    ``copies`` are the guesses of one kind running.
    ``twice``: each clock comes twice, from the first on; False where that turned out wrong,
    None where nothing speaks for it. ``left_out`` are the copies not counted since then, as far
    as they are after the master's last word on the position; ``alone`` are the clocks running
    that came without a copy.
    ``recent`` are the last clocks as (number, seconds). Slips found among clocks up to number
    ``counted_from`` do not change the position, because the master has set it since. ``heard``
    are the arrival times (seconds) of the last clocks, copies included.
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
    placed: bool = False
    recent: tuple[tuple[int, float], ...] = ()
    counted_from: int = 0
    heard: tuple[float, ...] = ()
    rival: ClockFollower | None = None
    gaps: int = 0
    copies: int = 0
    confirmed: int = 0
    twice: bool | None = None
    left_out: int = 0
    alone: int = 0

    # --- messages of the master -----------------------------------------------------------

    def start(self) -> ClockFollower:
        """Start: play from the beginning, at the next clock."""
        return replace(
            self,
            motion=TransportMotion.ARMED,
            position=0,
            anew=True,
            counted_from=self.number + 1,
            left_out=0,
            rival=self.rival and self.rival.start(),
        )

    def resume(self) -> ClockFollower:
        """Continue: play from the held position, at the next clock. Ignored while running."""
        after = replace(self, rival=self.rival.resume()) if self.rival else self
        if self.motion is TransportMotion.RUNNING:
            return after
        return replace(
            after, motion=TransportMotion.ARMED, anew=False, counted_from=self.number + 1
        )

    def stop(self) -> ClockFollower:
        """Stop: hold the position of the next clock, from which Continue goes on."""
        rival = self.rival and self.rival.stop()
        return replace(
            self, motion=TransportMotion.STOPPED, position=self.next_position, rival=rival
        )

    def song_position(self, units: int) -> ClockFollower:
        """Song Position: set the position to ``units`` times ``unit`` clocks. While running it is
        the position of the next clock."""
        position = units * self.unit
        rival = self.rival and self.rival.song_position(units)
        after = replace(self, position=position, left_out=0, rival=rival)
        if self.motion is TransportMotion.RUNNING:
            counted_from = self.number + 1
            return replace(after, position=position - 1, placed=True, counted_from=counted_from)
        return after

    def clock(self, at: float) -> ClockFollower:
        """One clock at monotonic time ``at``."""
        return replace(self, heard=(*self.heard, at)[-MAX_ARRIVALS:])._clock(at)

    def _clock(self, at: float) -> ClockFollower:
        if self.last is None or self.lost or at - self.last > self.loss_seconds:
            pulse = Pulse(frame=self.pulse.frame)
            fresh = replace(self, pulse=pulse, lost=False, rival=None, twice=self.twice or None)
            return self._advanced(1, fresh, at)
        if self.twice:
            return self._one_of_two(at, at - self.last)
        frame = self._frame(at - self.last)
        if frame != self.pulse.frame:
            return self._framed(frame)._next(at)
        return self._next(at)

    def _framed(self, frame: float) -> ClockFollower:
        """The state now that clocks are known to be delivered in periods, where every one
        counts, or no longer."""
        base = self._taken_back() if frame else self
        return replace(base, pulse=base.pulse.framed(frame))

    def _next(self, at: float) -> ClockFollower:
        """A clock: the next, or a copy, or a later one. All but the next are guesses."""
        by = self._further(at)
        if by == 1 and self.rival is None:
            after = self._advanced(1, self, at)
            return after if after.pulse.clear or self.pulse.frame else after._without_copies()
        rival = (self.rival or self._restarted())._plain(self.heard, at)
        guess = replace(self._guessed(by, at), rival=rival)
        if self._speaks_against(by, at):
            return guess._taken_back()
        if by == 1 and self.confirmed + 1 == GUESS_CLOCKS:
            return replace(guess, rival=None, copies=0, gaps=0, confirmed=0)
        return guess

    def _guessed(self, by: int, at: float) -> ClockFollower:
        """The state after a clock that is taken to be ``by`` further: 0 is a copy."""
        if by == 0:
            doubled, copies = self.doubled + 1, self.copies + 1
            return replace(self, doubled=doubled, copies=copies, confirmed=0)
        after = self._advanced(by, self, at)
        if by == 1:
            return replace(after, gaps=0, confirmed=self.confirmed + 1)
        missed = after.missed + by - 1
        return replace(after, missed=missed, gaps=self.gaps + 1, confirmed=0)

    def _speaks_against(self, by: int, at: float) -> bool:
        """True if a clock shows that the guesses before it were wrong and the tempo is another:
        copy after copy, gap after gap, or a clock where neither guess nor tempo has one."""
        if self.rival is None:
            return False
        if by > 1:
            return self.gaps == GAPS_FOR_SLOWER_TEMPO - 1
        if by == 0:
            assert self.last is not None
            return self.copies > 0 and not self.gaps and at - self.last > FASTEST_PAIR_SECONDS
        off = abs(at - self.pulse.second_at(self.number + 1))
        return off > max(OFF_RATIO * self.pulse.period, STEP_NOISES * self.pulse.noise)

    def _taken_back(self) -> ClockFollower:
        """The state with the guesses at hand taken back."""
        return self if self.rival is None else replace(self.rival, heard=self.heard)

    def _restarted(self) -> ClockFollower:
        """The state in which the last clock is the first of another tempo."""
        assert self.last is not None
        pulse = Pulse(((self.number, self.last),), self.pulse.noise)
        return replace(self, pulse=pulse, rival=None, gaps=0, copies=0, confirmed=0)

    def _plain(self, heard: tuple[float, ...], at: float) -> ClockFollower:
        """The state after a clock that is the next one, without any guess."""
        return self._advanced(1, replace(self, heard=heard), at)

    def _further(self, at: float) -> int:
        """Clocks from the last one to this one as it seems: 0 for a copy, 1, or more."""
        if self.pulse.frame:
            return 1
        return 0 if self._is_copy(at, self.pulse.period) else self._clocks_since_last(at)

    def _frame(self, gap: float) -> float:
        """The delivery period (seconds), 0 for none: computed where this clock is unusually
        early or late, and once a beat while there is one."""
        pulse = self.pulse
        odd = abs(gap - pulse.period) > ODD_RATIO * pulse.period
        if not pulse.steady or (self.number % CLOCKS_PER_BEAT if pulse.frame else not odd):
            return pulse.frame
        return delivery_period(self.heard, pulse.period)

    def _clocks_since_last(self, at: float) -> int:
        """Clocks from the last one to this one: 1, or more when some seem to be missing."""
        pulse = self.pulse
        assert self.last is not None
        if not pulse.clear or pulse.strays > 0 or at - self.last < MISSED_RATIO * pulse.period:
            return 1
        late = at - pulse.second_at(self.number)
        unclear = late < MISSED_RATIO * pulse.period
        if unclear or late - pulse.period <= STEP_NOISES * pulse.noise:
            return 1
        return round(late / pulse.period)

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
        recent = since_another_tempo(self.recent, self.pulse)
        found = None if self.pulse.frame else find_slips(recent)
        if found is None or delivery_period(self.heard, self.pulse.period):
            return self if recent is self.recent else replace(self, recent=recent)
        numbers, by = found
        recent = renumbered(recent, numbers, by)
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

    # --- each clock twice ------------------------------------------------------------------

    def _without_copies(self) -> ClockFollower:
        """The state with each clock counted once, if the first clocks show that all of them come
        twice."""
        if self.twice is not None or not come_twice(self.recent, self.heard):
            return self
        copies = copies_among(self.recent)
        once = [at for number, at in self.recent if number not in copies]
        number = self.number - len(copies)
        recent = tuple(enumerate(once, number + 1 - len(once)))
        said = (self.number - self.counted_from + 1) // 2
        counted = said if self.motion is TransportMotion.RUNNING else 0
        return replace(
            self,
            number=number,
            position=self.position - counted,
            counted_from=min(self.counted_from, number + 1),
            last=once[-1],
            doubled=self.doubled + len(copies),
            recent=recent,
            pulse=fit_pulse(recent, NOISE_START),
            twice=True,
            left_out=counted,
        )

    def _one_of_two(self, at: float, gap: float) -> ClockFollower:
        """A clock of a master whose clocks come twice: the first, or its copy. Three at once are
        clocks in periods of an audio system; they all count, and those left out before do."""
        if gap > PAIR_SECONDS:
            alone = self.alone + 1 if self.heard[-2] - self.heard[-3] > PAIR_SECONDS else 0
            ended = alone == PAIRS
            after = replace(self, twice=None, left_out=0) if ended else self
            return replace(after, alone=0 if ended else alone)._next(at)
        if not is_a_third(self.heard, self.pulse.period):
            left_out = self.left_out + (self.motion is TransportMotion.RUNNING)
            return replace(self, doubled=self.doubled + 1, left_out=left_out)
        base = replace(self._restarted(), position=self.position + self.left_out, twice=False)
        return base._advanced(1, base, at)

    def at_position(self, position: int) -> ClockFollower:
        """The same follower with its position set to ``position``."""
        return replace(self, position=position)

    # --- the result ------------------------------------------------------------------------

    def quiet(self, at: float) -> ClockFollower:
        """The follower at time ``at``: after ``loss_seconds`` without a clock it is lost."""
        gone = self.last is not None and at - self.last > self.loss_seconds
        return replace(self, lost=True) if gone and not self.lost else self

    def ticks(self, at: float) -> bool:
        """True if clocks are coming: the last one is not long ago, and there is a tempo."""
        return self.line is not None and not self.quiet(at).lost

    @property
    def loss_seconds(self) -> float:
        """Seconds without a clock after which it is lost: half a second, more below 20 BPM."""
        if len(self.pulse.points) < 3:
            return FIRST_LOSS_SECONDS
        return max(LOSS_SECONDS, LOSS_PERIODS * min(self.pulse.period, PERIOD_MAX))

    @property
    def line(self) -> BeatLine | None:
        """The beat line of the music, in beats from the song's beginning; None before a tempo is
        known. While not running only its tempo is valid."""
        pulse = self.pulse
        if not pulse.steady or self.last is None:
            return None
        beat = self.position / CLOCKS_PER_BEAT
        per_beat = min(PERIOD_MAX, max(PERIOD_MIN, pulse.period)) * CLOCKS_PER_BEAT
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

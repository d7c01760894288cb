"""Send a MIDI clock: the system messages that are due, from a BeatLine. Pure.

Clock ``k`` (24 a quarter note) is due when the line is at beat ``k / 24``, so the clock is as
steady as the line, and a tempo change, which keeps the line continuous, causes no phase jump.
The clock also runs while the transport is stopped.

Start is sent directly before the clock at beat 0. Any other start or jump sends Song Position at
once and Continue directly before the clock at that position, which lies on a 16th, the resolution
of Song Position. Running receivers are stopped first, because Song Position is for stopped ones.
Protocol: MIDI 1.0 Detailed Specification, "System Real Time" and "Song Position Pointer".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import NamedTuple

from bridge.music.grid import TICKS_PER_CLOCK
from bridge.timing.clock_follower import CLOCKS_PER_SONG_POSITION
from bridge.timing.tempo import BeatLine

LAST_SONG_POSITION = (1 << 14) - 1
CLOCKS_AT_ONCE = 3
"""Most clocks sent together after a stall. A longer burst would make a receiver's tempo jump, so
further clocks are skipped and the receiver's position is set anew."""


class ClockMessage(Enum):
    """System messages of a clock master."""

    CLOCK = "clock"
    START = "start"
    CONTINUE = "continue"
    STOP = "stop"
    POSITION = "song position"


class TimedClockMessage(NamedTuple):
    """A message due at ``second`` (monotonic seconds); ``units`` (16ths) is for a Song
    Position."""

    second: float
    kind: ClockMessage
    units: int = 0


@dataclass(frozen=True, slots=True)
class ClockSender:
    """State of the receivers on one output, and the messages to come.

    ``offset`` (seconds, signed) delays all messages. ``number`` is the next clock, None before
    the first; ``begin`` the clock before which Start or Continue is sent, None for none;
    ``rolling``: receivers run; ``waiting`` are (message, units) to send before any clock;
    ``skipped`` counts clocks left out.
    """

    offset: float = 0.0
    number: int | None = None
    begin: int | None = None
    rolling: bool = False
    waiting: tuple[tuple[ClockMessage, int], ...] = ()
    skipped: int = 0

    # --- transport ------------------------------------------------------------------------

    def roll(self, line: BeatLine, at: float, tick: int) -> ClockSender:
        """The music starts, or jumps, at ``tick`` of ``line``; before it (a count-in) only clocks
        are sent. The first clock is that of time ``at``, or of ``tick`` if that is earlier: with
        a negative offset it is late, but counts."""
        first = -(-tick // TICKS_PER_CLOCK)
        return self._placed(min(first, self._next(line, at)), first)

    def halt(self) -> ClockSender:
        """The music stops: send Stop if receivers run, and cancel a pending start."""
        stops = self.rolling or (ClockMessage.STOP, 0) in self.waiting
        return replace(
            self, begin=None, rolling=False, waiting=((ClockMessage.STOP, 0),) if stops else ()
        )

    def _placed(self, number: int, first: int) -> ClockSender:
        """Clocks from ``number`` on; receivers run from the first 16th at or after clock
        ``first``."""
        units = -(-first // CLOCKS_PER_SONG_POSITION)
        waiting = self.halt().waiting
        if 0 < units <= LAST_SONG_POSITION:
            waiting = (*waiting, (ClockMessage.POSITION, units))
        begin = units * CLOCKS_PER_SONG_POSITION
        return replace(self, number=number, begin=begin, rolling=False, waiting=waiting)

    # --- what is due ----------------------------------------------------------------------

    def second(self, line: BeatLine) -> float | None:
        """Time (seconds) of the next clock; None before the first or with messages waiting."""
        if self.number is None or self.waiting:
            return None
        return line.second_at_tick(self.number * TICKS_PER_CLOCK) + self.offset

    def due(self, line: BeatLine, at: float) -> tuple[ClockSender, list[TimedClockMessage]]:
        """The sender after time ``at``, and the messages due until then, in order."""
        sender = self if self.number is not None else replace(self, number=self._next(line, at))
        assert sender.number is not None
        after = line.tick_at(at - self.offset) // TICKS_PER_CLOCK + 1
        if after - sender.number > CLOCKS_AT_ONCE:
            sender = sender._skip_to(after)
        messages = [TimedClockMessage(at, kind, units) for kind, units in sender.waiting]
        number, rolling, begin = sender.number, sender.rolling, sender.begin
        assert number is not None
        while number < after:
            second = line.second_at_tick(number * TICKS_PER_CLOCK) + self.offset
            if number == begin:
                messages.append(
                    TimedClockMessage(
                        second, ClockMessage.CONTINUE if begin else ClockMessage.START
                    )
                )
                rolling, begin = True, None
            messages.append(TimedClockMessage(second, ClockMessage.CLOCK))
            number += 1
        if not messages and sender is self:
            return self, messages
        return replace(sender, number=number, rolling=rolling, begin=begin, waiting=()), messages

    def _next(self, line: BeatLine, at: float) -> int:
        """The first clock at or after ``at``."""
        return -(-line.tick_at(at - self.offset) // TICKS_PER_CLOCK)

    def _skip_to(self, number: int) -> ClockSender:
        """Skip clocks up to ``number``; receivers that run, or would by then, get a new
        position."""
        assert self.number is not None
        sender = replace(self, skipped=self.skipped + number - self.number)
        if self.rolling or (self.begin is not None and self.begin < number):
            return sender._placed(number, number)
        return replace(sender, number=number)

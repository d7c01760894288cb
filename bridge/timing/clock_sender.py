"""Leading others with a MIDI clock: which system messages are due, from a BeatLine. Pure.

Clock ``k`` (24 to a quarter note) is due when the line is at beat ``k / 24``, so the clock
is as steady as the line, and a tempo change, which bends the line and breaks it nowhere,
cannot make its phase jump. The clock flows while the transport stands, too.

Start goes out directly before the clock at beat 0. Everything else that begins or jumps is
Song Position at once and Continue directly before the clock it names, which lies on a 16th,
for Song Position counts no finer. Receivers that run are stopped before: Song Position is
for those that stand. Rules of the wire: MIDI 1.0 Detailed Specification, "System Real Time"
and "Song Position Pointer".
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
"""Clocks that may go out together after a stall. More would be a burst, and a receiver that
takes its tempo from them would leap: they are left out, and it is placed anew."""


class ClockMessage(Enum):
    """What a master says."""

    CLOCK = "clock"
    START = "start"
    CONTINUE = "continue"
    STOP = "stop"
    POSITION = "song position"


class TimedClockMessage(NamedTuple):
    """Something to say, meant for ``second``; ``units`` is the song position where it says
    one."""

    second: float
    say: ClockMessage
    units: int = 0


@dataclass(frozen=True, slots=True)
class ClockSender:
    """What the receivers on one output have been told, and what is next.

    ``offset`` (seconds, signed) delays all of it. ``number`` is the next clock, None before
    the first; ``begin`` the clock that Start or Continue goes out with, None for none to
    come; ``rolling`` whether receivers run; ``told`` what they must hear before any clock.
    """

    offset: float = 0.0
    number: int | None = None
    begin: int | None = None
    rolling: bool = False
    told: tuple[tuple[ClockMessage, int], ...] = ()
    skipped: int = 0

    # --- what the transport does ----------------------------------------------------------

    def roll(self, line: BeatLine, at: float, tick: int) -> ClockSender:
        """The music begins, or jumps, at ``tick`` of ``line``; before it (a count-in) clocks
        flow. The first clock of the line is that of ``at``, or of ``tick`` if that is
        earlier: with a negative offset it is late, but counts."""
        first = -(-tick // TICKS_PER_CLOCK)
        return self._placed(min(first, self._next(line, at)), first)

    def halt(self) -> ClockSender:
        """The music stops: Stop if they run, and nothing begins."""
        stops = self.rolling or (ClockMessage.STOP, 0) in self.told
        return replace(
            self, begin=None, rolling=False, told=((ClockMessage.STOP, 0),) if stops else ()
        )

    def _placed(self, number: int, first: int) -> ClockSender:
        """Clocks from ``number`` on; receivers run from the first 16th at or after clock
        ``first``."""
        units = -(-first // CLOCKS_PER_SONG_POSITION)
        told = self.halt().told
        if 0 < units <= LAST_SONG_POSITION:
            told = (*told, (ClockMessage.POSITION, units))
        begin = units * CLOCKS_PER_SONG_POSITION
        return replace(self, number=number, begin=begin, rolling=False, told=told)

    # --- what is due ----------------------------------------------------------------------

    def second(self, line: BeatLine) -> float | None:
        """When the next clock is due; None before the first, which is to be placed."""
        if self.number is None or self.told:
            return None
        return line.second_at_tick(self.number * TICKS_PER_CLOCK) + self.offset

    def due(self, line: BeatLine, at: float) -> tuple[ClockSender, list[TimedClockMessage]]:
        """Everything to be said by time ``at``, in order, and what is left."""
        lead = self if self.number is not None else replace(self, number=self._next(line, at))
        assert lead.number is not None
        after = line.tick_at(at - self.offset) // TICKS_PER_CLOCK + 1
        if after - lead.number > CLOCKS_AT_ONCE:
            lead = lead._skip_to(after)
        said = [TimedClockMessage(at, say, units) for say, units in lead.told]
        number, rolling, begin = lead.number, lead.rolling, lead.begin
        assert number is not None
        while number < after:
            second = line.second_at_tick(number * TICKS_PER_CLOCK) + self.offset
            if number == begin:
                said.append(
                    TimedClockMessage(
                        second, ClockMessage.CONTINUE if begin else ClockMessage.START
                    )
                )
                rolling, begin = True, None
            said.append(TimedClockMessage(second, ClockMessage.CLOCK))
            number += 1
        if not said and lead is self:
            return self, said
        return replace(lead, number=number, rolling=rolling, begin=begin, told=()), said

    def _next(self, line: BeatLine, at: float) -> int:
        """The first clock at or after ``at``."""
        return -(-line.tick_at(at - self.offset) // TICKS_PER_CLOCK)

    def _skip_to(self, number: int) -> ClockSender:
        """Leave clocks out; receivers that run, or should by then, are placed anew."""
        assert self.number is not None
        lead = replace(self, skipped=self.skipped + number - self.number)
        if self.rolling or (self.begin is not None and self.begin < number):
            return lead._placed(number, number)
        return replace(lead, number=number)

"""Measure a clock from the system messages of its master. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from bridge.midi.messages import CLOCK, CONTINUE, START, STOP, Realtime, SongPosition, decode
from bridge.music.grid import FOUR_FOUR, Metre
from bridge.session.messages.status import ClockStatus
from bridge.timing.clock_follower import ClockFollower
from bridge.timing.clock_meter import ClockMeter
from bridge.timing.clock_sender import ClockMessage

REALTIME_MESSAGES: Final = {
    CLOCK: ClockMessage.CLOCK,
    START: ClockMessage.START,
    CONTINUE: ClockMessage.CONTINUE,
    STOP: ClockMessage.STOP,
}
UNKNOWN: Final = "unknown"
"""The state of a master's transport before its first transport message: it may run already."""
TWICE_ADVICE: Final = "it is counted once; switch one of the two ways off"
"""Advice to the player about a clock that comes twice."""
TRANSPORT: Final[dict[ClockMessage, Callable[[ClockFollower], ClockFollower]]] = {
    ClockMessage.START: ClockFollower.start,
    ClockMessage.CONTINUE: ClockFollower.resume,
    ClockMessage.STOP: ClockFollower.stop,
}


def clock_message(message: bytes) -> tuple[ClockMessage, int] | None:
    """The clock or transport message in MIDI bytes, and its song position in units (else 0); None
    for other messages."""
    match decode(message):
        case Realtime(status) if status in REALTIME_MESSAGES:
            return REALTIME_MESSAGES[status], 0
        case SongPosition(units):
            return ClockMessage.POSITION, units
    return None


def update_meter(
    meter: ClockMeter, follower: ClockFollower, at: float, say: ClockMessage
) -> ClockMeter:
    """The meter after a message that ``follower`` has heard."""
    if say is ClockMessage.CLOCK:
        return meter.clock(follower)
    return meter.transport(at, say, follower)


@dataclass(frozen=True, slots=True)
class ClockListener:
    """Listens to a clock without a session: a follower and a meter."""

    follower: ClockFollower = field(default_factory=ClockFollower)
    meter: ClockMeter = field(default_factory=ClockMeter)

    def hear(self, at: float, message: bytes) -> ClockListener:
        """The listener after a message that arrived at monotonic time ``at`` (seconds)."""
        found = clock_message(message)
        if found is None:
            return self
        say, units = found
        if say is ClockMessage.CLOCK:
            follower = self.follower.clock(at)
        elif say is ClockMessage.POSITION:
            follower = self.follower.song_position(units)
        else:
            follower = TRANSPORT[say](self.follower)
        return replace(self, follower=follower, meter=update_meter(self.meter, follower, at, say))

    def at(self, now: float) -> ClockListener:
        """The listener at time ``now``: a clock that was silent for too long is lost."""
        return replace(self, follower=self.follower.quiet(now))

    def status(self, metre: Metre = FOUR_FOUR) -> ClockStatus:
        """The measured quality of the clock, with positions in bars of ``metre``."""
        return status_of(self.meter, self.follower, metre)


def status_of(meter: ClockMeter, follower: ClockFollower, metre: Metre = FOUR_FOUR) -> ClockStatus:
    """The quality of a clock for the screen and the command line, positions in ``metre``."""
    reading = meter.reading
    return ClockStatus(
        bpm=reading.bpm,
        jitter_sd_ms=reading.jitter_sd_ms,
        jitter_p99_ms=reading.jitter_p99_ms,
        drift_ppm=reading.drift_ppm,
        clocks=meter.clocks,
        missed=follower.missed,
        doubled=follower.doubled,
        motion=follower.motion.value if meter.notices else UNKNOWN,
        lost=follower.lost,
        said=tuple(notice.text(metre) for notice in meter.notices),
    )

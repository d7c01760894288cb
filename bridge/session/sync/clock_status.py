"""Metering a master's clock from the bytes it sends. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from bridge.midi.messages import CLOCK, CONTINUE, START, STOP, Realtime, SongPosition, decode
from bridge.session.messages.status import ClockStatus
from bridge.timing.clock_follower import ClockFollower
from bridge.timing.clock_meter import ClockMeter
from bridge.timing.clock_sender import ClockMessage

SAYS: Final = {
    CLOCK: ClockMessage.CLOCK,
    START: ClockMessage.START,
    CONTINUE: ClockMessage.CONTINUE,
    STOP: ClockMessage.STOP,
}
UNKNOWN: Final = "unknown"
"""What a master's transport does before it has said anything of it: it may run already."""
TWICE_ADVICE: Final = "it is counted once; switch one of the two ways off"
"""What to do about a clock that comes twice."""
TRANSPORT: Final[dict[ClockMessage, Callable[[ClockFollower], ClockFollower]]] = {
    ClockMessage.START: ClockFollower.start,
    ClockMessage.CONTINUE: ClockFollower.resume,
    ClockMessage.STOP: ClockFollower.stop,
}


def said_by(message: bytes) -> tuple[ClockMessage, int] | None:
    """What a master says, with the song position where it is one; None for other messages."""
    match decode(message):
        case Realtime(status) if status in SAYS:
            return SAYS[status], 0
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
    """Somebody who only listens to a clock: a follower and a meter."""

    follower: ClockFollower = field(default_factory=ClockFollower)
    meter: ClockMeter = field(default_factory=ClockMeter)

    def hear(self, at: float, message: bytes) -> ClockListener:
        """After one message that came at monotonic time ``at``."""
        said = said_by(message)
        if said is None:
            return self
        say, units = said
        if say is ClockMessage.CLOCK:
            follower = self.follower.clock(at)
        elif say is ClockMessage.POSITION:
            follower = self.follower.song_position(units)
        else:
            follower = TRANSPORT[say](self.follower)
        return replace(self, follower=follower, meter=update_meter(self.meter, follower, at, say))

    def at(self, now: float) -> ClockListener:
        """The same at time ``now``: a clock that stays away is lost."""
        return replace(self, follower=self.follower.quiet(now))

    def status(self) -> ClockStatus:
        """What there is to show."""
        return status_of(self.meter, self.follower)


def status_of(meter: ClockMeter, follower: ClockFollower) -> ClockStatus:
    """A meter's reading for the screen and the command line."""
    reading = meter.reading
    return ClockStatus(
        bpm=reading.bpm,
        jitter_sd_ms=reading.jitter_sd_ms,
        jitter_p99_ms=reading.jitter_p99_ms,
        drift_ppm=reading.drift_ppm,
        clocks=meter.clocks,
        missed=follower.missed,
        doubled=follower.doubled,
        motion=follower.motion.value if meter.said else UNKNOWN,
        lost=follower.lost,
        said=tuple(map(str, meter.said)),
    )

"""Metering a master's clock from the bytes it sends. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from bridge.midi.messages import CLOCK, CONTINUE, START, STOP, Realtime, SongPosition, decode
from bridge.session.messages.status import ClockStatus
from bridge.timing.clock_follower import Follower
from bridge.timing.clock_meter import Meter
from bridge.timing.clock_sender import Say

SAYS: Final = {
    CLOCK: Say.CLOCK,
    START: Say.START,
    CONTINUE: Say.CONTINUE,
    STOP: Say.STOP,
}
UNKNOWN: Final = "unknown"
"""What a master's transport does before it has said anything of it: it may run already."""
TRANSPORT: Final[dict[Say, Callable[[Follower], Follower]]] = {
    Say.START: Follower.start,
    Say.CONTINUE: Follower.resume,
    Say.STOP: Follower.stop,
}


def said_by(message: bytes) -> tuple[Say, int] | None:
    """What a master says, with the song position where it is one; None for other messages."""
    match decode(message):
        case Realtime(status) if status in SAYS:
            return SAYS[status], 0
        case SongPosition(units):
            return Say.POSITION, units
    return None


def metered(meter: Meter, follower: Follower, at: float, say: Say) -> Meter:
    """The meter after a message that ``follower`` has heard."""
    if say is Say.CLOCK:
        return meter.clock(follower)
    return meter.transport(at, say, follower)


@dataclass(frozen=True, slots=True)
class Ear:
    """Somebody who only listens to a clock: a follower and a meter."""

    follower: Follower = field(default_factory=Follower)
    meter: Meter = field(default_factory=Meter)

    def hear(self, at: float, message: bytes) -> Ear:
        """After one message that came at monotonic time ``at``."""
        said = said_by(message)
        if said is None:
            return self
        say, units = said
        if say is Say.CLOCK:
            follower = self.follower.clock(at)
        elif say is Say.POSITION:
            follower = self.follower.song_position(units)
        else:
            follower = TRANSPORT[say](self.follower)
        return replace(self, follower=follower, meter=metered(self.meter, follower, at, say))

    def at(self, now: float) -> Ear:
        """The same at time ``now``: a clock that stays away is lost."""
        return replace(self, follower=self.follower.quiet(now))

    def status(self) -> ClockStatus:
        """What there is to show."""
        return status_of(self.meter, self.follower)


def status_of(meter: Meter, follower: Follower) -> ClockStatus:
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

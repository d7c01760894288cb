"""A simulated MIDI clock master, and readings of the clock that a session sends."""

from __future__ import annotations

import random

from bridge.midi.messages import describe
from bridge.music.grid import TICKS_PER_CLOCK
from bridge.session.simulation import Played
from bridge.session.state.events import ClockIn, Event

START, CONTINUE, STOP, CLOCK = (bytes((b,)) for b in (0xFA, 0xFB, 0xFC, 0xF8))
PERIOD = 60 / 120 / 24
AHEAD = 0.0002


def position(units: int) -> bytes:
    """The bytes of a Song Position message."""
    return bytes((0xF2, units & 0x7F, units >> 7))


class Master:
    """A simulated clock master: ``events`` are its messages, ``true`` its clocks as (second, tick).

    ``jitter`` is the standard deviation of a clock's delay, ``period`` the time between clocks
    (seconds).
    """

    def __init__(self, *, jitter: float = 0.0, period: float = PERIOD) -> None:
        self.events: list[Event] = []
        self.now = 1.0
        self.period = period
        self.running = False
        self.next = 0
        self.true: list[tuple[float, int]] = []
        self._random = random.Random(4)
        self._jitter = jitter

    def say(self, *messages: bytes) -> Master:
        """Send transport messages now, just before the next clock."""
        self.events += [ClockIn(self.now - AHEAD, message) for message in messages]
        for message in messages:
            if message == START:
                self.running, self.next = True, 0
            elif message in (CONTINUE, STOP):
                self.running = message == CONTINUE
            else:
                self.next = 6 * (message[1] | message[2] << 7)
        return self

    def clocks(self, count: int) -> Master:
        """Send clocks, the first of them now."""
        for _ in range(count):
            late = abs(self._random.gauss(0, self._jitter)) if self._jitter else 0.0
            self.events.append(ClockIn(self.now + late, CLOCK))
            if self.running:
                self.true.append((self.now, self.next * TICKS_PER_CLOCK))
                self.next += 1
            self.now += self.period
        return self

    def bars(self, count: float) -> Master:
        """Send clocks for some bars."""
        return self.clocks(round(count * 96))

    def wait(self, seconds: float) -> Master:
        """Send nothing for a while."""
        self.now += seconds
        return self


def words(played: Played, output: int = 0) -> list[str]:
    """The messages sent on a clock output, as text; successive clocks count as one."""
    out: list[str] = []
    for _, sent in played.clocks:
        word = describe(sent.message)
        if sent.output == output and (word != "clock" or out[-1:] != ["clock"]):
            out.append(word)
    return out


def clocks_from_start(played: Played, output: int = 0) -> list[float]:
    """The times (seconds) of clocks sent from the first Start on."""
    said = [(at, c.message) for at, c in played.clocks if c.output == output]
    began = next(i for i, (_, message) in enumerate(said) if message == START)
    return [at for at, message in said[began:] if message == CLOCK]

"""Simulated clock masters: messages sent, their arrival times, and the true positions.

For benchmarks and tests. A master keeps perfect time and counts its clocks; the wire adds jitter,
USB frames, a JACK period, bursts, lost and doubled clocks. Pure: random numbers come from a
``random.Random`` argument.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from random import Random
from typing import Final, NamedTuple

from bridge.music.grid import CLOCKS_PER_BEAT
from bridge.timing.clock_follower import CLOCKS_PER_SONG_POSITION, ClockFollower
from bridge.timing.clock_sender import ClockMessage

JACK_PERIOD_SECONDS: Final = 256 / 48_000
USB_FRAME_SECONDS: Final = 0.001
BURST_SECONDS: Final = 0.005
LEAD_SECONDS: Final = 0.0005
"""Time from a transport message to the clock that it refers to."""

Wire = Callable[[Random, float], float]
"""(Random numbers, send time) -> arrival time, in seconds."""


def _periodic(frame: float) -> Wire:
    """A wire that delivers at the next multiple of ``frame`` seconds."""
    return lambda _, at: math.ceil(at / frame) * frame


def _burst(_: Random, at: float) -> float:
    """A wire that holds one in ten spans of ``BURST_SECONDS`` back and delivers it at its end."""
    stretch = math.floor(at / BURST_SECONDS)
    stalled = Random(stretch).random() < 0.1
    return (stretch + 1) * BURST_SECONDS if stalled else at


WIRES: Final[dict[str, Wire]] = {
    "exact": lambda _, at: at,
    "normal, sd 2 ms": lambda r, at: at + r.gauss(0, 0.002),
    "uniform, 0 to 5 ms": lambda r, at: at + r.uniform(0, 0.005),
    "USB frames of 1 ms": _periodic(USB_FRAME_SECONDS),
    "bursts of 5 ms": _burst,
    "JACK, 256 frames at 48 kHz": _periodic(JACK_PERIOD_SECONDS),
}

COARSE_WIRES: Final[dict[str, Wire]] = {
    f"JACK, {frames} frames at {rate / 1000:g} kHz": _periodic(frames / rate)
    for frames, rate in ((512, 48_000), (1024, 48_000), (1024, 44_100), (2048, 48_000))
}
"""Wires with delivery periods about as long as a clock, or longer."""

RANDOM_WIRES: Final = ("normal, sd 2 ms", "uniform, 0 to 5 ms")
"""Wires on which each clock comes at random, so that a quick one says nothing for sure."""
STEP_WIRES: Final[dict[str, Wire]] = {
    **{name: wire for name, wire in WIRES.items() if name not in RANDOM_WIRES},
    **{
        f"JACK, {frames} frames at 48 kHz": _periodic(frames / 48_000)
        for frames in (64, 128, 512, 1024)
    },
}
"""Wires of real devices and audio systems."""


class MasterMessage(NamedTuple):
    """One message with its send and arrival times (seconds) and the master's true position.

    ``units`` (16ths) is for a Song Position. ``position`` (clocks from the beginning) is for a
    clock while the transport rolls; None otherwise.
    """

    sent: float
    at: float
    kind: ClockMessage
    units: int = 0
    position: int | None = None


@dataclass
class SimulatedMaster:
    """A scriptable master that records its messages in ``messages``.

    ``bpm`` may be set at any time; with each clock it wanders by a share of sd ``wander``.
    ``lose`` and ``double`` are the chances of a single clock not to arrive, or to arrive
    twice; never two running, nor the first after transport. ``copy_after``: each clock comes
    again after so many seconds; None where it does not.
    """

    chance: Random
    wire: Wire = WIRES["exact"]
    bpm: float = 120.0
    wander: float = 0.0
    lose: float = 0.0
    double: float = 0.0
    copy_after: float | None = None
    now: float = 1.0
    rolling: bool = False
    upcoming: int = 0
    messages: list[MasterMessage] = field(default_factory=list)
    _keep_next: bool = False

    def send(self, kind: ClockMessage, units: int = 0) -> None:
        """Send a transport message, just before the next clock."""
        self._send(self.now - LEAD_SECONDS, kind, units)
        self._keep_next = True
        if kind is ClockMessage.START:
            self.rolling, self.upcoming = True, 0
        elif kind is ClockMessage.POSITION:
            self.upcoming = units * CLOCKS_PER_SONG_POSITION
        else:
            self.rolling = kind is ClockMessage.CONTINUE

    def clocks(self, count: int) -> None:
        """Send clocks, the first of them now."""
        for _ in range(count):
            self._clock()
            if self.wander:
                wanted = self.bpm * (1 + self.chance.gauss(0, self.wander))
                self.bpm = min(BPM_RANGE[1], max(BPM_RANGE[0], wanted))
            self.now += 60.0 / self.bpm / CLOCKS_PER_BEAT

    def ramp(self, bpm: float, count: int) -> None:
        """Change the tempo linearly to ``bpm`` over ``count`` clocks."""
        start = self.bpm
        for k in range(count):
            self.bpm = start + (bpm - start) * (k + 1) / count
            self.clocks(1)

    def wait(self, seconds: float) -> None:
        """Send nothing for ``seconds``; the transport does not move."""
        self.now += seconds

    def _clock(self) -> None:
        position = None
        if self.rolling:
            position, self.upcoming = self.upcoming, self.upcoming + 1
        lost = not self._keep_next and self.chance.random() < self.lose
        self._keep_next = lost
        if lost:
            return
        self._send(self.now, ClockMessage.CLOCK, position=position)
        if self.chance.random() < self.double:
            self._send(self.now, ClockMessage.CLOCK, position=position)
        if self.copy_after is not None:
            self._send(self.now + self.copy_after, ClockMessage.CLOCK, position=position)

    def _send(
        self, sent: float, kind: ClockMessage, units: int = 0, position: int | None = None
    ) -> None:
        floor = self.messages[-1].at if self.messages else 0.0
        at = max(floor, self.wire(self.chance, sent))
        self.messages.append(MasterMessage(sent, at, kind, units, position))


def steady_clocks(bpm: float, count: int, start: float = 10.0) -> list[float]:
    """Send times (seconds) of ``count`` clocks at a steady tempo."""
    return [start + k * 60.0 / bpm / CLOCKS_PER_BEAT for k in range(count)]


def arrival_times(sent: Iterable[float], wire: Wire, chance: Random) -> list[float]:
    """Arrival times (seconds) of clocks over a wire, in order: none overtakes another."""
    at: list[float] = []
    for moment in sent:
        at.append(max(at[-1] if at else 0.0, wire(chance, moment)))
    return at


# --- random scenarios -----------------------------------------------------------------------


class MasterKind(Enum):
    """The property of a random scenario besides its transport messages."""

    STEADY = "steady tempo"
    TEMPO = "tempo steps and ramps"
    DRIFT = "tempo that wanders"
    FAULTS = "lost and doubled clocks"
    STEPS = "tempo steps and ramps of any size"
    TWICE = "each clock twice, from the first on"
    SLOW = "clocks slower than any tempo of ours"


USUAL_KINDS: Final = (MasterKind.STEADY, MasterKind.TEMPO, MasterKind.DRIFT, MasterKind.FAULTS)
"""Tempo and faults of a simulated master."""


BPM_RANGE: Final = (40.0, 240.0)
ACTIONS_MAX: Final = 12
CLOCKS_MAX: Final = 150
POSITION_MAX: Final = 500
STEP_RATIOS: Final = (0.8, 1.25)
FAULT_CHANCE: Final = 0.01
WANDER: Final = 0.0005
SETTLE_CLOCKS: Final = 48
STEP_BPM_RANGE: Final = (20.0, 400.0)
SLOW_BPM_RANGE: Final = (5.0, 30.0)
STEP_CLOCKS_MIN: Final = 6
"""A tempo lasts for a sixteenth at least: shorter ones are jitter."""
TWICE_CLOCKS: Final = 4 * CLOCKS_PER_BEAT
"""Clocks before the transport where each comes twice: at some tempi pairs look like those of an
audio system for two beats."""
COPY_SECONDS: Final = (0.0001, 0.002)


def random_scenario(chance: Random, wire: Wire, kind: MasterKind) -> list[MasterMessage]:
    """The messages of a random scenario: transport in any order, clocks between; in the
    end some clocks, Stop, and clocks on."""
    master = SimulatedMaster(chance, wire, bpm=chance.uniform(*_RANGES.get(kind, BPM_RANGE)))
    if kind is MasterKind.TWICE:
        master.copy_after = chance.uniform(*COPY_SECONDS)
        master.clocks(TWICE_CLOCKS)
    if kind is MasterKind.FAULTS:
        master.clocks(SETTLE_CLOCKS)
        master.lose = master.double = FAULT_CHANCE
    master.wander = WANDER if kind is MasterKind.DRIFT else 0.0
    for _ in range(chance.randint(1, ACTIONS_MAX)):
        message = chance.choice(list(ClockMessage))
        if message is ClockMessage.CLOCK:
            send_clocks(master, kind)
        else:
            jump = message is ClockMessage.POSITION
            master.send(message, chance.randint(0, POSITION_MAX) if jump else 0)
    master.clocks(CLOCKS_PER_BEAT)
    master.send(ClockMessage.STOP)
    master.clocks(CLOCKS_PER_BEAT)
    return master.messages


_RANGES: Final = {MasterKind.STEPS: STEP_BPM_RANGE, MasterKind.SLOW: SLOW_BPM_RANGE}


def send_clocks(master: SimulatedMaster, kind: MasterKind) -> None:
    """Send a random number of clocks, after a change of tempo if the scenario has them."""
    chance = master.chance
    if kind is MasterKind.TEMPO:
        wanted = master.bpm * chance.uniform(*STEP_RATIOS)
        wanted = min(BPM_RANGE[1], max(BPM_RANGE[0], wanted))
        if chance.random() < 0.5:
            master.ramp(wanted, SETTLE_CLOCKS)
        master.bpm = wanted
    if kind is MasterKind.STEPS:
        _step(master)
    master.clocks(chance.randint(1, CLOCKS_MAX))


def _step(master: SimulatedMaster) -> None:
    """Go to any other tempo: at once, or with a ramp; the ratio, not the difference, is chance."""
    low, high = map(math.log, STEP_BPM_RANGE)
    wanted = math.exp(master.chance.uniform(low, high))
    if master.chance.random() < 0.2:
        master.ramp(wanted, master.chance.randint(STEP_CLOCKS_MIN, SETTLE_CLOCKS))
    master.bpm = wanted
    master.clocks(STEP_CLOCKS_MIN)


def apply_message(follower: ClockFollower, said: MasterMessage) -> ClockFollower:
    """A follower after one more message of a master."""
    if said.kind is ClockMessage.CLOCK:
        return follower.clock(said.at)
    if said.kind is ClockMessage.POSITION:
        return follower.song_position(said.units)
    return _TRANSPORT[said.kind](follower)


_TRANSPORT: Final[dict[ClockMessage, Callable[[ClockFollower], ClockFollower]]] = {
    ClockMessage.START: ClockFollower.start,
    ClockMessage.CONTINUE: ClockFollower.resume,
    ClockMessage.STOP: ClockFollower.stop,
}

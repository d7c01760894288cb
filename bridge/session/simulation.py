"""Offline simulation: the same session on a simulated clock.

``play`` runs keys, commands and answers through ``core.step`` in the order of their times,
with no thread, no port and no waiting; an hour of music takes moments. The rows are exact
and repeatable, so tests compare them with golden rows.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from bridge.model.messages import FromWorker, Request
from bridge.session import core
from bridge.session.recorder import Recorder
from bridge.session.state.effects import Ask, ClockOut, Effect, Send
from bridge.session.state.events import Answered, Event, Tick
from bridge.session.state.session_state import State

STEPS_AT_ONE_TIME = 10_000
"""Steps without progress after which the simulation gives up: the session is stuck."""
Answer = Callable[[Request], FromWorker]


class Row(NamedTuple):
    """One note event sent: tick, part, ``on`` or ``off``, MIDI note, velocity."""

    tick: int
    part: str
    kind: str
    note: int
    velocity: int


@dataclass
class Played:
    """The outcome of a simulation: the last state, the record, all effects in order; of those the
    notes ``sent`` and the ``clocks`` to receivers of our clock, each with its time (seconds)."""

    state: State
    recorder: Recorder
    sent: list[tuple[float, Send]] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    clocks: list[tuple[float, ClockOut]] = field(default_factory=list)

    @property
    def rows(self) -> list[Row]:
        """The note events of the band as rows; the player's own notes are left out."""
        return [
            Row(
                s.tick,
                s.part.value,
                "on" if s.message[0] & 0xF0 == 0x90 and s.message[2] else "off",
                s.message[1],
                s.message[2],
            )
            for _, s in self.sent
            if not s.thru
        ]


def play(
    state: State,
    events: Iterable[Event],
    answer: Answer,
    until: float,
    *,
    latency: float | Callable[[Request], float] = 0.005,
    granularity: float = 0.0,
) -> Played:
    """Run a session from ``state`` until ``until`` seconds.

    ``answer`` is asked for each request and its answer arrives ``latency`` seconds later;
    a request that comes meanwhile replaces one not yet answered, as in the worker.
    ``granularity`` delays each deadline to a multiple of it, like a coarse system timer.
    """
    played = Played(state, Recorder(state.clock.line.bpm))
    queue: list[tuple[float, int, Event]] = []
    order = 0

    def push(event: Event) -> None:
        nonlocal order
        heapq.heappush(queue, (event.at, order, event))
        order += 1

    for event in events:
        push(event)
    now, stuck = 0.0, 0
    while now < until:
        stuck += 1
        if stuck > STEPS_AT_ONE_TIME:
            raise RuntimeError(f"the session asks for {now} s over and over")
        deadline = core.next_deadline(played.state)
        if deadline is not None and granularity:
            deadline = -(-deadline // granularity) * granularity
        if queue and (deadline is None or queue[0][0] <= deadline):
            event = heapq.heappop(queue)[2]
        elif deadline is not None:
            event = Tick(min(deadline, until))
        else:
            break
        stuck = 0 if event.at > now else stuck
        now = max(now, event.at)
        played.state, effects = core.step(played.state, event)
        played.effects += effects
        for effect in effects:
            played.recorder.hear(effect)
            if isinstance(effect, Send):
                played.sent.append((now, effect))
            elif isinstance(effect, ClockOut):
                played.clocks.append((now, effect))
            elif isinstance(effect, Ask):
                delay = latency(effect.request) if callable(latency) else latency
                push(Answered(now + delay, answer(effect.request)))
    return played

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
from bridge.session.recorder import WINDOW, Recorder
from bridge.session.recording.take_records import TakeRecord
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
    notes ``sent`` and the ``clocks`` to receivers of our clock, each with its time (seconds).
    ``forgets``: only the recorder keeps what it keeps."""

    state: State
    recorder: Recorder
    sent: list[tuple[float, Send]] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    clocks: list[tuple[float, ClockOut]] = field(default_factory=list)
    forgets: bool = False

    def keep(self, at: float, effects: Iterable[Effect]) -> None:
        """Record the effects carried out at time ``at`` (seconds)."""
        for effect in effects:
            self.recorder.hear(effect)
            if self.forgets:
                continue
            self.effects.append(effect)
            if isinstance(effect, Send):
                self.sent.append((at, effect))
            elif isinstance(effect, ClockOut):
                self.clocks.append((at, effect))

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


class _EventQueue:
    """Events by time; those of the same time in the order in which they were added."""

    def __init__(self, events: Iterable[Event]) -> None:
        self._heap: list[tuple[float, int, Event]] = []
        self._added = 0
        for event in events:
            self.push(event)

    def push(self, event: Event) -> None:
        """Add an event."""
        heapq.heappush(self._heap, (event.at, self._added, event))
        self._added += 1

    def pop(self, deadline: float | None, until: float) -> Event | None:
        """The first event up to ``deadline`` (None: at any time); without one a tick at the
        deadline, but at ``until`` at the latest; None if there is neither."""
        if self._heap and (deadline is None or self._heap[0][0] <= deadline):
            return heapq.heappop(self._heap)[2]
        return None if deadline is None else Tick(min(deadline, until))


def _next_deadline(state: State, granularity: float) -> float | None:
    deadline = core.next_deadline(state)
    if deadline is None or not granularity:
        return deadline
    return -(-deadline // granularity) * granularity


def play(
    state: State,
    events: Iterable[Event],
    answer: Answer,
    until: float,
    *,
    latency: float | Callable[[Request], float] = 0.005,
    granularity: float = 0.0,
    record: Callable[[TakeRecord], None] | None = None,
    show: Callable[[State, Recorder, float], None] | None = None,
) -> Played:
    """Run a session from ``state`` until ``until`` seconds.

    ``answer`` is called with each request, and its result arrives ``latency`` seconds later.
    ``granularity`` (seconds) delays each deadline to a multiple of it, like a coarse timer. With
    ``record`` what is played goes there, and memory holds a window of it, as in the engine.
    ``show`` is called after each step with the state, the record and the time.
    """
    window = None if record is None else WINDOW
    recorder = Recorder(state.clock.line.bpm, state.clock.metre, window=window, write=record)
    played = Played(state, recorder, forgets=record is not None)
    queue = _EventQueue(events)
    now, stuck = 0.0, 0
    while now < until:
        stuck += 1
        if stuck > STEPS_AT_ONE_TIME:
            raise RuntimeError(f"the session asks for {now} s over and over")
        event = queue.pop(_next_deadline(played.state, granularity), until)
        if event is None:
            break
        stuck = 0 if event.at > now else stuck
        now = max(now, event.at)
        played.state, effects = core.step(played.state, event)
        played.keep(now, effects)
        if show is not None:
            show(played.state, played.recorder, now)
        for effect in effects:
            if isinstance(effect, Ask):
                delay = latency(effect.request) if callable(latency) else latency
                queue.push(Answered(now + delay, answer(effect.request)))
    return played

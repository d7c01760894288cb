"""The session as one frozen value, and the clock source that leads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec
from msgspec import structs

from bridge.music.notes import Part
from bridge.session.messages.status import ClockStatus, Counters
from bridge.session.state.band import Band
from bridge.session.state.bars import Plan
from bridge.session.state.chart import FixedChords
from bridge.session.state.clock import Clock
from bridge.session.state.code_player import CodePlayer
from bridge.session.state.controllers import Controllers
from bridge.session.state.effects import Effect
from bridge.session.state.events import ClockIn, LinkIn
from bridge.session.state.form_position import FormPosition
from bridge.session.state.latent_point import Point
from bridge.session.state.listening import Listening, Tune
from bridge.session.state.setup import ModelFacts, Setup
from bridge.session.state.value import Value
from bridge.session.state.walking import Walking
from bridge.session.state.worker import WorkerStatus
from bridge.timing.clock_sender import ClockSender
from bridge.timing.schedule import Schedule
from bridge.timing.tempo import BeatLine, Taps

LANES = (Part.MELODY, Part.BASS, Part.DRUMS)


class ClockSource(Protocol):
    """Whose beat the session plays on: one file each in ``session.sync``.

    A source is a frozen value in ``state.sync.source``; its functions take the whole state,
    as starting, jumping and stopping concern all of it.
    """

    @property
    def name(self) -> str:
        """The name that people see."""

    @property
    def owns_transport(self) -> bool:
        """Whether the session itself may start and stop the music (a key that starts it, the
        end of a form); False where a master does."""

    @property
    def status(self) -> ClockStatus | None:
        """The quality of a clock that comes in; None for a source without one."""

    def start(self, state: State, at: float, *, count_in: bool) -> Step:
        """The player asks for music."""

    def after_stop(self, state: State, at: float) -> Step:
        """The player has stopped the music: others are told."""

    def set_tempo(self, state: State, at: float, bpm: float) -> Step:
        """The player asks for another tempo (BPM, within bounds)."""

    def on_message(self, state: State, event: ClockIn | LinkIn) -> Step:
        """The source has said something; what is meant for another source is ignored."""

    def watch(self, state: State, at: float) -> Step:
        """Time has come to ``at`` while music plays: notice that the source is gone."""

    def deadlines(self) -> Sequence[float]:
        """When ``watch`` has something to notice (seconds)."""


class Sync(Value, frozen=True):
    """The session's ties to other clocks.

    ``joining``: the music begins with the next beat (bar line, under Link) of a source that runs
    already. ``senders`` are the receivers of our clock, one an output.
    """

    source: ClockSource
    joining: bool = False
    senders: tuple[ClockSender, ...] = ()
    taps: Taps = msgspec.field(default_factory=Taps)

    def clocks_started(self, line: BeatLine, at: float, tick: int) -> Sync:
        """Receivers are told that the music begins, or jumps, at ``tick`` of ``line``."""
        return self.but(senders=tuple(s.roll(line, at, tick) for s in self.senders))

    def stopped(self) -> Sync:
        """Receivers are told that the music stops; nothing is joined."""
        return self.but(senders=tuple(s.halt() for s in self.senders), joining=False)

    def clock_times(self, line: BeatLine, now: float) -> list[float]:
        """When the next message of each output is due (seconds)."""
        return [sender.second(line) or now for sender in self.senders]


class State(msgspec.Struct, frozen=True):
    """Everything the session knows. Replaced, never changed.

    Each field is a value with transitions and tests of its own; ``lanes`` are the notes to come
    and those that sound, a part each. ``form`` is where the form is that runs under the player
    (``setup.form``), None without one. ``message`` is the last line for the player.
    """

    setup: Setup
    facts: ModelFacts
    clock: Clock
    band: Band
    sync: Sync
    heard: Listening = Listening()
    tune: Tune = Tune()
    plan: Plan = Plan()
    lanes: Mapping[Part, Schedule] = msgspec.field(
        default_factory=lambda: {part: Schedule() for part in LANES}
    )
    point: Point = Point()
    codes: CodePlayer = CodePlayer()
    walking: Walking = Walking()
    form: FormPosition | None = None
    chords: FixedChords = FixedChords()
    controllers: Controllers = Controllers()
    worker: WorkerStatus = WorkerStatus()
    counters: Counters = Counters()
    message: str = ""

    def but(self, **changes: Any) -> State:
        """This state with some fields changed (40 times faster than ``dataclasses.replace``)."""
        return structs.replace(self, **changes)

    def count(self, **steps: int) -> State:
        """This state with some counters raised."""
        changed = {name: getattr(self.counters, name) + by for name, by in steps.items()}
        return self.but(counters=structs.replace(self.counters, **changed))

    def say(self, message: str) -> State:
        """This state with a line for the player."""
        return self.but(message=message)


Step = tuple[State, list[Effect]]

"""State: the session as one frozen value; and the protocol of its clock source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec
from msgspec import structs

from bridge.listening.ears import Ears
from bridge.music.grid import Metre
from bridge.music.notes import Part
from bridge.session.messages.daw import DawStatus
from bridge.session.messages.status import ClockStatus, Counters
from bridge.session.state.band import Band
from bridge.session.state.bars import Plan
from bridge.session.state.clock import Clock
from bridge.session.state.code_player import CodePlayer
from bridge.session.state.controllers import Controllers
from bridge.session.state.effects import Effect
from bridge.session.state.events import ClockIn, LinkIn
from bridge.session.state.latent_point import Point
from bridge.session.state.listening import Listening, Tune
from bridge.session.state.setup import ModelFacts, Setup
from bridge.session.state.song.arranger import Arranger
from bridge.session.state.song.chart import FixedChords
from bridge.session.state.song.form_position import FormPosition
from bridge.session.state.song.metronome import Metronome
from bridge.session.state.value import Value
from bridge.session.state.walking import Walking
from bridge.session.state.worker import WorkerStatus
from bridge.timing.clock_sender import ClockSender
from bridge.timing.schedule import Schedule
from bridge.timing.tempo import BeatLine, Taps

LANES = (Part.MELODY, Part.BASS, Part.DRUMS)


class ClockSource(Protocol):
    """The source of the session's beat: each kind is a module of ``session.sync``.

    A source is a frozen value in ``state.sync.source``; its methods take the whole state, because
    starting, jumping and stopping change most of it.
    """

    @property
    def name(self) -> str:
        """The name shown to the player."""

    @property
    def owns_transport(self) -> bool:
        """True if the session may start and stop the music by itself (a key starts it, the end of
        a form stops it); False if a master does."""

    def status(self, metre: Metre) -> ClockStatus | None:
        """The measured quality of an incoming clock, with positions in bars of ``metre``; None if
        there is none."""

    def start(self, state: State, at: float, *, count_in: bool) -> Step:
        """The player asks to start the music."""

    def after_stop(self, state: State, at: float) -> Step:
        """The player has stopped the music: tell others who share the clock."""

    def set_tempo(self, state: State, at: float, bpm: float) -> Step:
        """The player asks for another tempo (BPM, within bounds)."""

    def after_metre(self, state: State, at: float) -> Step:
        """The metre has changed: tell others who share the clock and count bars."""

    def on_message(self, state: State, event: ClockIn | LinkIn) -> Step:
        """A message from a clock; one for another kind of source is ignored."""

    def watch(self, state: State, at: float) -> Step:
        """Called as time advances while music plays: notice that the source is gone."""

    def deadlines(self) -> Sequence[float]:
        """The times (seconds) at which ``watch`` is needed."""


class Sync(Value, frozen=True):
    """The clock source, and the clock that we send.

    ``joining``: the music begins with the next beat (under Link: bar line) of a source that runs
    already. ``senders`` are the states of our clock on each clock output. ``taps`` are the
    player's taps of the tempo.
    """

    source: ClockSource
    joining: bool = False
    senders: tuple[ClockSender, ...] = ()
    taps: Taps = msgspec.field(default_factory=Taps)

    def clocks_started(self, line: BeatLine, at: float, tick: int) -> Sync:
        """The senders announce that the music begins, or jumps, at ``tick`` of ``line``."""
        return self.but(senders=tuple(s.roll(line, at, tick) for s in self.senders))

    def stopped(self) -> Sync:
        """The senders announce that the music stops; nothing is joined."""
        return self.but(senders=tuple(s.halt() for s in self.senders), joining=False)

    def clock_times(self, line: BeatLine, now: float) -> list[float]:
        """The times (seconds) at which the next message of each clock output is due."""
        return [sender.second(line) or now for sender in self.senders]


class State(msgspec.Struct, frozen=True):
    """The complete state of a session. Replaced, never changed.

    Each field is a value with transitions and tests of its own. ``lanes`` are the schedules of
    the parts: notes planned and notes that sound. ``form`` is the position in
    ``arranger.form``, None without a form. ``daw`` is the DAW as it was last, None without one.
    ``message`` is the last line for the player, ``said`` the number of such lines so far.
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
    arranger: Arranger = Arranger()
    metronome: Metronome = Metronome()
    ears: Ears = Ears()
    controllers: Controllers = Controllers()
    worker: WorkerStatus = WorkerStatus()
    counters: Counters = Counters()
    daw: DawStatus | None = None
    message: str = ""
    said: int = 0

    def but(self, **changes: Any) -> State:
        """This state with some fields changed (40 times faster than ``dataclasses.replace``)."""
        return structs.replace(self, **changes)

    def count(self, **steps: int) -> State:
        """This state with some counters increased."""
        changed = {name: getattr(self.counters, name) + by for name, by in steps.items()}
        return self.but(counters=structs.replace(self.counters, **changed))

    def say(self, message: str) -> State:
        """This state with a line for the player."""
        return self.but(message=message, said=self.said + 1)


Step = tuple[State, list[Effect]]

"""``latent-bridge bench controls``: tests a session with random messages and mappings."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import click

from bridge.cli.shared.options import JSON
from bridge.controllers.bindings import Binding, Coding, Takeover
from bridge.controllers.catalog import control_range
from bridge.controllers.control_sources import SourceKind
from bridge.controllers.feedback import Feedback
from bridge.errors import BridgeError
from bridge.live.live_session import facts_of
from bridge.model.answering.answer import answer
from bridge.model.fake import FakeTrio
from bridge.model.worker.child import FAKE
from bridge.session import core
from bridge.session.handlers.target_actions import shown
from bridge.session.messages.commands import (
    CancelLearn,
    Command,
    ConfirmLearn,
    Fill,
    ForgetAnchor,
    Learn,
    Mode,
    SetMode,
    SetTempo,
    Start,
    Stop,
)
from bridge.session.new_session import first_state
from bridge.session.state.effects import Ask, Effect, Send
from bridge.session.state.events import Answered, CommandReceived, Event, MidiIn, Remapped, Tick
from bridge.session.state.session_state import State
from bridge.session.state.setup import Setup
from bridge.timing.tempo import BPM_MAX, BPM_MIN

TARGETS: Final = (
    *("tempo", "temperature", "variation", "swing", "humanize", "direction:density", "glide"),
    *("volume melody", "volume bass", "volume drums", "mute drums", "mute bass", "style:rock"),
    *("start", "stop", "fill", "tap", "clear", "capture", "next style", "previous style", "play"),
    *("panic", "style:none", "direction:none", "direction:random:3", "style:1", "morph"),
    *("save anchor", "reset point", "undo point", "anchor:place 1", "mode:loop", "mode:respond"),
    *("drop anchor", "next section", "hold section", "walk"),
)
COMMANDS: Final[tuple[Command, ...]] = (
    Start(), Start(), Fill(), SetTempo(180.0), Learn("swing"), Learn("fill"),
    ConfirmLearn(), CancelLearn(), ForgetAnchor("place 1"), *map(SetMode, Mode),
)  # fmt: skip
PARAMETER: Final = (6, 38, 96, 97, 98, 99, 100, 101)
"""Controllers that select a parameter, set it and step it."""
REMAPPED_EVERY: Final = 5_000
"""Messages between two new mappings."""
COMMAND_EVERY: Final = 500
"""Messages between two commands."""
MODEL_SECONDS: Final = 0.05
"""Time from a request to the model's answer."""
LONGEST_PAUSE: Final = 0.004
"""Longest time between two messages, in seconds."""


def random_binding(rng: random.Random, codings: Sequence[Coding] = tuple(Coding)) -> Binding:
    """A binding of a random control, most of low number, to a random target, by one of the
    ``codings``."""
    return Binding(
        target=rng.choice(TARGETS),
        kind=rng.choice(list(SourceKind)),
        number=rng.randrange(32) if rng.random() < 0.8 else None,
        channel=rng.choice([None, rng.randrange(16)]),
        coding=rng.choice(codings),
        takeover=rng.choice(list(Takeover)),
        low=rng.random(),
        high=rng.random(),
        invert=rng.random() < 0.3,
        curve=rng.choice([0.5, 1.0, 2.0]),
        steps=rng.choice([0, 0, 2, 5]),
        feedback=rng.random() < 0.5,
    )


def random_message(rng: random.Random) -> bytes:
    """Random bytes: most are channel messages, many of them controllers of low number."""
    if rng.random() < 0.02:
        return rng.randbytes(rng.randrange(8))
    status = rng.choice((0x80, 0x90, 0x90, 0xA0, 0xB0, 0xB0, 0xB0, 0xC0, 0xD0, 0xE0))
    number = rng.choice((rng.randrange(128), rng.randrange(40), *PARAMETER))
    data = (number,) if status in (0xC0, 0xD0) else (number, rng.randrange(128))
    return bytes((status | rng.choice((0, 0, 9, rng.randrange(16))), *data))


@dataclass
class StressTest:
    """A session that receives random messages, with the set of notes that sound.

    ``faults`` holds a line for each violated rule; exceptions are not caught.
    """

    state: State
    rng: random.Random
    codings: Sequence[Coding] = tuple(Coding)
    at: float = 0.0
    sounding: set[tuple[str, int, int]] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    answers: int = 0
    shown: int = 0
    _feedback: Feedback = field(default_factory=Feedback)
    _model: FakeTrio = field(default_factory=FakeTrio)
    _due: list[Answered] = field(default_factory=list)

    def run(self, messages: int) -> None:
        """Send ``messages`` random messages, then a stop, after which no note may sound."""
        for number in range(messages):
            self.at += self.rng.random() * LONGEST_PAUSE
            for event in self._between():
                self._step(event)
            self._step(self._event(number))
            self._check()
        self._step(CommandReceived(self.at, Stop()))
        self.faults += [f"still sounds after a stop: {note}" for note in sorted(self.sounding)]

    def _event(self, number: int) -> Event:
        if number % REMAPPED_EVERY == 0:
            return Remapped(
                self.at, tuple(random_binding(self.rng, self.codings) for _ in range(24))
            )
        if number % COMMAND_EVERY == COMMAND_EVERY // 2:
            return CommandReceived(self.at, self.rng.choice(COMMANDS))
        message = random_message(self.rng)
        self._feedback = self._feedback.hear(message, self.at)
        return MidiIn(self.at, message, "port")

    def _between(self) -> Iterable[Event]:
        """The answers and deadlines that are due, in order."""
        while self._due and self._due[0].at <= self.at:
            yield self._due.pop(0)
        deadline = core.next_deadline(self.state)
        if deadline is not None and deadline <= self.at:
            yield Tick(self.at)

    def _step(self, event: Event) -> None:
        self.state, effects = core.step(self.state, event)
        for effect in effects:
            self._note(effect)
            if isinstance(effect, Ask):
                reply = answer(self._model, effect.request)
                self._due = [Answered(self.at + MODEL_SECONDS, reply)]
                self.answers += 1

    def _note(self, effect: Effect) -> None:
        if not isinstance(effect, Send) or len(effect.message) != 3:
            return
        status, pitch, velocity = effect.message
        note = (effect.part.value, status & 0x0F, pitch)
        if status & 0xF0 == 0x90 and velocity:
            self.sounding.add(note)
        elif status & 0xF0 in (0x80, 0x90):
            self.sounding.discard(note)

    def _check(self) -> None:
        """Check the ranges of controls and tempo, and that feedback is valid MIDI."""
        for name, value in self.state.band.controls.items():
            low, high, _ = control_range(name)
            if not low <= value <= high:
                self.faults.append(f"{name} is {value}")
        if not BPM_MIN <= self.state.clock.line.bpm <= BPM_MAX:
            self.faults.append(f"the tempo is {self.state.clock.line.bpm}")
        bindings = self.state.controllers.bindings.bindings
        if bindings is not self._feedback.bindings:
            self._feedback = self._feedback.rebound(bindings)
        if self.rng.random() < 0.02:
            values = {b.target: shown(self.state, b.target) for b in bindings if b.feedback}
            known = {target: value for target, value in values.items() if value is not None}
            self._feedback, messages = self._feedback.due(known, self.at)
            self.shown += len(messages)
            self.faults += [
                f"feedback {x.hex()}" for x in messages if x[0] < 0x80 or max(x[1:]) > 127
            ]


def stress(messages: int, seed: int, codings: Sequence[Coding] = tuple(Coding)) -> StressTest:
    """The test of a session with the fake model after ``messages`` random messages to controls
    of these ``codings``."""
    setup = Setup(bpm=120.0, key="C major", sync_start=True, thru="all")
    found = StressTest(first_state(setup, facts_of(FAKE)), random.Random(seed), codings)
    found.run(messages)
    return found


@click.command()
@click.option("--messages", default=1_000_000, show_default=True, type=click.IntRange(1),
              help="Number of messages.")  # fmt: skip
@click.option("--seed", default=1, show_default=True, help="Seed of the random messages.")
@click.option("--coding", "codings", multiple=True, metavar="NAME",
              type=click.Choice([c.value for c in Coding]),
              help="Coding of the controls: " + ", ".join(Coding) + ". May be given again. "
                   "[default: all]")  # fmt: skip
@JSON
def bench_controls(messages: int, seed: int, codings: tuple[str, ...], as_json: bool) -> None:
    """Send random messages to random mappings: no exception, no control outside its range,
    no note that sounds after a stop. The exit code is 2 when there is any harm."""
    start = time.perf_counter()
    found = stress(messages, seed, tuple(map(Coding, codings)) or tuple(Coding))
    seconds = time.perf_counter() - start
    figures = {
        "messages": messages,
        "seconds": round(seconds, 1),
        "microseconds_each": round(seconds / messages * 1e6, 1),
        "answers": found.answers,
        "feedback": found.shown,
        "harm": found.faults[:20],
    }
    if as_json:
        click.echo(json.dumps(figures))
    else:
        for name, value in figures.items():
            click.echo(f"{name.replace('_', ' '):<18} {value or 'none'}")
    if found.faults:
        raise BridgeError(f"harm was done: {found.faults[0]}")

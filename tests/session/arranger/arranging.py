"""Parts of the arranger's tests: rows of bars, a model that listens to seeds and knobs."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from playing import BAR, told, tune

from bridge.latent.directions import Directions
from bridge.model.answering.answer import answer
from bridge.model.fake import FakeTrio
from bridge.model.messages import FromWorker, Request
from bridge.music.grid import FOUR_FOUR
from bridge.session.messages import commands as m
from bridge.session.messages.snapshot import Snapshot
from bridge.session.messages.status import Timing
from bridge.session.new_session import first_state
from bridge.session.recorder import Recorder
from bridge.session.simulation import Played
from bridge.session.snapshot import snapshot
from bridge.session.state.events import Event
from bridge.session.state.session_state import State
from bridge.session.state.setup import ModelFacts, Setup

Make = Callable[..., State]
FAKE = FakeTrio()
FAKE_FACTS = ModelFacts(FAKE.spec, FAKE.presets, Directions.of(FAKE.directions, FAKE.spec.latent))
BAR_TICKS = FOUR_FOUR.ticks
EARLY = 60
"""Ticks by which a humanized note may come before its step."""


def fake_answer(request: Request) -> FromWorker:
    """The fake model's answer: it depends on the seed, the style and the knobs."""
    return answer(FAKE, request)


def fake_session(**changes: object) -> State:
    """A stopped session of the fake model at 120 BPM, with the controls as they are at first."""
    return first_state(Setup(**({"bpm": 120.0, "key": "C major"} | changes)), FAKE_FACTS)  # type: ignore[arg-type]


def take(bars: int, *events: Event) -> list[Event]:
    """A take with a tune of ``bars`` bars, and further events."""
    return [told(0, m.Start()), *tune(bars), *events]


def at(bar: float, command: m.Command) -> Event:
    """A command at a place in the take, in bars from its beginning."""
    return told(bar * BAR, command)


def notes(played: Played, bar: int, parts: Iterable[str] = ("bass", "drums")) -> list[tuple]:
    """(Tick in the bar, part, pitch, velocity) of the notes that begin in a bar."""
    start = bar * BAR_TICKS - EARLY
    return [
        (row.tick - bar * BAR_TICKS, row.part, row.note, row.velocity)
        for row in played.rows
        if row.kind == "on" and row.part in parts and start <= row.tick < start + BAR_TICKS
    ]


def shot(played: Played) -> Snapshot:
    """The snapshot at the end of a simulation."""
    state = played.state
    return snapshot(state, state.clock.now, Recorder(120.0), (), Timing())

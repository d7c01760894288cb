"""Clock sources: the choice by the setup, and a further source as an example."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from playing import BAR, T0, run, told

import bridge
from bridge.music.notes import Part
from bridge.session.messages import commands as m
from bridge.session.messages.status import ClockStatus
from bridge.session.simulation import Played
from bridge.session.state.effects import NewTake
from bridge.session.state.events import ClockIn, LinkIn
from bridge.session.state.session_state import ClockSource, State, Step
from bridge.session.state.setup import Setup
from bridge.session.state.value import Value
from bridge.session.sync.sources import source_of
from bridge.session.transport.take import fresh_take

Make = Callable[..., State]


class Metronome(Value, frozen=True):
    """A fourth source: it starts on whole seconds only, and has one tempo."""

    name: str = "metronome"
    owns_transport: bool = True
    status: ClockStatus | None = None

    def start(self, state: State, at: float, *, count_in: bool) -> Step:
        line = state.clock.line.moved_to(0.0, float(int(at) + 1))
        state = state.but(clock=state.clock.but(line=line))
        state, effects = fresh_take(state, at, first_bar=-1, from_tick=0)
        return state, [*effects, NewTake(line.bpm)]

    def after_stop(self, state: State, at: float) -> Step:
        return state.say("the metronome goes on"), []

    def set_tempo(self, state: State, at: float, bpm: float) -> Step:
        return state.say("a metronome has one tempo"), []

    def on_message(self, state: State, event: ClockIn | LinkIn) -> Step:
        return state, []

    def watch(self, state: State, at: float) -> Step:
        return state, []

    def deadlines(self) -> Sequence[float]:
        return ()


def led(state: State, *events: object, bars: float = 3) -> Played:
    source: ClockSource = Metronome()
    state = state.but(sync=state.sync.but(source=source))
    return run(state, list(events), bars * BAR)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("setup", "name", "ours"),
    [
        (Setup(), "internal", True),
        (Setup(clock="DAW"), "DAW", False),
        (Setup(link=True), "Link", True),
        (Setup(link=True, clock="DAW"), "Link", True),
    ],
)
def test_a_set_up_names_its_source(setup: Setup, name: str, ours: bool) -> None:
    source = source_of(setup)
    assert (source.name, source.owns_transport) == (name, ours)


def test_a_new_source_starts_the_band_when_it_likes(session: Make) -> None:
    played = led(session(), told(0.4, m.Start()))
    first = next(at for at, sent in played.sent if sent.part is Part.DRUMS)
    assert first == pytest.approx(T0 + 1.0)


def test_a_new_source_says_what_becomes_of_a_tempo_and_a_stop(session: Make) -> None:
    asked = led(session(), told(0.1, m.Start()), told(0.2, m.SetTempo(90.0)))
    assert asked.state.message == "a metronome has one tempo"
    assert asked.state.clock.line.bpm == pytest.approx(120.0)
    stopped = led(session(), told(0.1, m.Start()), told(1.5, m.Stop()))
    assert stopped.state.message == "the metronome goes on"
    assert not stopped.state.clock.running


def test_nobody_asks_which_source_leads() -> None:
    """Classes of sources are named in their own files and in the table of sources only."""
    room = Path(bridge.__file__).parent
    named = re.compile(r"\b(MidiClock|LinkClock|InternalClock)\b")
    users = {
        path.relative_to(room).as_posix()
        for path in room.rglob("*.py")
        if named.search(path.read_text(encoding="utf-8"))
    }
    files = {"ableton_link.py", "internal.py", "midi_clock_in.py", "sources.py"}
    assert users == {f"session/sync/{name}" for name in files}

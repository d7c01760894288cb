"""The ways of events through the files, as docs/architecture.md has them."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import pytest
from playing import T0, off, on, run, simple_answer, told

import bridge
from bridge.controllers.bindings import Binding, ControlState
from bridge.controllers.control_sources import SourceKind
from bridge.session import core
from bridge.session.messages import commands as m
from bridge.session.state.effects import Ask
from bridge.session.state.events import Answered, ClockIn, Event, MidiIn, Tick
from bridge.session.state.session_state import State

Make = Callable[..., State]
ROOM = Path(bridge.__file__).parent
PAGE = ROOM.parent / "docs" / "architecture.md"
BEAT = 0.5


def way(state: State, event: Event) -> list[str]:
    """The modules that the handler of an event enters, in order, each once. Values (the rooms
    ``session/state`` and ``music``) are not counted: they are what is passed on."""
    entered: list[str] = []

    def note(frame: FrameType, what: str, _: object) -> None:
        path = Path(frame.f_code.co_filename)
        if what == "call" and path.is_relative_to(ROOM):
            entered.append(path.relative_to(ROOM).with_suffix("").as_posix())

    core._HANDLERS[type(event)](state, event)  # what is cached is computed before
    sys.setprofile(note)
    try:
        core._HANDLERS[type(event)](state, event)
    finally:
        sys.setprofile(None)
    counted = [m for m in entered if not m.startswith(("session/state/", "music/"))]
    return list(dict.fromkeys(counted))


def playing(session: Make) -> State:
    """A session in the middle of its third bar."""
    keys = [
        e for i in range(8) for e in (on(BEAT * i, 60 + i % 5), off(BEAT * i + 0.3, 60 + i % 5))
    ]
    return run(session(), [told(0, m.Start()), *keys], 5.3).state


def key(session: Make) -> list[str]:
    state = playing(session)
    return way(state, MidiIn(state.clock.now, bytes((0x90, 64, 90))))


def knob(session: Make) -> list[str]:
    state = playing(session)
    binding = Binding(kind=SourceKind.CC, number=70, channel=None, target="swing")
    controllers = state.controllers.but(bindings=ControlState((binding,)))
    return way(state.but(controllers=controllers), MidiIn(T0 + 5.3, bytes((0xB0, 70, 90))))


def clock_tick(session: Make) -> list[str]:
    state = session(clock="DAW")
    for number in range(60):
        message = b"\xfa" if number == 10 else b"\xf8"
        state, _ = core.step(state, ClockIn(1 + number * BEAT / 24, message))
    return way(state, ClockIn(1 + 60 * BEAT / 24, b"\xf8"))


def answer(session: Make) -> list[str]:
    state, asked = playing(session), []
    while not asked:
        deadline = core.next_deadline(state)
        assert deadline is not None
        state, effects = core.step(state, Tick(deadline))
        asked = [effect for effect in effects if isinstance(effect, Ask)]
    return way(state, Answered(state.clock.now, simple_answer(asked[0].request)))


@pytest.mark.skipif(not PAGE.is_file(), reason="only a checkout has the page")
@pytest.mark.parametrize(
    ("name", "walk"),
    [("a key", key), ("a knob", knob), ("a clock tick", clock_tick), ("an answer", answer)],
)
def test_the_page_has_the_way_of_an_event(
    session: Make, name: str, walk: Callable[[Make], list[str]]
) -> None:
    """The row of the table "Ways of events" lists the modules that are entered, in order."""
    row = re.search(rf"^\| {name} \| (.+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert row is not None, f"no row for {name}"
    assert re.findall(r"`([^`]+)`", row[1]) == walk(session)

"""The session's wiring at the edge of the engine's process."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from bridge.errors import PortError
from bridge.files.history import FOLDER
from bridge.live.devices.ableton_link import FakeLink, FakeNetwork, Peer
from bridge.live.live_session import LiveSession, shared_channels
from bridge.midi.ports import MemoryIn, MemoryOut, Receiver
from bridge.model import library
from bridge.music.grid import FOUR_FOUR
from bridge.music.notes import Part
from bridge.session.messages.commands import Start
from bridge.session.messages.listings import (
    HistoryList,
    ListHistory,
    Listing,
    ListModels,
    ModelList,
)
from bridge.session.messages.snapshot import Snapshot
from bridge.session.state.events import CommandReceived, Event, InputGone, MidiIn
from bridge.session.state.setup import Setup, Thru


class SilentScreen:
    """A screen that remembers the lists it is sent."""

    def __init__(self) -> None:
        self.lists: list[Snapshot | Listing] = []

    def publish(self, message: Snapshot | Listing) -> None:
        """Remember a message."""
        self.lists.append(message)

    def close(self) -> None:
        """Nothing to close."""


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveSession]:
    """A session with a library of its own, of one damaged model."""
    monkeypatch.setenv(FOLDER, str(tmp_path / "history"))
    (tmp_path / "library" / "mine").mkdir(parents=True)
    (tmp_path / "library" / "mine" / library.SPEC_FILE).write_text("naem: x\n", encoding="utf-8")
    outs = {part: MemoryOut(part.value) for part in Part}
    setup = Setup(thru=Thru.ALL)
    session = LiveSession(setup, "fake", outs, library=tmp_path / "library", realtime=False)
    yield session
    session.close()


def test_the_screen_gets_the_models_of_the_library_that_play_was_given(
    session: LiveSession,
) -> None:
    screen = SilentScreen()
    session._screen = screen  # type: ignore[assignment]
    for command in (ListModels(), ListHistory()):
        session.engine.handle(CommandReceived(0.0, command))
    session.files.close()
    models, history = screen.lists
    assert isinstance(models, ModelList)
    assert "mine" in [row.name for row in models.rows]
    assert isinstance(history, HistoryList)
    assert history.rows == ()


def test_a_signal_that_was_ignored_at_the_start_stays_ignored(
    session: LiveSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As SIGINT is in a job that a script starts in the background."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(number) for number in numbers]
    during = []
    monkeypatch.setattr(
        session.engine, "run", lambda: during.extend(signal.getsignal(n) for n in numbers)
    )
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        session.run()
        after = [signal.getsignal(number) for number in numbers]
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
    assert during[0] is signal.SIG_IGN
    assert callable(during[1])
    assert after == [signal.SIG_IGN, signal.SIG_DFL]


def piano(session: LiveSession) -> MemoryIn:
    """An input of the session."""
    made: list[MemoryIn] = []

    def plug(receiver: Receiver) -> MemoryIn:
        made.append(MemoryIn("Piano", receiver))
        return made[0]

    session.listen("in", plug)
    return made[0]


def test_an_input_that_is_unplugged_leaves_no_note_on_the_melody_output(
    session: LiveSession,
) -> None:
    port, melody = piano(session), session.outs[Part.MELODY]
    assert isinstance(melody, MemoryOut)
    port.feed(time.monotonic(), b"\x90\x3c\x5a")
    session.engine.turn()
    assert melody.sent == [b"\x90\x3c\x5a"]
    port.close()
    session.engine.turn()
    assert melody.sent[1:] == [b"\x80\x3c\x00"]
    assert "'Piano' is gone" in session.engine.state.message


def test_a_controller_with_the_number_of_a_key_does_not_hide_the_key(session: LiveSession) -> None:
    """Sounding notes are known when all is silenced, whatever else was passed on."""
    port, melody = piano(session), session.outs[Part.MELODY]
    assert isinstance(melody, MemoryOut)
    for message in (b"\x90\x3c\x5a", b"\xb0\x3c\x10", b"\xd0\x20"):
        port.feed(time.monotonic(), message)
        session.engine.turn()
    assert melody.sent == [b"\x90\x3c\x5a", b"\xb0\x3c\x10", b"\xd0\x20"]
    session.engine.silence()
    assert melody.sent[3] == b"\x80\x3c\x00"


def test_system_messages_cost_nothing_until_an_input_sends_active_sensing(
    session: LiveSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    port, posted = piano(session), list[Event]()
    monkeypatch.setattr(session.engine, "post", posted.append)
    for n in range(100):
        port.feed(0.01 * n, b"\xf8")
    assert posted == []
    port.feed(1.0, b"\xfe")
    for n in range(1, 101):
        port.feed(1.0 + 0.01 * n, b"\xf8")
    at = [event.at for event in posted]
    assert {event.message for event in posted if isinstance(event, MidiIn)} == {b"\xfe"}
    assert max(b - a for a, b in pairwise([*at, 2.0])) < 0.05
    assert len(posted) < 40, "a sign of life now and then is enough"


def test_after_it_was_unplugged_an_input_need_not_send_active_sensing(
    session: LiveSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    port, posted = piano(session), list[Event]()
    monkeypatch.setattr(session.engine, "post", posted.append)
    port.feed(1.0, b"\xfe")
    port.close()
    port.feed(2.0, b"\xf8")
    assert [type(event) for event in posted] == [MidiIn, InputGone]


def test_system_reset_reaches_the_session(
    session: LiveSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    port, posted = piano(session), list[Event]()
    monkeypatch.setattr(session.engine, "post", posted.append)
    port.feed(1.0, b"\xff")
    assert posted == [MidiIn(1.0, b"\xff", "Piano")]


def test_the_channels_of_parts_on_the_melodys_output_are_known() -> None:
    one, other = MemoryOut("one"), MemoryOut("other")
    setup = Setup()
    shared = {Part.MELODY: one, Part.BASS: one, Part.DRUMS: other}
    assert shared_channels(setup, shared) == {setup.channels[Part.BASS]}
    assert shared_channels(setup, {part: MemoryOut(part.value) for part in Part}) == frozenset()


class Masters:
    """Inputs of clock masters, by name."""

    def __init__(self) -> None:
        self.ports: dict[str, MemoryIn] = {}

    def opener(self, name: str) -> Callable[[Receiver], MemoryIn]:
        """A function that opens the input of a name."""

        def plug(receiver: Receiver) -> MemoryIn:
            self.ports[name] = MemoryIn(name, receiver)
            return self.ports[name]

        return plug


def turn_all(session: LiveSession) -> None:
    """Handle all events that wait."""
    while not session.engine._inbox.empty():
        session.engine.turn()


def test_another_master_is_followed_at_once_and_the_one_before_is_closed(
    session: LiveSession,
) -> None:
    masters = Masters()
    session.be_led("A", masters.opener("A"))
    turn_all(session)
    assert session.engine.state.sync.source.name == "A"
    session.be_led("B", masters.opener("B"))
    first, second = masters.ports.values()
    assert (first.connected, second.connected) == (False, True)
    for _ in range(4):
        first.feed(time.monotonic(), b"\xf8")
        second.feed(time.monotonic(), b"\xf8")
    turn_all(session)
    status = session.engine.state.sync.source.status(FOUR_FOUR)
    assert status is not None
    assert (session.engine.state.sync.source.name, status.clocks) == ("B", 4)
    assert [name for name, _ in session.engine.ins] == ["clock"]
    session.be_led()
    turn_all(session)
    assert session.engine.state.sync.source.name == "internal"
    assert not second.connected
    assert session.engine.ins == []


def test_a_master_that_cannot_be_opened_leaves_the_clock_as_it_was(session: LiveSession) -> None:
    masters = Masters()
    session.be_led("A", masters.opener("A"))

    def broken(receiver: Receiver) -> MemoryIn:
        raise PortError("no such port")

    with pytest.raises(PortError):
        session.be_led("B", broken)
    turn_all(session)
    assert session.engine.state.sync.source.name == "A"
    assert masters.ports["A"].connected


def test_link_is_entered_and_left_while_the_session_lives(session: LiveSession) -> None:
    network = FakeNetwork()
    masters = Masters()
    session.be_led("A", masters.opener("A"))
    session.be_led(peer=Peer(FakeLink(network), lambda: network.micros / 1e6))
    turn_all(session)
    assert session.engine.state.sync.source.name == "Link"
    assert not masters.ports["A"].connected
    session.be_led("B", masters.opener("B"))
    turn_all(session)
    assert session.engine.state.sync.source.name == "B"
    assert not network.links[0].enabled


def test_our_clock_moves_to_another_output_and_its_receivers_are_stopped(
    session: LiveSession,
) -> None:
    first, second = MemoryOut("first"), MemoryOut("second")
    session.engine.send_clock_to([first], [0.0])
    session.engine.handle(CommandReceived(time.monotonic(), Start()))
    while not first.sent:
        session.engine.turn()
    session.engine.send_clock_to([second], [0.0])
    while not second.sent:
        session.engine.turn()
    assert first.connected, "a part may play there"
    count = len(first.sent)
    for _ in range(4):
        session.engine.turn()
    assert len(first.sent) == count
    session.engine.send_clock_to([], [])
    turn_all(session)
    assert not [port for port in session.engine._ports() if port.role == "clock out"]

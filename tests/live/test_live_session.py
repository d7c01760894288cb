"""The session's wiring at the edge of the engine's process."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.files.history import FOLDER
from bridge.live.live_session import LiveSession
from bridge.midi.ports import MemoryOut
from bridge.model import library
from bridge.music.notes import Part
from bridge.session.messages.listings import (
    HistoryList,
    ListHistory,
    Listing,
    ListModels,
    ModelList,
)
from bridge.session.messages.snapshot import Snapshot
from bridge.session.state.events import CommandReceived
from bridge.session.state.setup import Setup


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
    session = LiveSession(Setup(), "fake", outs, library=tmp_path / "library", realtime=False)
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

"""Messages between processes: whatever is in them arrives; the newest of a kind replaces others."""

from __future__ import annotations

import multiprocessing
import threading
from typing import Any

import msgspec

from bridge.session.messages.snapshot import FromEngine, Snapshot
from bridge.system.ipc import Channel, Mailbox
from bridge.ui.sample_session import snapshot_at

PATIENCE = 60.0
"""Seconds, reached only where a test fails."""


class SlowChannel:
    """A channel whose reader takes nothing until it is told to."""

    def __init__(self, awaited: int) -> None:
        self.sent: list[object] = []
        self.sending, self.go_on, self.done = (threading.Event() for _ in range(3))
        self._awaited = awaited

    def send(self, message: object) -> None:
        """Wait until the reader takes messages."""
        self.sending.set()
        assert self.go_on.wait(PATIENCE)
        self.sent.append(message)
        if len(self.sent) == self._awaited:
            self.done.set()


def test_a_newer_message_replaces_one_of_its_type_and_none_of_another() -> None:
    channel: Any = SlowChannel(awaited=3)
    mailbox: Mailbox[object] = Mailbox(channel)
    mailbox.post(1)
    assert channel.sending.wait(PATIENCE)
    for message in (2, "list", 3):
        mailbox.post(message)
    channel.go_on.set()
    assert channel.done.wait(PATIENCE)
    mailbox.close()
    assert channel.sent == [1, 3, "list"]


def test_a_name_that_is_no_unicode_does_not_stop_the_screen() -> None:
    """A file's name from an old disk, in a message for the player and in a list."""
    ours, theirs = multiprocessing.Pipe(duplex=True)
    engine: Channel[Snapshot, Any] = Channel(ours, Any)
    screen: Channel[Any, Any] = Channel(theirs, FromEngine)
    shot = snapshot_at(4.0, 100.0)
    odd = msgspec.structs.replace(shot, message="kept in caf\udce9.mid", tunes=("b\udce9",))
    engine.send(odd)
    engine.send(shot)
    received = screen.receive()
    assert received.message == "kept in caf\\udce9.mid"
    assert received.tunes == ("b\\udce9",)
    assert received.roll == shot.roll
    assert screen.receive() == shot
    engine.close()
    screen.close()

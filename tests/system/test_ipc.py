"""Messages between processes: of a kind that waits only the newest is sent."""

from __future__ import annotations

import threading
from typing import Any

from bridge.system.ipc import Mailbox

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

"""Protocols of MIDI ports, and in-memory implementations for tests and the demo.

Bytes are complete MIDI messages (as rtmidi and JACK deliver them): one message, status byte first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

Receiver = Callable[[float, bytes], None]
"""Called with (monotonic seconds of arrival, one complete MIDI message), from any thread."""
Gone = Callable[[], None]
"""Called, from any thread, when the device of a port is gone or the port is closed."""


class NamedPort(Protocol):
    """An entry of the list of ports: a name and a connection state."""

    @property
    def name(self) -> str: ...

    @property
    def connected(self) -> bool: ...


class In(NamedPort, Protocol):
    """A MIDI input. It calls its receiver for each message until closed, and ``on_gone``, which may
    be replaced, when its device is gone or it is closed."""

    on_gone: Gone

    def close(self) -> None: ...


class Out(NamedPort, Protocol):
    """A MIDI output."""

    def send(self, message: bytes) -> None:
        """Send one complete message now. Never raises: a lost port drops it and reconnects."""

    def close(self) -> None: ...


class MemoryIn:
    """An input for tests and the demo: ``feed`` delivers messages as if played."""

    def __init__(self, name: str, receiver: Receiver) -> None:
        self.name, self.receiver, self.connected = name, receiver, True
        self.on_gone: Gone = lambda: None

    def feed(self, at: float, message: bytes) -> None:
        """Deliver one message as if it had arrived at ``at`` (monotonic seconds)."""
        self.receiver(at, message)

    def close(self) -> None:
        gone = self.connected
        self.connected = False
        if gone:
            self.on_gone()


@dataclass
class MemoryOut:
    """An output that records: ``sent`` holds the messages in order."""

    name: str
    connected: bool = True
    sent: list[bytes] = field(default_factory=list)

    def send(self, message: bytes) -> None:
        self.sent.append(message)

    def close(self) -> None:
        self.connected = False

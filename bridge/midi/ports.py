"""Protocols of MIDI ports, and in-memory implementations for tests and the demo.

Bytes are complete MIDI messages (as rtmidi and JACK deliver them): one message, status byte first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

Receiver = Callable[[float, bytes], None]
"""Called with (monotonic seconds of arrival, one complete MIDI message), from any thread."""


class NamedPort(Protocol):
    """An entry of the list of ports: a name and a connection state."""

    @property
    def name(self) -> str: ...

    @property
    def connected(self) -> bool: ...


class In(Protocol):
    """A MIDI input. It calls its receiver for each message until closed, and ``on_gone`` (if set),
    from any thread, when its device is gone or it is closed."""

    on_gone: Callable[[], None] | None

    @property
    def name(self) -> str: ...

    @property
    def connected(self) -> bool: ...

    def close(self) -> None: ...


class Out(Protocol):
    """A MIDI output."""

    @property
    def name(self) -> str: ...

    @property
    def connected(self) -> bool: ...

    def send(self, message: bytes) -> None:
        """Send one complete message now. Never raises: a lost port drops it and reconnects."""

    def close(self) -> None: ...


@dataclass
class MemoryIn:
    """An input for tests and the demo: ``feed`` delivers messages as if played."""

    name: str
    receiver: Receiver
    connected: bool = True
    on_gone: Callable[[], None] | None = None

    def feed(self, at: float, message: bytes) -> None:
        """Deliver one message as if it had arrived at ``at`` (monotonic seconds)."""
        self.receiver(at, message)

    def close(self) -> None:
        gone = self.connected
        self.connected = False
        if gone and self.on_gone is not None:
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

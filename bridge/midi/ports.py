"""MIDI ports as the session sees them: two tiny protocols and the fakes that ship.

A port is matched by name, never by number. Bytes are whole MIDI messages (rtmidi and JACK
deliver them so): one message, status byte first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

Receiver = Callable[[float, bytes], None]
"""Called with (monotonic seconds of arrival, one whole MIDI message), from any thread."""


class Shown(Protocol):
    """What the list of ports shows of each."""

    @property
    def name(self) -> str: ...

    @property
    def connected(self) -> bool: ...


class In(Shown, Protocol):
    """A MIDI input. It calls its receiver for each message until closed."""

    def close(self) -> None: ...


class Out(Shown, Protocol):
    """A MIDI output."""

    def send(self, message: bytes) -> None:
        """Send one whole message now. Never raises: a lost port swallows and reconnects."""

    def close(self) -> None: ...


@dataclass
class MemoryIn:
    """An input for tests and the demo: ``feed`` what the player is to have played."""

    name: str
    receiver: Receiver
    connected: bool = True

    def feed(self, at: float, message: bytes) -> None:
        """Deliver one message as if it had arrived at ``at`` (monotonic seconds)."""
        self.receiver(at, message)

    def close(self) -> None:
        self.connected = False


@dataclass
class MemoryOut:
    """An output that remembers: ``sent`` holds the messages in order."""

    name: str
    connected: bool = True
    sent: list[bytes] = field(default_factory=list)

    def send(self, message: bytes) -> None:
        self.sent.append(message)

    def close(self) -> None:
        self.connected = False

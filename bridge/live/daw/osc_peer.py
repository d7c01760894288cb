"""Open Sound Control over UDP to a DAW on this machine: send, and wait for what comes back."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from bridge.errors import ExtraMissing
from bridge.live.daw.daw import DawError

LOOPBACK: Final = "127.0.0.1"
LARGEST: Final = 65_507
"""The largest UDP datagram in bytes."""


Value = str | int | float | bool


class OscMessage(NamedTuple):
    """A message: its address and arguments."""

    address: str
    arguments: tuple[Any, ...]


class OscPeer:
    """Talks to the program that listens on ``port``; what it sends back is received on
    ``listen`` (0: any free port, from which messages are sent, too).

    ExtraMissing without python-osc; DawError if ``listen`` is taken.
    """

    def __init__(self, name: str, port: int, listen: int = 0) -> None:
        try:
            from pythonosc.osc_message_builder import OscMessageBuilder
            from pythonosc.osc_packet import OscPacket
        except ImportError as error:
            raise ExtraMissing("python-osc", "osc", f"{name} by OSC") from error
        self._builder, self._packet = OscMessageBuilder, OscPacket
        self._to = (LOOPBACK, port)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.bind((LOOPBACK, listen))
        except OSError as error:
            self._socket.close()
            raise DawError(
                f"port {listen} is taken, on which {name} answers: end the other program that "
                f"talks to {name}"
            ) from error

    def send(self, address: str, *arguments: Value) -> None:
        """Send a message; nothing is said if nobody listens."""
        builder = self._builder(address)
        for argument in arguments:
            builder.add_arg(argument)
        with contextlib.suppress(OSError):
            self._socket.sendto(builder.build().dgram, self._to)

    def receive(self, until: float) -> OscMessage | None:
        """The next message, or None at time ``until`` (monotonic seconds). Bytes that are no OSC
        are passed over."""
        while (left := until - time.monotonic()) > 0:
            self._socket.settimeout(left)
            try:
                data = self._socket.recv(LARGEST)
            except TimeoutError:
                return None
            except OSError:  # nobody listens there (Windows, Linux on loopback)
                continue
            with contextlib.suppress(Exception):  # python-osc raises many kinds of errors
                for timed in self._packet(data).messages:
                    return OscMessage(str(timed.message.address), tuple(timed.message.params))
        return None

    def wait_for(self, wanted: Callable[[OscMessage], bool], until: float) -> OscMessage | None:
        """The next message that is ``wanted``; None at time ``until``."""
        while (message := self.receive(until)) is not None:
            if wanted(message):
                return message
        return None

    def drain(self) -> list[OscMessage]:
        """The messages that have arrived already."""
        found: list[OscMessage] = []
        while (message := self.receive(time.monotonic() + 0.001)) is not None:
            found.append(message)
        return found

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

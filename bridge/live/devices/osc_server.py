"""Open Sound Control over UDP: commands for targets in, the targets' values out."""

from __future__ import annotations

import contextlib
import math
import re
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import click

from bridge.errors import BridgeError, ExtraMissing, PortError
from bridge.session.handlers.osc_addresses import (
    OscPeerView,
    Value,
    command_for,
    hint_for,
    targets,
    values_of,
)
from bridge.session.messages import commands as m
from bridge.session.state.session_state import State
from bridge.system.clock import monotonic_seconds

LOOPBACK: Final = "127.0.0.1"
LARGEST: Final = 65_507
"""The largest UDP datagram in bytes."""
LOOK_EVERY_SECONDS: Final = 1 / 30
WAIT_SECONDS: Final = 0.2
"""Time after which the listening thread looks whether it should end."""
SAY_EVERY_SECONDS: Final = 1.0
"""Shortest time between two lines for the player about messages that are wrong."""
REFRESH: Final = "/latent/refresh"
"""The address that asks for all values again."""


@dataclass(frozen=True)
class HostAndPort:
    """A host and a UDP port."""

    host: str
    port: int


class PlaceParam(click.ParamType):  # type: ignore[type-arg, unused-ignore]
    """``PORT`` on this machine, or ``HOST:PORT``."""

    name = "place"

    def convert(self, value: Any, param: Any, ctx: Any) -> HostAndPort:
        """Parse the option's text."""
        try:
            return place_of(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


def place_of(text: str) -> HostAndPort:
    """The host and port of ``9000`` or ``192.168.0.7:9000``. ValueError for other texts."""
    found = re.fullmatch(r"(?:([^\s:]+):)?(\d{1,5})", text.strip())
    if not found or not 0 < int(found[2]) < 65536:
        raise ValueError(f"{text!r} is no PORT and no HOST:PORT, such as 127.0.0.1:9000")
    return HostAndPort(found[1] or LOOPBACK, int(found[2]))


class Osc:
    """Receives commands on ``listen`` (None: any port of this machine) and sends changes to
    ``send`` (None: nowhere).

    ``look`` returns the session's state, ``tell`` takes commands, ``say`` lines for the player.
    ExtraMissing without python-osc; PortError if the port is taken or the host unknown.
    """

    def __init__(
        self,
        listen: HostAndPort | None,
        send: HostAndPort | None,
        look: Callable[[], State],
        tell: Callable[[m.Command], None],
        say: Callable[[str], None],
    ) -> None:
        self._packet, self._builder = _library()
        self._look, self._tell, self._say = look, tell, say
        self._told, self._lock = OscPeerView(), threading.Lock()
        self._said, self._said_at = "", -math.inf
        self._ended = threading.Event()
        self._in = _socket(listen)
        self._out = None if send is None else socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._to = None if send is None else _resolved(send)
        self._threads = [threading.Thread(target=self._hear, name="osc in", daemon=True)]
        if self._to is not None:
            self._threads.append(threading.Thread(target=self._show, name="osc out", daemon=True))

    @property
    def port(self) -> int:
        """The UDP port on which it listens."""
        return int(self._in.getsockname()[1])

    def start(self) -> None:
        """Start the threads that listen and send."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """End the threads and close the sockets."""
        self._ended.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(2 * WAIT_SECONDS)
        for end in (self._in, self._out):
            if end is not None:
                end.close()

    def take(self, data: bytes, at: float) -> None:
        """Carry out the messages of a datagram received at ``at``; other data is ignored."""
        try:
            found = [timed.message for timed in self._packet(data).messages]
        except Exception:  # python-osc raises many kinds of errors for bytes that are no OSC
            return
        for message in found:
            self._do(str(message.address), list(message.params), at)

    def _do(self, address: str, arguments: list[object], at: float) -> None:
        if address == REFRESH:
            with self._lock:
                self._told = OscPeerView()
            return
        try:
            command = command_for(targets(self._look()), address, arguments)
        except (BridgeError, ValueError) as error:
            text = str(error) if isinstance(error, BridgeError) else f"OSC {address}: {error}"
            self._say_once(text, at)
            return
        if hint := hint_for(address, arguments):
            self._say_once(hint, at)
        with self._lock:
            self._told = self._told.hear(command, at)
        self._tell(command)

    def _say_once(self, text: str, at: float) -> None:
        """A line for the player, not again for each message of a fader, nor for each of a
        flood."""
        if text != self._said and at - self._said_at >= SAY_EVERY_SECONDS:
            self._said, self._said_at = text, at
            self._say(text)

    def turn(self, at: float) -> None:
        """Read the state once, and send changes."""
        values = values_of(self._look(), at)
        with self._lock:
            self._told, news = self._told.news(values, at)
        for address, value in news.items():
            self._send(address, value)

    def _send(self, address: str, value: Value) -> None:
        if self._out is None or self._to is None:
            return
        builder = self._builder(address)
        builder.add_arg(value, "s" if isinstance(value, str) else "f")
        with contextlib.suppress(OSError):  # nothing listens there (yet)
            self._out.sendto(builder.build().dgram, self._to)

    def _hear(self) -> None:
        self._in.settimeout(WAIT_SECONDS)
        while not self._ended.is_set():
            with contextlib.suppress(TimeoutError, OSError):
                self.take(self._in.recv(LARGEST), monotonic_seconds())

    def _show(self) -> None:
        while not self._ended.wait(LOOK_EVERY_SECONDS):
            self.turn(monotonic_seconds())


def _library() -> tuple[Any, Any]:
    try:
        from pythonosc.osc_message_builder import OscMessageBuilder
        from pythonosc.osc_packet import OscPacket
    except ImportError as error:
        raise ExtraMissing("python-osc", "osc", "OSC") from error
    return OscPacket, OscMessageBuilder


def _socket(place: HostAndPort | None) -> socket.socket:
    """A UDP socket bound to ``place`` (None: any port of this machine). PortError if taken."""
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        opened.bind((LOOPBACK, 0) if place is None else (place.host, place.port))
    except OSError as error:
        opened.close()
        assert place is not None
        why = error.strerror or str(error)
        raise PortError(
            f"OSC cannot listen on {place.host}:{place.port}: {why}; choose another with --osc"
        ) from error
    return opened


def _resolved(place: HostAndPort) -> tuple[str, int]:
    try:
        return socket.gethostbyname(place.host), place.port
    except OSError as error:
        raise PortError(f"OSC cannot find the host {place.host!r}: check --osc-out") from error

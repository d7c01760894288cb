"""The screen's connection to the engine: commands out, snapshots and lists in.

The screen polls :meth:`Link.latest` when it draws, so a flood of snapshots costs nothing:
only the newest is ever looked at.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import Protocol, TypeVar, get_args

from bridge.session.messages.commands import Command
from bridge.session.messages.listings import HistoryList, Listing, ModelList
from bridge.session.messages.settings_messages import LatencyNews, Preferences, SettingsList
from bridge.session.messages.snapshot import FromEngine, Snapshot
from bridge.session.messages.takes import TakeList
from bridge.system.ipc import Channel, read_into

Rows = TypeVar("Rows", ModelList, HistoryList, TakeList, Preferences, SettingsList, LatencyNews)


class Link(Protocol):
    """A way to the engine. No call blocks."""

    @property
    def ended(self) -> bool:
        """True once the engine said goodbye or is gone."""

    def latest(self) -> Snapshot | None:
        """The newest snapshot; None before the first."""

    def listing(self, kind: type[Rows]) -> Rows | None:
        """The newest list of this kind; None before the first."""

    def post(self, command: Command) -> None:
        """Send a command; in vain when the engine is gone."""

    def close(self) -> None:
        """Send the commands that still wait, for at most a second, and let go."""


class Listings:
    """The newest list of each kind."""

    def __init__(self) -> None:
        self._newest: dict[type[Listing], Listing] = {}

    def put(self, listing: Listing) -> None:
        """Keep a list in place of the one of its kind."""
        self._newest[type(listing)] = listing

    def get(self, kind: type[Rows]) -> Rows | None:
        """The newest list of this kind; None before the first."""
        listing = self._newest.get(kind)
        return listing if isinstance(listing, kind) else None


class MemoryLink:
    """A link for tests and for the screenshot: set ``snapshot``, put ``listings``, read
    ``posted``."""

    def __init__(self, snapshot: Snapshot | None = None) -> None:
        self.snapshot = snapshot
        self.listings = Listings()
        self.posted: list[Command] = []
        self.ended = False
        self.closed = False

    def latest(self) -> Snapshot | None:
        """The snapshot that was set last."""
        return self.snapshot

    def listing(self, kind: type[Rows]) -> Rows | None:
        """The list of this kind that was put last."""
        return self.listings.get(kind)

    def post(self, command: Command) -> None:
        """Remember the command."""
        self.posted.append(command)

    def take(self) -> list[Command]:
        """The commands since the last call."""
        taken, self.posted = self.posted, []
        return taken

    def close(self) -> None:
        """Remember that the screen let go."""
        self.closed = True


class ChannelLink:
    """A link over a :class:`bridge.system.ipc.Channel`, with a thread for each direction."""

    def __init__(self, channel: Channel[Command, FromEngine]) -> None:
        self._channel = channel
        self._snapshot: Snapshot | None = None
        self._listings = Listings()
        self._ended = threading.Event()
        self._out: queue.SimpleQueue[Command | None] = queue.SimpleQueue()
        self._sender = threading.Thread(target=self._send, daemon=True, name="commands-out")
        self._sender.start()
        read_into(channel, self._take, self._ended.set)

    @property
    def ended(self) -> bool:
        """True once the engine said goodbye or is gone."""
        return self._ended.is_set()

    def wait_for_end(self) -> None:
        """Wait until the engine said goodbye or is gone."""
        self._ended.wait()

    def latest(self) -> Snapshot | None:
        """The newest snapshot; None before the first."""
        return self._snapshot

    def listing(self, kind: type[Rows]) -> Rows | None:
        """The newest list of this kind; None before the first."""
        return self._listings.get(kind)

    def post(self, command: Command) -> None:
        """Queue a command for the sending thread."""
        self._out.put(command)

    def close(self) -> None:
        """Wait up to a second for the queue to empty; the pipe closes with the process."""
        self._out.put(None)
        self._sender.join(timeout=1.0)

    def _take(self, message: FromEngine) -> None:
        if isinstance(message, Snapshot):
            self._snapshot = message
        elif isinstance(message, get_args(Listing)):
            self._listings.put(message)
        else:
            self._ended.set()

    def _waiting(self) -> Iterator[Command]:
        while (command := self._out.get()) is not None:
            yield command

    def _send(self) -> None:
        try:
            for command in self._waiting():
                self._channel.send(command)
        except EOFError:
            self._ended.set()

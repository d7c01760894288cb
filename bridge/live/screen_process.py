"""The screen as a child process of the engine.

The engine is the terminal's foreground process; the screen is its child and uses the same
terminal. If the screen dies, the music goes on: the terminal is restored and the screen is
started again.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable
from typing import Any

from bridge.session.messages.commands import Command, Quit
from bridge.session.messages.listings import Listing
from bridge.session.messages.settings_messages import Preferences
from bridge.session.messages.snapshot import FromEngine, Goodbye, Snapshot
from bridge.system.ipc import Channel, Mailbox, read_into, reap, spawn
from bridge.system.realtime import raise_helpers
from bridge.system.terminal import first_mode, restore

SCREEN_MODULE = "bridge.ui"
RESTARTS_ALLOWED = 3
RESTARTS_WINDOW_SECONDS = 60.0
"""The screen is given up after more than ``RESTARTS_ALLOWED`` deaths in this time."""
GOODBYE_SECONDS = 3.0
"""Longest time that the screen may take to end by itself."""


class Screen:
    """The screen process: shows the newest snapshot and lists, sends commands.

    ``tell`` is called (from a thread) with each command; ``gone`` with a line for the player
    if the screen keeps dying. ``preferences`` are sent first, to each screen. ``realtime``: its
    threads in this process get real-time priority.
    """

    def __init__(
        self,
        tell: Callable[[Command], None],
        gone: Callable[[str], None],
        *,
        realtime: bool = False,
        preferences: Preferences | None = None,
    ) -> None:
        self._preferences = preferences
        self._tell, self._gone, self._realtime = tell, gone, realtime
        first_mode()
        self._deaths: list[float] = []
        self._closing = False
        self._quit = False
        self._lock = threading.Lock()
        self._open()

    def publish(self, message: Snapshot | Listing) -> None:
        """Show this snapshot or list next; never blocks."""
        if isinstance(message, Preferences):
            self._preferences = message
        self._mailbox.post(message)

    @property
    def pid(self) -> int:
        """The id of the present screen process."""
        return self._child.pid

    def signal(self, number: int) -> None:
        """Pass a signal on to the screen: to give the terminal back, or to take it again."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._child.pid, number)

    def close(self) -> None:
        """Ask the screen to end, wait for it (then kill it), and restore the terminal."""
        self._closing = True
        self._mailbox.close()
        with contextlib.suppress(EOFError):
            self._channel.send(Goodbye())
        reap(self._child, GOODBYE_SECONDS)
        self._channel.close()
        restore(reset=self._child.returncode != 0)

    def _open(self) -> None:
        self._child, channel = spawn(SCREEN_MODULE, [], Command)
        self._channel: Channel[FromEngine, Any] = channel
        self._mailbox: Mailbox[FromEngine] = Mailbox(channel)
        read_into(channel, self._heard, self._ended)
        if self._realtime:
            raise_helpers()
        if self._preferences is not None:
            self._mailbox.post(self._preferences)

    def _heard(self, command: Command) -> None:
        if isinstance(command, Quit):
            self._quit = True
        self._tell(command)

    def _ended(self) -> None:
        """The channel has closed: start the screen again, unless the session is ending."""
        if self._closing or self._quit:
            return
        self._child.wait()
        restore(reset=True)
        now = time.monotonic()
        self._deaths = [t for t in self._deaths if now - t < RESTARTS_WINDOW_SECONDS] + [now]
        if len(self._deaths) > RESTARTS_ALLOWED:
            self._gone("the screen keeps failing; the music goes on. Press Ctrl+C to stop.")
            return
        self._mailbox.close()
        self._open()

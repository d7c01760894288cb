"""The screen as a child process of the engine.

The engine is the terminal's foreground process; the screen is its child and uses the same
terminal, or is the server of screens in browsers. If the screen dies, the music goes on: the
terminal is restored and the screen is started again.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.session.messages.commands import Command, Quit
from bridge.session.messages.keys_down import KeysDown
from bridge.session.messages.listings import Listing
from bridge.session.messages.settings_messages import Preferences
from bridge.session.messages.snapshot import FromEngine, Goodbye, Snapshot
from bridge.system.clock import monotonic_seconds
from bridge.system.ipc import Channel, Mailbox, read_into, reap, spawn
from bridge.system.realtime import raise_helpers
from bridge.system.terminal import first_mode, restore

RESTARTS_ALLOWED = 3
RESTARTS_WINDOW_SECONDS = 60.0
"""The screen is given up after more than ``RESTARTS_ALLOWED`` deaths in this time."""
GOODBYE_SECONDS = 3.0
"""Longest time that the screen may take to end by itself."""


@dataclass(frozen=True)
class ScreenProgram:
    """The program that is run as the screen: a ``module``, with more environment variables
    (``env``), and a file for what it prints (``log``). ``terminal``: it takes the terminal."""

    module: str = "bridge.ui"
    env: Mapping[str, str] = field(default_factory=dict)
    log: Path | None = None
    terminal: bool = True


TERMINAL = ScreenProgram()
"""The screen on the terminal of this process."""


class Screen:
    """The screen process: shows the newest snapshot and lists, sends commands.

    ``tell`` is called (from a thread) with each command; ``gone`` with a line for the player
    if the screen keeps dying. ``preferences`` are sent first, to each screen. ``realtime``: its
    threads in this process get real-time priority. A key that a screen holds comes up with it.
    """

    def __init__(
        self,
        tell: Callable[[Command], None],
        gone: Callable[[str], None],
        *,
        realtime: bool = False,
        preferences: Preferences | None = None,
        program: ScreenProgram = TERMINAL,
    ) -> None:
        self._program = program
        self._keys = KeysDown()
        self._preferences = preferences
        self._tell, self._gone, self._realtime = tell, gone, realtime
        if program.terminal:
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
        self._restore(reset=self._child.returncode != 0)

    def _open(self) -> None:
        self._child, channel = spawn(
            self._program.module, [], Command, self._program.env, log=self._program.log
        )
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
        self._keys.hear(command)
        self._tell(command)

    def _ended(self) -> None:
        """The channel has closed: start the screen again, unless the session is ending."""
        for up in self._keys.lift(monotonic_seconds()):
            self._tell(up)
        if self._closing or self._quit:
            return
        self._child.wait()
        self._restore(reset=True)
        now = time.monotonic()
        self._deaths = [t for t in self._deaths if now - t < RESTARTS_WINDOW_SECONDS] + [now]
        if len(self._deaths) > RESTARTS_ALLOWED:
            self._gone("the screen keeps failing; the music goes on. Press Ctrl+C to stop.")
            return
        self._mailbox.close()
        self._open()

    def _restore(self, *, reset: bool) -> None:
        if self._program.terminal:
            restore(reset=reset)

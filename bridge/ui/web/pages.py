"""The pages that are open: what the engine sends goes to all of them, what they send to it.

The engine knows one screen, this process; each page has a screen's process, which comes here
(:mod:`bridge.system.meeting`) and goes when its page is closed or loaded again. The band plays on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from bridge.session.messages.commands import Command
from bridge.session.messages.keys_down import KeysDown
from bridge.session.messages.snapshot import FromEngine, Goodbye
from bridge.system.clock import monotonic_seconds
from bridge.system.ipc import Channel, Mailbox, read_into


class PageScreen:
    """The screen's process of one page. ``tell`` takes its commands, ``gone`` is called when it
    has ended; both from a thread. Keys that it holds come up with it."""

    def __init__(
        self,
        channel: Channel[FromEngine, Command],
        tell: Callable[[Command], None],
        gone: Callable[[], None],
    ) -> None:
        self._channel, self._tell, self._gone = channel, tell, gone
        self._mailbox: Mailbox[FromEngine] = Mailbox(channel)
        self._keys = KeysDown()
        read_into(channel, self._heard, self._ended)

    def show(self, message: FromEngine) -> None:
        """Send a snapshot or a list, or the goodbye; never blocks."""
        self._mailbox.post(message)

    def _heard(self, command: Command) -> None:
        self._keys.hear(command)
        self._tell(command)

    def _ended(self) -> None:
        for up in self._keys.lift(monotonic_seconds()):
            self._tell(up)
        self._mailbox.close()
        self._channel.close()
        self._gone()


class Pages:
    """All pages. ``tell`` sends a command to the engine; safe from any thread."""

    def __init__(self, tell: Callable[[Command], None]) -> None:
        self._tell = tell
        self._lock = threading.Lock()
        self._expected: dict[str, Callable[[], None]] = {}
        self._screens: dict[str, PageScreen] = {}
        self._newest: dict[type, FromEngine] = {}

    def __len__(self) -> int:
        """The number of pages, with those whose screens have not come yet."""
        return len(self._expected)

    def expect(self, name: str, gone: Callable[[], None]) -> None:
        """A page has been opened, whose screen will come; ``gone`` is called (from a thread) when
        the screen has ended."""
        with self._lock:
            self._expected[name] = gone

    def has(self, name: str) -> bool:
        """True once the screen of this page has come."""
        return name in self._screens

    def come(self, name: str, channel: Channel[FromEngine, Command]) -> None:
        """A screen has come: show it what there is. One whose page is closed is sent away."""
        with self._lock:
            gone = self._expected.get(name)
            if gone is None or name in self._screens:
                channel.close()
                return
            screen = self._screens[name] = PageScreen(channel, self._tell, gone)
            for message in self._newest.values():
                screen.show(message)

    def drop(self, name: str) -> None:
        """A page has been closed: its screen ends."""
        with self._lock:
            self._expected.pop(name, None)
            screen = self._screens.pop(name, None)
        if screen is not None:
            screen.show(Goodbye())

    def show(self, message: FromEngine) -> None:
        """Send a message of the engine to all pages, and to those that will come."""
        with self._lock:
            if not isinstance(message, Goodbye):
                self._newest[type(message)] = message
            for screen in self._screens.values():
                screen.show(message)

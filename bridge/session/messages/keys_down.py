"""The keys that a screen holds down, so that none sounds on after it."""

from __future__ import annotations

from bridge.session.messages.commands import Command, KeyDown, KeyUp


class KeysDown:
    """Follows the commands of one screen."""

    def __init__(self) -> None:
        self._down: set[int] = set()

    def hear(self, command: Command) -> None:
        """Take a command of the screen into account."""
        if isinstance(command, KeyDown):
            self._down.add(command.pitch)
        elif isinstance(command, KeyUp):
            self._down.discard(command.pitch)

    def lift(self, at: float) -> list[KeyUp]:
        """Commands that lift the keys that are down, at ``at`` (monotonic seconds); none is down
        after them."""
        ups = [KeyUp(at, pitch) for pitch in sorted(self._down)]
        self._down.clear()
        return ups

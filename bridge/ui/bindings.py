"""The table of keys as Textual's bindings, and the table of actions in its command palette."""

from __future__ import annotations

from collections.abc import Coroutine
from functools import partial
from typing import Any

from textual.binding import Binding
from textual.command import DiscoveryHit, Hit, Hits, Provider

from bridge.ui.keymap import GROUPS, Action, KeyBinding, spellings

EVERYWHERE = frozenset(("ctrl+q",))
"""The keys that work over dialogs too."""
_UNLISTED = frozenset((Action.PALETTE,))
"""The actions that the command palette leaves out."""


def bindings() -> list[Binding]:
    """A binding of every key of the table to ``perform``, the app's method for all actions."""
    return [
        Binding(
            name,
            f"perform('{entry.action}')",
            entry.meaning,
            show=False,
            key_display=entry.shown,
            priority=key in EVERYWHERE,
        )
        for group in GROUPS.values()
        for entry in group
        for key in entry.keys
        for name in spellings(key)
    ]


class ActionProvider(Provider):
    """Offers the actions by their meaning, with their group and keys."""

    async def discover(self) -> Hits:
        """All actions, in the order of the table."""
        for group, entry in _listed():
            yield DiscoveryHit(entry.meaning, self._command(entry), help=_help(group, entry))

    async def search(self, query: str) -> Hits:
        """The actions whose meaning fits the query."""
        matcher = self.matcher(query)
        for group, entry in _listed():
            score = matcher.match(entry.meaning)
            if score > 0:
                shown = matcher.highlight(entry.meaning)
                yield Hit(score, shown, self._command(entry), entry.meaning, _help(group, entry))

    def _command(self, entry: KeyBinding) -> partial[Coroutine[Any, Any, bool]]:
        return partial(self.app.run_action, f"perform('{entry.action}')")


def _listed() -> list[tuple[str, KeyBinding]]:
    """The groups and entries of the actions that the palette offers."""
    return [
        (group, entry)
        for group, entries in GROUPS.items()
        for entry in entries
        if entry.action not in _UNLISTED
    ]


def _help(group: str, entry: KeyBinding) -> str:
    return f"{group} · {' '.join(entry.shown.split())}"

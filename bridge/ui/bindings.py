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


def bindings() -> list[Binding]:
    """A binding for every key of the table: to Textual's own action for the command palette, to
    ``perform``, the app's method for all other actions."""
    return [
        Binding(
            name,
            _textual_action(entry.action),
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
    """Offers the actions by their meaning, each with its explanation and keys."""

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
        return partial(self.app.run_action, _textual_action(entry.action))


def _textual_action(action: Action) -> str:
    return "command_palette" if action is Action.PALETTE else f"perform('{action}')"


def _listed() -> list[tuple[str, KeyBinding]]:
    """The groups and entries of the actions that the palette offers."""
    return [
        (group, entry)
        for group, entries in GROUPS.items()
        for entry in entries
        if entry.action is not Action.PALETTE
    ]


def _help(group: str, entry: KeyBinding) -> str:
    """The effect where the catalog explains it, else the group; and the keys."""
    return f"{entry.explanation or group} · {' '.join(entry.shown.split())}"

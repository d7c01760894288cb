"""The table of keys as Textual's bindings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from textual.binding import Binding

from bridge.ui.keymap import GROUPS, Action, KeyBinding
from bridge.ui.keys.layouts import Layout

EVERYWHERE = frozenset(("ctrl+q", "f1"))
"""The keys that work over dialogs too."""


def bindings() -> list[Binding]:
    """A binding for every key of the table: to Textual's own action for the command palette, to
    ``perform``, the app's method, for all other actions. Their ids are those of Textual's keymap.
    """
    return [
        Binding(
            key,
            textual_action(entry.action),
            entry.meaning,
            show=False,
            key_display=entry.shown,
            priority=key in EVERYWHERE,
            id=binding_id(entry.action),
        )
        for entry in entries()
        for key in entry.keys or (f"no-key-{binding_id(entry.action)}",)
    ]


def entries() -> Iterable[KeyBinding]:
    """All entries of the table, in its order."""
    return (entry for group in GROUPS.values() for entry in group)


def binding_id(action: Action) -> str:
    """The name of an action in the keymap."""
    return str(action).replace(" ", "-").replace("_", "-")


def textual_action(action: Action) -> str:
    """The action as Textual runs it."""
    return "command_palette" if action is Action.PALETTE else f"perform('{action}')"


def own_keymap(
    keys: Mapping[str, tuple[str, ...]], layout: Layout
) -> tuple[dict[str, str], list[str]]:
    """The player's own keys as Textual's keymap, and what is wrong with them: names that are no
    action's, and keys that the piano has."""
    known = {name: action for action in Action for name in (str(action), binding_id(action))}
    keymap: dict[str, str] = {}
    wrong: list[str] = []
    for name, chosen in keys.items():
        action = known.get(name)
        taken = [key for key in chosen if key.casefold() in layout.characters]
        if action is None:
            wrong.append(f"keys: there is no action {name!r}")
        elif taken:
            wrong.append(f"keys: {taken[0]!r} plays the piano, so it cannot be {name!r}")
        elif chosen:
            keymap[binding_id(action)] = ",".join(chosen)
    return keymap, wrong

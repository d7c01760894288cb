"""A list to choose from: by arrows, mouse, or a search."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Final

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from bridge.errors import nearest
from bridge.ui.colours import ACCENT, DIM, TEXT, shade
from bridge.ui.dialogs.base import Dialog

KEYS: Final = "↑ ↓ · enter · / search · esc"
SEARCHING: Final = "type to narrow · enter · esc"
HEARD: Final = "heard now · "


def matching(names: Sequence[str], sought: str) -> list[str]:
    """The names in which every word of ``sought`` occurs; without any, the most alike."""
    words = sought.casefold().split()
    fitting = [name for name in names if all(word in name.casefold() for word in words)]
    return fitting or nearest(sought, names, limit=5)


class Picker(Dialog[str | None]):
    """A list of names. Gives the one that is chosen, or None on escape.

    ``/`` opens a field that narrows the list; until then letters play. ``audition`` is called
    with each name that is moved to, and with the current one when the list is left. ``words``
    explain names.
    """

    TOPIC: ClassVar[str] = "Lists"

    def __init__(
        self,
        title: str,
        names: Sequence[str],
        current: str = "",
        audition: Callable[[str], None] | None = None,
        words: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__()
        self._title = title
        self._names = tuple(dict.fromkeys(names))
        self._current = current
        self._fitting = list(self._names)
        self._audition = audition
        self._heard = current
        self._words = words or {}

    def compose(self) -> ComposeResult:
        """A box with a field and a list."""
        with Vertical(id="box") as box:
            box.border_title = self._title
            yield Input(placeholder="search", id="sought")
            yield OptionList(id="names")

    def on_mount(self) -> None:
        """Fill the list and highlight the current name."""
        self._end_search()
        self.offer(self._names, self._current)

    def offer(self, names: Sequence[str], current: str) -> None:
        """Offer these names, those that fit what is typed, and highlight the current one."""
        self._names, self._current = tuple(dict.fromkeys(names)), current
        self._fill(self.query_one(Input).value)
        if current in self._fitting:
            self.query_one(OptionList).highlighted = self._fitting.index(current)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Narrow the list."""
        self._fill(event.value)

    def on_input_submitted(self) -> None:
        """Choose the highlighted name."""
        at = self.query_one(OptionList).highlighted
        self.dismiss(self._fitting[at] if at is not None and self._fitting else None)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Choose with enter or the mouse."""
        self.dismiss(self._fitting[event.option_index])

    def on_key(self, event: events.Key) -> None:
        """Search, move in the list while the field keeps the letters, or leave."""
        names = self.query_one(OptionList)
        moves: dict[str, Callable[[], None]] = {
            "down": names.action_cursor_down,
            "up": names.action_cursor_up,
            "pagedown": names.action_page_down,
            "pageup": names.action_page_up,
        }
        if event.key == "escape":
            self._end_search() if self.typing else self.leave()
        elif event.key in moves:
            moves[event.key]()
            self._hear(names.highlighted)
        elif event.character == "/" and not self.typing:
            self._begin_search()
        else:
            return
        event.stop()
        event.prevent_default()

    def leave(self) -> None:
        """Close without an answer, and go back to what was heard before."""
        if self._audition is not None and self._heard != self._current:
            self._audition(self._current)
        self.dismiss(None)

    def _hear(self, at: int | None) -> None:
        if self._audition is None or at is None or at >= len(self._fitting):
            return
        self._heard = self._fitting[at]
        self._audition(self._heard)

    def _begin_search(self) -> None:
        field = self.query_one(Input)
        field.display = True
        field.focus()
        self.query_one("#box").border_subtitle = SEARCHING

    def _end_search(self) -> None:
        field = self.query_one(Input)
        field.value = ""
        field.display = False
        self.query_one(OptionList).focus()
        self.query_one("#box").border_subtitle = (HEARD if self._audition else "") + KEYS

    def _fill(self, sought: str) -> None:
        self._fitting = matching(self._names, sought)
        names = self.query_one(OptionList)
        names.clear_options()
        names.add_options(Option(self._prompt(name)) for name in self._fitting)
        names.highlighted = 0 if self._fitting else None

    def _prompt(self, name: str) -> Text:
        mark = "● " if name == self._current else "  "
        line = Text(mark, style=shade(ACCENT), no_wrap=True, overflow="ellipsis")
        if not self._words.get(name):
            return line.append(name, style=shade(TEXT))
        line.append(f"{name:<{max(map(len, self._words))}}", style=shade(TEXT))
        return line.append(f" {self._words[name]}", style=shade(DIM))

"""A list to choose from that narrows while one types."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from bridge.errors import nearest
from bridge.ui.colours import ACCENT, TEXT


def matching(names: Sequence[str], sought: str) -> list[str]:
    """The names in which every word of ``sought`` occurs; without any, the most alike."""
    words = sought.casefold().split()
    fitting = [name for name in names if all(word in name.casefold() for word in words)]
    return fitting or nearest(sought, names, limit=5)


class Picker(ModalScreen[str | None]):
    """A list that narrows while one types. Gives the chosen name, or None on escape."""

    def __init__(self, title: str, names: Sequence[str], current: str = "") -> None:
        super().__init__()
        self._title = title
        self._names = tuple(dict.fromkeys(names))
        self._current = current
        self._fitting = list(self._names)

    def compose(self) -> ComposeResult:
        """A box with a field and a list."""
        with Vertical(id="box") as box:
            box.border_title = self._title
            box.border_subtitle = "↑ ↓ · enter · esc"
            yield Input(placeholder="type to narrow", id="sought")
            yield OptionList(id="names")

    def on_mount(self) -> None:
        """Fill the list and highlight the current name."""
        self.offer(self._names, self._current)
        self.query_one(OptionList).can_focus = False
        self.query_one(Input).focus()

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
        """Choose with the mouse."""
        self.dismiss(self._fitting[event.option_index])

    def on_key(self, event: events.Key) -> None:
        """Move in the list while the field keeps the letters."""
        names = self.query_one(OptionList)
        moves: dict[str, Callable[[], None]] = {
            "down": names.action_cursor_down,
            "up": names.action_cursor_up,
            "pagedown": names.action_page_down,
            "pageup": names.action_page_up,
        }
        if event.key == "escape":
            self.dismiss(None)
        elif event.key in moves:
            moves[event.key]()
        else:
            return
        event.stop()
        event.prevent_default()

    def _fill(self, sought: str) -> None:
        self._fitting = matching(self._names, sought)
        names = self.query_one(OptionList)
        names.clear_options()
        names.add_options(Option(self._prompt(name)) for name in self._fitting)
        names.highlighted = 0 if self._fitting else None

    def _prompt(self, name: str) -> Text:
        mark = "● " if name == self._current else "  "
        return Text(mark, style=ACCENT, no_wrap=True, overflow="ellipsis").append(name, style=TEXT)

"""The base of all dialogs: the piano goes on under them, and they are left by Escape or Ctrl+C."""

from __future__ import annotations

from typing import ClassVar, Protocol, TypeVar, cast

from textual import events
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import Input

Answer = TypeVar("Answer")


class Player(Protocol):
    """The app as a dialog sees it: it plays the keys of the piano."""

    def play_key(self, event: events.Key) -> bool:
        """Play a key of the piano; False if it is none."""


class Dialog(ModalScreen[Answer]):
    """A dialog. Unless text is typed into a field, the keys of the piano play, and only play.

    ``topic``, at first the class's ``TOPIC``, is the part of the help that F1 opens with.
    """

    TOPIC: ClassVar[str] = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "copy_or_leave", show=False, priority=True)
    ]

    def __init__(self) -> None:
        super().__init__()
        self.topic = self.TOPIC

    @property
    def typing(self) -> bool:
        """True while a field has the keys."""
        return isinstance(self.focused, Input)

    def on_key(self, event: events.Key) -> None:
        """Play."""
        if not self.typing and cast(Player, self.app).play_key(event):
            event.stop()
            event.prevent_default()

    def action_copy_or_leave(self) -> None:
        """Copy what is selected in a field; with nothing selected, leave as Escape does."""
        if isinstance(self.focused, Input) and self.focused.selected_text:
            self.focused.action_copy()
        else:
            self.leave()

    def leave(self) -> None:
        """Close without an answer."""
        self.dismiss(None)

"""A dialog that asks for one line of text."""

from __future__ import annotations

from collections.abc import Callable

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from bridge.latent.anchors import MAX_NAME_LENGTH
from bridge.ui.dialogs.base import Dialog


def _accepted(text: str) -> str:
    return ""


class TextPrompt(Dialog[str | None]):
    """A field for a name, or another ``text``. Gives what was typed, or None on escape.

    ``complaint`` gives the reason why what was typed is refused, or an empty text: a refused
    text stays in the field, with the reason below it. ``topic`` is that of the help.
    """

    def __init__(
        self,
        title: str,
        hint: str,
        text: str = "",
        longest: int = MAX_NAME_LENGTH,
        complaint: Callable[[str], str] = _accepted,
        topic: str = "Names",
    ) -> None:
        super().__init__()
        self.topic = topic
        self._title, self._hint, self._text, self._longest = title, hint, text, longest
        self._complaint = complaint
        self._reason = Static("", id="reason", markup=False)

    def compose(self) -> ComposeResult:
        """A box with a field."""
        with Vertical(id="box") as box:
            box.border_title = self._title
            box.border_subtitle = "enter · esc"
            yield Input(self._text, placeholder=self._hint, max_length=self._longest,
                        select_on_focus=False)  # fmt: skip
            yield self._reason

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Give the text, or show why it is refused."""
        reason = self._complaint(event.value)
        if reason:
            self._reason.update(reason)
            self._reason.add_class("shown")
        else:
            self.dismiss(event.value)

    def on_key(self, event: events.Key) -> None:
        """Escape leaves."""
        if event.key == "escape":
            event.stop()
            event.prevent_default()
            self.leave()

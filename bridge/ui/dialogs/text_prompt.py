"""A dialog that asks for one line of text."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from bridge.latent.anchors import MAX_NAME_LENGTH


class Ask(ModalScreen[str | None]):
    """A field for a name, or another ``text``. Gives what was typed, or None on escape."""

    def __init__(
        self, title: str, hint: str, text: str = "", longest: int = MAX_NAME_LENGTH
    ) -> None:
        super().__init__()
        self._title, self._hint, self._text, self._longest = title, hint, text, longest

    def compose(self) -> ComposeResult:
        """A box with a field."""
        with Vertical(id="box") as box:
            box.border_title = self._title
            box.border_subtitle = "enter · esc"
            yield Input(self._text, placeholder=self._hint, max_length=self._longest)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Give the name."""
        self.dismiss(event.value)

    def on_key(self, event: events.Key) -> None:
        """Escape leaves."""
        if event.key == "escape":
            event.stop()
            self.dismiss(None)

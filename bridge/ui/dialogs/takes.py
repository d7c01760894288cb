"""The takes page: everything that was played, to be played again, exported, renamed and deleted."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Final

from rich.text import Text

from bridge.session.messages.commands import Command
from bridge.session.messages.takes import (
    DeleteTake,
    ExportTake,
    ListTakes,
    PlayTake,
    RenameTake,
    TakeList,
    TakeRow,
    UndeleteTake,
)
from bridge.ui.colours import ACCENT, DIM, FAINT, TEXT, WARN, shade
from bridge.ui.dialogs.list_page import ListPage, date_text

_OF_TAKE: Final[dict[str, Callable[[str], Command]]] = {
    "f3": ExportTake,
    "f4": lambda name: ExportTake(name, "wav"),
    "delete": DeleteTake,
}
"""Keys that are one command for the highlighted take."""


class TakesPage(ListPage[TakeRow]):
    """Everything that was played, the latest on top."""

    TOPIC: ClassVar[str] = "Takes"
    TITLE_TEXT = "Takes"
    KEYS = "enter play · F2 name · F3 MIDI · F4 WAV · del · ^Z undo · esc"
    EMPTY = "nothing yet: play, and it is kept"
    LISTING = TakeList

    def request(self, stamp: str) -> Command:
        """The command that asks for the list."""
        return ListTakes(stamp)

    def ident(self, row: TakeRow) -> object:
        """The time the take began: its name may change."""
        return row.when

    def line(self, row: TakeRow) -> Text:
        """Length, name, notes and time; where it is not just kept, its state."""
        minutes, seconds = divmod(round(row.seconds), 60)
        line = Text(
            f"{minutes:>3}:{seconds:02d} ", style=shade(ACCENT), no_wrap=True, overflow="ellipsis"
        )
        line.append(f"{row.name:<38} ", style=shade(TEXT))
        line.append(f"{row.notes:>6} notes  ", style=shade(DIM))
        if row.state == "kept":
            return line.append(date_text(row.when), style=shade(FAINT))
        return line.append(row.state, style=shade(WARN))

    def name_of(self, row: TakeRow) -> str:
        """The name of the take."""
        return row.name

    def play(self, row: TakeRow) -> Command:
        """The command that plays the take."""
        return PlayTake(row.name)

    def rename(self, row: TakeRow, name: str) -> Command:
        """The command that gives the take another name."""
        return RenameTake(row.name, name)

    def on_command_key(self, key: str, row: TakeRow | None) -> Command | None:
        """The command of a key: of the highlighted take, or undo."""
        if key == "ctrl+z":
            return UndeleteTake()
        return _OF_TAKE[key](row.name) if row is not None and key in _OF_TAKE else None

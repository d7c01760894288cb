"""The history page: everything that was sampled and generated, to be played and named."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Final

from rich.text import Text

from bridge.session.messages import commands as m
from bridge.session.messages.code_commands import BackCode, DrawCode, MarkCode, Travel
from bridge.session.messages.listings import (
    HistoryList,
    HistoryRow,
    ListHistory,
    NameHistory,
    PlayHistory,
)
from bridge.ui.colours import ACCENT, DIM, FAINT, TEXT, shade
from bridge.ui.dialogs.list_page import ListPage, date_text
from bridge.ui.host import Host

_COMMANDS: Final[dict[str, Callable[[], m.Command]]] = {
    "4": DrawCode,
    "5": lambda: MarkCode("a"),
    "6": lambda: MarkCode("b"),
    "7": Travel,
    "8": BackCode,
}
_ORIGINS: Final = {"sample": "drawn", "travel": "", "pathway": "a walk,"}
"""The commands that ideas are made by, in the words of the screen."""


class HistoryPage(ListPage[HistoryRow]):
    """Everything that was made, of any model, the latest on top."""

    TITLE_TEXT = "Ideas that were played"
    KEYS = "enter play · 4 draw · 5 A · 6 B · 7 A to B · 8 back · F2 name · esc"
    EMPTY = "nothing yet: press 4"
    LISTING = HistoryList

    TOPIC: ClassVar[str] = "Ideas"

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self._band = host.newest.model

    def request(self, stamp: str) -> m.Command:
        """The command that asks for the list."""
        return ListHistory(stamp)

    def ident(self, row: HistoryRow) -> object:
        """The number of the entry."""
        return row.number

    def line(self, row: HistoryRow) -> Text:
        """Number, name or origin, the number that it was drawn by, ideas and time; the model where
        it is not the band's."""
        line = Text(f"{row.number:>4} ", style=shade(ACCENT), no_wrap=True, overflow="ellipsis")
        line.append(f"{row.name or origin(row.made):<28} ", style=shade(TEXT))
        ideas = f"{row.codes:>3} idea{'s' if row.codes != 1 else ' '}"
        line.append(f"no. {row.seed:<6} {ideas} ", style=shade(DIM))
        line.append(date_text(row.when), style=shade(FAINT))
        return line if row.model == self._band else line.append(f" {row.model}", style=shade(DIM))

    def name_of(self, row: HistoryRow) -> str:
        """The name of the entry."""
        return row.name

    def play(self, row: HistoryRow) -> m.Command:
        """The command that plays the entry."""
        return PlayHistory(row.number)

    def rename(self, row: HistoryRow, name: str) -> m.Command:
        """The command that gives the entry a name."""
        return NameHistory(row.number, name)

    def on_command_key(self, key: str, row: HistoryRow | None) -> m.Command | None:
        """The code player's command on a key."""
        return _COMMANDS[key]() if key in _COMMANDS else None


def origin(made: str) -> str:
    """How an entry was made, in the words of the screen: ``live: travel A to B`` -> ``live: A to
    B``."""
    place, _, rest = made.rpartition(": ")
    first, _, more = rest.partition(" ")
    words = f"{_ORIGINS.get(first, first)} {more}".strip()
    return f"{place}: {words}" if place else words

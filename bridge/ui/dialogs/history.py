"""The history page: everything that was sampled and generated, to be played and named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import ClassVar, Final

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

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
from bridge.ui.dialogs.base import Dialog
from bridge.ui.host import Host

KEYS: Final = "enter play · 4 draw · 5 A · 6 B · 7 travel · 8 back · F2 name · esc"
NAMING: Final = "type a name · enter · esc"
EMPTY: Final = "nothing yet: press 4"
_COMMANDS: Final[dict[str, Callable[[], m.Command]]] = {
    "4": DrawCode,
    "5": lambda: MarkCode("a"),
    "6": lambda: MarkCode("b"),
    "7": Travel,
    "8": BackCode,
}
ASK_SECONDS: Final = 0.5
"""Seconds between requests for a newer list: what is drawn meanwhile appears."""
LOOK_SECONDS: Final = 0.1
"""Seconds between looks for the engine's answer."""


class HistoryPage(Dialog[None]):
    """Everything that was made, of any model, the latest on top, as the engine lists it."""

    TOPIC: ClassVar[str] = "Ideas"

    def __init__(self, host: Host) -> None:
        super().__init__()
        self._host = host
        self._band = host.newest.model
        self._listing: HistoryList | None = None

    @property
    def _rows(self) -> tuple[HistoryRow, ...]:
        return self._listing.rows if self._listing else ()

    def compose(self) -> ComposeResult:
        """A box with the list, and a field for a name."""
        with Vertical(id="box") as box:
            box.border_title = "Ideas that were played"
            box.border_subtitle = KEYS
            yield OptionList(id="names")
            yield Static("", id="message", markup=False)
            yield Input(placeholder="its name", id="sought")

    def on_mount(self) -> None:
        """Ask the engine for the list; the field appears when it is wanted."""
        self.query_one(Input).display = False
        self.query_one(OptionList).focus()
        self._host.post(ListHistory())
        self._look()
        self.set_interval(LOOK_SECONDS, self._look)
        self.set_interval(ASK_SECONDS, self._ask)

    def _ask(self) -> None:
        """Ask for a list of what has changed since the one that is shown."""
        self._host.post(ListHistory(self._listing.stamp if self._listing else ""))

    def _look(self) -> None:
        """Show a list that has come; the highlight stays on its entry."""
        listing = self._host.listing(HistoryList)
        if listing is None or listing is self._listing:
            return
        chosen = self._chosen()
        self._listing = listing
        names = self.query_one(OptionList)
        names.clear_options()
        names.add_options(Option(_line(row, self._band)) for row in listing.rows)
        numbers = [row.number for row in listing.rows]
        at = numbers.index(chosen.number) if chosen and chosen.number in numbers else 0
        names.highlighted = at if numbers else None
        self.query_one("#message", Static).update(listing.message or ("" if numbers else EMPTY))

    def _chosen(self) -> HistoryRow | None:
        at = self.query_one(OptionList).highlighted
        return self._rows[at] if at is not None and at < len(self._rows) else None

    def on_option_list_option_selected(self) -> None:
        """Play the highlighted entry."""
        chosen = self._chosen()
        if chosen is not None:
            self._send(PlayHistory(chosen.number))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Give the entry its name."""
        chosen, name = self._chosen(), event.value.strip()
        self._end_naming()
        if chosen is not None and name:
            self._send(NameHistory(chosen.number, name))

    def _send(self, command: m.Command) -> None:
        self._host.post(command)
        self._look()

    def on_key(self, event: events.Key) -> None:
        """One key a command, unless a name is typed."""
        naming = self.query_one(Input).display
        if event.key == "escape":
            self._end_naming() if naming else self.leave()
        elif naming:
            return
        elif event.key in _COMMANDS:
            self._send(_COMMANDS[event.key]())
        elif event.key == "f2" and self._chosen() is not None:
            self._begin_naming()
        else:
            return
        event.stop()
        event.prevent_default()

    def _begin_naming(self) -> None:
        chosen = self._chosen()
        field = self.query_one(Input)
        field.value = chosen.name if chosen else ""
        field.display = True
        field.focus()
        self.query_one("#box").border_subtitle = NAMING

    def _end_naming(self) -> None:
        self.query_one(Input).display = False
        self.query_one(OptionList).focus()
        self.query_one("#box").border_subtitle = KEYS


def _line(row: HistoryRow, band: str) -> Text:
    line = Text(f"{row.number:>4} ", style=shade(ACCENT), no_wrap=True, overflow="ellipsis")
    line.append(f"{row.name or row.made:<28} ", style=shade(TEXT))
    codes = f"{row.codes:>3} code{'s' if row.codes != 1 else ' '}"
    line.append(f"seed {row.seed:<6} {codes} ", style=shade(DIM))
    line.append(_time(row.when), style=shade(FAINT))
    return line if row.model == band else line.append(f" {row.model}", style=shade(DIM))


def _time(when: str) -> str:
    try:
        return datetime.fromisoformat(when).strftime("%d %b %H:%M")
    except ValueError:
        return ""

"""A page with a list of things of the user's, as the engine lists them: played, named, and more."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Final, Generic, Protocol, TypeVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from bridge.session.messages.commands import Command
from bridge.ui.dialogs.base import Dialog
from bridge.ui.host import Host

NAMING: Final = "type a name · enter · esc"
ASK_SECONDS: Final = 0.5
"""Seconds between requests for a newer list: what is made meanwhile appears."""
LOOK_SECONDS: Final = 0.1
"""Seconds between looks for the engine's answer."""
Row = TypeVar("Row")
Listed = TypeVar("Listed", covariant=True)


class RowListing(Protocol[Listed]):
    """A list that the engine has sent."""

    @property
    def rows(self) -> tuple[Listed, ...]:
        """The rows, the latest first."""

    @property
    def message(self) -> str:
        """The result of the request that the list answers."""

    @property
    def stamp(self) -> str:
        """An identification of the state that was listed."""


class ListPage(Dialog[None], Generic[Row]):
    """A list whose rows are played with Enter and named with F2, the latest on top.

    ``TITLE_TEXT``, ``KEYS`` and ``EMPTY`` are its texts, ``LISTING`` the type of its list.
    """

    TITLE_TEXT: ClassVar[str]
    KEYS: ClassVar[str]
    EMPTY: ClassVar[str]
    LISTING: ClassVar[Any]

    def __init__(self, host: Host) -> None:
        super().__init__()
        self._host = host
        self._listing: RowListing[Row] | None = None

    # --- what a page says of its rows ---------------------------------------------------

    def request(self, stamp: str) -> Command:
        """The command that asks for a list newer than that of the ``stamp``."""
        raise NotImplementedError

    def ident(self, row: Row) -> object:
        """What a row is known by, from one list to the next."""
        raise NotImplementedError

    def line(self, row: Row) -> Text:
        """The row as a line."""
        raise NotImplementedError

    def name_of(self, row: Row) -> str:
        """The name that a row has."""
        raise NotImplementedError

    def play(self, row: Row) -> Command:
        """The command that plays a row."""
        raise NotImplementedError

    def rename(self, row: Row, name: str) -> Command:
        """The command that gives a row a name."""
        raise NotImplementedError

    def on_command_key(self, key: str, row: Row | None) -> Command | None:
        """The command of another key, for the highlighted row; None for a key without one."""
        raise NotImplementedError

    # --- the page -----------------------------------------------------------------------

    @property
    def _rows(self) -> tuple[Row, ...]:
        return self._listing.rows if self._listing else ()

    def compose(self) -> ComposeResult:
        """A box with the list, and a field for a name."""
        with Vertical(id="box") as box:
            box.border_title = self.TITLE_TEXT
            box.border_subtitle = self.KEYS
            yield OptionList(id="names")
            yield Static("", id="message", markup=False)
            yield Input(placeholder="its name", id="sought")

    def on_mount(self) -> None:
        """Ask the engine for the list; the field appears when it is wanted."""
        self.query_one(Input).display = False
        self.query_one(OptionList).focus()
        self._ask()
        self._look()
        self.set_interval(LOOK_SECONDS, self._look)
        self.set_interval(ASK_SECONDS, self._ask)

    def _ask(self) -> None:
        """Ask for a list of what has changed since the one that is shown."""
        self._host.post(self.request(self._listing.stamp if self._listing else ""))

    def _look(self) -> None:
        """Show a list that has come; the highlight stays on its row, else at its place."""
        listing: RowListing[Row] | None = self._host.listing(self.LISTING)
        if listing is None or listing is self._listing:
            return
        names = self.query_one(OptionList)
        chosen, place = self._chosen(), names.highlighted or 0
        self._listing = listing
        names.clear_options()
        names.add_options(Option(self.line(row)) for row in listing.rows)
        known = [self.ident(row) for row in listing.rows]
        wanted = None if chosen is None else self.ident(chosen)
        at = known.index(wanted) if wanted in known else min(place, len(known) - 1)
        names.highlighted = at if known else None
        self.query_one("#message", Static).update(listing.message or ("" if known else self.EMPTY))

    def _chosen(self) -> Row | None:
        at = self.query_one(OptionList).highlighted
        return self._rows[at] if at is not None and at < len(self._rows) else None

    def on_option_list_option_selected(self) -> None:
        """Play the highlighted row."""
        chosen = self._chosen()
        if chosen is not None:
            self._send(self.play(chosen))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Give the row its name."""
        chosen, name = self._chosen(), event.value.strip()
        self._end_naming()
        if chosen is not None and name:
            self._send(self.rename(chosen, name))

    def _send(self, command: Command) -> None:
        self._host.post(command)
        self._look()

    def on_key(self, event: events.Key) -> None:
        """One key a command, unless a name is typed."""
        naming, chosen = self.query_one(Input).display, self._chosen()
        command = None if naming else self.on_command_key(event.key, chosen)
        if event.key == "escape":
            self._end_naming() if naming else self.leave()
        elif naming:
            return
        elif command is not None:
            self._send(command)
        elif event.key == "f2" and chosen is not None:
            self._begin_naming(chosen)
        else:
            return
        event.stop()
        event.prevent_default()

    def _begin_naming(self, chosen: Row) -> None:
        field = self.query_one(Input)
        field.value = self.name_of(chosen)
        field.display = True
        field.focus()
        self.query_one("#box").border_subtitle = NAMING

    def _end_naming(self) -> None:
        self.query_one(Input).display = False
        self.query_one(OptionList).focus()
        self.query_one("#box").border_subtitle = self.KEYS


def date_text(when: str) -> str:
    """A time (ISO 8601) as day and minute; empty for another text."""
    try:
        return datetime.fromisoformat(when).strftime("%d %b %H:%M")
    except ValueError:
        return ""

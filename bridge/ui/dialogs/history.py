"""The history page: everything that was sampled and generated, to be played and named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from bridge.errors import BridgeError
from bridge.files.history import History, HistoryEntry
from bridge.model import library
from bridge.model.answering.guest import guest_of
from bridge.music.smf import midi_file
from bridge.session.messages import commands as m
from bridge.session.messages.code_commands import BackCode, DrawCode, MarkCode, PlayCodes, Travel
from bridge.session.messages.score import as_score
from bridge.session.messages.snapshot import Snapshot
from bridge.ui.palette import ACCENT, DIM, FAINT, TEXT

ROWS = 200
"""The latest entries that are listed."""
KEYS = "enter play · 4 draw · 5 A · 6 B · 7 travel · 8 back · n name · esc"
NAMING = "type a name · enter · esc"
_KEYS: dict[str, Callable[[], m.Command]] = {
    "4": DrawCode,
    "5": lambda: MarkCode("a"),
    "6": lambda: MarkCode("b"),
    "7": Travel,
    "8": BackCode,
}
RELOAD = 0.5
"""Seconds between looks at the file: what is drawn meanwhile appears."""


class HistoryPage(ModalScreen[None]):
    """Everything that was made, of any model, the latest on top. ``post`` sends commands."""

    def __init__(
        self, post: Callable[[m.Command], None], shot: Snapshot, history: History | None = None
    ) -> None:
        super().__init__()
        self._post = post
        self._model = shot.model
        self._history = history or History()
        self._rows: list[tuple[int, HistoryEntry]] = []
        self._seen: tuple[Path, float, int] | None = None

    def compose(self) -> ComposeResult:
        """A box with the list, and a field for a name."""
        with Vertical(id="box") as box:
            box.border_title = "History"
            box.border_subtitle = KEYS
            yield OptionList(id="names")
            yield Static("", id="told", markup=False)
            yield Input(placeholder="its name", id="sought")

    def on_mount(self) -> None:
        """Fill the list; the field appears when it is wanted."""
        self.query_one(Input).display = False
        self._fill()
        self.query_one(OptionList).focus()
        self.set_interval(RELOAD, self._fill)

    def _fill(self) -> None:
        """Read the history if it has changed, and stay on the entry one stands on."""
        try:
            stat = self._history.path.stat()
            seen = (self._history.path, stat.st_mtime, stat.st_size)
        except OSError:
            seen = None
        if seen == self._seen and self._rows:
            return
        self._seen = seen
        try:
            entries = list(enumerate(self._history.entries(), 1))
        except BridgeError as error:
            self._say(str(error))
            return
        chosen = self._chosen()
        self._rows = list(reversed(entries))[:ROWS]
        names = self.query_one(OptionList)
        names.clear_options()
        names.add_options(Option(_line(*row, self._model)) for row in self._rows)
        numbers = [number for number, _ in self._rows]
        at = numbers.index(chosen[0]) if chosen and chosen[0] in numbers else 0
        names.highlighted = at if self._rows else None
        self._say("" if self._rows else "nothing yet: press 4")

    def _chosen(self) -> tuple[int, HistoryEntry] | None:
        at = self.query_one(OptionList).highlighted
        return self._rows[at] if at is not None and at < len(self._rows) else None

    def on_option_list_option_selected(self) -> None:
        """Play what is highlighted."""
        chosen = self._chosen()
        if chosen is None:
            return
        try:
            song = self._history.song_of(chosen[1])
            if song is not None:
                self._post(as_score(midi_file.read(song), label(*chosen)))
            else:
                self._post(play(*chosen, self._model))
        except BridgeError as error:
            self._say(str(error))
        else:
            self._say(f"plays from the next bar on: {label(*chosen)}")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Give the entry its name."""
        chosen = self._chosen()
        if chosen is not None and event.value.strip():
            try:
                self._history.name(str(chosen[0]), event.value.strip())
            except BridgeError as error:
                self._say(str(error))
        self._end_naming()
        self._fill()

    def on_key(self, event: events.Key) -> None:
        """One key each, unless a name is typed."""
        naming = self.query_one(Input).display
        if event.key == "escape":
            self._end_naming() if naming else self.dismiss(None)
        elif naming:
            return
        elif event.key in _KEYS:
            self._post(_KEYS[event.key]())
        elif event.key == "n" and self._chosen() is not None:
            self._begin_naming()
        else:
            return
        event.stop()
        event.prevent_default()

    def _begin_naming(self) -> None:
        chosen = self._chosen()
        field = self.query_one(Input)
        field.value = chosen[1].name if chosen else ""
        field.display = True
        field.focus()
        self.query_one("#box").border_subtitle = NAMING

    def _end_naming(self) -> None:
        self.query_one(Input).display = False
        self.query_one(OptionList).focus()
        self.query_one("#box").border_subtitle = KEYS

    def _say(self, text: str) -> None:
        self.query_one("#told", Static).update(text)


def label(number: int, entry: HistoryEntry) -> str:
    """What the screen calls an entry."""
    return f"history {number}" + (f" {entry.name!r}" if entry.name else "")


def play(number: int, entry: HistoryEntry, band: str) -> PlayCodes:
    """The command that plays an entry beside a band. NameUnknown or ModelError when there is no
    such model, or it holds no codes."""
    spec = None if entry.model == band else library.read_spec(library.find(entry.model))
    return PlayCodes(
        codes=tuple(tuple(row) for row in entry.table().tolist()),
        seed=entry.seed,
        label=label(number, entry),
        temperature=entry.temperature,
        stride=entry.stride,
        bars=entry.bars,
        guest=None if spec is None else guest_of(spec),
    )


def _line(number: int, entry: HistoryEntry, band: str) -> Text:
    codes = len(entry.codes) // (4 * max(1, entry.width))
    line = Text(f"{number:>4} ", style=ACCENT, no_wrap=True, overflow="ellipsis")
    line.append(f"{entry.name or entry.made:<28} ", style=TEXT)
    line.append(f"seed {entry.seed:<6} {codes:>3} code{'s' if codes != 1 else ' '} ", style=DIM)
    line.append(_time(entry.when), style=FAINT)
    return line if entry.model == band else line.append(f" {entry.model}", style=DIM)


def _time(when: str) -> str:
    try:
        return datetime.fromisoformat(when).strftime("%d %b %H:%M")
    except ValueError:
        return ""

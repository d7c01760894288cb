"""The help: first where you are, then how to play, then every key; a search over all of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Input, Static

from bridge.ui.colours import ACCENT, DIM, PART_COLOURS, TEXT, WHITE, shade
from bridge.ui.dialogs.base import Dialog
from bridge.ui.keymap import GROUPS, keys_shown
from bridge.ui.keys.layouts import Layout

KEYS: Final = "↑ ↓ · / search · esc"
SEARCHING: Final = "type to search · esc"
TOPICS: Final[dict[str, str]] = {
    "The roll": "To the left of the line that says NOW is what was played; to its right, under "
    "NEXT, is what the band will play. The bar after this one is drawn faintly: it may still "
    "change. The lane above has the chords: what was heard, then what is expected. The small bars "
    "after key and chord say how sure the ears are.",
    "The map": "Each place on the map is a way for the band to play; places that sound alike lie "
    "together. @ is the band, + a style, ◆ a place of yours. Move the cursor with the arrows or "
    "the mouse, and press enter: the band goes there. Escape leads back to the roll.",
    "Lists": "Up and down move, enter chooses, / opens a search. The piano goes on: you hear a "
    "style under your own playing as you move to it. Escape leads back to what was chosen.",
    "Chords": "Write a chord a bar, with blanks between: Am F C G. Bar lines put two into a bar: "
    "Am F | C G. Nothing at all: the chords are yours again.",
    "Learn": "Move a knob, or press a pad: it is bound to what is named. Enter takes it from what "
    "it did before.",
    "Ideas": "Everything that was drawn and made, the latest first. Enter plays it from the next "
    "bar on; F2 names it.",
    "Settings": "Up and down choose a setting, left and right change it, enter opens its choices "
    "or a field, and a digit types a number. What is chosen is kept for the next time.",
    "Names": "Type a name, then enter. Escape or Ctrl+C leaves without one.",
}
"""A paragraph on each place where F1 can be pressed."""
PLAYING: Final = (
    ("Play.", "The letters are a piano, whatever is open: the home row has the white keys, the row "
     "above it the black ones. Or play on a MIDI keyboard that is connected."),
    ("Listen.", "Your first key starts the band, or space. It hears your last bars, finds the key "
     "and the chords, and plays bass and drums from the next bar on."),
    ("Look.", "Left of NOW is what was played, right of it what comes. The faint bar may still "
     "change."),
    ("Turn.", "Up and down choose a knob, left and right turn it: the band plays so from the next "
     "bar on. ● on a bar is where your hardware knob stands; ○ has to reach the value before it "
     "takes hold."),
    ("Modes.", "follow: the band plays along. loop: your phrase goes round with its band. "
     "respond: you play, then it answers. tap: your rhythm becomes drums."),
    ("Find.", "A colon or Ctrl+P finds every command, knob, style and setting by its name; a "
     "number after a knob's name sets it: tempo 96."),
)  # fmt: skip
NOTHING: Final = "nothing is called that: fewer letters find more"


@dataclass(frozen=True)
class Row:
    """A line of the help: a paragraph with its first word, or keys with their meaning."""

    section: str
    head: str
    body: str
    more: str = ""

    def fits(self, words: list[str]) -> bool:
        """True if every word occurs in it."""
        text = f"{self.section} {self.head} {self.body} {self.more}".casefold()
        return all(word in text for word in words)


def rows(topic: str, layout: Layout) -> Iterator[Row]:
    """Everything that the help says, from where you are on."""
    if topic in TOPICS:
        yield Row(topic, "Here.", TOPICS[topic])
    yield from (Row("How to play", head, body) for head, body in PLAYING)
    for name, group in GROUPS.items():
        for entry in group:
            keys = keys_shown(entry, layout) or ":"
            yield Row(name, keys, entry.meaning, entry.explanation)
    yield from (Row(name, "", text) for name, text in TOPICS.items() if name != topic)


class Help(Dialog[None]):
    """The help page. Escape closes it; the piano plays on."""

    def __init__(self, topic: str, layout: Layout) -> None:
        super().__init__()
        self._rows = tuple(rows(topic, layout))
        self._title = topic

    def compose(self) -> ComposeResult:
        """A field for the search, and the page."""
        with VerticalScroll(id="box") as box:
            box.border_title = f"Help · {self._title}"
            yield Input(placeholder="search", id="sought")
            yield Static("", id="page", markup=False)

    def on_mount(self) -> None:
        """Show everything."""
        self._end_search()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show what fits."""
        self._show(event.value)

    def on_key(self, event: events.Key) -> None:
        """Search, or close."""
        if event.key == "escape" and self.typing:
            self._end_search()
        elif event.key == "escape":
            self.leave()
        elif event.character == "/" and not self.typing:
            field = self.query_one(Input)
            field.display = True
            field.focus()
            self.query_one("#box").border_subtitle = SEARCHING
        else:
            return
        event.stop()
        event.prevent_default()

    def _end_search(self) -> None:
        field = self.query_one(Input)
        field.value = ""
        field.display = False
        self.query_one("#box").focus()
        self.query_one("#box").border_subtitle = KEYS
        self._show("")

    def _show(self, sought: str) -> None:
        words = sought.casefold().split()
        found = [row for row in self._rows if row.fits(words)]
        self.query_one("#page", Static).update(page(found))


def page(found: list[Row]) -> RenderableType:
    """The rows under their sections, the texts wrapped beside the keys."""
    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(width=9, justify="right", no_wrap=True)
    table.add_column(ratio=1)
    if not found:
        table.add_row("", Text(NOTHING, shade(DIM)))
    section = ""
    colours = (*PART_COLOURS.values(), ACCENT)
    for number, row in enumerate(found):
        if row.section != section:
            section = row.section
            table.add_row("", Text(f"\n{section}", f"bold {shade(WHITE)}"))
        prose = row.head.endswith(".") and not row.more
        colour = colours[number % len(colours)] if prose else ACCENT
        body = Text(row.body, shade(TEXT))
        if row.more:
            body.append(f"\n{row.more}", shade(DIM))
        table.add_row(Text(row.head, shade(colour)), body)
    return Padding(table, (0, 1, 1, 0))

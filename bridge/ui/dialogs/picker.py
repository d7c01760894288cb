"""What opens over the roll: a list to choose from, and the help page."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from bridge.errors import nearest
from bridge.ui.keymap import GROUPS, KeyBinding
from bridge.ui.palette import ACCENT, DIM, EDGE, FAINT, PART_COLOURS, TEXT, WHITE


def matching(names: Sequence[str], sought: str) -> list[str]:
    """The names that fit: every word of ``sought`` occurs; failing that, the most alike."""
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
        """Fill the list and stand on what is current."""
        self._fill("")
        if self._current in self._fitting:
            self.query_one(OptionList).highlighted = self._fitting.index(self._current)
        self.query_one(OptionList).can_focus = False
        self.query_one(Input).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Narrow the list."""
        self._fill(event.value)

    def on_input_submitted(self) -> None:
        """Choose what is highlighted."""
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


PLAYING = (
    ("Play.", "The letters are a piano: A S D F G H J K L are the white keys, W E T Y U O P the "
     "black ones. Or play on the MIDI keyboard that is connected to the first port above."),
    ("Listen.", "Space starts the band. It hears your last bars, works out the key and the "
     "chords, and plays bass and drums from the next bar on."),
    ("Look.", "The line with ▼ is now. To its left is what was played; to its right the bar "
     "that is fixed, and then, darker, the bar that is planned and may still change."),
    ("Turn.", "Up and down choose a knob, left and right turn it. What you turn is heard from "
     "the next bar on. On a bar, ● is where your hardware stands; ○ has to reach the value "
     "before it takes hold. X shows the map of the space and the bar that comes."),
    ("Modes.", "follow: the band plays along. loop: your phrase goes round with its band. "
     "respond: you play, then it answers. tap: your rhythm becomes drums."),
)  # fmt: skip


_COLUMNS = (
    ("Band", "Course", "Latent space"),
    ("Tempo", "Parts", "Knobs", "Piano", "Screen"),
)


class Help(ModalScreen[None]):
    """How to play, and every key. Any key that does not scroll closes it."""

    def __init__(self) -> None:
        super().__init__()

    def compose(self) -> ComposeResult:
        """A box with the page in it."""
        with VerticalScroll(id="box") as box:
            box.border_title = "Latent Bridge · play a melody, hear a band"
            box.border_subtitle = "↑ ↓ scroll · esc closes"
            yield Static(_playing(), id="playing")
            with Vertical(id="columns"):
                for names in _COLUMNS:
                    yield Static(_key_list(names), classes="column")

    def on_key(self, event: events.Key) -> None:
        """Scroll, or close."""
        if event.key in ("up", "down", "pageup", "pagedown", "home", "end"):
            return
        event.stop()
        event.prevent_default()
        self.dismiss(None)


def _playing() -> Text:
    page = Text()
    colours = (*PART_COLOURS.values(), ACCENT, ACCENT)
    for (head, body), colour in zip(PLAYING, colours, strict=True):
        page.append(f"{head} ", style=f"bold {colour}").append(f"{body}\n", style=TEXT)
    return page


def _key_list(names: Sequence[str]) -> Text:
    page = Text()
    for name in names:
        page.append(f"\n{name} ", style=f"bold {WHITE}")
        page.append("─" * (30 - len(name)) + "\n", style=EDGE)
        for entry in GROUPS[name]:
            page.append_text(_entry(entry))
    return page


def _entry(entry: KeyBinding) -> Text:
    return (
        Text(f"{entry.shown:>8}", style=ACCENT)
        .append("  ", style=FAINT)
        .append(f"{entry.meaning}\n", style=DIM)
    )

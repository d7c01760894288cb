"""The help page: the way to play in a few paragraphs, and every key."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from bridge.ui.colours import ACCENT, DIM, EDGE, FAINT, PART_COLOURS, TEXT, WHITE
from bridge.ui.keymap import GROUPS, KeyBinding

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

_SCROLLING = frozenset(("up", "down", "pageup", "pagedown", "home", "end"))
_COLUMNS = (
    ("Band", "Arranger", "Walk, form", "Latent space"),
    ("Tempo", "Parts", "Knobs", "Piano", "Screen"),
)


class Help(ModalScreen[None]):
    """The help page. Any key that does not scroll closes it."""

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
        if event.key in _SCROLLING:
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

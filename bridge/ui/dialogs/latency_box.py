"""The delay of an output: set by ear with a click, or measured where the output leads back."""

from __future__ import annotations

from typing import ClassVar, Final

import msgspec
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import OptionList, Static

from bridge.session.messages.settings_messages import (
    ChooseSetting,
    LatencyNews,
    LatencyTest,
    SettingRow,
    TryLatency,
)
from bridge.ui.colours import ACCENT, DIM, TEXT, WHITE, shade
from bridge.ui.dialogs.base import Dialog
from bridge.ui.dialogs.number_prompt import ask_value, begins_number
from bridge.ui.host import Host

KEYS: Final = "← → 1 ms · shift 10 · 0-9 type · enter · esc"
LOOK_SECONDS: Final = 0.1
CLICK, MEASURE, TYPE = "click on or off", "measure out and back", "type the milliseconds"
BACK = "back to 0 ms"
STEPS: Final = {"left": -1, "right": 1, "shift+left": -10, "shift+right": 10}
"""Milliseconds by key."""


class LatencyBox(Dialog[None]):
    """Moves a part's output in time while it clicks. The click ends with the box."""

    TOPIC: ClassVar[str] = "Settings"

    def __init__(self, host: Host, row: SettingRow) -> None:
        super().__init__()
        self._host, self._row = host, row
        self._part = row.key.rpartition(".")[2]
        self._value = float(row.value)
        self._before = host.listing(LatencyNews)
        self._news = LatencyNews(self._part)

    def compose(self) -> ComposeResult:
        """A box with the offset, what can be done, and a line about it."""
        with Vertical(id="box") as box:
            box.border_title = "Delay by ear"
            box.border_subtitle = KEYS
            yield Static(id="offset", markup=False)
            yield OptionList(CLICK, MEASURE, TYPE, BACK, id="names")
            yield Static(id="advice", markup=False)

    def on_mount(self) -> None:
        """Begin to click."""
        self._try(LatencyTest.CLICK)
        self.query_one(OptionList).focus()
        self.set_interval(LOOK_SECONDS, self._look)
        self._draw()

    def on_key(self, event: events.Key) -> None:
        """Move the output, or close the box."""
        if event.key == "escape":
            self.leave()
        elif event.key in STEPS:
            self._move(self._value + STEPS[event.key])
        elif digit := begins_number(event):
            self._type(digit)
        else:
            return
        event.stop()
        event.prevent_default()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Click, measure, type the offset, or take it back."""
        chosen = str(event.option.prompt)
        if chosen == BACK:
            self._move(0.0)
        elif chosen == TYPE:
            self._type()
        elif chosen == MEASURE:
            self._try(LatencyTest.MEASURE)
        else:
            clicks = self._news.test is LatencyTest.CLICK
            self._try(LatencyTest.NONE if clicks else LatencyTest.CLICK)

    def leave(self) -> None:
        """End the click, and close."""
        self._try(LatencyTest.NONE)
        super().leave()

    def _try(self, test: LatencyTest) -> None:
        self._host.post(TryLatency(self._part, test))

    def _type(self, text: str | None = None) -> None:
        """Open a field for the milliseconds; those before zero are earlier."""
        row = msgspec.structs.replace(self._row, value=self._value)
        ask_value(self._host, row, lambda value: self._move(float(value)), text)

    def _move(self, value: float) -> None:
        self._value = min(self._row.high, max(self._row.low, value))
        self._host.post(ChooseSetting(self._row.key, self._value))
        self._draw()

    def _look(self) -> None:
        """Take news that have come."""
        news = self._host.listing(LatencyNews)
        if news is None or news is self._before or news.part != self._part:
            return
        self._before = self._news = news
        self._draw()

    def _draw(self) -> None:
        way = "later" if self._value >= 0 else "earlier"
        text = Text(f"{self._part} ", shade(DIM))
        text.append(f"{abs(self._value):g} ms {way}\n", f"bold {shade(WHITE)}")
        self.query_one("#offset", Static).update(text)
        going = self._news.test is not LatencyTest.NONE
        line = Text(self._news.text or "the click is off", shade(ACCENT if going else TEXT))
        self.query_one("#advice", Static).update(line)

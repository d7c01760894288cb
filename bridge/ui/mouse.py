"""The mouse on the main screen: a place on a widget, and what a click or the wheel does there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from bridge.ui.actions import Actions
from bridge.ui.host import Host
from bridge.ui.keymap import Action
from bridge.ui.keys import typing_piano
from bridge.ui.views import keyboard, panel, status_lines
from bridge.ui.views.latent_map import spot_at

Size = tuple[int, int]
MUTE_COLUMNS: Final = 3
"""Columns at the left of a part's volume whose click mutes the part."""
_MUTES: Final = (Action.MUTE_MELODY, Action.MUTE_BASS, Action.MUTE_DRUMS)
_WHEEL: Final[dict[str, tuple[Action, Action]]] = {
    "roll": (Action.ZOOM_IN, Action.ZOOM_OUT),
    "panel": (Action.KNOB_UP_FINE, Action.KNOB_DOWN_FINE),
    "header": (Action.FASTER, Action.SLOWER),
    "piano": (Action.OCTAVE_UP, Action.OCTAVE_DOWN),
}
"""By widget: what the wheel does, turned up and down."""


class Mouse:
    """Carries out clicks and turns of the wheel."""

    def __init__(self, host: Host, actions: Actions) -> None:
        self._host, self._actions = host, actions
        self._down = ""
        self._clicks: dict[str, Callable[[int, int, Size], None]] = {
            "header": self._header,
            "ports": lambda *_: self._host.perform(Action.SETTINGS),
            "panel": self._panel,
            "space": self._map,
            "hints": self._hints,
        }

    def click(self, widget: str, column: int, row: int, size: Size) -> None:
        """A click at a place of a widget of this id and size."""
        if widget in self._clicks:
            self._clicks[widget](column, row, size)

    def wheel(self, widget: str, up: bool) -> None:
        """The wheel was turned over a widget."""
        if widget in _WHEEL:
            self._host.perform(_WHEEL[widget][0 if up else 1])

    def press(self, column: int, row: int, size: Size) -> None:
        """The button went down on the drawn piano: its key sounds until it comes up."""
        typing = self._host.frame.typing
        offset = keyboard.key_at(column, row, *size)
        self._down = "" if offset is None else typing.layout.labels.get(offset, "")
        if self._down:
            self._host.typed(*typing_piano.press(typing, self._down, self._host.clock()))

    def release(self) -> None:
        """The button came up."""
        if self._down:
            typing = self._host.frame.typing
            self._host.typed(*typing_piano.lift(typing, self._down, self._host.clock()))
            self._down = ""

    def _header(self, column: int, row: int, size: Size) -> None:
        self._perform(status_lines.header_action(self._host.frame, size[0], column, row))

    def _hints(self, column: int, _row: int, size: Size) -> None:
        self._perform(status_lines.hint_action(self._host.frame, size[0], column))

    def _perform(self, action: Action | None) -> None:
        if action is not None:
            self._host.perform(action)

    def _panel(self, column: int, row: int, size: Size) -> None:
        """Choose a knob, set it where its bar is clicked, or mute a part at its number."""
        frame = self._host.frame
        index = panel.control_at(frame, *size, row)
        if index is None:
            return
        control = frame.controls[index]
        self._host.change(knob=index)
        value = panel.value_at(control, size[0], column)
        part = panel.part_number(control.name)
        if value is not None:
            self._host.set_control(control, value)
        elif part is not None and column < MUTE_COLUMNS:
            self._host.perform(_MUTES[part])

    def _map(self, column: int, row: int, size: Size) -> None:
        spot = spot_at(column, row, *size)
        if spot is not None:
            self._actions.travel(spot)

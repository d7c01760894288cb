"""The arranger's row: variations, passages and memories, to be clicked, with what is pending."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from rich.cells import cell_len
from rich.style import Style
from textual import events

from bridge.controllers.memories import MEMORIES, Variation
from bridge.session.messages import arranger_commands as a
from bridge.session.messages.arranger_status import ArrangerStatus, ChangeKind, MemoryRow
from bridge.session.messages.commands import Command, Fill
from bridge.session.messages.snapshot import Snapshot
from bridge.ui.colours import ACCENT, DIM, EDGE, FAINT, GROUND, TEXT, WARN, ink
from bridge.ui.views.styled_lines import Line, Lines, clip

NAME_ROOM = 12
"""Most cells of a memory's name."""
MORE = "…"
"""Stands where buttons did not fit."""


class Button(NamedTuple):
    """A button of the row: its text and style, and the commands of the first and of any other
    mouse button (None: it does nothing)."""

    text: str
    style: Style
    command: Command | None = None
    other: Command | None = None


def _style(on: bool, coming: bool) -> Style:
    """Of a button that is in effect, that is about to be, or neither."""
    if coming:
        return ink(GROUND, WARN, True)
    return ink(GROUND, ACCENT, True) if on else ink(TEXT, EDGE)


def buttons(shot: Snapshot, width: int) -> tuple[Button, ...]:
    """The buttons that fit into ``width`` cells, in order, names of memories as far as there is
    room; an ellipsis at the end where some did not fit."""
    for room in (NAME_ROOM, 6, 0):
        found = tuple(_buttons(shot, room))
        if _width(found) <= width:
            return found
    fitting: list[Button] = []
    for button in found:
        if _width((*fitting, button)) > width - len(MORE):
            return (*fitting, Button(MORE, ink(FAINT, GROUND)))
        fitting.append(button)
    return found


def _width(found: tuple[Button, ...]) -> int:
    return sum(cell_len(button.text) for button in found)


def _buttons(shot: Snapshot, room: int) -> Iterator[Button]:
    status = shot.arranger
    for variation in Variation:
        yield _variation(status, variation)
    yield Button(" ", ink(ground=GROUND))
    running = shot.running
    yield _passage("intro", a.Intro(), status.passage == "intro", _left(status, ChangeKind.INTRO))
    yield Button("(fill)", _style(shot.filling and running, False), Fill())
    out = status.passage == "break"
    back = _left(status, ChangeKind.BREAK_ENDS)
    yield _passage("break", a.Break(), out, _left(status, ChangeKind.BREAK), back, a.Break(True))
    ends = _left(status, ChangeKind.ENDING)
    yield _passage("ending", a.Ending(), status.passage == "ending", ends)
    yield Button(" ", ink(ground=GROUND))
    stored = {row.number: row for row in status.memories}
    for number in range(1, MEMORIES + 1):
        yield _memory(status, number, stored.get(number), room)


def _left(status: ArrangerStatus, kind: ChangeKind) -> int | None:
    """The beats until a change of this kind; None where none is pending."""
    return next((change.beats_left for change in status.pending if change.kind is kind), None)


def _variation(status: ArrangerStatus, variation: Variation) -> Button:
    coming = next(
        (
            change.beats_left
            for change in status.pending
            if change.kind is ChangeKind.VARIATION and change.name == variation
        ),
        None,
    )
    text = f"[ {variation} ]" if coming is None else f"[{variation} {coming}]"
    on = status.variation is variation
    return Button(text, _style(on, coming is not None), a.SetVariation(variation))


def _passage(
    name: str,
    command: Command,
    on: bool,
    coming: int | None,
    ends: int | None = None,
    other: Command | None = None,
) -> Button:
    left = coming if coming is not None else ends
    beats = f" {left}" if left else ""
    return Button(f"({name}{beats})", _style(on, coming is not None), command, other)


def _memory(status: ArrangerStatus, number: int, row: MemoryRow | None, room: int) -> Button:
    """A memory: its first mouse button recalls it (or stores, while that is asked for), any other
    stores what plays."""
    store = a.StoreMemory(number)
    coming = next((c.beats_left for c in status.pending if c.kind is ChangeKind.MEMORY), None)
    chosen = status.memory == number
    waits = chosen and coming is not None
    name = clip(row.name, room) if row is not None and room else ""
    text = f"<{number}" + (f" {name}" if name else "") + (f" {coming}" if waits else "") + ">"
    if status.storing:
        return Button(text, ink(WARN, EDGE, True), a.PressMemory(number), store)
    if row is None:
        return Button(text, ink(FAINT, GROUND), None, store)
    style = _style(chosen, waits) if chosen else ink(DIM, EDGE)
    return Button(text, style, a.PressMemory(number), store)


def line_of(found: tuple[Button, ...]) -> Line:
    """The buttons as a line."""
    return tuple((button.text, button.style) for button in found)


def button_at(found: tuple[Button, ...], x: int) -> Button | None:
    """The button in column ``x``; None where there is none."""
    for button in found:
        x -= cell_len(button.text)
        if x < 0:
            return button
    return None


class ArrangerRow(Lines):
    """Draws the row of a snapshot, and posts the command of the button that is clicked."""

    GROUND = GROUND

    def __init__(self, id: str, post: Callable[[Command], None]) -> None:
        super().__init__(id=id)
        self._post = post
        self._buttons: tuple[Button, ...] = ()

    def show_shot(self, shot: Snapshot, key: object = None) -> None:
        """Draw the row of a snapshot, if ``key`` (or the snapshot) is another than before."""

        def made() -> list[Line]:
            self._buttons = buttons(shot, self.outer_size.width)
            return [line_of(self._buttons)]

        self.show_for((self.outer_size.width, key or shot), made)

    def on_click(self, event: events.Click) -> None:
        """Post the command of the button under the mouse."""
        found = button_at(self._buttons, event.x)
        command = None if found is None else found.command if event.button == 1 else found.other
        if command is not None:
            event.stop()
            self._post(command)

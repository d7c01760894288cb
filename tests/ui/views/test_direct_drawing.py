"""Changed cells written past Textual's compositor: the terminal shows what the compositor would."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import pytest
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from screens import Clock, playing, screen
from textual._compositor import CompositorUpdate

from bridge.session.messages.snapshot import Snapshot
from bridge.ui.app import BridgeApp
from bridge.ui.sample_session import snapshot_at
from bridge.ui.views.direct_drawing import Cells, DirectUpdate

_PIECES = re.compile(r"\x1b\[(\d+);(\d+)H|\x1b\[[\d;]*m|\x1b\[[^a-zA-Z]*[a-zA-Z]|(.)", re.DOTALL)


class Terminal:
    """What a terminal shows after what is written to it: characters, without colours."""

    def __init__(self, width: int, height: int) -> None:
        self.rows = [[" "] * width for _ in range(height)]
        self.x = self.y = 0

    def write(self, text: str) -> None:
        """Take output: places, colours and characters."""
        for row, column, character in _PIECES.findall(text):
            if row:
                self.y, self.x = int(row) - 1, int(column) - 1
            elif character == "\n":
                self.y, self.x = self.y + 1, 0
            elif character:
                self.rows[self.y][self.x] = character
                self.x += 1

    @property
    def lines(self) -> list[str]:
        """The rows as text."""
        return ["".join(row) for row in self.rows]


@contextmanager
def written(app: BridgeApp) -> Iterator[list[CompositorUpdate]]:
    """The updates that the app writes meanwhile."""
    found: list[CompositorUpdate] = []
    display = app._display

    def keep(where: object, update: object) -> None:
        if isinstance(update, CompositorUpdate):
            found.append(update)

    app._display = keep  # type: ignore[method-assign, assignment]
    try:
        yield found
    finally:
        app._display = display  # type: ignore[method-assign]


def console() -> Console:
    return Console(color_system="truecolor", force_terminal=True)


def composed(app: BridgeApp) -> list[str]:
    """The screen as Textual's compositor makes it, whole."""
    return [strip.text for strip in app.screen._compositor.render_strips()]


def take(number: int) -> Snapshot:
    """A moment of a session: the beat moves, chords, knobs and ports change."""
    shot = snapshot_at(8.0 + number / 7, 100.0 + number / 10)
    return msgspec.structs.replace(shot, bpm=100.0 + number // 9, message=f"number {number // 5}")


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40), (200, 60)])
async def test_after_any_number_of_pictures_the_terminal_shows_the_whole_screen(
    size: tuple[int, int],
) -> None:
    async with screen(take(0), size) as (app, link, pilot):
        app.screen.refresh()
        with written(app) as updates:
            await pilot.pause()
            app.screen._compositor_refresh()
            terminal = Terminal(*size)
            for row, line in enumerate(composed(app)):
                terminal.write(f"\x1b[{row + 1};1H{line}")
            updates.clear()
            for number in range(1, 60):
                link.snapshot = take(number)
                assert isinstance(app.clock, Clock)
                app.clock.now = 100.0 + number / 10
                app.draw()
            await pilot.pause()
        assert any(isinstance(update, DirectUpdate) for update in updates)
        for update in updates:
            terminal.write(update.render_segments(console()))
        assert terminal.lines == composed(app)


async def test_a_picture_in_which_the_mark_of_now_moves_writes_a_few_cells_a_row() -> None:
    async with screen(playing(9.5), (120, 40)) as (app, link, pilot):
        app.draw()
        await pilot.pause()
        with written(app) as updates:
            link.snapshot = playing(9.76)
            app.draw()
            await pilot.pause()
    (update,) = updates
    assert isinstance(update, DirectUpdate)
    roll = [cells for cells in update.cells if app.roll.region.y + 2 <= cells.y < 34]
    assert len(roll) > 10
    widths = sorted(sum(len(text) for text, _, _ in cells.segments) for cells in roll)
    assert widths[len(widths) // 2] <= 3


async def test_under_a_dialog_textual_draws() -> None:
    async with screen(playing(9.5), (120, 40)) as (app, link, pilot):
        await pilot.press("f2")
        await pilot.pause()
        with written(app) as updates:
            link.snapshot = playing(9.76)
            app.draw()
            await pilot.pause()
        assert not any(isinstance(update, DirectUpdate) for update in updates)
        assert app.canvas.place_of(app.roll) is None
        await pilot.press("escape")
        await pilot.pause()
        assert app.canvas.place_of(app.roll) == app.roll.region.offset


def test_colours_are_written_once_and_reset_at_the_end() -> None:
    style = Style(color="#102030", bgcolor="#000000")
    update = DirectUpdate([Cells(0, 0, [Segment("a", style)]), Cells(4, 1, [Segment("b", style)])])
    assert update.render_segments(console()) == (
        "\x1b[1;1H\x1b[38;2;16;32;48;48;2;0;0;0ma\x1b[2;5Hb\x1b[0m"
    )

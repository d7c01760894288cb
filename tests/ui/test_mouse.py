"""The mouse on the main screen (fault 14: it was tracked, and nothing reacted)."""

from __future__ import annotations

import pytest
from screens import playing, screen, stopped
from textual.pilot import Pilot

from bridge.music.notes import Part
from bridge.session.messages import commands as m
from bridge.ui.app import BridgeApp
from bridge.ui.dialogs.help import Help
from bridge.ui.dialogs.picker import Picker
from bridge.ui.dialogs.settings_page import SettingsPage
from bridge.ui.views.panel import control_at
from bridge.ui.views.styled_lines import Lines


async def click_text(pilot: Pilot[None], widget: Lines, text: str, row: int = 0) -> None:
    line = widget.text.split("\n")[row]
    await pilot.click(widget, offset=(line.index(text) + 1, row))
    await pilot.pause()


async def test_a_click_on_the_transport_starts_and_stops() -> None:
    async with screen(stopped()) as (app, link, pilot):
        await click_text(pilot, app.header, "stopped")
        assert link.take() == [m.Start()]
    async with screen(playing()) as (app, link, pilot):
        await click_text(pilot, app.header, "playing")
        assert link.take() == [m.Stop()]


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40)])
async def test_a_click_on_a_field_of_the_header_or_a_hint_does_what_it_says(
    size: tuple[int, int],
) -> None:
    async with screen(playing(), size) as (app, link, pilot):
        await click_text(pilot, app.header, "Bossa", row=1)
        assert isinstance(app.screen, Picker)
        await pilot.press("escape")
        await pilot.pause()
        await click_text(pilot, app.hints, "help")
        assert isinstance(app.screen, Help)
        await pilot.press("escape")
        await pilot.pause()
        await pilot.click(app.ports, offset=(3, 0))
        await pilot.pause()
        assert isinstance(app.screen, SettingsPage)
        link.take()


def row_of(app: BridgeApp, name: str) -> int:
    """The row of the panel with the knob of this name."""
    size = app.panel.size
    for row in range(size.height):
        index = control_at(app.frame, *size, row)
        if index is not None and app.frame.controls[index].name == name:
            return row
    raise AssertionError(name)


async def test_a_click_sets_a_knob_and_mutes_a_part_and_the_wheel_turns() -> None:
    async with screen(playing(), (120, 40)) as (app, link, pilot):
        row = row_of(app, "temperature")
        line = app.panel.text.split("\n")[row]
        await pilot.click(app.panel, offset=(line.rindex("━"), row))
        (command,) = link.take()
        assert isinstance(command, m.SetControl)
        assert (command.target, command.value > 1.2) == ("temperature", True)
        assert app.frame.controls[app.frame.knob].name == "temperature"
        await pilot.click(app.panel, offset=(1, row_of(app, "volume bass")))
        assert link.take() == [m.Mute(Part.BASS, True)]
        app.mouse.wheel("panel", True)
        assert [type(command) for command in link.take()] == [m.SetControl]
        app.mouse.wheel("roll", False)
        assert app.frame.zoom == 0


async def test_the_drawn_piano_sounds_while_the_button_is_down() -> None:
    async with screen(stopped()) as (app, link, pilot):
        await pilot.mouse_down(app.piano, offset=(2, 2))
        assert link.take() == [m.KeyDown(100.0, 60, 96)]
        await pilot.mouse_up(app.roll)
        assert link.take() == [m.KeyUp(100.0, 60)]
        await pilot.mouse_down(app.piano, offset=(4, 0))
        assert [c.pitch for c in link.take() if isinstance(c, m.KeyDown)] == [61]


async def test_a_click_on_the_map_sends_the_band_there() -> None:
    async with screen(playing(29.6), (120, 40)) as (app, link, pilot):
        await pilot.press("f11")
        await pilot.pause()
        await pilot.click(app.space, offset=(2, 2))
        (command,) = link.take()
        assert isinstance(command, m.GoToPlace)
        assert command.x < -0.8
        assert command.y > 0.8

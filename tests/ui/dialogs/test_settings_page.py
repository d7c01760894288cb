"""The settings page: values changed by arrows, from a list, or typed; advice beside each."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from screens import SIZES, listed, screen, stopped

from bridge.files.settings import Settings
from bridge.live.devices.settings_desk import SettingsDesk
from bridge.session.messages.commands import Command
from bridge.session.messages.setting_forms import SETTING_FORMS
from bridge.session.messages.settings_messages import (
    ChooseSetting,
    ListSettings,
    LookAtLevel,
    Preferences,
)
from bridge.session.messages.status import PortStatus
from bridge.ui.dialogs.meters import METER_CELLS, AudioLevel, note_meter
from bridge.ui.dialogs.picker import Picker
from bridge.ui.dialogs.settings_page import SettingsPage
from bridge.ui.dialogs.text_prompt import TextPrompt
from bridge.ui.engine_link import MemoryLink


class DeskLink(MemoryLink):
    """A link whose settings are kept by a desk, as in the engine's process."""

    def __init__(self, folder: Path) -> None:
        super().__init__(stopped())
        self.desk = SettingsDesk(Settings(), folder / "settings.yaml")
        self.desk.trouble = lambda: {"ports.drums": "TR-8S is not there: plug it in"}

    def post(self, command: Command) -> None:
        """Answer what the desk answers."""
        if isinstance(command, ChooseSetting | ListSettings):
            self.desk.answer(command, self.listings.put)
        super().post(command)


@pytest.mark.parametrize("size", [(60, 20), *SIZES, (200, 60)])
async def test_every_setting_is_on_the_page_with_its_advice(
    size: tuple[int, int], tmp_path: Path
) -> None:
    async with screen(None, size, DeskLink(tmp_path)) as (app, _, pilot):
        await pilot.press("ctrl+s")
        await pilot.pause()
        assert isinstance(app.screen, SettingsPage)
        lines = "\n".join(listed(app))
        for form in SETTING_FORMS.values():
            assert form.title in lines
            assert form.group in lines
        assert "! drums go to" in lines
        await pilot.press("down", "down", "down")
        await pilot.pause()
        assert "plug it in" in str(app.screen.query_one("#advice").render())


async def test_arrows_change_a_setting_and_the_screen_takes_it_at_once(tmp_path: Path) -> None:
    async with screen(None, (80, 24), DeskLink(tmp_path)) as (app, link, pilot):
        app.open_settings("screen.layout")
        await pilot.pause(0.2)
        await pilot.press("right", "right")
        await pilot.pause(0.3)
        assert link.listing(Preferences) == Preferences(layout="de")
        assert app.frame.typing.layout.name == "de"
        assert "ö" in app.piano.text
        await pilot.press("left")
        await pilot.pause(0.3)
        assert app.frame.typing.layout.name == "uk"


async def test_enter_opens_the_choices_or_a_field_that_keeps_what_is_refused(
    tmp_path: Path,
) -> None:
    link = DeskLink(tmp_path)
    async with screen(None, (80, 24), link) as (app, _, pilot):
        app.open_settings("screen.theme")
        await pilot.pause(0.2)
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, Picker)
        await pilot.press("down", "enter")
        await pilot.pause(0.3)
        assert app.theme == "bridge-light"
        await pilot.press("escape")
        app.open_settings("screen.fps")
        await pilot.pause(0.2)
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, TextPrompt)
        await pilot.press("home", "9", "9", "9", "enter")
        await pilot.pause()
        assert isinstance(app.screen, TextPrompt)
        assert "1 to 60" in str(app.screen.query_one("#reason").render())
        await pilot.press(*["backspace"] * 9, *["delete"] * 9, "1", "2", "enter")
        await pilot.pause(0.3)
        assert link.desk.settings.screen.fps == 12


def test_a_meter_shows_how_hard_a_note_was_and_falls() -> None:
    struck = PortStatus("in", "Keys", True, 10.0, 10.0, 127)
    assert note_meter(struck, 10.0).cells == METER_CELLS
    assert note_meter(msgspec.structs.replace(struck, velocity=60), 10.0).cells == METER_CELLS // 2
    falling = [note_meter(struck, 10.0 + step / 10).cells for step in range(8)]
    assert falling == sorted(falling, reverse=True)
    assert falling[-1] == 0
    assert note_meter(PortStatus("in", "Keys", True), 10.0).cells == 0, "nothing was ever played"


def test_the_level_of_the_sound_rises_at_once_falls_slowly_and_marks_what_is_too_loud() -> None:
    half = AudioLevel().heard(0.5, 10.0)
    assert half.meter().said == "-6 dB"
    assert half.meter().cells == METER_CELLS - 1
    falling = half
    shown = []
    for step in range(1, 25):
        falling = falling.heard(0.001, 10.0 + step / 10)
        shown.append(falling.meter().cells)
    assert shown == sorted(shown, reverse=True)
    assert shown[-1] == 0
    assert falling.meter().said == "silent"
    loud = half.heard(0.9, 10.1)
    assert loud.meter().clipped
    assert loud.heard(0.2, 11.0).meter().clipped, "long enough to be read"
    assert not loud.heard(0.2, 12.5).meter().clipped
    assert not AudioLevel().heard(0.76, 1.0).meter().clipped, "a sum just below full scale"


async def test_the_level_of_the_sound_is_asked_for_and_seen_while_the_page_is_open(
    tmp_path: Path,
) -> None:
    link = DeskLink(tmp_path)
    async with screen(None, (80, 24), link) as (app, _, pilot):
        assert link.snapshot is not None
        port = PortStatus("sound", "speakers", True, peak=0.5)
        link.snapshot = msgspec.structs.replace(link.snapshot, ports=(port,))
        await pilot.pause(0.2)
        assert LookAtLevel() not in link.posted
        await pilot.press("ctrl+s")
        await pilot.pause(0.3)
        assert LookAtLevel() in link.posted
        (row,) = [line for line in listed(app) if "own sound" in line]
        assert "▮" * 7 in row
        assert "-6 dB" in row
        assert "too loud" not in row


async def test_what_comes_and_goes_is_seen_beside_its_port(tmp_path: Path) -> None:
    link = DeskLink(tmp_path)
    async with screen(None, (80, 24), link) as (app, _, pilot):
        await pilot.press("ctrl+s")
        await pilot.pause(0.2)
        assert "▮" not in "\n".join(listed(app))
        assert link.snapshot is not None
        port = PortStatus("drums", "TR-8S", True, app.clock(), app.clock(), 127)
        link.snapshot = msgspec.structs.replace(link.snapshot, ports=(port,))
        await pilot.pause(0.3)
        (row,) = [line for line in listed(app) if "▮" in line]
        assert row.startswith("! drums go to")
        assert "▮" * METER_CELLS in row

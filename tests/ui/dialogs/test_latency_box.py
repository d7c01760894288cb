"""The box in which an output is moved until its click sits."""

from __future__ import annotations

from pathlib import Path

from screens import screen, stopped
from textual.widgets import OptionList, Static

from bridge.files.settings import Settings
from bridge.live.devices.settings_desk import SettingsDesk
from bridge.session.messages.commands import Command, KeyDown
from bridge.session.messages.settings_messages import (
    ChooseSetting,
    LatencyNews,
    LatencyTest,
    ListSettings,
    TryLatency,
)
from bridge.ui.dialogs.latency_box import LatencyBox
from bridge.ui.dialogs.settings_page import SettingsPage
from bridge.ui.dialogs.text_prompt import TextPrompt
from bridge.ui.engine_link import MemoryLink


class DeskLink(MemoryLink):
    """A link whose settings are kept by a desk that says what is asked of it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(stopped())
        self.desk = SettingsDesk(Settings(), folder / "settings.yaml")
        self.desk.latency = lambda request, show, found: show(
            LatencyNews(request.part, request.test, f"test {request.test or 'over'}")
        )

    def post(self, command: Command) -> None:
        """Answer what the desk answers."""
        if isinstance(command, ChooseSetting | ListSettings | TryLatency):
            self.desk.answer(command, self.listings.put)
        super().post(command)


async def test_an_output_is_moved_while_it_clicks_and_the_click_ends_with_the_box(
    tmp_path: Path,
) -> None:
    link = DeskLink(tmp_path)
    async with screen(None, (60, 20), link) as (app, _, pilot):
        app.open_settings("offsets_ms.drums")
        await pilot.pause(0.2)
        await pilot.press("enter")
        await pilot.pause(0.2)
        box = app.screen
        assert isinstance(box, LatencyBox)
        assert "test click" in str(box.query_one("#advice", Static).render())
        link.take()
        await pilot.press("shift+left", "left", "left", "right", "a")
        assert link.desk.settings.offsets_ms["drums"] == -11
        assert "11 ms earlier" in str(box.query_one("#offset", Static).render())
        assert any(isinstance(command, KeyDown) for command in link.take()), "letters only play"
        await pilot.press("down", "enter")
        await pilot.pause(0.2)
        assert "test measure" in str(box.query_one("#advice", Static).render())
        await pilot.press("down", "down", "enter")
        assert link.desk.settings.offsets_ms["drums"] == 0
        box.query_one(OptionList).highlighted = 0
        await pilot.press("enter", "enter")
        await pilot.pause(0.2)
        await pilot.press("escape")
        await pilot.pause(0.2)
        assert isinstance(app.screen, SettingsPage)
        tests = [command for command in link.take() if isinstance(command, TryLatency)]
        assert [each.test for each in tests][:2] == [LatencyTest.MEASURE, LatencyTest.CLICK]
        assert tests[-1] == TryLatency("drums")


async def test_an_offset_is_typed_within_bounds_and_what_is_wrong_is_said(tmp_path: Path) -> None:
    link = DeskLink(tmp_path)
    async with screen(None, (80, 24), link) as (app, _, pilot):
        app.open_settings("offsets_ms.bass")
        await pilot.pause(0.2)
        await pilot.press("-", "1", "2", ",", "5", "enter")
        await pilot.pause(0.2)
        assert link.desk.settings.offsets_ms["bass"] == -12.5
        await pilot.press("9", "9", "9", "enter")
        await pilot.pause(0.1)
        assert isinstance(app.screen, TextPrompt)
        reason = app.screen.query_one("#reason", Static)
        assert str(reason.render()) == "999 is too far: -500 to 500 ms"
        await pilot.press("x", "enter")
        await pilot.pause(0.1)
        assert str(reason.render()) == "type a number, -500 to 500 ms"
        await pilot.press("escape", "enter")
        await pilot.pause(0.2)
        assert isinstance(app.screen, LatencyBox)
        assert "12.5 ms earlier" in str(app.screen.query_one("#offset", Static).render())
        await pilot.press("down", "down", "enter")
        await pilot.pause(0.1)
        assert isinstance(app.screen, TextPrompt)
        await pilot.press(*["backspace"] * 5, "3", "0", "enter")
        await pilot.pause(0.2)
        assert link.desk.settings.offsets_ms["bass"] == 30
        assert isinstance(app.screen, LatencyBox)
        assert "30 ms later" in str(app.screen.query_one("#offset", Static).render())

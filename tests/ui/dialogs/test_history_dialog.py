"""The latent space on the screen: one key each, and the page of the history."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import screens
from screens import LibraryLink, listed, playing
from textual.pilot import Pilot
from textual.widgets import Input

from bridge.files.history import FOLDER, History, HistoryEntry, packed
from bridge.latent.space import sample
from bridge.session.messages import commands as m
from bridge.session.messages.code_commands import (
    BackCode,
    CodeStatus,
    DrawCode,
    MarkCode,
    PlayCodes,
    Travel,
)
from bridge.ui.app import BridgeApp
from bridge.ui.dialogs.history import HistoryPage, origin
from bridge.ui.engine_link import MemoryLink

ONE_KEY_EACH = {
    "4": DrawCode(),
    "5": MarkCode("a"),
    "6": MarkCode("b"),
    "7": Travel(),
    "8": BackCode(),
}


@pytest.fixture(autouse=True)
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> History:
    monkeypatch.setenv(FOLDER, str(tmp_path))
    return History()


def entry(seed: int, model: str = "test", **changes: object) -> HistoryEntry:
    return HistoryEntry(
        when="2026-11-21T12:00:00+00:00", made="sample", model=model, width=2,
        codes=packed(sample(1, 2, seed)), seed=seed, temperature=0.5, **changes,  # type: ignore[arg-type]
    )  # fmt: skip


@asynccontextmanager
async def screen(**changes: object) -> AsyncIterator[tuple[BridgeApp, MemoryLink, Pilot[None]]]:
    link = LibraryLink(playing(**({"model": "test"} | changes)))
    async with screens.screen(None, (100, 30), link) as opened:
        yield opened


@pytest.mark.parametrize(("key", "command"), ONE_KEY_EACH.items())
async def test_the_code_player_is_one_key_each(key: str, command: m.Command) -> None:
    async with screen() as (_, link, pilot):
        await pilot.press(key)
        assert link.take() == [command]


async def test_the_header_says_what_plays_and_which_anchors_are_set() -> None:
    status = CodeStatus("A to B", 3, 9, a=True, b=True)
    async with screen(codes=status) as (app, _, _pilot):
        assert "A to B 3/9" in app.header.text
        assert "AB" in app.header.text


async def test_the_page_lists_what_was_made_and_plays_it(history: History) -> None:
    history.add([entry(1), entry(2, model="other"), entry(3)])
    history.name("1", "dawn")
    async with screen() as (app, link, pilot):
        await pilot.press("9")
        await pilot.pause()
        assert isinstance(app.screen, HistoryPage)
        first, other, second = listed(app)
        assert "3 drawn" in first
        assert other.endswith("other")
        assert "1 dawn" in second
        await pilot.press("down", "enter")  # its model is not there
        await pilot.pause()
        assert link.take() == []
        assert "other" in app.screen.query_one("#message").render().plain
        await pilot.press("down", "enter")
        await pilot.pause()
        (command,) = link.take()
        codes = tuple(map(tuple, sample(1, 2, 1).tolist()))
        assert command == PlayCodes(codes, 1, "history 1 'dawn'", temperature=0.5)


async def test_the_one_keys_work_on_the_page_too_and_escape_leaves(history: History) -> None:
    async with screen() as (app, link, pilot):
        await pilot.press("9", *ONE_KEY_EACH, "escape")
        await pilot.pause()
        assert link.take() == list(ONE_KEY_EACH.values())
        assert not isinstance(app.screen, HistoryPage)


async def test_an_entry_is_named_on_the_page(history: History) -> None:
    history.add([entry(1), entry(3)])
    async with screen() as (app, link, pilot):
        await pilot.press("9")
        await pilot.pause()
        await pilot.press("down", "f2", *"4 dusk", "enter")
        await pilot.pause()
        assert history.find("4 dusk")[0] == 1
        assert "1 4 dusk" in listed(app)[1]
        assert link.take() == []  # the letters of a name are no commands
        assert not app.screen.query_one(Input).display


async def test_a_damaged_history_is_said_on_the_page(history: History) -> None:
    history.path.write_text("nonsense\n", "utf-8")
    async with screen() as (app, _, pilot):
        await pilot.press("9")
        await pilot.pause()
        message = str(app.screen.query_one("#message").render())
        assert "no line of a history" in message


async def test_what_is_made_meanwhile_appears_and_the_highlight_stays(history: History) -> None:
    history.add([entry(1), entry(2)])
    async with screen() as (app, link, pilot):
        await pilot.press("9", "down")
        history.add([entry(3)])
        assert isinstance(app.screen, HistoryPage)
        app.screen._ask()
        app.screen._look()
        assert len(listed(app)) == 3
        await pilot.press("enter")
        await pilot.pause()
        (command,) = link.take()
        assert isinstance(command, PlayCodes)
        assert command.label == "history 1"


async def test_a_name_that_cannot_be_given_is_said_on_the_page(history: History) -> None:
    history.add([entry(1)])
    async with screen() as (app, _, pilot):
        await pilot.press("9", "f2", "4", "enter")
        await pilot.pause()
        assert "stands for an entry" in app.screen.query_one("#message").render().plain
        assert "1 drawn" in listed(app)[0]


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ("live: sample", "live: drawn"),
        ("live: travel A to B", "live: A to B"),
        ("live: pathway brownian", "live: a walk, brownian"),
        ("sample", "drawn"),
        ("compose song", "compose song"),
    ],
)
def test_how_an_idea_was_made_is_said_in_the_words_of_the_screen(made: str, said: str) -> None:
    assert origin(made) == said

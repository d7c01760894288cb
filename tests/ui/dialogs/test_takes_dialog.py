"""The page of takes: listed, played, exported, named, deleted and brought back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import screens
from screens import LibraryLink, listed, playing
from textual.pilot import Pilot
from textual.widgets import Input

from bridge.files.takes.journal import MAGIC, framed
from bridge.files.takes.take_folder import TakeFolder, takes_folder
from bridge.session.messages.code_commands import PlayScore
from bridge.session.recording.take_records import (
    BandMove,
    TakeEnd,
    TakeHead,
    TempoMove,
    packed_record,
)
from bridge.ui.app import BridgeApp
from bridge.ui.dialogs.takes import TakesPage
from bridge.ui.engine_link import MemoryLink


def keep(name: str, day: int, *, recovered: bool = False) -> Path:
    """A take of that day in the user's folder."""
    folder = takes_folder()
    folder.mkdir(parents=True, exist_ok=True)
    when = f"2026-11-{day:02d}T20:00:00+00:00"
    records = (TakeHead(100.0, style="samba", when=when), BandMove(1, 0, 40, 90),
               BandMove(1, 960, 40, 0), TempoMove(3840, 80.0), BandMove(1, 3840, 43, 90),
               BandMove(1, 4800, 43, 0), TakeEnd(134.0, 2, recovered))  # fmt: skip
    path = folder / f"{name}.lbtake"
    path.write_bytes(MAGIC + b"".join(framed(packed_record(record)) for record in records))
    return path


@asynccontextmanager
async def page() -> AsyncIterator[tuple[BridgeApp, MemoryLink, Pilot[None]]]:
    """The screen with the page of takes open."""
    async with screens.screen(None, (100, 30), LibraryLink(playing(model="test"))) as opened:
        app, _, pilot = opened
        await pilot.press("ctrl+t")
        await pilot.pause()
        assert isinstance(app.screen, TakesPage)
        yield opened


def said(app: BridgeApp) -> str:
    """The line below the list."""
    return str(app.screen.query_one("#message").render())


async def test_the_latest_take_is_on_top_with_its_length_and_state() -> None:
    keep("morning", 1)
    keep("night", 2, recovered=True)
    async with page() as (app, _, _pilot):
        first, second = listed(app)
        assert "2:14 night" in first
        assert first.rstrip().endswith("recovered")
        assert "morning" in second
        assert "01 Nov" in second


async def test_without_takes_the_page_says_what_to_do() -> None:
    async with page() as (app, _, _pilot):
        assert said(app) == "nothing yet: play, and it is kept"


async def test_enter_plays_a_take_in_its_tempi() -> None:
    keep("night", 1)
    async with page() as (_, link, pilot):
        await pilot.press("enter")
        await pilot.pause()
        (score,) = link.take()
        assert isinstance(score, PlayScore)
        assert (score.label, score.bpm, score.tempi) == (
            "take night", 100.0, ((0, 100.0), (1, 80.0)))  # fmt: skip
        assert [note[:2] for note in score.notes] == [("bass", 0), ("bass", 3840)]


async def test_a_take_is_exported_beside_itself() -> None:
    path = keep("night", 1)
    async with page() as (app, _, pilot):
        await pilot.press("f3")
        await pilot.pause()
        assert path.with_suffix(".mid").read_bytes().startswith(b"MThd")
        assert said(app) == f"written: {path.with_suffix('.mid')}"


async def test_a_take_is_renamed_and_the_highlight_stays_on_it() -> None:
    keep("morning", 1)
    keep("night", 2)
    async with page() as (app, _, pilot):
        await pilot.press("down", "f2")
        app.screen.query_one(Input).value = "a sunny one"
        await pilot.press("enter")
        await pilot.pause()
        assert "a sunny one" in listed(app)[1]
        assert said(app) == "it is called a sunny one"
        await pilot.press("f2")
        app.screen.query_one(Input).value = "a/b"
        await pilot.press("enter")
        await pilot.pause()
        assert "use letters" in said(app)


@pytest.mark.parametrize("key", ["delete"])
async def test_a_take_is_deleted_and_undo_brings_it_back(key: str) -> None:
    keep("morning", 1)
    keep("night", 2)
    async with page() as (app, _, pilot):
        await pilot.press(key)
        await pilot.pause()
        assert [line.split()[1] for line in listed(app)] == ["morning"]
        assert said(app) == "deleted: night; ^Z brings it back"
        assert len(TakeFolder(takes_folder()).deleted()) == 1
        await pilot.press("ctrl+z")
        await pilot.pause()
        assert [line.split()[1] for line in listed(app)] == ["night", "morning"]
        await pilot.press("ctrl+z")
        await pilot.pause()
        assert "nothing was deleted" in said(app)


async def test_what_is_played_meanwhile_appears() -> None:
    keep("morning", 1)
    async with page() as (app, _, pilot):
        keep("night", 2)
        page_ = app.screen
        assert isinstance(page_, TakesPage)
        page_._ask()
        page_._look()
        await pilot.pause()
        assert len(listed(app)) == 2


async def test_escape_leaves_the_page_and_nothing_else() -> None:
    async with page() as (app, link, pilot):
        await pilot.press("escape")
        await pilot.pause()
        assert not isinstance(app.screen, TakesPage)
        assert link.take() == []

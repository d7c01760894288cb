"""The screen in a test: drawn once over a memory link, its time standing still."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import get_args

import msgspec
from textual.pilot import Pilot
from textual.widgets import OptionList

from bridge.live.devices.user_file_reader import UserFileReader
from bridge.session.messages.commands import Command
from bridge.session.messages.listings import FileRequest
from bridge.session.messages.snapshot import Snapshot
from bridge.ui.app import BridgeApp
from bridge.ui.engine_link import MemoryLink
from bridge.ui.sample_session import snapshot_at

SIZES = ((80, 24), (120, 40))


class Clock:
    """Time that only moves when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class LibraryLink(MemoryLink):
    """A link whose requests for files are answered at once, as the engine's process does it,
    beside the band of the snapshot; ``folder`` is that of ``--library``."""

    def __init__(self, snapshot: Snapshot, folder: Path | None = None) -> None:
        super().__init__(snapshot)
        self._reader = UserFileReader(self.listings.put, super().post, snapshot.model, folder)

    def post(self, command: Command) -> None:
        """Answer the command, or remember it."""
        if isinstance(command, get_args(FileRequest)):
            self._reader.answer(command)
        else:
            super().post(command)

    def close(self) -> None:
        """End the reader too."""
        self._reader.close()
        super().close()


@asynccontextmanager
async def screen(
    snapshot: Snapshot | None, size: tuple[int, int] = (80, 24), link: MemoryLink | None = None
) -> AsyncIterator[tuple[BridgeApp, MemoryLink, Pilot[None]]]:
    """The screen over a memory link (or ``link``), drawn once; time stands still."""
    link = link or MemoryLink(snapshot)
    app = BridgeApp(link, Clock())
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        app.draw()
        await pilot.pause()
        yield app, link, pilot


def stopped(**changes: object) -> Snapshot:
    return msgspec.structs.replace(snapshot_at(0.0, 100.0, running=False), **changes)


def playing(beat: float = 9.5, **changes: object) -> Snapshot:
    return msgspec.structs.replace(snapshot_at(beat, 100.0), **changes)


def listed(app: BridgeApp) -> list[str]:
    """The lines of the list in the dialog that is open."""
    names = app.screen.query_one(OptionList)
    return [str(names.get_option_at_index(n).prompt) for n in range(names.option_count)]


def everything(app: BridgeApp) -> str:
    """All text on the main screen."""
    lines = (app.header, app.ports, app.roll, app.panel, app.piano, app.status, app.hints)
    return "\n".join(widget.text for widget in lines)

"""The screen in a test: drawn once over a memory link, its time standing still."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from textual.pilot import Pilot

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


@asynccontextmanager
async def screen(
    snapshot: Snapshot | None, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[tuple[BridgeApp, MemoryLink, Pilot[None]]]:
    """The screen over a memory link, drawn once; time stands still."""
    link = MemoryLink(snapshot)
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


def everything(app: BridgeApp) -> str:
    """All text on the main screen."""
    lines = (app.header, app.ports, app.roll, app.panel, app.piano, app.status, app.hints)
    return "\n".join(widget.text for widget in lines)

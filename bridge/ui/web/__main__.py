"""The web server's process: ``python -m bridge.ui.web``, started by the engine with a channel.

It stands where the terminal's screen does: it gets what the engine shows and sends what the pages
command. It ends when the engine says goodbye or is gone, and its pages with it.
"""

from __future__ import annotations

import signal

if __name__ == "__main__":
    # Before the slow imports, and for the pages' processes too: Ctrl+C is the engine's, which
    # silences what sounds and then ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)

import asyncio
import os
import sys
import threading
from typing import Any, Final

import msgspec
from aiohttp import web

from bridge.session.messages.commands import Command
from bridge.session.messages.snapshot import FromEngine, Goodbye
from bridge.system.ipc import Channel, parent_channel, read_into
from bridge.system.meeting import Meeting
from bridge.ui.web.door import DOOR, Door
from bridge.ui.web.pages import Pages
from bridge.ui.web.server import PageServer

SHUTDOWN_SECONDS: Final = 2.0
"""Longest time that open pages are waited for at the end."""


def main() -> int:
    """Serve until the engine ends; the exit code."""
    door = msgspec.json.decode(os.environ.pop(DOOR), type=Door)
    channel: Channel[Any, FromEngine] = parent_channel(FromEngine)
    sending = threading.Lock()

    def tell(command: object) -> None:
        with sending:
            channel.send(command)

    pages = Pages(tell)
    meeting = Meeting(Command, pages.come)
    os.environ.update(meeting.environment())
    asyncio.run(serve(door, pages, channel))
    meeting.close()
    return 0


async def serve(door: Door, pages: Pages, channel: Channel[Any, FromEngine]) -> None:
    """Serve the pages until the channel says goodbye or closes."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()

    def end() -> None:
        loop.call_soon_threadsafe(ended.set)

    def take(message: FromEngine) -> None:
        pages.show(message)
        if isinstance(message, Goodbye):
            end()

    runner = web.AppRunner(
        PageServer(door, pages).app(), access_log=None, shutdown_timeout=SHUTDOWN_SECONDS
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, door.host, door.port).start()
        read_into(channel, take, end)
        await ended.wait()
    finally:
        await runner.cleanup()


if __name__ == "__main__":
    sys.exit(main())

"""The web server: pages behind a :class:`bridge.ui.web.door.Door`, textual-serve's terminal in
each.

``/TOKEN/`` is the page, ``/TOKEN/static/`` the terminal that textual-serve brings, ``/TOKEN/ws``
the websocket between that terminal and a screen's process, in textual-serve's own protocol. All
else is refused, and nothing is fetched from other sites.
"""

from __future__ import annotations

import asyncio
import contextlib
import shlex
import subprocess
import sys
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import msgspec
import textual_serve
from aiohttp import WSMsgType, web
from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

from bridge.ui.web.door import Door
from bridge.ui.web.pages import Pages

HERE: Final = Path(__file__).parent
STATICS: Final = Path(str(textual_serve.__file__)).parent / "static"
MOST_PAGES: Final = 8
"""Pages that may be open at once; each takes a process."""
HEARTBEAT_SECONDS: Final = 10.0
"""Time between two signs of life that a page is asked for: a tablet out of reach is noticed."""
START_SECONDS: Final = 60.0
"""Longest time in which a screen's process may come."""
STOP_SECONDS: Final = 3.0
"""Longest time that a closed page's process is waited for. It ends by itself in any case."""
LARGEST_MESSAGE: Final = 1 << 20
"""Bytes of the largest message that a page may send: a paste."""
SIZES: Final = range(1, 1000)
"""Columns and rows that a page may ask for."""
HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self' ws: wss:; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def command(name: str) -> str:
    """The shell's command for the screen of the page of this name."""
    words = [sys.executable, "-m", "bridge.ui", "--page", name]
    if sys.platform == "win32":
        return subprocess.list2cmdline(words)
    return f"exec {shlex.join(words)}"  # in place of the shell


class PageServer:
    """Serves ``pages`` behind ``door``."""

    def __init__(self, door: Door, pages: Pages) -> None:
        self._door, self._pages = door, pages
        self._downloads = DownloadManager()  # none is offered, but AppService asks for one
        self._sockets: set[web.WebSocketResponse] = set()

    def app(self) -> web.Application:
        """The application: everything lies under the token."""
        inside = web.Application()
        inside.add_routes(
            [
                web.get("/", _file(HERE / "page.html")),
                web.get("/page.js", _file(HERE / "page.js")),
                web.get("/ws", self._websocket),
                web.static("/static", STATICS),
            ]
        )
        outside = web.Application(middlewares=[self._guarded()])
        outside.add_subapp(f"/{self._door.token}/", inside)
        outside.on_shutdown.append(self._close)
        return outside

    def _guarded(self) -> Any:
        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            """Refuse who does not know the token, and set the headers of every answer."""
            asked, origin = request.headers.get("Host"), request.headers.get("Origin")
            refusal = self._door.refusal(request.path, asked, origin)
            if refusal:
                return web.Response(status=403, text=f"{refusal}\n", headers=HEADERS)
            response = await handler(request)
            if not response.prepared:
                response.headers.update(HEADERS)
            return response

        return guard

    async def _websocket(self, request: web.Request) -> web.StreamResponse:
        """A page: start its screen and pass on what goes to and fro, until either ends."""
        if len(self._pages) >= MOST_PAGES:
            return web.Response(status=503, text=f"{MOST_PAGES} pages are open: close one\n")
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT_SECONDS, max_msg_size=LARGEST_MESSAGE)
        await socket.prepare(request)
        loop, name = asyncio.get_running_loop(), uuid.uuid4().hex

        async def close() -> None:
            await socket.close()

        def gone() -> None:
            with contextlib.suppress(RuntimeError):  # the server has ended as well
                asyncio.run_coroutine_threadsafe(close(), loop)

        def look() -> None:
            if not self._pages.has(name):
                gone()

        service = AppService(
            command(name), write_bytes=socket.send_bytes, write_str=socket.send_str,
            close=close, download_manager=self._downloads,
        )  # fmt: skip
        self._pages.expect(name, gone)
        self._sockets.add(socket)
        late = loop.call_later(START_SECONDS, look)
        try:
            size = (_size(request.query, "width", 80), _size(request.query, "height", 24))
            await service.start(*size)
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await take(service, message.data)
        finally:
            late.cancel()
            self._sockets.discard(socket)
            self._pages.drop(name)
            with contextlib.suppress(TimeoutError, ConnectionError):
                await asyncio.wait_for(service.stop(), STOP_SECONDS)
        return socket

    async def _close(self, _: web.Application) -> None:
        """The session ends: so do the pages."""
        await asyncio.gather(*(socket.close() for socket in list(self._sockets)))


async def take(service: AppService, text: str) -> None:
    """Pass a message of a page's terminal on to its screen's process; nonsense is ignored."""
    match _read(text):
        case ["stdin", str(typed)]:
            await service.send_bytes(typed.encode("utf-8", "replace"))
        case ["resize", {"width": int(width), "height": int(height)}] if (
            width in SIZES and height in SIZES
        ):
            await service.set_terminal_size(width, height)
        case ["focus"]:
            await service.focus()
        case ["blur"]:
            await service.blur()
        case ["ping", sent]:
            await service.remote_write_str(_written(["pong", sent]))


def _read(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError):
        return None


def _written(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _size(query: Any, name: str, usual: int) -> int:
    text = str(query.get(name, ""))
    return int(text) if text.isdecimal() and len(text) < 4 and int(text) in SIZES else usual


def _file(path: Path) -> Handler:
    async def respond(_: web.Request) -> web.StreamResponse:
        return web.FileResponse(path)

    return respond

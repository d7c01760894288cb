"""Headless Chromium for tests, led by its DevTools protocol over a websocket.

https://chromedevtools.github.io/devtools-protocol/
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

import aiohttp

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE = 90.0
"""Seconds, reached only where a test fails."""


def chromium() -> str | None:
    """The program, if there is one here."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Page:
    """One page of the browser: what it received over websockets is in ``received``, the answers
    to what it fetched in ``answers`` (address -> status)."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._number = 0
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.received = b""
        self.answers: dict[str, int] = {}
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def of(cls, session: aiohttp.ClientSession, address: str) -> Self:
        """The page with this debugging address, its network watched."""
        page = cls(await session.ws_connect(address, max_msg_size=0))
        for domain in ("Page", "Network", "Runtime"):
            await page.do(f"{domain}.enable")
        await page.do("Emulation.setFocusEmulationEnabled", enabled=True)
        return page

    async def do(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call a method of the protocol; its result."""
        self._number += 1
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[self._number] = answer
        await self._socket.send_json({"id": self._number, "method": method, "params": parameters})
        return await asyncio.wait_for(answer, PATIENCE)

    async def open(self, address: str) -> None:
        """Go to an address."""
        await self.do("Page.navigate", url=address)

    async def type(self, character: str) -> None:
        """Strike and release the key of a lower-case letter."""
        key = {"key": character, "code": f"Key{character.upper()}", "text": character,
               "windowsVirtualKeyCode": ord(character.upper())}  # fmt: skip
        await self.do("Input.dispatchKeyEvent", type="keyDown", **key)
        await self.do("Input.dispatchKeyEvent", type="keyUp", **key)

    async def picture(self) -> bytes:
        """The page as it is shown, as a PNG."""
        shot = await self.do("Page.captureScreenshot", format="png")
        return base64.b64decode(shot["data"])

    async def value(self, expression: str) -> Any:
        """The value of a JavaScript expression."""
        found = await self.do("Runtime.evaluate", expression=expression, returnByValue=True)
        return found["result"].get("value")

    async def until(self, true: Callable[[], bool], what: str) -> None:
        """Wait until something is so; AssertionError if it never is."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not true():
                    await asyncio.sleep(0.05)
        except TimeoutError as error:
            raise AssertionError(f"{what}; received last: {self.received[-2000:]!r}") from error

    async def close(self) -> None:
        """Close the page."""
        with contextlib.suppress(TimeoutError, ConnectionError):
            await self.do("Page.close")
        self._reader.cancel()
        await self._socket.close()

    async def _read(self) -> None:
        async for message in self._socket:
            said = message.json()
            if answer := self._waiting.pop(said.get("id", 0), None):
                answer.set_result(said.get("result", {}))
            elif said.get("method") == "Network.webSocketFrameReceived":
                frame = said["params"]["response"]
                data = frame["payloadData"]
                self.received += base64.b64decode(data) if frame["opcode"] == 2 else data.encode()
            elif said.get("method") == "Network.responseReceived":
                response = said["params"]["response"]
                self.answers[response["url"]] = response["status"]


class Browser:
    """A browser that runs; ``page`` opens a new page in it."""

    def __init__(self, session: aiohttp.ClientSession, port: int) -> None:
        self._session, self._port = session, port

    async def page(self) -> Page:
        """A new, empty page."""
        place = f"http://127.0.0.1:{self._port}/json/new?about:blank"
        async with self._session.put(place) as answer:
            told = await answer.json()
        return await Page.of(self._session, told["webSocketDebuggerUrl"])


@asynccontextmanager
async def browser(program: str, profile: Path) -> AsyncIterator[Browser]:
    """Start the browser with an empty profile; end it."""
    child = subprocess.Popen(
        [program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
         "--remote-debugging-port=0", f"--user-data-dir={profile}", "--window-size=1200,800",
         "about:blank"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    note = profile / "DevToolsActivePort"
    try:
        async with asyncio.timeout(PATIENCE):
            while not (note.exists() and note.read_text().count("\n")):
                await asyncio.sleep(0.05)
        async with aiohttp.ClientSession() as session:
            yield Browser(session, int(note.read_text().split()[0]))
    finally:
        child.terminate()
        child.wait(PATIENCE)

"""The web server's answers, and messages of a page's terminal."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bridge.ui.web.door import Door
from bridge.ui.web.pages import Pages

pytest.importorskip("textual_serve", reason="the web extra is not installed")

from aiohttp import WSServerHandshakeError
from aiohttp.test_utils import TestClient, TestServer

from bridge.ui.web import server

TOKEN = "a-token"
PLACES = ("/", "/page.js", "/ws", "/static/js/textual.js", "/static/", "/nothing")


@pytest_asyncio.fixture
async def client() -> AsyncIterator[Any]:
    door = Door("127.0.0.1", 0, TOKEN)
    app = server.PageServer(door, Pages(lambda command: None)).app()
    async with TestClient(TestServer(app)) as one:
        yield one


@pytest.mark.parametrize("place", [*PLACES, "/wrong/", "/a-toke/ws", "/A-TOKEN/"])
async def test_nothing_is_served_without_the_token(client: Any, place: str) -> None:
    answer = await client.get(place)
    assert answer.status == 403
    assert "token" in await answer.text()


async def test_no_websocket_is_opened_without_the_token(client: Any) -> None:
    with pytest.raises(WSServerHandshakeError) as caught:
        await client.ws_connect("/ws")
    assert caught.value.status == 403


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "http://evil.example"}])
async def test_other_names_and_sites_are_refused_with_the_token(
    client: Any, headers: dict[str, str]
) -> None:
    for place in ("/", "/static/js/textual.js", "/ws"):
        answer = await client.get(f"/{TOKEN}{place}", headers=headers)
        assert answer.status == 403


async def test_the_page_asks_for_nothing_of_other_sites(client: Any) -> None:
    answer = await client.get(f"/{TOKEN}/")
    text = await answer.text()
    assert answer.status == 200
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "http:" not in text
    assert "https:" not in text
    for place in ("page.js", "static/js/textual.js", "static/css/xterm.css"):
        assert place in text + Path(server.HERE / "page.js").read_text("utf-8")
        assert (await client.get(f"/{TOKEN}/{place}")).status == 200


async def test_too_many_pages_are_refused(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MOST_PAGES", 0)
    answer = await client.get(f"/{TOKEN}/ws")
    assert answer.status == 503


class Service:
    """A screen's process that only remembers."""

    def __init__(self) -> None:
        self.heard: list[Any] = []

    async def send_bytes(self, data: bytes) -> None:
        self.heard.append(data)

    async def set_terminal_size(self, *size: int) -> None:
        self.heard.append(size)

    async def focus(self) -> None:
        self.heard.append("focus")

    async def blur(self) -> None:
        self.heard.append("blur")

    async def remote_write_str(self, text: str) -> None:
        self.heard.append(text)


async def test_messages_of_the_terminal_are_passed_on_and_nonsense_is_not() -> None:
    service: Any = Service()
    for text in ('["stdin", "aé"]', '["resize", {"width": 80, "height": 24}]', '["focus"]',
                 '["blur"]', '["ping", "1"]'):  # fmt: skip
        await server.take(service, text)
    heard = ["aé".encode(), (80, 24), "focus", "blur", '["pong","1"]']
    assert service.heard == heard
    for text in ("", "{", "7", "[]", '["stdin"]', '["stdin", 7]', '["resize", {"width": 80}]',
                 '["resize", {"width": 0, "height": 99999}]', '{"a": 1}', '["quit"]'):  # fmt: skip
        await server.take(service, text)
    assert service.heard == heard

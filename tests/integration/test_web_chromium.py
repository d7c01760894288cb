"""``latent-bridge web`` in headless Chromium: a picture that a band can put on a tablet."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from interrupts import answer_to_ctrl_c

pytest.importorskip("textual_serve", reason="the web extra is not installed")

import aiohttp

from tests.devtools import PATIENCE, Browser, browser, chromium

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform == "win32", reason="looks for processes in POSIX's way"),
]

DRAWN = 3_000
"""Bytes that a page has got once its screen is drawn."""


@pytest.fixture(scope="module")
def program() -> str:
    found = chromium()
    if found is None:
        pytest.skip("no Chromium here")
    return found


class Served:
    """A session that runs: its process, address, and folder of takes."""

    def __init__(self, child: subprocess.Popen[str], address: str, takes: Path) -> None:
        self.child, self.address, self.takes = child, address, takes

    def processes(self) -> list[str]:
        """The processes of this session, which all know its folder."""
        listed = subprocess.run(["ps", "-eo", "pgid,args"], capture_output=True, text=True)
        rows = [line.split(None, 1) for line in listed.stdout.splitlines()]
        return [row[1] for row in rows if row[0] == str(self.child.pid) and len(row) > 1]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    takes = tmp_path / ".takes"  # as tests/conftest.py sets it
    env = {**os.environ, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "config")}
    child = subprocess.Popen(
        [sys.executable, "-m", "bridge", "web", "--port", "0", "--model", "fake", "--fresh",
         "--no-sound", "--in", "none", "--out", "none", "--takes", str(takes)],
        env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True, preexec_fn=answer_to_ctrl_c,
    )  # fmt: skip
    assert child.stdout is not None
    found = re.search(r"http://\S+", child.stdout.readline())
    if found is None:
        child.kill()
        pytest.fail(child.communicate()[1])
    yield Served(child, found[0], takes)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.communicate()


@asynccontextmanager
async def chromed(program: str, tmp_path: Path) -> AsyncIterator[Browser]:
    async with browser(program, tmp_path / "profile") as one:
        yield one


async def test_the_page_shows_the_screen_and_a_key_typed_in_it_plays(
    program: str, served: Served, tmp_path: Path
) -> None:
    """The band goes on while the page is loaded again and another one is open; Ctrl+C ends all,
    and what was played is kept."""
    async with chromed(program, tmp_path) as chromium:
        page = await chromium.page()
        await page.open(served.address)
        await page.until(lambda: b"Latent Bridge" in page.received, "no screen")
        await page.until(lambda: b"stopped" in page.received, "the engine shows nothing")
        assert (await page.picture()).startswith(b"\x89PNG")
        assert set(page.answers.values()) == {200}
        assert all(
            place.startswith(served.address)
            for place in page.answers
            if not place.startswith("data:")
        )
        await page.type("a")
        await page.until(lambda: b"playing" in page.received, "the key does not play")

        again, page.received = await chromium.page(), b""
        await page.open(served.address)
        await again.open(served.address)
        for each in (page, again):
            await each.until(lambda each=each: len(each.received) > DRAWN, "no screen")
            await each.until(lambda each=each: b"playing" in each.received, "the band stopped")
        await again.close()

    os.killpg(served.child.pid, signal.SIGINT)  # as the terminal does at Ctrl+C
    said, wrong = await asyncio.to_thread(served.child.communicate, timeout=PATIENCE)
    assert served.child.returncode == 0
    kept = re.search(r"kept as (.+)", said)
    assert kept is not None
    assert Path(kept[1]).parent == served.takes
    assert Path(kept[1]).stat().st_size > 0
    assert "Traceback" not in wrong
    async with asyncio.timeout(PATIENCE):
        while served.processes():
            await asyncio.sleep(0.1)


async def test_without_the_token_nothing_is_served(served: Served) -> None:
    base = served.address.rsplit("/", 2)[0]
    token = served.address.rsplit("/", 2)[1]
    wrong = token[:-1] + ("A" if token[-1] != "A" else "B")
    async with aiohttp.ClientSession() as session:
        await _until_it_serves(session, served.address)
        for way in ("", wrong):
            for place in ("", "static/js/textual.js", "ws"):
                async with session.get("/".join(filter(None, (base, way, place)))) as answer:
                    assert answer.status == 403
            with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
                await session.ws_connect("/".join(filter(None, (base, way, "ws"))))
            assert caught.value.status == 403
        evil = {"Host": "evil.example"}
        async with session.get(served.address, headers=evil) as answer:
            assert answer.status == 403


async def test_no_process_outlives_an_engine_that_was_killed(
    program: str, served: Served, tmp_path: Path
) -> None:
    async with chromed(program, tmp_path) as chromium:
        page = await chromium.page()
        await page.open(served.address)
        await page.until(lambda: b"Latent Bridge" in page.received, "no screen")
        served.child.kill()
        async with asyncio.timeout(PATIENCE):
            while [line for line in served.processes() if "defunct" not in line]:
                await asyncio.sleep(0.1)


async def _until_it_serves(session: aiohttp.ClientSession, address: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            with contextlib.suppress(aiohttp.ClientConnectionError):
                async with session.get(address) as answer:
                    assert answer.status == 200
                    return
            await asyncio.sleep(0.1)

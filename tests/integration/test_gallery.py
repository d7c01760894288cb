"""The gallery's page in headless Chromium: no error, every picture and sound loaded."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from bridge.cli.app import main

pytestmark = pytest.mark.integration
pytest.importorskip("matplotlib", reason="the render extra is not installed")
pytest.importorskip("midirenderer", reason="the render extra is not installed")

EXAMPLES = ("sample", "path", "pattern-fibo", "walk-apart", "form-live", "restyle", "prior")
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
LOOK = """
<pre id="found"></pre>
<script>
const ready = () => [...document.querySelectorAll("audio")].every(a => a.readyState || a.error);
const look = () => {
  if (!ready()) { setTimeout(look, 100); return; }
  document.getElementById("found").textContent = JSON.stringify({
    pictures: [...document.images].map(i => [i.getAttribute("src"), i.naturalWidth]),
    sounds: [...document.querySelectorAll("audio")].map(
      a => [a.getAttribute("src"), a.error ? 0 : a.duration]),
  });
};
addEventListener("load", look);
</script>
"""


@pytest.fixture(scope="module")
def chromium() -> str:
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium here")
    return found


def test_every_picture_and_sound_of_the_gallery_is_loaded(chromium: str, tmp_path: Path) -> None:
    """One of each kind, of the fake model, which is quick."""
    folder = tmp_path / "gallery"
    only = [word for name in EXAMPLES for word in ("--only", name)]
    assert main(["gallery", "-o", str(folder), "--model", "fake", *only]) == 0
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "<script" not in page
    looked = folder / "looked.html"
    looked.write_text(page.replace("</body>", f"{LOOK}</body>"), encoding="utf-8")
    run = subprocess.run(
        [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
         f"--user-data-dir={tmp_path / 'profile'}", "--enable-logging=stderr",
         "--virtual-time-budget=60000", "--timeout=60000", "--dump-dom", looked.as_uri()],
        capture_output=True, text=True, timeout=300, check=True,
    )  # fmt: skip
    assert [line for line in run.stderr.splitlines() if "CONSOLE" in line] == []
    told = re.search(r'<pre id="found">(.*?)</pre>', run.stdout, re.DOTALL)
    assert told is not None
    found = json.loads(html.unescape(told[1]))
    names = re.findall(r'<article id="(.*?)"', page)
    assert set(names) == set(EXAMPLES)
    assert [name for name, _ in found["pictures"]] == [f"{name}.png" for name in names]
    assert [name for name, _ in found["sounds"]] == [f"{name}.wav" for name in names]
    assert all(width > 500 for _, width in found["pictures"])
    assert all(seconds > 4 for _, seconds in found["sounds"])


def test_a_picture_that_is_missing_would_be_seen(chromium: str, tmp_path: Path) -> None:
    """The check above is able to fail."""
    page = tmp_path / "broken.html"
    page.write_text(f'<img src="none.png"><script>console.error("so")</script>{LOOK}')
    run = subprocess.run(
        [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
         f"--user-data-dir={tmp_path / 'profile'}", "--enable-logging=stderr",
         "--virtual-time-budget=10000", "--dump-dom", page.as_uri()],
        capture_output=True, text=True, timeout=300, check=True,
    )  # fmt: skip
    assert "CONSOLE" in run.stderr
    assert "[[&quot;none.png&quot;,0]]" in run.stdout or '[["none.png",0]]' in run.stdout

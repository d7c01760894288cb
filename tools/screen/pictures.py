"""The README's pictures of the screen: one that stands and one that moves, of the recorded session.

They need rsvg-convert and Pillow. The moving one is an animated PNG of few colours: cells and text
are sharp in it, and it is a quarter of the size of an animated SVG.
"""

from __future__ import annotations

import asyncio
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bridge.session.messages.settings_messages import Preferences
from bridge.session.messages.snapshot import Snapshot
from bridge.ui.app import BridgeApp
from bridge.ui.engine_link import MemoryLink
from tools.screen.recording import FPS, Recording
from tools.screen.scenes import draw, environment
from tools.screen.svg import polished

if TYPE_CHECKING:
    from PIL.Image import Image

STILL: Final = ("pending", (120, 40))
MOVING_SIZE: Final = (100, 30)
MOVING: Final = (19.6, 26.4)
"""Seconds of the session that the moving picture shows: a style, a fill and a variation that wait
for the bar line, and come."""
PICTURES_A_SECOND: Final = 5
LAST_SECONDS: Final = 1.5
"""Time for which the last picture stays."""
ZOOM: Final = 0.8
COLOURS: Final = 256
MANY: Final = 1 << 24


def write(recorded: Recording, shots: Sequence[Snapshot], folder: Path) -> None:
    """Write ``screenshot.svg``, ``screenshot.png`` and ``screen.png``, which moves."""
    scene, size = STILL
    svg = draw(recorded, size, "dark", [scene], svg=True)[scene].svg
    (folder / "screenshot.svg").write_text(svg, encoding="utf-8")
    (folder / "screenshot.png").write_bytes(png(svg, 1.2))
    with environment("dark"):
        frames = asyncio.run(_frames(shots))
    _animate([png(frame, ZOOM) for frame in frames], folder / "screen.png")


def png(svg: str, zoom: float) -> bytes:
    """An SVG as a PNG. CalledProcessError where rsvg-convert cannot."""
    command = ["rsvg-convert", "-z", f"{zoom}"]
    return subprocess.run(command, input=svg.encode(), capture_output=True, check=True).stdout


async def _frames(shots: Sequence[Snapshot]) -> list[str]:
    """The SVGs of the moving picture."""
    link = MemoryLink()
    link.listings.put(Preferences(fps=1))
    now = 0.0
    app = BridgeApp(link, clock=lambda: now)
    found: list[str] = []
    async with app.run_test(size=MOVING_SIZE) as pilot:
        await pilot.pause()
        for shot, wanted in _chosen(shots):
            link.snapshot, now = shot, shot.at
            app.draw()
            if wanted:
                await pilot.pause()
                found.append(polished(app.export_screenshot()))
    return found


def _chosen(shots: Sequence[Snapshot]) -> Iterator[tuple[Snapshot, bool]]:
    """The snapshots to draw, and with each whether it is one of the picture's."""
    first, last = (round(at * FPS) for at in MOVING)
    for number, shot in enumerate(shots[: last + 1]):
        wanted = number >= first and (number - first) % (FPS // PICTURES_A_SECOND) == 0
        if wanted or number % (FPS // 2) == 0:
            yield shot, wanted


def _animate(pictures: Sequence[bytes], path: Path) -> None:
    from PIL import Image

    frames: list[Image.Image] = [Image.open(BytesIO(each)).convert("RGB") for each in pictures]
    palette = _palette(frames)
    few = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    time = 1000 // PICTURES_A_SECOND
    few[0].save(
        path, save_all=True, append_images=few[1:], loop=0, optimize=True,
        duration=[time] * (len(few) - 1) + [round(LAST_SECONDS * 1000)],
    )  # fmt: skip


def _palette(frames: Sequence[Image]) -> Image:
    """The most frequent colours of all pictures: grounds and inks stay as they are, the edges of
    letters take the nearest."""
    from PIL import Image

    counted: Counter[Any] = Counter()
    for frame in frames:
        for number, colour in frame.getcolors(MANY) or ():
            counted[colour] += number
    palette = Image.new("P", (1, 1))
    palette.putpalette([value for colour, _ in counted.most_common(COLOURS) for value in colour])
    return palette

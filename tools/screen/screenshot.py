"""Draw the screen as a session of the engine's core left it: ``docs/screenshot.svg`` and, with
rsvg-convert, PNG.

    python -m tools.screen.screenshot [--size 120x40] [--seconds 21] \\
        [--keys "question_mark"] [--out FILE]

Textual's own SVG draws block characters in the viewer's font, which leaves visible seams. Here they
become rectangles, and every word gets its own position, so that the picture is the same in every
viewer, without web fonts.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bridge.live.recorded_session import recorded
from bridge.session.messages.commands import SetStyle
from bridge.ui.app import BridgeApp
from bridge.ui.engine_link import MemoryLink

CELL_WIDTH, LINE_HEIGHT, BASELINE, TOP = 12.2, 24.4, 20.0, 1.5
FONTS = "'Cascadia Mono', Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace"
QUADRANTS = {
    character: [(bit % 2 / 2, bit // 2 / 2, 0.5, 0.5) for bit in range(4) if index >> bit & 1]
    for index, character in enumerate(" ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█")
    if index
}
SHAPES: dict[str, list[tuple[float, float, float, float]]] = {
    **QUADRANTS,
    "▕": [(0.9, 0.0, 0.1, 1.0)],
    "▏": [(0.0, 0.0, 0.14, 1.0)],
    "━": [(0.0, 0.46, 1.0, 0.12)],
    "╸": [(0.0, 0.46, 0.5, 0.12)],
    "╺": [(0.5, 0.46, 0.5, 0.12)],
    "─": [(0.0, 0.49, 1.0, 0.05)],
    "┃": [(0.42, 0.2, 0.16, 0.6)],
    "╷": [(0.45, 0.5, 0.1, 0.5)],
    "╵": [(0.45, 0.75, 0.1, 0.25)],
}
"""Character -> rectangles (x, y, width, height) in shares of a cell."""
_TEXT = re.compile(
    r'<text class="(?P<cls>[^"]*-r\d+)" x="(?P<x>[\d.]+)" y="(?P<y>[\d.]+)"[^>]*>'
    r"(?P<body>[^<]*)</text>"
)
_ENTITY = re.compile(r"&(?:#160|#x27|amp|lt|gt|quot);|.", re.S)


def pieces(cls: str, x: float, y: float, body: str) -> Iterator[str]:
    """One text element as words and rectangles, each at its own position."""
    word, start = "", 0
    yield from rectangles(cls, x, y, [*_ENTITY.findall(body)])
    for column, glyph in enumerate([*_ENTITY.findall(body), "&#160;"]):
        blank = glyph in ("&#160;", " ")
        if not blank and glyph not in SHAPES:
            start = start if word else column
            word += glyph
            continue
        if word:
            yield (
                f'<text class="{cls}" x="{x + start * CELL_WIDTH:g}" y="{y:g}" '
                f'textLength="{(column - start) * CELL_WIDTH:g}">{word}</text>'
            )
            word = ""


def rectangles(cls: str, x: float, y: float, glyphs: list[str]) -> Iterator[str]:
    """The block characters as rectangles; adjacent ones are joined."""
    rows: dict[tuple[float, float], list[list[float]]] = {}
    for column, glyph in enumerate(glyphs):
        for left, top, width, height in SHAPES.get(glyph, ()):
            spans = rows.setdefault((top, height), [])
            if spans and abs(spans[-1][1] - (column + left)) < 1e-6:
                spans[-1][1] = column + left + width
            else:
                spans.append([column + left, column + left + width])
    for (top, height), spans in rows.items():
        for first, last in spans:
            yield (
                f'<rect class="{cls}" shape-rendering="crispEdges" x="{x + first * CELL_WIDTH:g}" '
                f'y="{y - BASELINE + TOP + top * LINE_HEIGHT:g}" '
                f'width="{(last - first) * CELL_WIDTH:g}" height="{height * LINE_HEIGHT:g}"/>'
            )


def polish(svg: str) -> str:
    """The SVG without web fonts, block characters as rectangles."""
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.S)
    svg = svg.replace("Fira Code, monospace", FONTS)
    svg = svg.replace("font-family: arial", "font-family: sans-serif")
    svg = re.sub(r"font-variant-east-asian: full-width;", "", svg)
    svg = svg.replace("font-size: 20px", "font-size: 20.26px")
    svg = re.sub(r'<clipPath id="[^"]*-line-\d+">.*?</clipPath>\s*', "", svg, flags=re.S)
    return _TEXT.sub(
        lambda m: "".join(pieces(m["cls"], float(m["x"]), float(m["y"]), m["body"])), svg
    )


async def picture(width: int, height: int, seconds: float, keys: list[str]) -> str:
    """The SVG of the screen ``width`` by ``height`` after ``seconds`` of a tune with the band, and
    after some keys."""
    shots = recorded(seconds, commands=[(0.5, SetStyle("bossa"))])
    at = shots[0].at
    link = MemoryLink(shots[0])
    app = BridgeApp(link, clock=lambda: at)
    async with app.run_test(size=(width, height)) as pilot:
        for shot in (*shots[::10], shots[-1]):
            link.snapshot, at = shot, shot.at
            app.draw()
        await pilot.pause()
        await pilot.press(*keys)
        await pilot.pause(0.2)
        return polish(app.export_screenshot())


def main() -> int:
    """Read the arguments, write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--size", default="120x40", help="columns x rows")
    parser.add_argument("--seconds", type=float, default=21.0, help="of the tune")
    parser.add_argument("--keys", default="", help="keys to press first, as Textual names them")
    parser.add_argument("--out", type=Path, default=Path("docs/screenshot.svg"))
    args = parser.parse_args()
    width, height = (int(part) for part in args.size.split("x"))
    svg = asyncio.run(picture(width, height, args.seconds, args.keys.split()))
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(svg, encoding="utf-8")
    print(args.out)
    if converter := shutil.which("rsvg-convert"):
        png = args.out.with_suffix(".png")
        subprocess.run([converter, "-z", "1.2", "-o", str(png), str(args.out)], check=True)
        print(png)
    return 0


if __name__ == "__main__":
    sys.exit(main())

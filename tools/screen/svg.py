"""Textual's SVG of the screen, made to look the same in every viewer, without web fonts.

Textual draws block characters in the viewer's font, which leaves visible seams. Here they become
rectangles, and every word gets its own position.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

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


def polished(svg: str) -> str:
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

"""The page of the latent space: the map with the point and its trail, and the attributes of the
next bar. Pure."""

from __future__ import annotations

from typing import Final

from rich.cells import cell_len
from rich.style import Style

from bridge.music.notes import Part
from bridge.session.messages.latent_map import Attribute, SpaceMap, Spot
from bridge.session.messages.snapshot import Snapshot
from bridge.ui.colours import (
    ACCENT,
    DIM,
    EDGE,
    FAINT,
    GOOD,
    GROUND,
    PART_COLOURS,
    TEXT,
    WARN,
    WHITE,
    ink,
    mix,
)
from bridge.ui.view_state import Frame
from bridge.ui.views.styled_lines import Line, Lines, Piece, clip, field, joined

LIST, WIDE_LIST, ROOMY = 24, 36, 80
"""Columns of the attributes beside the map; the wide list on a page of ``ROOMY`` or more."""
LEVELS: Final = 9
_SHADES: Final = " ·:∴▒"
_COLOURS: Final = tuple(mix(ACCENT, GROUND, 0.10 + 0.05 * level) for level in range(LEVELS + 1))
_BASS: Final = ("bass_density", "bass_register", "bass_movement")
NOTHING: Final = "this model has no map: see latent-bridge analyze"
ANCHOR: Final = "◆"
GOAL: Final = "◎"
WAY: Final = "•"
WAY_DOTS: Final = 8
HIT: Final = 1.5
"""Cells from a mark within which the cursor is on it."""
LONGEST: Final = 14
LEGEND: Final = (
    ("@", "band", WHITE), ("+", "style", DIM), (ANCHOR, "yours", GOOD), (GOAL, "goes to", ACCENT),
    ("o", "was", WARN),
)  # fmt: skip

Canvas = list[list[tuple[str, Style]]]


class SpaceView(Lines):
    """The page of the map, in the place of the roll."""

    GROUND = GROUND

    def show_frame(self, frame: Frame) -> None:
        """Draw the frame, if anything on the page has changed."""
        shot = frame.snapshot
        inputs = (self.outer_size, shot.space, shot.trail, shot.spots, shot.attributes, shot.style,
                  shot.going, frame.cursor)  # fmt: skip
        self.show_for(inputs, lambda: rows(frame, *self.outer_size))


def rows(frame: Frame, width: int, height: int) -> list[Line]:
    """The page's lines, ``height`` of exactly ``width`` cells: the map, then the attributes."""
    shot = frame.snapshot
    listed = WIDE_LIST if width >= ROOMY else LIST
    beside = attribute_rows(shot.attributes, listed - 2, height)
    room = max(0, width - listed)
    left = map_rows(shot, room, height, frame.cursor)
    blank = ink(ground=GROUND)
    out = []
    for y in range(height):
        right: Line = beside[y] if y < len(beside) else ((" " * (listed - 2), blank),)
        out.append(joined((*left[y], ("  ", blank), *right)) if width >= listed else left[y])
    return out


# --- the map ------------------------------------------------------------------------------


def map_rows(shot: Snapshot, width: int, height: int, cursor: Spot | None = None) -> list[Line]:
    """The map with a legend under it; the legend says what lies under the ``cursor``."""
    if shot.space is None:
        words: Line = ((field(f" {NOTHING}", width), ink(DIM, GROUND)),)
        blank: Line = ((" " * width, ink(ground=GROUND)),)
        return [words if y == height // 2 else blank for y in range(height)]
    if width < 1 or height < 2:
        return [((" " * width, ink(ground=GROUND)),)] * height
    canvas = _cloud(shot.space, width, height - 1)
    _draw_marks(canvas, shot, cursor)
    under = "" if cursor is None else name_at(shot, cursor, width, height - 1)
    return [*(joined(line) for line in canvas), _legend(width, under)]


def name_at(shot: Snapshot, spot: Spot, width: int, height: int) -> str:
    """The style or place of yours that lies under a spot of the map; empty if none does."""
    near = target_at(shot, spot, width, height)
    return near.partition(":")[2]


def target_at(shot: Snapshot, spot: Spot, width: int, height: int) -> str:
    """The target under a spot: ``style:NAME`` or ``anchor:NAME``, the nearest within two cells;
    empty if there is none."""
    if shot.space is None:
        return ""
    marks = [
        *((f"anchor:{name}", at) for name, at in shot.spots),
        *((f"style:{n}", at) for n, at in zip(shot.space.names, shot.space.places, strict=True)),
    ]

    def away(at: Spot) -> float:
        return max(abs(at[0] - spot[0]) * width / 2, abs(at[1] - spot[1]) * height)

    name, at = min(marks, key=lambda mark: away(mark[1]), default=("", spot))
    return name if away(at) <= HIT else ""


def spot_at(column: int, row: int, width: int, height: int) -> Spot | None:
    """The spot of the map under a cell of the page; None beside the map."""
    listed = WIDE_LIST if width >= ROOMY else LIST
    wide, high = width - listed, height - 1
    if not (0 <= column < wide and 0 <= row < high) or wide < 2 or high < 2:
        return None
    return 2 * column / (wide - 1) - 1, 1 - 2 * row / (high - 1)


def map_size(width: int, height: int) -> tuple[int, int]:
    """The columns and rows of the map on a page."""
    return max(1, width - (WIDE_LIST if width >= ROOMY else LIST)), max(1, height - 1)


def _draw_marks(canvas: Canvas, shot: Snapshot, cursor: Spot | None) -> None:
    """Styles, trail, places of yours, the way ahead and the band, the later over the earlier; then
    names, where they cover none of these: the style that plays, then places, then styles. The
    cursor is a frame around what it is on."""
    assert shot.space is not None
    styles = list(zip(shot.space.names, shot.space.places, strict=True))
    now = [pair for pair in styles if pair[0] == shot.style]
    taken: set[tuple[int, int]] = set()
    for pairs, glyph, colour in ((styles, "+", DIM), (now, "+", TEXT)):
        taken |= {_put(canvas, spot, glyph, ink(colour, GROUND)) for _, spot in pairs}
    for age, spot in reversed([*enumerate(reversed(shot.trail))]):
        style = ink(mix(WARN, GROUND, max(0.25, 1.0 - age / 24)), GROUND)
        taken.add(_put(canvas, spot, "o", style))
    for _, spot in shot.spots:
        taken.add(_put(canvas, spot, ANCHOR, ink(GOOD, GROUND, True)))
    if shot.trail and shot.going is not None:
        for spot in _way(shot.trail[-1], shot.going):
            taken.add(_put(canvas, spot, WAY, ink(ACCENT, GROUND)))
        taken.add(_put(canvas, shot.going, GOAL, ink(ACCENT, GROUND, True)))
    if shot.trail:
        taken.add(_put(canvas, shot.trail[-1], "@", ink(WHITE, mix(WARN, GROUND, 0.55), True)))
    named = ((now, TEXT), ([*shot.spots], GOOD), (styles, FAINT))
    for pairs, colour in named:
        for name, spot in pairs:
            if name != shot.style or colour != FAINT:
                _name(canvas, spot, name, ink(colour, GROUND, colour == TEXT), taken)

    if cursor is not None:
        _frame_cursor(canvas, cursor)


def _way(start: Spot, end: Spot) -> list[Spot]:
    """Spots on the straight way between two, without its ends."""
    shares = [n / WAY_DOTS for n in range(1, WAY_DOTS)]
    return [tuple(a + (b - a) * s for a, b in zip(start, end, strict=True)) for s in shares]  # type: ignore[misc]


def _frame_cursor(canvas: Canvas, cursor: Spot) -> None:
    y, x = _cell(canvas, cursor)
    style = ink(WHITE, GROUND, True)
    for at, bracket in ((x - 1, "["), (x + 1, "]")):
        if 0 <= at < len(canvas[0]):
            canvas[y][at] = (bracket, style)


def _cloud(space: SpaceMap, width: int, height: int) -> Canvas:
    """The density of training codes, in shades and colours."""
    canvas: Canvas = []
    for y in range(height):
        row = space.rows[y * len(space.rows) // height]
        line = []
        for x in range(width):
            level = int(row[x * len(row) // width])
            glyph = _SHADES[-(-level * (len(_SHADES) - 1) // LEVELS)]
            line.append((glyph, ink(_COLOURS[level], GROUND)))
        canvas.append(line)
    return canvas


def _cell(canvas: Canvas, spot: Spot) -> tuple[int, int]:
    """Row and column of a place on the map, -1..1 each way, held within it."""
    x = round((spot[0] + 1) / 2 * (len(canvas[0]) - 1))
    y = round((1 - spot[1]) / 2 * (len(canvas) - 1))
    return min(len(canvas) - 1, max(0, y)), min(len(canvas[0]) - 1, max(0, x))


def _put(canvas: Canvas, spot: Spot, glyph: str, style: Style) -> tuple[int, int]:
    y, x = _cell(canvas, spot)
    canvas[y][x] = (glyph, style)
    return y, x


def _name(canvas: Canvas, spot: Spot, name: str, style: Style, taken: set[tuple[int, int]]) -> None:
    """Write a name beside its mark, on the side where no cell is ``taken``, without its wide
    letters; no name where there is no room."""
    y, x = _cell(canvas, spot)
    text = "".join(c for c in clip(name, LONGEST) if cell_len(c) == 1)
    for first in (x + 1, x - len(text)):
        cells = [(y, column) for column in range(first, first + len(text))]
        around = {(y, column) for column in range(first - 1, first + len(text) + 1)} - {(y, x)}
        if first >= 0 and first + len(text) <= len(canvas[0]) and not taken & around:
            taken.update(cells)
            for (row, column), letter in zip(cells, text, strict=True):
                canvas[row][column] = (letter, style)
            return


def _legend(width: int, under: str = "") -> Line:
    """The name under the cursor; else the meaning of the marks: set wide, set close, or the first
    of them that fit."""
    if under:
        return ((field(f" enter goes to {under}", width), ink(TEXT, GROUND)),)
    words = sum(len(glyph) + 1 + len(meaning) for glyph, meaning, _ in LEGEND)
    gap = 2 if words + 2 * len(LEGEND) <= width else 1
    pieces: list[Piece] = [(" " * (gap - 1), ink(ground=GROUND))] if gap > 1 else []
    used = gap - 1
    for glyph, meaning, colour in LEGEND:
        size = len(glyph) + 1 + len(meaning)
        if used + size > width:
            break
        blank = " " * min(gap, width - used - size)
        used += size + len(blank)
        pieces += [(glyph, ink(colour, GROUND, True)), (f" {meaning}{blank}", ink(DIM, GROUND))]
    return (*pieces, (" " * (width - used), ink(ground=GROUND)))


# --- the attributes -----------------------------------------------------------------------


def attribute_rows(found: tuple[Attribute, ...], width: int, height: int) -> list[Line]:
    """The attributes of the next bar as gauges, each with a mark for the bar that plays."""
    rule = "─" * max(0, width - 10)
    lines: list[Line] = [((" next bar ", ink(DIM, GROUND, True)), (rule, ink(EDGE, GROUND)))]
    if not found:
        lines.append(((field(" none is made yet", width), ink(FAINT, GROUND)),))
    for attribute in found:
        colour = PART_COLOURS[Part.BASS if attribute.name in _BASS else Part.DRUMS]
        name = field(f" {attribute.name.replace('_', ' ')}", 15)
        lines.append(((name, ink(DIM, GROUND)), *gauge(attribute, width - 16, colour),
                      (" ", ink(ground=GROUND))))  # fmt: skip
    return lines[:height]


def gauge(attribute: Attribute, width: int, colour: str) -> Line:
    """An attribute in ``width`` cells: a line for the next bar, a mark for the bar that plays."""
    full = 0 if attribute.next is None else round(attribute.next * width * 2)
    mark = None if attribute.now is None else min(width - 1, int(attribute.now * width))
    line: list[Piece] = []
    for cell in range(width):
        left, right = 2 * cell < full, 2 * cell + 1 < full
        glyph = "━" if left == right else "╸"
        style = ink(colour if left else EDGE, GROUND)
        if cell == mark:
            glyph, style = "┃", ink(WHITE if left else TEXT, GROUND)
        line.append((glyph, style))
    return joined(line)

"""The widget of the piano roll: it keeps the pitch ranges steady and redraws only the rows that
changed."""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import groupby

from rich.cells import cell_len
from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from bridge.music.grid import TICKS_PER_BEAT, USUAL_GRID, Grid
from bridge.music.notes import Part
from bridge.session.messages.snapshot import Snapshot
from bridge.session.messages.status import NoteState, RollNote
from bridge.ui.colours import (
    ACCENT,
    DIM,
    FAINT,
    GROUND,
    PART_COLOURS,
    SURFACE,
    TEXT,
    WHITE,
    ink,
    mix,
)
from bridge.ui.view_state import Frame, grid_of
from bridge.ui.views.piano_roll import CHARACTERS, COLOURS, ZOOMS, Codes, View, codes, view_at
from bridge.ui.views.roll_lanes import Lane, Range, divide, labels, refit
from bridge.ui.views.styled_lines import Line, Piece, clip, joined

GUTTER = 9
COUNT_IN = 2
"""Bars before bar 1 that are numbered."""
NOTES_EVERY = 0.1
"""Seconds after which notes are drawn again although the view did not move."""


def ruler(view: View, now_bar: int, planned: range, grid: Grid = USUAL_GRID) -> Line:
    """Bar numbers (from 1) at their bar lines in ``grid``, ticks at the beats, ``planned`` bars
    marked."""
    cells: list[Piece] = [(" ", ink(ground=GROUND))] * view.columns
    per_cell = 2 * view.zoom
    first = grid.beat_of(view.first_tick - 1) + 1
    ticks = [grid.beat_start(beat) for beat in range(first, grid.beat_of(view.end_tick) + 1)]
    places = [(tick, (tick - view.first_tick) // per_cell) for tick in ticks]
    for _, column in places:
        _write(cells, column, "╵", FAINT)
    for tick, column in places:
        bar = grid.bar_of(tick)
        if tick == grid.bar_start(bar) and bar >= -COUNT_IN:
            room = min(view.columns - column, grid.metre_of(bar).ticks // per_cell - 1)
            title = clip(_bar_title(bar, bar in planned, room), room)
            _write(cells, column, title, _bar_ink(bar, now_bar))
    if view.now_column < view.columns:
        cells[view.now_column] = ("▼", ink(ACCENT, GROUND))
    return joined(cells)


def _bar_title(bar: int, planned: bool, room: int) -> str:
    number = f"╷{bar + 1 if bar >= 0 else bar}"
    marked = f"{number} planned"
    return marked if planned and cell_len(marked) <= room else number


def _bar_ink(bar: int, now_bar: int) -> str:
    return WHITE if bar == now_bar else DIM if bar < now_bar else TEXT


def _write(cells: list[Piece], column: int, text: str, colour: str) -> None:
    for at, glyph in enumerate(text, start=column):
        if 0 <= at < len(cells):
            cells[at] = (glyph, ink(FAINT if glyph == "╷" else colour, GROUND))


@lru_cache(maxsize=1024)
def _segments(row: bytes) -> tuple[Segment, ...]:
    """A row of packed cells as segments, one for each run of the same two colours."""
    segments = []
    cells = memoryview(row).cast("I").tolist()
    for paint, run in groupby(cells, _paint):
        text = "".join([CHARACTERS[cell & 0xFF] for cell in run])
        segments.append(Segment(text, ink(COLOURS[paint & 0xFF], COLOURS[paint >> 8])))
    return tuple(segments)


def _paint(cell: int) -> int:
    return cell >> 8


class Roll(Widget):
    """The scrolling roll: a ruler line, then the lanes, with labels in a gutter at the left."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._ranges: dict[Part, Range] = {}
        self._gutter: list[Line] = []
        self._ruler: Line = ()
        self._rows: list[bytes] = []
        self._seen: object = None
        self._notes: tuple[RollNote, ...] = ()
        self._drawn = 0.0

    def forget(self) -> None:
        """Draw everything again: the colours have changed."""
        self._seen, self._rows, self._gutter, self._ruler = None, [], [], ()
        _segments.cache_clear()
        self.refresh()

    @property
    def text(self) -> str:
        """The text on the widget, without colours."""
        return "\n".join(self.render_line(y).text for y in range(self.size.height))

    def show_frame(self, frame: Frame) -> None:
        """Draw the frame, if its view or notes have changed."""
        width, height = self.size
        columns, rows = width - GUTTER, height - 1
        if columns < 4 or rows < 3:
            return
        shot, grid = frame.snapshot, grid_of(frame.snapshot.grid)
        zoom = ZOOMS[frame.zoom]
        view = view_at(frame.beat, columns, zoom)
        seen = (shot.muted, shot.running, view, rows, shot.grid)
        fresh = seen == self._seen and frame.now - self._drawn < NOTES_EVERY
        if fresh and (shot.running or shot.roll == self._notes):
            return
        self._seen, self._notes, self._drawn = seen, shot.roll, frame.now
        lanes = divide(rows)
        self._fit(shot, view, lanes)
        picture = codes(
            shot.roll, frame.beat, view, rows, lanes, self._ranges, shot.muted, shot.running, grid
        )
        now_bar = grid.bar_of(math.floor(frame.beat * TICKS_PER_BEAT))
        ruler_line = ruler(view, now_bar, _planned_bars(shot, grid), grid)
        self._take(picture, ruler_line, _gutter(lanes, self._ranges, rows, shot.muted))

    def _fit(self, shot: Snapshot, view: View, lanes: tuple[Lane, ...]) -> None:
        for lane in lanes:
            if lane.part is Part.DRUMS:
                continue
            pitches = [
                note.pitch
                for note in shot.roll
                if note.part is lane.part
                and note.tick < view.end_tick
                and note.tick + note.length > view.first_tick
            ]
            self._ranges[lane.part] = refit(lane, pitches, self._ranges.get(lane.part))

    def _take(self, picture: Codes, ruler_line: Line, gutter: list[Line]) -> None:
        rows = [row.tobytes() for row in picture]
        old_rows, self._rows = self._rows, rows
        old_gutter, self._gutter = self._gutter, gutter
        width = self.size.width
        changed = [
            Region(0, y + 1, width, 1)
            for y in range(max(len(rows), len(old_rows)))
            if rows[y : y + 1] != old_rows[y : y + 1] or gutter[y : y + 1] != old_gutter[y : y + 1]
        ]
        if gutter != old_gutter or len(changed) > len(rows) // 2:
            changed = [Region(0, 0, width, self.size.height)]
        if ruler_line != self._ruler:
            self._ruler = ruler_line
            changed.append(Region(0, 0, width, 1))
        if changed:
            self.refresh(*changed)

    def render_line(self, y: int) -> Strip:
        """The ruler (row 0), or a row of the picture with its label."""
        width = self.size.width
        if y == 0:
            pieces: list[Segment] = [Segment(" " * GUTTER, ink(ground=GROUND))]
            pieces += [Segment(text, style) for text, style in self._ruler]
        elif y <= len(self._rows) and y <= len(self._gutter):
            pieces = [Segment(text, style) for text, style in self._gutter[y - 1]]
            pieces += _segments(self._rows[y - 1])
        else:
            pieces = []
        return Strip(pieces).adjust_cell_length(width, ink(ground=GROUND))


def _planned_bars(shot: Snapshot, grid: Grid) -> range:
    bars = [grid.bar_of(n.tick) for n in shot.roll if n.state is NoteState.PLANNED]
    return range(min(bars), max(bars) + 1) if bars else range(0)


def _gutter(
    lanes: tuple[Lane, ...], ranges: dict[Part, Range], rows: int, muted: tuple[Part, ...]
) -> list[Line]:
    lines: list[Line] = [((" " * GUTTER, ink(ground=GROUND)),)] * rows
    for lane in lanes:
        colour = FAINT if lane.part in muted else PART_COLOURS[lane.part]
        names = labels(lane, ranges.get(lane.part, Range(0, 1)))
        for row in range(lane.rows):
            name = names[row]
            is_title = lane.part is not Part.DRUMS and row == 0
            text = lane.part.value if is_title else name
            shade = colour if is_title or lane.part is Part.DRUMS else mix(colour, GROUND, 0.6)
            lines[lane.top + row] = (
                (f"{clip(text, GUTTER - 2):>{GUTTER - 2}}", ink(shade, GROUND, is_title)),
                (" ", ink(ground=GROUND)),
                ("▐" if lane.rows > 1 else " ", ink(mix(colour, SURFACE, 0.8), GROUND)),
            )
    return lines

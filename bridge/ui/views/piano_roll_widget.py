"""The widget of the piano roll: it keeps the pitch ranges steady and redraws only the rows that
changed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import groupby
from textwrap import wrap

import numpy as np
from rich.cells import cell_len
from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip

from bridge.music.grid import TICKS_PER_BEAT, USUAL_GRID, Grid
from bridge.music.notes import Part
from bridge.session.messages.arranger_status import ChordCell
from bridge.session.messages.status import RollNote, WorkerState
from bridge.ui.colours import (
    ACCENT,
    DIM,
    FAINT,
    GOOD,
    GROUND,
    PART_COLOURS,
    SURFACE,
    TEXT,
    WHITE,
    ink,
    mix,
)
from bridge.ui.keymap import Action, shown_key
from bridge.ui.view_state import Frame, grid_of
from bridge.ui.views.painted import Painted
from bridge.ui.views.piano_roll import CHARACTERS, COLOURS, ZOOMS, Codes, View, codes, view_at
from bridge.ui.views.roll_lanes import Lane, Range, divide, labels, refit
from bridge.ui.views.roll_memory import RollMemory
from bridge.ui.views.styled_lines import Line, Piece, clip, joined

GUTTER = 9
CHORDS_LABEL = "chords"
COUNT_IN = 2
"""Bars before bar 1 that are numbered."""
NOTES_EVERY = 0.1
"""Seconds after which the notes of a snapshot are looked at again while music plays."""
LANE_FROM = 12
"""Rows of the widget from which one of them is the chord lane."""
_BAR_NAMES = {0: "NOW", 1: "NEXT"}


def ruler(view: View, now_bar: int, grid: Grid = USUAL_GRID) -> Line:
    """Bar numbers (from 1) at their bar lines in ``grid``, ticks at the beats; the bar of now and
    the next one are named. The mark of now never covers a number."""
    cells: list[Piece] = [(" ", ink(ground=GROUND))] * view.columns
    per_cell = 2 * view.zoom
    first = grid.beat_of(view.first_tick - 1) + 1
    ticks = [grid.beat_start(beat) for beat in range(first, grid.beat_of(view.end_tick) + 1)]
    places = [(tick, (tick - view.first_tick) // per_cell) for tick in ticks]
    for _, column in places:
        _write(cells, column, "╵", FAINT)
    if view.now_column < view.columns:
        cells[view.now_column] = ("▼", ink(ACCENT, GROUND))
    for tick, column in places:
        bar = grid.bar_of(tick)
        if tick == grid.bar_start(bar) and bar >= -COUNT_IN:
            room = min(view.columns - column, grid.metre_of(bar).ticks // per_cell - 1)
            title = clip(_bar_title(bar, bar - now_bar, room), room)
            _write(cells, column, title, _bar_ink(bar, now_bar))
    return joined(cells)


def _bar_title(bar: int, ahead: int, room: int) -> str:
    number = f"╷{bar + 1 if bar >= 0 else bar}"
    named = f"{number} {_BAR_NAMES.get(ahead, '')}"
    return named if ahead in _BAR_NAMES and cell_len(named) <= room else number


def chord_lane(view: View, chords: Sequence[ChordCell], tick: int, grid: Grid) -> Line:
    """The chords where they begin: those heard, the one that sounds in brackets, those expected."""
    marks = [cell for n, cell in enumerate(chords) if not n or cell.name != chords[n - 1].name]
    ticks = [grid.half_start(mark.half) for mark in marks]
    cells: list[Piece] = [(" ", ink(ground=GROUND))] * view.columns
    per_cell = 2 * view.zoom
    sounding = next((n for n in reversed(range(len(marks))) if ticks[n] <= tick), -1)
    for number, mark in enumerate(marks):
        begins = ticks[number]
        until = ticks[number + 1] if number + 1 < len(marks) else view.end_tick
        if until <= view.first_tick or begins >= view.end_tick:
            continue
        column = max(0, (begins - view.first_tick) // per_cell)
        room = min(view.columns, (until - view.first_tick) // per_cell) - column
        if room < 1:
            continue
        now = number == sounding
        text = clip(f"[{mark.name}]" if now and room > len(mark.name) + 2 else mark.name, room)
        colour = WHITE if now else GOOD if mark.heard else DIM if begins <= tick else FAINT
        _write(cells, column, text, colour)
    return joined(cells)


def _bar_ink(bar: int, now_bar: int) -> str:
    return WHITE if bar == now_bar else DIM if bar < now_bar else TEXT


def _write(cells: list[Piece], column: int, text: str, colour: str) -> None:
    for at, glyph in enumerate(text, start=column):
        if 0 <= at < len(cells):
            cells[at] = (glyph, ink(FAINT if glyph == "╷" else colour, GROUND))


@lru_cache(maxsize=4096)
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


class Roll(Painted):
    """The roll: a ruler line and the chord lane, then the lanes of the parts, with labels in a
    gutter at the left. It remembers the notes that have passed, as far back as the window shows
    them. While nothing is to be shown it says how to begin."""

    def __init__(self, id: str) -> None:
        super().__init__(id)
        _segments.cache_clear()  # another screen of this process may have had other colours
        self._ranges: dict[Part, Range] = {}
        self._gutter: list[Line] = []
        self._heads: list[Line] = []
        self._picture: Codes = np.zeros((0, 0), np.uint32)
        self._tips: list[Line] = []
        self._seen: object = None
        self._memory = RollMemory()
        self._taken = -math.inf
        self._notes: list[RollNote] = []
        self._made: dict[str, tuple[object, list[Line]]] = {}

    def forget(self) -> None:
        """Draw everything again: the colours have changed."""
        self._seen = None
        self._made.clear()
        _segments.cache_clear()
        self.refresh()

    @property
    def text(self) -> str:
        """The text on the widget, without colours."""
        return "\n".join(self.render_line(y).text for y in range(self.outer_size.height))

    def show_frame(self, frame: Frame) -> None:
        """Draw the frame, if its view or notes have changed."""
        width, height = self.outer_size
        head = 2 if height >= LANE_FROM else 1
        columns, rows = width - GUTTER, height - head
        if columns < 4 or rows < 3:
            return
        shot, grid = frame.snapshot, grid_of(frame.snapshot.grid)
        view = view_at(frame.beat, columns, ZOOMS[frame.zoom], grid)
        if not shot.running or not 0.0 <= frame.now - self._taken < NOTES_EVERY:
            self._taken, self._notes = frame.now, self._memory.take(shot, view)
        notes = self._notes
        tick = math.floor(frame.beat * TICKS_PER_BEAT)
        lit = self._memory.sounding(tick) if shot.running else None
        seen = (shot.muted, shot.running, view, rows, shot.grid, shot.chords, shot.worker, lit)
        if seen == self._seen and not self._memory.changed:
            return
        self._seen, self._memory.changed = seen, False
        lanes = divide(rows)
        self._fit(notes, view, lanes)
        picture = codes(
            notes, frame.beat, view, rows, lanes, self._ranges, shot.muted, shot.running, grid
        )
        bar, half = grid.bar_of(tick), grid.half_of(tick)
        heads = self._kept("ruler", (view, bar, shot.grid), lambda: [ruler(view, bar, grid)])
        if head == 2:
            heads = heads + self._kept(
                "chords",
                (view, half, shot.chords, shot.grid),
                lambda: [chord_lane(view, shot.chords, tick, grid)],
            )
        before, self._tips = self._tips, [] if notes or shot.running else tips(frame, columns)
        if self._tips != before:
            self.refresh()
        names = self._kept(
            "gutter",
            (lanes, tuple(self._ranges.items()), shot.muted),
            lambda: _gutter(lanes, self._ranges, rows, shot.muted),
        )
        self._take(picture, heads, names)

    def _kept(self, name: str, inputs: object, make: Callable[[], list[Line]]) -> list[Line]:
        """The lines from ``make``, which is called only if their ``inputs`` have changed."""
        before = self._made.get(name)
        if before is None or before[0] != inputs:
            before = self._made[name] = inputs, make()
        return before[1]

    def _fit(self, notes: Sequence[RollNote], view: View, lanes: tuple[Lane, ...]) -> None:
        for lane in lanes:
            if lane.part is Part.DRUMS:
                continue
            pitches = [
                note.pitch
                for note in notes
                if note.part is lane.part
                and note.tick < view.end_tick
                and note.tick + note.length > view.first_tick
            ]
            self._ranges[lane.part] = refit(lane, pitches, self._ranges.get(lane.part))

    def _take(self, picture: Codes, heads: list[Line], gutter: list[Line]) -> None:
        """Keep what is to be drawn, and have the cells that changed drawn again."""
        before, self._picture = self._picture, picture
        old_gutter, self._gutter = self._gutter, gutter
        old_heads, self._heads = self._heads, heads
        width, top = self.outer_size.width, len(heads)
        if before.shape != picture.shape or gutter != old_gutter or len(old_heads) != top:
            self.refresh()
            return
        changed = [Region(0, y, width, 1) for y in range(top) if heads[y] != old_heads[y]]
        differs = before != picture
        for y in np.flatnonzero(differs.any(axis=1)).tolist():
            cells = np.flatnonzero(differs[y])
            first, last = int(cells[0]), int(cells[-1])
            changed.append(Region(GUTTER + first, y + top, last - first + 1, 1))
        if changed:
            self.repaint(changed)

    def render_line(self, y: int) -> Strip:
        """A line of the head, or a row of the picture with its label."""
        width, top = self.outer_size.width, len(self._heads)
        row = y - top
        if y < top:
            label = CHORDS_LABEL if y else ""
            pieces = [Segment(f"{label:>{GUTTER - 2}}  ", ink(FAINT, GROUND))]
            pieces += [Segment(text, style) for text, style in self._heads[y]]
        elif (tip := self._tip(row)) is not None:
            pieces = [Segment(text, style) for text, style in self._gutter[row]]
            pieces += [Segment(text, style) for text, style in tip]
        elif row < len(self._picture) and row < len(self._gutter):
            pieces = [Segment(text, style) for text, style in self._gutter[row]]
            pieces += _segments(self._picture[row].tobytes())
        else:
            pieces = []
        return Strip(pieces).adjust_cell_length(width, ink(ground=GROUND))

    def render_cells(self, row: int, first: int, end: int) -> Sequence[Segment]:
        """Some cells of a line; those of the picture are made without the rest of it."""
        at = row - len(self._heads)
        if 0 <= at < len(self._picture) and first >= GUTTER and not self._tips:
            return _segments(self._picture[at, first - GUTTER : end - GUTTER].tobytes())
        return super().render_cells(row, first, end)

    def _tip(self, row: int) -> Line | None:
        """The line for a beginner that belongs into a row, in the middle of the empty roll."""
        at = row - max(0, (len(self._picture) - len(self._tips)) // 2)
        if not 0 <= at < len(self._tips) or row >= len(self._gutter):
            return None
        room = self.outer_size.width - GUTTER
        (text, style), *_ = self._tips[at]
        return ((clip(text, room).center(room), style),)


def tips(frame: Frame, room: int) -> list[Line]:
    """The lines inside the empty roll, ``room`` cells wide: that the band warms up, and how to
    begin."""
    keys = " ".join(frame.typing.layout.home[:4])
    plain, strong = ink(DIM, GROUND), ink(TEXT, GROUND, True)
    said = [
        (f"Play {keys} or MIDI keys: the band joins.", strong),
        (f"{shown_key(Action.TUNES)} plays a tune.", plain),
        (f"{shown_key(Action.STYLES)} changes the style.", plain),
    ]
    if frame.snapshot.worker is WorkerState.STARTING:
        said.insert(0, ("the band is warming up: play, it joins in a moment", plain))
    return [((row, style),) for text, style in said for row in wrap(text, room)]


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

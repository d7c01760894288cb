"""The piano roll as a picture of cells: pure, from a snapshot's notes, a beat and a size.

The picture is made of pixels, two by two to a cell, and each cell is drawn with one of the
sixteen quadrant blocks in two colours. Colours are small integers (:data:`COLOURS`) until a
row is turned into a strip. Everything snaps to the pixel grid of absolute time, so notes
never shift against each other when the page is turned at a bar line.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from bridge.music.grid import TICKS_PER_BEAT, USUAL_GRID, Grid
from bridge.music.notes import Part
from bridge.session.messages.status import NoteState, RollNote
from bridge.ui.colours import ACCENT, FAINT, GROUND, PART_COLOURS, SURFACE, WHITE, mix
from bridge.ui.views.roll_lanes import Lane, Range, drum_row, pixel_of

Pixels = npt.NDArray[np.uint8]
Codes = npt.NDArray[np.uint32]

ZOOMS = (240, 120, 60)
"""Ticks a pixel column: a cell is an 8th, a 16th or a 32nd note."""
NOW_LINE = 16
CHARACTERS = " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█▏"
"""Index: bits top-left 1, top-right 2, bottom-left 4, bottom-right 8; 16 is the now-line."""

EVEN, ODD, EVEN_DARK, ODD_DARK, BEAT, BAR = range(6)
NOTHING = 18
NOW = 19
FIRST_NOTE = 24
PAST, SOUNDING, COMMITTED, PLANNED = range(4)
MUTED = 48
LOUD_FROM = 80
_PARTS = tuple(Part)


def ground_index(part: Part, shade: int) -> int:
    """The colour number of a lane's ground: EVEN, ODD, ..., BAR."""
    return _PARTS.index(part) * 6 + shade


def note_index(part: Part, phase: int, loud: bool) -> int:
    """The colour number of a note: PAST, SOUNDING, COMMITTED or PLANNED."""
    return FIRST_NOTE + _PARTS.index(part) * 8 + phase * 2 + int(loud)


def _grounds(colour: str) -> list[str]:
    even = mix(colour, SURFACE, 0.035)
    odd = mix(colour, SURFACE, 0.075)
    dark = mix(GROUND, even, 0.35), mix(GROUND, odd, 0.35)
    return [even, odd, *dark, mix(colour, SURFACE, 0.12), mix(colour, SURFACE, 0.30)]


def _shades(colour: str) -> list[str]:
    return [
        mix(colour, SURFACE, 0.56), mix(colour, SURFACE, 0.72),  # past
        mix(WHITE, colour, 0.55), mix(WHITE, colour, 0.75),  # sounding
        mix(colour, SURFACE, 0.84), colour,  # committed
        mix(colour, SURFACE, 0.36), mix(colour, SURFACE, 0.46),  # planned
    ]  # fmt: skip


def _colours() -> tuple[str, ...]:
    table = [GROUND] * (MUTED + 1)
    for part in _PARTS:
        at = ground_index(part, EVEN)
        table[at : at + 6] = _grounds(PART_COLOURS[part])
        at = note_index(part, PAST, False)
        table[at : at + 8] = _shades(PART_COLOURS[part])
    table[NOW] = ACCENT
    table[MUTED] = mix(FAINT, SURFACE, 0.6)
    return tuple(table)


COLOURS = _colours()


@dataclass(frozen=True, slots=True)
class View:
    """The stretch of time that is shown: ``columns`` cells, of which ``now_column`` is now.

    ``origin`` is the absolute pixel column (ticks // ``zoom``) of the left edge.
    """

    columns: int
    now_column: int
    origin: int
    zoom: int

    @property
    def first_tick(self) -> int:
        """The first tick shown."""
        return self.origin * self.zoom

    @property
    def end_tick(self) -> int:
        """The first tick after those shown."""
        return (self.origin + 2 * self.columns) * self.zoom


def view_at(beat: float, columns: int, zoom: int = ZOOMS[1], grid: Grid = USUAL_GRID) -> View:
    """The page that ``beat`` lies on: the next bar ends at the right edge, the bar of now is before
    it, and as many bars back as fit are before that. Within a bar the page stands still and the
    now-line moves. Where two bars do not fit, the bar of now comes first; a longer one is turned
    page by page."""
    tick = math.floor(beat * TICKS_PER_BEAT)
    bar = grid.bar_of(tick)
    start, end = grid.bar_start(bar) // zoom, -(-grid.bar_start(bar + 2) // zoom)
    width, now = 2 * columns, tick // zoom
    origin = min(end - width, start)
    origin -= (start - origin) % 2
    if columns and now >= origin + width:
        origin = now - (now - start) % width
    column = (now - origin) // 2
    return View(columns, max(0, min(columns - 1, column)), origin, zoom)


def codes(
    notes: Iterable[RollNote],
    beat: float,
    view: View,
    rows: int,
    lanes: Sequence[Lane],
    ranges: Mapping[Part, Range],
    muted: Sequence[Part] = (),
    running: bool = True,
    grid: Grid = USUAL_GRID,
) -> Codes:
    """The picture, [rows, columns] of packed cells: character, colour, ground (a byte each).

    ``ranges`` are the pitches shown by the pitched lanes. Notes under the now-line light up
    while ``running``. ``grid`` has the bar lines.
    """
    pixels = _ground(view.columns, view.origin, view.zoom, rows, tuple(lanes), grid).copy()
    now_tick = int(beat * TICKS_PER_BEAT)
    seen = [n for n in notes if n.tick < view.end_tick and n.tick + n.length > view.first_tick]
    for state in (NoteState.PLANNED, NoteState.COMMITTED, NoteState.PLAYED):
        for lane in lanes:
            mine = [n for n in seen if n.state is state and n.part is lane.part]
            _draw(
                pixels, mine, now_tick if running else None, view, lane, ranges, lane.part in muted
            )
    packed = _now_line(_pack(pixels), view.now_column)
    return _joined(packed)


def unpack(code: int) -> tuple[str, int, int]:
    """A packed cell as (character, colour number, ground number)."""
    return CHARACTERS[code & 0xFF], code >> 8 & 0xFF, code >> 16 & 0xFF


@lru_cache(maxsize=8)
def _ground(
    columns: int, origin: int, zoom: int, rows: int, lanes: tuple[Lane, ...], grid: Grid
) -> Pixels:
    """The picture without notes: the same for as long as the page stands still."""
    ticks = (np.arange(2 * columns) + origin) * zoom
    odd, beat, bar = np.zeros_like(ticks), np.zeros(len(ticks), bool), np.zeros(len(ticks), bool)
    for index, span in enumerate(grid.spans):
        here = ticks >= span.tick if index else np.ones(len(ticks), bool)
        since, metre = ticks - span.tick, span.metre
        odd = np.where(here, (span.bar + since // metre.ticks) % 2, odd)
        beat = np.where(here, since % metre.ticks_per_beat < zoom, beat)
        bar = np.where(here, since % metre.ticks < zoom, bar)
    line = np.select([bar, beat], [BAR, BEAT], default=odd + EVEN)
    dark = np.select([bar, beat], [BAR, BEAT], default=odd + EVEN_DARK)
    pixels = np.full((2 * rows, 2 * columns), NOTHING, dtype=np.uint8)
    for lane in lanes:
        first, end = 2 * lane.top, min(2 * (lane.top + lane.rows), 2 * rows)
        pixels[first:end] = line + ground_index(lane.part, EVEN)
        for row in _dark_rows(lane):
            if first + row < end:
                pixels[first + row] = dark + ground_index(lane.part, EVEN)
    return pixels


def _dark_rows(lane: Lane) -> list[int]:
    """Every other drum is a shade darker."""
    if lane.part is not Part.DRUMS:
        return []
    return [row for row in range(lane.pixels) if row // 2 % 2]


def _draw(
    pixels: Pixels,
    notes: Sequence[RollNote],
    now: int | None,
    view: View,
    lane: Lane,
    ranges: Mapping[Part, Range],
    muted: bool,
) -> None:
    starts = {(note.pitch, note.tick // view.zoom) for note in notes}
    for note in notes:
        left = note.tick // view.zoom
        right = max(left + 1, (note.tick + note.length) // view.zoom)
        if right - left > 1 and (note.pitch, right) in starts:
            right -= 1  # a gap before the same note struck again
        colour = MUTED if muted else note_index(*_look(note, now))
        top, bottom, width = _place(note, lane, ranges, right - left)
        first = max(0, left - view.origin)
        end = max(0, left + width - view.origin)
        pixels[2 * lane.top + top : 2 * lane.top + bottom, first:end] = colour


def _place(
    note: RollNote, lane: Lane, ranges: Mapping[Part, Range], width: int
) -> tuple[int, int, int]:
    """Pixel rows (from, to) within the lane, and the width. A loud drum takes two rows."""
    if lane.part is Part.DRUMS:
        row = 2 * drum_row(lane, note.pitch)
        return (row if note.velocity >= LOUD_FROM else row + 1), row + 2, 1
    row = pixel_of(lane, ranges[lane.part], note.pitch)
    return row, row + 1, width


def _look(note: RollNote, now: int | None) -> tuple[Part, int, bool]:
    """The part, phase and loudness of a note; while stopped (``now`` None) no note sounds."""
    end = note.tick + note.length
    phase = COMMITTED
    if note.state is NoteState.PLANNED:
        phase = PLANNED
    elif now is None:
        phase = PAST if note.state is NoteState.PLAYED else COMMITTED
    elif note.tick <= now < max(end, note.tick + TICKS_PER_BEAT // 8):
        phase = SOUNDING
    elif end <= now:
        phase = PAST
    return note.part, phase, note.velocity >= LOUD_FROM


def _pack(pixels: Pixels) -> Codes:
    """Reduce 2 by 2 pixels to a character and two colours; a note wins over the ground."""
    four = pixels[::2, ::2], pixels[::2, 1::2], pixels[1::2, ::2], pixels[1::2, 1::2]
    high = np.maximum(np.maximum(four[0], four[1]), np.maximum(four[2], four[3]))
    low = np.minimum(np.minimum(four[0], four[1]), np.minimum(four[2], four[3]))
    level = np.where((high >= FIRST_NOTE) & (low < FIRST_NOTE), FIRST_NOTE, high)
    bits = np.zeros_like(high)
    for bit, quarter in enumerate(four):
        bits |= (quarter >= level).view(np.uint8) << np.uint8(bit)
    bits[high == low] = 0
    packed: Codes = bits.astype(np.uint32)
    packed |= high.astype(np.uint32) << 8
    packed |= low.astype(np.uint32) << 16
    return packed


def _now_line(packed: Codes, column: int) -> Codes:
    """Draw the now-line where no note is."""
    if packed.shape[1]:
        cells = packed[:, column]
        ground = cells >> 16 & 0xFF
        free = (cells >> 8 & 0xFF) < FIRST_NOTE
        cells[free] = (NOW_LINE | NOW << 8 | ground << 16)[free]
    return packed


def _joined(packed: Codes) -> Codes:
    """Give blank cells the colour of the cell before, where the ground is the same.

    The picture is the same with longer runs: fewer pieces to write to the terminal.
    """
    blank = packed & 0xFF == 0
    columns = np.arange(packed.shape[1])
    inked = np.maximum.accumulate(np.where(blank, 0, columns), axis=1)
    before = np.take_along_axis(packed, inked, axis=1)
    same = blank & (before >> 16 == packed >> 16)
    joined: Codes = np.where(same, before & ~np.uint32(0xFF), packed)
    return joined

"""The drawn keyboard: letters on their keys, sounding keys lit. Pure."""

from __future__ import annotations

from rich.style import Style

from bridge.midi.messages import note_name
from bridge.music.notes import Part
from bridge.ui.colours import DIM, FAINT, GROUND, PART_COLOURS, RAISED, TEXT, fixed, ink
from bridge.ui.keys.layouts import BLACK_OFFSETS, WHITE_OFFSETS
from bridge.ui.keys.typing_piano import HIGHEST_OFFSET, Touch, Typing
from bridge.ui.view_state import Frame
from bridge.ui.views.styled_lines import Line, Piece, clip, joined

_IVORY, _SEAM, _EBONY = "#c3cada", "#7d869b", "#222736"
_LIT = PART_COLOURS[Part.MELODY]
_LABEL = "#39415a"
PRESSED = ("▐", "▌")
"""Marks beside the letter of a key that is down, so that it is seen without colours too."""
_TOUCHES = {Touch.LEVEL: "", Touch.ACCENT: " ⇧ harder", Touch.ROWS: " low row softer"}


def rows(frame: Frame, width: int, height: int) -> list[Line]:
    """The keyboard in ``height`` lines (3 or 5), and beside it the settings of the typing piano."""
    key_width = 4 if width < 100 else 6
    lit = set(frame.typing.pitches) | set(frame.snapshot.held)
    used = len(WHITE_OFFSETS) * key_width + 2
    beside = _beside(frame, height)
    lines = []
    for row in range(height):
        keys = _row(frame.typing, lit, key_width, row, height)
        pieces = beside[row] if row < len(beside) and width - used >= 20 else ()
        lines.append(((" ", ink(ground=GROUND)), *keys, *_cut(pieces, width - used)))
    return lines


def key_at(column: int, row: int, width: int, height: int) -> int | None:
    """The key that is drawn at a place, as semitones above the C of the octave; None: none."""
    key_width = 4 if width < 100 else 6
    x = column - 1
    if not 0 <= x < len(WHITE_OFFSETS) * key_width or not 0 <= row < height:
        return None
    if row < _black_rows(height):
        for _, offset in BLACK_OFFSETS:
            middle = _whites_below(offset) * key_width
            if middle - 2 <= x <= middle:
                return offset
    return WHITE_OFFSETS[x // key_width]


def _black_rows(height: int) -> int:
    return height - 1 if height < 5 else 3


def _whites_below(offset: int) -> int:
    return sum(white < offset for white in WHITE_OFFSETS)


def _cut(pieces: Line, room: int) -> Line:
    cut: list[Piece] = [("  ", ink(ground=GROUND))]
    for text, style in pieces:
        fitted = clip(text, max(0, room - 2))
        room -= len(fitted)
        cut.append((fitted, style))
    return tuple(cut)


def _row(typing: Typing, lit: set[int], key_width: int, row: int, height: int) -> Line:
    """One line of keys: cells painted white first, black keys over them, then joined."""
    black_rows = _black_rows(height)
    cells: list[Piece] = []
    for offset in WHITE_OFFSETS:
        cells += _white(typing, offset, lit, key_width, row, height)
    if row < black_rows:
        for _, offset in BLACK_OFFSETS:
            middle = _whites_below(offset) * key_width
            _lay_black(cells, typing, offset, lit, middle, row, black_rows)
    return joined(cells)


def _white(
    typing: Typing, offset: int, lit: set[int], key_width: int, row: int, height: int
) -> list[Piece]:
    pitch = typing.base + offset
    down = pitch in lit
    ground = _LIT if down else _IVORY
    room = key_width - 1
    label = " " * room
    if row == (height - 1 if height < 5 else height - 2):
        label = _marked(typing.layout.labels.get(offset, " "), down).center(room)
    elif row == height - 1 and pitch % 12 == 0:
        label = note_name(pitch).center(room)
    letter = fixed(GROUND if down else _LABEL, ground, True)
    return [*((c, letter) for c in label), ("▕", fixed(_SEAM, ground))]


def _marked(letter: str, down: bool) -> str:
    return f"{PRESSED[0]}{letter}{PRESSED[1]}" if down else letter


def _lay_black(
    cells: list[Piece], typing: Typing, offset: int, lit: set[int], middle: int, row: int, rows: int
) -> None:
    down = typing.base + offset in lit
    style = fixed(GROUND, _LIT, True) if down else fixed(TEXT, _EBONY, True)
    labelled = row == rows - (1 if rows < 3 else 2)
    label = _marked(typing.layout.labels.get(offset, " "), down).center(3) if labelled else "   "
    for at, glyph in enumerate(label, start=middle - 2):
        if 0 <= at < len(cells):
            cells[at] = (glyph, style)


def _beside(frame: Frame, height: int) -> list[Line]:
    typing = frame.typing
    lower = typing.layout.lower
    top = min(127, typing.base + HIGHEST_OFFSET)
    held = sorted({*typing.pitches, *frame.snapshot.held})
    sounding = " ".join(note_name(pitch) for pitch in held)
    tune = frame.snapshot.tune
    rows = typing.touch is Touch.ROWS
    octave_keys, touch_keys = ("⇧↓↑", "") if rows else (f"{lower[0]} {lower[1]}",
                                                         f"{lower[2]} {lower[3]}")  # fmt: skip
    keys = "as long as held" if typing.releases else "chords" if typing.chord else "one at a time"
    pedal = " + pedal" if typing.sustain else ""
    lines = [
        _setting(octave_keys, "octave", f"{note_name(typing.base)}-{note_name(top)}"),
        _setting(touch_keys, "velocity", f"{typing.velocity:3d}{_TOUCHES[typing.touch]}"),
        _setting("tab", "pedal", f"{keys}{pedal}"),
        _plain("you", sounding or "-", _LIT if sounding else FAINT),
        _plain("tune", tune or "-", TEXT if tune else FAINT),
    ]
    return lines[:height]


def _setting(keys: str, name: str, value: str) -> Line:
    cap: Style = ink(TEXT, RAISED)
    return (
        (f" {keys} " if keys else "", cap),
        (f" {name} ".ljust(11), ink(DIM, GROUND)),
        (value, ink(TEXT, GROUND)),
    )


def _plain(name: str, value: str, colour: str) -> Line:
    return ((f" {name}".ljust(6), ink(FAINT, GROUND)), (value, ink(colour, GROUND)))

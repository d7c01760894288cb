"""The drawn keyboard: letters on their keys, sounding keys lit. Pure."""

from __future__ import annotations

from rich.style import Style

from bridge.midi.messages import note_name
from bridge.music.notes import Part
from bridge.ui.colours import DIM, FAINT, GROUND, PART_COLOURS, RAISED, TEXT, ink
from bridge.ui.typing_piano import LABELS, OFFSETS, WHITE_KEYS
from bridge.ui.view_state import Frame
from bridge.ui.views.styled_lines import Line, Piece, clip, joined

_IVORY, _SEAM, _EBONY = "#c3cada", "#7d869b", "#222736"
_LIT = PART_COLOURS[Part.MELODY]
_BLACK_KEYS = {offset: key for key, offset in OFFSETS.items() if key not in WHITE_KEYS}


def rows(frame: Frame, width: int, height: int) -> list[Line]:
    """The keyboard in ``height`` lines (3 or 5), and beside it the settings of the typing piano."""
    key_width = 4 if width < 100 else 6
    lit = set(frame.typing.pitches) | set(frame.snapshot.held)
    used = len(WHITE_KEYS) * key_width + 2
    beside = _beside(frame, height)
    lines = []
    for row in range(height):
        keys = _row(frame.typing.base, lit, key_width, row, height)
        pieces = beside[row] if row < len(beside) and width - used >= 20 else ()
        lines.append(((" ", ink(ground=GROUND)), *keys, *_cut(pieces, width - used)))
    return lines


def _cut(pieces: Line, room: int) -> Line:
    cut: list[Piece] = [("  ", ink(ground=GROUND))]
    for text, style in pieces:
        fitted = clip(text, max(0, room - 2))
        room -= len(fitted)
        cut.append((fitted, style))
    return tuple(cut)


def _row(base: int, lit: set[int], key_width: int, row: int, height: int) -> Line:
    """One line of keys: cells painted white first, black keys over them, then joined."""
    black_rows = height - 1 if height < 5 else 3
    cells: list[Piece] = []
    for key in WHITE_KEYS:
        cells += _white(key, base, lit, key_width, row, height)
    if row < black_rows:
        for offset, key in _BLACK_KEYS.items():
            whites_below = sum(OFFSETS[white] < offset for white in WHITE_KEYS)
            _lay_black(cells, key, base + offset, lit, whites_below * key_width, row, black_rows)
    return joined(cells)


def _white(
    key: str, base: int, lit: set[int], key_width: int, row: int, height: int
) -> list[Piece]:
    pitch = base + OFFSETS[key]
    ground = _LIT if pitch in lit else _IVORY
    label = " " * (key_width - 1)
    if row == (height - 1 if height < 5 else height - 2):
        label = LABELS.get(key, key).center(key_width - 1)
    elif row == height - 1 and pitch % 12 == 0:
        label = note_name(pitch).center(key_width - 1)
    letter = ink(GROUND if pitch in lit else "#39415a", ground, True)
    return [*((c, letter) for c in label), ("▕", ink(_SEAM, ground))]


def _lay_black(
    cells: list[Piece], key: str, pitch: int, lit: set[int], middle: int, row: int, rows: int
) -> None:
    style = ink(GROUND, _LIT, True) if pitch in lit else ink(TEXT, _EBONY, True)
    label = f" {LABELS.get(key, key)} " if row == rows - (1 if rows < 3 else 2) else "   "
    for at, glyph in enumerate(label, start=middle - 2):
        if 0 <= at < len(cells):
            cells[at] = (glyph, style)


def _beside(frame: Frame, height: int) -> list[Line]:
    typing = frame.typing
    top = min(127, typing.base + max(OFFSETS.values()))
    held = sorted({*typing.pitches, *frame.snapshot.held})
    sounding = " ".join(note_name(pitch) for pitch in held)
    tune = frame.snapshot.tune
    lines = [
        _setting("z x", "octave", f"{note_name(typing.base)}-{note_name(top)}"),
        _setting("c v", "velocity", f"{typing.velocity:3d}"),
        _setting("tab", "keys", "chords" if typing.chord else "one at a time"),
        _plain("you", sounding or "-", _LIT if sounding else FAINT),
        _plain("tune", tune or "-", TEXT if tune else FAINT),
    ]
    return lines[:height]


def _setting(keys: str, name: str, value: str) -> Line:
    cap: Style = ink(TEXT, RAISED)
    return (
        (f" {keys} ", cap),
        (f" {name} ".ljust(11), ink(DIM, GROUND)),
        (value, ink(TEXT, GROUND)),
    )


def _plain(name: str, value: str, colour: str) -> Line:
    return ((f" {name}".ljust(6), ink(FAINT, GROUND)), (value, ink(colour, GROUND)))

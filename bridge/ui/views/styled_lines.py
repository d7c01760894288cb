"""Lines of styled text, and a widget that redraws only the lines that changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip

from bridge.ui.colours import SURFACE, ink
from bridge.ui.views.painted import Painted

Piece = tuple[str, Style]
Line = tuple[Piece, ...]


def clip(text: str, width: int) -> str:
    """The text in at most ``width`` cells, ended by an ellipsis when it was longer.

    Line breaks and other control characters become spaces.
    """
    clean = "".join(c if c.isprintable() else " " for c in text)
    if cell_len(clean) <= width:
        return clean
    return set_cell_size(clean, max(0, width - 1)).rstrip() + "…" if width > 0 else ""


def field(text: str, width: int) -> str:
    """The text in exactly ``width`` cells, so that what follows never moves."""
    return set_cell_size(clip(text, width), max(0, width))


def joined(line: Iterable[Piece]) -> Line:
    """The same line with neighbouring pieces of one style merged."""
    out: list[Piece] = []
    for text, style in line:
        if out and out[-1][1] == style:
            out[-1] = (out[-1][0] + text, style)
        else:
            out.append((text, style))
    return tuple(out)


def length(line: Iterable[Piece]) -> int:
    """The width of a line in cells."""
    return sum(cell_len(text) for text, _ in line)


def spread(left: Line, right: Line, width: int, ground: Style) -> Line:
    """``left`` and ``right`` at the two ends of a line; only ``left`` where both do not fit."""
    space = width - length(left) - length(right)
    return (*left, (" " * space, ground), *right) if space >= 1 else left


def changed_cells(old: Line, new: Line) -> tuple[int, int]:
    """The first cell that differs between two lines, and the first after the last that does."""
    was, now = _by_cell(old), _by_cell(new)
    most, least = max(len(was), len(now)), min(len(was), len(now))
    first = next((n for n in range(least) if was[n] != now[n]), least)
    if len(was) != len(now):
        return first, most
    return first, next((n + 1 for n in reversed(range(least)) if was[n] != now[n]), first)


def _by_cell(line: Line) -> list[tuple[str, Style]]:
    """The character and style of each cell; a wide character counts in both of its cells."""
    return [
        (character, style)
        for text, style in line
        for character in text
        for _ in range(cell_len(character))
    ]


class Lines(Painted):
    """Draws the lines it is given with :meth:`show`."""

    GROUND = SURFACE

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self._shown: list[Line] = []
        self._inputs: object = None

    def show_for(self, inputs: object, make: Callable[[], Sequence[Line]]) -> None:
        """Show the lines from ``make``, which is called only if its ``inputs`` have changed."""
        if inputs != self._inputs:
            self._inputs = inputs
            self.show(make())

    def show(self, lines: Sequence[Line]) -> None:
        """Take new lines; only the parts of them that differ are drawn again."""
        new = list(lines)
        old, self._shown = self._shown, new
        width = self.outer_size.width
        if len(old) != len(new):
            self.refresh()
            return
        changed = [
            Region(first, y, min(width, end) - first, 1)
            for y, (was, now) in enumerate(zip(old, new, strict=True))
            if was != now
            for first, end in [changed_cells(was, now)]
            if first < min(width, end)
        ]
        if changed:
            self.repaint(changed)

    def forget(self) -> None:
        """Draw everything again with the next lines: the colours have changed."""
        self._shown, self._inputs = [], None
        self.refresh()

    @property
    def text(self) -> str:
        """The text on the widget, without colours."""
        return "\n".join("".join(text for text, _ in line) for line in self._shown)

    def render_line(self, y: int) -> Strip:
        """One row, cut or filled to the widget's width."""
        width = self.outer_size.width
        pieces = self._shown[y] if y < len(self._shown) else ()
        strip = Strip([Segment(text, style) for text, style in pieces])
        return strip.adjust_cell_length(width, ink(ground=self.GROUND))

"""The cells that changed, written to the terminal at once and in one go a picture.

Textual collects the changed regions of all widgets, waits for a timer of its own, makes every line
of each widget that lies in the rectangle around them, and cuts all of these at the widgets' edges.
At thirty pictures a second that is most of what a screen costs. Widgets that draw whole lines
themselves (:mod:`bridge.ui.views.painted`) and that nothing covers need none of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, NamedTuple

from rich.color import ColorSystem
from rich.console import Console
from rich.control import Control
from rich.segment import Segment
from rich.style import Style
from textual._compositor import CompositorUpdate
from textual.geometry import Offset, Region
from textual.screen import Screen
from textual.widget import Widget

from bridge.ui.views.frugal_update import RESET, encoded, look_of

_PLAIN: Final = Style()


class Cells(NamedTuple):
    """Segments from a cell of the screen on."""

    x: int
    y: int
    segments: Sequence[Segment]


class DirectUpdate(CompositorUpdate):
    """An update of the terminal: cells, each after the other."""

    def __init__(self, cells: Iterable[Cells]) -> None:
        self.cells = tuple(cells)

    def render_segments(self, console: Console) -> str:
        """The update as it is written to the terminal."""
        system: ColorSystem | None = console._color_system
        nothing = look_of(_PLAIN, system)
        look, written = nothing, []
        for x, y, segments in self.cells:
            text, look = encoded(segments, system, look)
            written += [Control.move_to(x, y).segment.text, text]
        return "".join([*written, RESET if look is not nothing else ""])


class Canvas:
    """The terminal under the widgets of a ``screen``: collects the cells that changed, and writes
    them with :meth:`flush`."""

    def __init__(self, screen: Screen[Any]) -> None:
        self._screen = screen
        self._cells: list[Cells] = []
        self._map: object = None
        self._places: dict[Widget, Offset] = {}

    def place_of(self, widget: Widget) -> Offset | None:
        """The place of a widget on the terminal, if its cells can be written there: it is all
        visible, nothing lies over its screen, and no new arrangement is due. Else None."""
        screen = self._screen
        app = screen.app
        if app.screen_stack[-1:] != [screen] or app._batch_count or screen._layout_required:
            return None
        visible = screen._compositor.visible_widgets
        if visible is not self._map:
            self._map, self._places = visible, _uncovered(visible)
        return self._places.get(widget)

    def add(self, cells: Cells) -> None:
        """Have cells written with the next flush."""
        self._cells.append(cells)

    def flush(self) -> None:
        """Write what was collected."""
        if self._cells:
            update, self._cells = DirectUpdate(self._cells), []
            display: Callable[[Screen[Any], CompositorUpdate], None]
            display = self._screen.app._display  # type: ignore[assignment]
            display(self._screen, update)


def _uncovered(visible: dict[Widget, tuple[Region, Region]]) -> dict[Widget, Offset]:
    """The place of each widget that is all visible and that no widget before it covers; ``visible``
    has the region and clip of each, from front to back."""
    found: dict[Widget, Offset] = {}
    before: list[Region] = []
    for widget, (region, clip) in visible.items():
        shown = region.intersection(clip)
        if shown == region and not any(region.overlaps(front) for front in before):
            found[widget] = region.offset
        before.append(shown)
    return found

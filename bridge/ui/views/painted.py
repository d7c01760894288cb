"""The base of the widgets that draw whole lines themselves, cell by cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from rich.segment import Segment
from textual.filter import ANSIToTruecolor, LineFilter
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from bridge.ui.views.direct_drawing import Canvas, Cells


class Painted(Widget):
    """A widget without border, padding or style of its own: ``render_line`` gives all of a line.

    A line is made again only when it was refreshed. Textual's own path goes through borders,
    padding, tint and opacity of each line, and looks for the sixteen colours of terminals, which
    such a widget never uses; that is most of a picture's time.

    Its ``outer_size`` is its size, and is known without a look at styles. With a ``canvas`` the
    cells given to :meth:`repaint` are written at its next flush.
    """

    canvas: Canvas | None = None

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._strips: dict[int, Strip] = {}
        self._strips_size = Size(0, 0)

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> Self:
        """Have these regions drawn again, or everything."""
        if regions:
            for row in {row for region in regions for row in region.line_range}:
                self._strips.pop(row, None)
        else:
            self._strips.clear()
        super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)
        return self

    def repaint(self, regions: Sequence[Region]) -> None:
        """Have the cells of regions that have changed drawn: on the canvas where it can be written
        on, else by Textual."""
        place = None if self.canvas is None else self.canvas.place_of(self)
        if self.canvas is None or place is None or self.outer_size != self._strips_size:
            self.refresh(*regions)
            return
        filters = self._filters()
        for x, y, width, height in regions:
            for row in range(y, y + height):
                self._strips.pop(row, None)
                cells = self.render_cells(row, x, x + width)
                if filters:
                    cells = list(self._filtered(Strip(cells), filters))
                self.canvas.add(Cells(place.x + x, place.y + row, cells))

    def render_cells(self, row: int, first: int, end: int) -> Sequence[Segment]:
        """The segments of some cells of a row, before any filter."""
        return list(self.render_line(row).crop(first, end))

    def _filters(self) -> list[LineFilter]:
        """The filters of colours that are on."""
        return [f for f in self.get_line_filters() if not isinstance(f, ANSIToTruecolor)]

    def _filtered(self, strip: Strip, filters: Sequence[LineFilter]) -> Strip:
        for each in filters:
            strip = strip.apply_filter(each, self.background_colors[1])
        return strip

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines of a region of the widget."""
        if self.outer_size != self._strips_size:
            self._strips.clear()
            self._strips_size = self.outer_size
        width = self.outer_size.width
        strips = [self._strip(row) for row in crop.line_range]
        if (crop.x, crop.width) == (0, width):
            return strips
        return [strip.crop(crop.x, crop.right) for strip in strips]

    def _strip(self, row: int) -> Strip:
        found = self._strips.get(row)
        if found is None:
            found = self._filtered(self.render_line(row), self._filters())
            self._strips[row] = found
        return found

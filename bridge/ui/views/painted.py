"""The base of the widgets that draw whole lines themselves, cell by cell."""

from __future__ import annotations

from typing import Self

from textual.filter import ANSIToTruecolor
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget


class Painted(Widget):
    """A widget without border, padding or style of its own: ``render_line`` gives all of a line.

    A line is made again only when it was refreshed. Textual's own path goes through borders,
    padding, tint and opacity of each line, and looks for the sixteen colours of terminals, which
    such a widget never uses; that is most of a picture's time.
    """

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

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines of a region of the widget."""
        if self.size != self._strips_size:
            self._strips.clear()
            self._strips_size = self.size
        width = self.size.width
        strips = [self._strip(row) for row in crop.line_range]
        if (crop.x, crop.width) == (0, width):
            return strips
        return [strip.crop(crop.x, crop.right) for strip in strips]

    def _strip(self, row: int) -> Strip:
        found = self._strips.get(row)
        if found is None:
            found = self.render_line(row)
            for each in self.get_line_filters():
                if not isinstance(each, ANSIToTruecolor):
                    found = found.apply_filter(each, self.background_colors[1])
            self._strips[row] = found
        return found

"""The bytes of a partial update of the terminal: only the cells that changed, and of each colour
only what differs from the cell before.

Textual 8.2.8 writes a changed stretch of a line from the widget's left edge on
(``ChopsUpdate.render_segments`` crops at the right alone), and resets all colours after every
piece. Over a slow line that is most of what a screen costs. :class:`FrugalUpdate` belongs into
Textual, and goes when it has it.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final, NamedTuple

from rich.color import ColorSystem
from rich.console import Console
from rich.control import Control
from rich.segment import Segment
from rich.style import Style
from textual import _compositor

RESET: Final = "\x1b[0m"
_PLAIN: Final = Style()


class Look(NamedTuple):
    """The parameters of a style's SGR sequence: its attributes, colour and ground; empty where it
    has none. Source: ECMA-48, 8.3.117."""

    attributes: str
    colour: str
    ground: str


@lru_cache(maxsize=4096)
def look_of(style: Style, system: ColorSystem | None) -> Look:
    """The parameters of a style in a system of colours (None: without colours)."""
    return Look(
        _parameters(style.without_color, system),
        _parameters(Style(color=style.color), system),
        _parameters(Style(bgcolor=style.bgcolor), system),
    )


def _parameters(style: Style, system: ColorSystem | None) -> str:
    before, _, _ = style.render("x", color_system=system).partition("x")
    return before.removeprefix("\x1b[").removesuffix("m")


@lru_cache(maxsize=16384)
def change(before: Look, after: Look) -> str:
    """The shortest sequence that leads from one look to another."""
    if before == after:
        return ""
    lost = any(old and not new for old, new in zip(before, after, strict=True))
    if lost or before.attributes != after.attributes:
        return f"\x1b[{';'.join(filter(None, ('0', *after)))}m"
    changed = (new for old, new in zip(before, after, strict=True) if new != old)
    return f"\x1b[{';'.join(changed)}m"


def encoded(
    segments: Iterable[Segment], system: ColorSystem | None, look: Look
) -> tuple[str, Look]:
    """The text of segments with their changes of look, from ``look`` on; and the last look."""
    pieces: list[str] = []
    for text, style, control in segments:
        if control or not text:
            continue
        after = look_of(style or _PLAIN, system)
        if after is not look:
            pieces.append(change(look, after))
            look = after
        pieces.append(text)
    return "".join(pieces), look


class FrugalUpdate(_compositor.ChopsUpdate):
    """A partial update that writes the changed cells alone."""

    def render_segments(self, console: Console) -> str:
        """The update as it is written to the terminal."""
        system: ColorSystem | None = console._color_system
        nothing = look_of(_PLAIN, system)
        look, written = nothing, []
        for y, left, right in self.spans:
            for end, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
                if strip is None or x >= right or end <= left:
                    continue
                first, last = max(x, left), min(end, right)
                cells: Any = strip if (first, last) == (x, end) else strip.crop(first - x, last - x)
                text, look = encoded(cells, system, look)
                written += [Control.move_to(first, y).segment.text, text]
        return "".join([*written, RESET if look is not nothing else ""])


def use_frugal_updates() -> None:
    """Have Textual's compositor make updates of this kind."""
    setattr(_compositor, "ChopsUpdate", FrugalUpdate)  # noqa: B010

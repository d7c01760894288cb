"""Partial updates of the terminal: the cells that changed, and nothing twice."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from bridge.ui.views.frugal_update import FrugalUpdate, change, encoded, look_of

SYSTEM = ColorSystem.TRUECOLOR
PLAIN = look_of(Style(), SYSTEM)
COLOURS = st.sampled_from([None, "#102030", "#f0e0d0", "default"])
STYLES = st.builds(
    Style, color=COLOURS, bgcolor=COLOURS, bold=st.booleans(), underline=st.booleans()
)


def console() -> Console:
    return Console(color_system="truecolor", force_terminal=True)


def shown(written: str) -> list[tuple[str, tuple[str, ...]]]:
    """Each character with the parameters in force, as a terminal keeps them."""
    cells: list[tuple[str, tuple[str, ...]]] = []
    state: dict[str, str] = {}
    for sequence, letter in re.findall(r"\x1b\[([\d;]*)m|(.)", written, re.DOTALL):
        if letter:
            cells.append((letter, tuple(sorted(state.values()))))
            continue
        rest = sequence.split(";")
        while rest:
            code = rest.pop(0)
            if code in ("", "0"):
                state.clear()
            elif code in ("38", "48"):
                state[code] = ";".join([code, *rest[:4]])
                del rest[:4]
            elif code in ("39", "49"):
                state.pop({"39": "38", "49": "48"}[code], None)
            else:
                state[code] = code
    return cells


@given(st.lists(st.tuples(st.sampled_from(["a", "bc", " ", "│"]), STYLES), max_size=12))
def test_any_pieces_look_as_they_do_with_all_their_sequences(
    pieces: list[tuple[str, Style]],
) -> None:
    frugal, _ = encoded([Segment(text, style) for text, style in pieces], SYSTEM, PLAIN)
    whole = "".join(style.render(text, color_system=SYSTEM) for text, style in pieces)
    assert shown(frugal) == shown(whole)


def test_a_colour_that_stays_is_not_written_again() -> None:
    one, two = Style(color="#102030", bgcolor="#000000"), Style(color="#f0e0d0", bgcolor="#000000")
    assert change(look_of(one, SYSTEM), look_of(one, SYSTEM)) == ""
    assert change(look_of(one, SYSTEM), look_of(two, SYSTEM)) == "\x1b[38;2;240;224;208m"


def test_only_the_cells_that_changed_are_written() -> None:
    """Fault 23: 150 KiB a second at 80x24, most of it cells that had not changed."""
    style = Style(color="#102030", bgcolor="#000000")
    strip = Strip([Segment("abcdefghij", style)])
    update = FrugalUpdate([{0: strip}], [(0, 4, 6)], [[10]])
    assert re.sub(r"\x1b\[[\d;]*m", "", update.render_segments(console())) == "\x1b[1;5Hef"

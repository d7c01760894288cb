"""The page of the latent space: map, trail, anchors, attributes; hardware on the knobs."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from screens import playing, screen

from bridge.session.messages import commands as m
from bridge.session.messages.latent_map import Attribute, Spot
from bridge.session.messages.snapshot import Snapshot
from bridge.session.messages.status import ControlStatus, KnobStatus
from bridge.ui.app import BridgeApp
from bridge.ui.colours import WHITE
from bridge.ui.engine_link import MemoryLink
from bridge.ui.sample_session import snapshot_at, space
from bridge.ui.view_state import Frame
from bridge.ui.views import panel
from bridge.ui.views.latent_map import ANCHOR, map_size, rows, spot_at
from bridge.ui.views.styled_lines import length

SNAPSHOTS = Path(__file__).parents[1] / "snapshots"
spots = st.tuples(st.floats(-1, 1), st.floats(-1, 1))
shares = st.none() | st.floats(0, 1)


def page(shot: Snapshot, width: int, height: int) -> str:
    lines = rows(Frame(snapshot=shot), width, height)
    return "\n".join("".join(text for text, _ in line).rstrip() for line in lines) + "\n"


def test_the_page_looks_as_it_did_in_small_and_large() -> None:
    for width, height in ((54, 16), (85, 28)):
        kept = SNAPSHOTS / f"space-{width}x{height}.txt"
        assert page(snapshot_at(29.6, 100.0), width, height) == kept.read_text(encoding="utf-8")


@given(
    st.integers(25, 160), st.integers(2, 50), st.lists(spots, max_size=9),
    st.lists(st.tuples(st.text(max_size=30), spots), max_size=9),
    st.lists(st.builds(Attribute, st.text(max_size=20), shares, shares), max_size=20),
    st.booleans(),
)  # fmt: skip
def test_every_line_has_the_pages_width(
    width: int, height: int, trail: list[Spot], named: list[tuple[str, Spot]],
    found: list[Attribute], known: bool,
) -> None:  # fmt: skip
    shot = msgspec.structs.replace(
        snapshot_at(8.0), trail=tuple(trail), spots=tuple(named), attributes=tuple(found),
        space=space() if known else None,
    )  # fmt: skip
    lines = rows(Frame(snapshot=shot), width, height)
    assert [length(line) for line in lines] == [width] * height


def test_the_point_lies_over_its_trail_and_anchors_have_their_names() -> None:
    shown = page(snapshot_at(29.6), 85, 28)
    assert shown.count("@") == 2  # the point, and in the legend
    assert f"{ANCHOR}verse" in shown or f"verse{ANCHOR}" in shown


def test_a_model_without_a_map_says_where_to_look() -> None:
    shot = msgspec.structs.replace(snapshot_at(8.0), space=None)
    assert "no map" in page(shot, 80, 12)


def mark(caught: bool, place: float | None) -> str:
    knob = KnobStatus("x", "cc 1 ch 1", place, 0.5, caught)
    line = panel.bar(ControlStatus("x", 0.0, 1.0, 0.5), 10, WHITE, knob)
    return "".join(text for text, _ in line)


def test_a_knob_shows_where_the_hardware_is_and_whether_it_has_hold() -> None:
    assert mark(True, 0.0)[0] == "●"
    assert mark(False, 1.0)[-1] == "○"
    assert (
        mark(False, None)
        == panel.bar(ControlStatus("x", 0.0, 1.0, 0.5), 10, WHITE)[0][0]
        + (panel.bar(ControlStatus("x", 0.0, 1.0, 0.5), 10, WHITE)[1][0])
    )


def test_a_key_goes_to_the_map_and_back_at_80_by_24() -> None:
    async def seen() -> tuple[bool, bool, str]:
        app = BridgeApp(MemoryLink(snapshot_at(29.6, 100.0)), clock=lambda: 100.0)
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.press("asterisk")
            await pilot.pause()
            first, text = app.space.display and not app.roll.display, app.space.text
            await pilot.press("f11")
            await pilot.pause()
            return first, app.roll.display and not app.space.display, text

    mapped, back, text = asyncio.run(seen())
    assert mapped
    assert back
    assert "◆ yours" in text
    assert "next bar" in text
    assert "melody rhythm" in text


async def test_the_cursor_moves_by_the_arrows_and_enter_sends_the_band_there() -> None:
    """Fault 12: the map had no cursor, hardly any name, and no next place."""
    async with screen(playing(29.6), (120, 40)) as (app, link, pilot):
        await pilot.press("f11", "right", "right", "up", "enter")
        (command,) = link.take()
        assert isinstance(command, m.GoToPlace)
        assert app.frame.cursor == (command.x, command.y)
        assert "[" in app.space.text
        assert "]" in app.space.text
        wide, high = app.map_size
        start = app.newest.trail[-1]
        assert command.x == pytest.approx(start[0] + 4 / (wide - 1))
        assert command.y == pytest.approx(start[1] + 2 / (high - 1))


async def test_enter_on_a_style_chooses_it_and_on_a_place_of_yours_recalls_it() -> None:
    async with screen(playing(29.6, anchors=("verse",)), (120, 40)) as (app, link, pilot):
        await pilot.press("f11")
        drawn = app.newest.space
        assert drawn is not None
        app.change(cursor=drawn.places[3])
        app.draw()
        assert f"enter goes to {drawn.names[3]}" in app.space.text
        await pilot.press("enter")
        app.change(cursor=app.newest.spots[0][1])
        await pilot.press("enter")
        assert link.take() == [m.SetStyle(drawn.names[3]), m.RecallAnchor("verse")]


def test_the_way_to_where_the_band_goes_is_drawn() -> None:
    shot = msgspec.structs.replace(snapshot_at(29.6), going=(0.9, 0.9))
    shown = page(shot, 85, 28)
    assert "◎" in shown.split("\n")[1] + shown.split("\n")[2]
    assert shown.count("•") >= 4


@given(st.integers(40, 200), st.integers(8, 60), st.data())
def test_a_cell_of_the_map_and_its_spot_are_one(
    width: int, height: int, data: st.DataObject
) -> None:
    wide, high = map_size(width, height)
    column, row = data.draw(st.integers(0, wide - 1)), data.draw(st.integers(0, high - 1))
    spot = spot_at(column, row, width, height)
    if wide < 2 or high < 2:
        return
    assert spot is not None
    assert round((spot[0] + 1) / 2 * (wide - 1)) == column
    assert round((1 - spot[1]) / 2 * (high - 1)) == row
    assert spot_at(wide, row, width, height) is None

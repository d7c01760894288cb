"""The page of the latent space: map, trail, anchors, attributes; hardware on the knobs."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from bridge.session.messages.latent_map import Attribute, Spot
from bridge.session.messages.snapshot import Snapshot
from bridge.session.messages.status import ControlStatus, KnobStatus
from bridge.ui.app import BridgeApp
from bridge.ui.colours import WHITE
from bridge.ui.engine_link import MemoryLink
from bridge.ui.sample_session import snapshot_at, space
from bridge.ui.view_state import Frame
from bridge.ui.views import panel
from bridge.ui.views.latent_map import ANCHOR, rows
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
    assert "◆ anchor" in text
    assert "next bar" in text
    assert "melody rhythm" in text

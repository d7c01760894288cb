"""Every line of the screen keeps to its width, whatever the engine says."""

from __future__ import annotations

import dataclasses
from dataclasses import replace

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.color import Color

from bridge.music.grid import METRES
from bridge.music.notes import Part
from bridge.session.messages.snapshot import Snapshot
from bridge.session.messages.status import (
    ClockStatus,
    ControlStatus,
    FormStatus,
    PortStatus,
    WorkerState,
)
from bridge.ui.colours import GROUND, PART_COLOURS, SURFACE, WHITE, ink, of_few, use_few_colours
from bridge.ui.keys.typing_piano import Typing
from bridge.ui.sample_session import controls, snapshot_at
from bridge.ui.view_state import Frame
from bridge.ui.views import keyboard, panel, status_lines
from bridge.ui.views.styled_lines import Line, clip, field, length

names = st.text(max_size=40)
widths = st.integers(60, 200)
control = st.builds(
    ControlStatus,
    st.one_of(names, st.sampled_from(["direction:a", "volume bass", "volume x"])),
    st.sampled_from([-1.0, 0.0]),
    st.sampled_from([0.0, 1.0, 1.5]),
    st.floats(-10, 10),
)
port = st.builds(PortStatus, names, names, st.booleans(), st.floats(0, 200))

known = st.none() | st.floats(-9999, 9999)
meters = st.builds(
    ClockStatus, st.floats(0, 400), known, known, known, missed=st.integers(0, 10**6),
    lost=st.booleans(), said=st.lists(names, max_size=3).map(tuple),
)  # fmt: skip


forms = st.builds(
    FormStatus, names, names, st.integers(1, 99), st.integers(0, 99), names, names, st.booleans()
)


@st.composite
def frames(draw: st.DrawFn) -> Frame:
    changed = {name: draw(names) for name in (
        "style", "pending_style", "pending_mode", "clock", "key", "chord", "next_chord",
        "tune", "message", "model",
    )}  # fmt: skip
    shot = msgspec.structs.replace(
        snapshot_at(draw(st.floats(-8, 40000)), 100.0, draw(st.booleans())),
        **changed,
        bpm=draw(st.floats(30, 300)),
        worker=draw(st.sampled_from(WorkerState)),
        meter=draw(st.none() | meters),
        filling=draw(st.booleans()),
        muted=tuple(draw(st.sets(st.sampled_from(Part)))),
        ports=tuple(draw(st.lists(port, max_size=9))),
        walk=draw(st.sampled_from(["", "brownian"])),
        form=draw(st.none() | forms),
        metre=draw(st.sampled_from(list(METRES))),
        next_metre=draw(st.sampled_from(list(METRES))),
        feel=draw(st.sampled_from(["", "straight", "swing 62%", "triplets"])),
    )
    return Frame(
        snapshot=shot, now=100.0, beat=shot.beat, knob=draw(st.integers(0, 30)),
        controls=panel.in_order(draw(st.lists(control, max_size=30))), notice=draw(names),
    )  # fmt: skip


def written(line: Line) -> str:
    return "".join(piece for piece, _ in line)


@given(frames(), widths)
def test_no_line_is_longer_than_the_screen_is_wide(frame: Frame, width: int) -> None:
    lines = [
        *status_lines.header(frame, width),
        status_lines.status(frame, width),
        status_lines.hints(frame, width),
    ]
    assert all(length(line) <= width for line in lines)
    assert all(written(line).isprintable() for line in lines)


@given(frames(), st.integers(25, 40), st.integers(5, 40))
def test_the_panel_fills_its_width_and_never_grows_past_its_height(
    frame: Frame, width: int, height: int
) -> None:
    lines = panel.rows(frame, width, height)
    assert len(lines) <= height
    assert all(length(line) <= width for line in lines)
    if frame.controls and frame.knob < len(frame.controls):
        assert sum(written(line).startswith("▸") for line in lines) == 1


@given(names, st.integers(0, 30))
def test_a_field_has_exactly_its_width_and_a_clipped_text_at_most(name: str, width: int) -> None:
    assert cell_len(field(name, width)) == width
    assert cell_len(clip(name, width)) <= width


@given(st.floats(-1, 1), st.integers(1, 30))
def test_a_bar_has_its_width_and_grows_with_its_value(value: float, width: int) -> None:
    def filled(level: float) -> int:
        line = panel.bar(ControlStatus("x", 0.0, 1.0, level), width, WHITE)
        assert length(line) == width
        return sum(2 if glyph == "━" else 1 for piece, style in line for glyph in piece
                   if style == ink(WHITE, SURFACE))  # fmt: skip

    assert filled(0.0) == 0
    assert filled(1.0) == 2 * width
    assert filled(abs(value)) <= filled(min(1.0, abs(value) + 0.1))


def test_the_panel_puts_volumes_first_and_directions_last_without_their_prefixes() -> None:
    shown = panel.rows(Frame(controls=panel.in_order(controls())), 34, 30)
    rows = [written(line).split("  ")[0].strip(" ▸─") for line in shown]
    assert rows[:4] == ["parts", "1 melody", "2 bass", "3 drums"]
    assert rows[rows.index("colour of the band") + 1] == "density"


def test_a_port_lights_up_with_a_message_and_fades_to_its_colour() -> None:
    lit = PortStatus("bass", "x", True, 10.0)
    colours = [
        status_lines.light(lit, 10.0 + age, PART_COLOURS[Part.BASS]).color
        for age in (0, 0.1, 0.2, 0.3, 9)
    ]
    assert colours[0] is not None
    assert colours[0].name == WHITE
    assert len(set(colours)) == 5


def test_with_256_colours_dark_grounds_stay_dark_and_parts_stay_apart() -> None:
    for ground in (GROUND, SURFACE):
        assert int(of_few(ground)[1:3], 16) < 0x30
        assert len({of_few(ground)[i : i + 2] for i in (1, 3, 5)}) == 1
    assert len({of_few(colour) for colour in PART_COLOURS.values()}) == 3
    use_few_colours(True)
    try:
        assert str(ink(WHITE, GROUND).bgcolor) == str(Color.parse(of_few(GROUND)))
    finally:
        use_few_colours(False)
    assert str(ink(WHITE, GROUND).bgcolor) == str(Color.parse(GROUND))


def test_the_drawn_piano_lights_what_is_typed_and_what_comes_by_midi() -> None:
    lit = ink("#0d0f15", PART_COLOURS[Part.MELODY], True)
    calm = Frame(typing=Typing())
    shot = msgspec.structs.replace(snapshot_at(0.0), held=(61, 62))

    def bright(frame: Frame) -> list[str]:
        pieces = [piece for line in keyboard.rows(frame, 80, 3) for piece in line]
        return [word for words, style in pieces if style == lit for word in words.split()]

    assert bright(calm) == []
    assert bright(replace(calm, snapshot=shot)) == ["▐w▌", "▐s▌"]


def test_the_section_that_plays_and_the_one_asked_for_are_in_the_header() -> None:
    form = FormStatus("song", "verse", 3, 8, "chorus", "chorus", sections=("verse", "chorus"))
    shot = msgspec.structs.replace(snapshot_at(9.5, 100.0), form=form, walk="orbit")
    frame = Frame(snapshot=shot, now=100.0, beat=9.5)
    top = written(status_lines.header(frame, 120)[0])
    assert "verse 3/8 ▸ chorus" in top
    assert "walk orbit" in top
    held = msgspec.structs.replace(shot, form=FormStatus("song", "verse", 3, 0, held=True))
    assert "verse held" in written(status_lines.header(with_shot(frame, held), 120)[0])


def with_shot(frame: Frame, shot: Snapshot) -> Frame:
    return dataclasses.replace(frame, snapshot=shot)


def test_the_metre_the_coming_one_and_the_feel_stand_beside_the_tempo() -> None:
    shot = msgspec.structs.replace(
        snapshot_at(5.0, 1.0, True), metre="3/4", next_metre="6/8", feel="swing 62%",
        grid=((0, 0, "3/4"),),
    )  # fmt: skip
    line = written(status_lines.header(Frame(snapshot=shot, beat=shot.beat), 140)[0])
    assert "bpm 3/4 ▸ 6/8 swing 62%" in line
    assert " 2.3 " in line  # the sixth quarter note is the third beat of bar 2
    assert line.count("■") == 3


def test_the_whole_chord_and_the_energy_are_shown_where_there_is_room() -> None:
    shot = msgspec.structs.replace(snapshot_at(8.0, 100.0, True), chord="F#m7/A", energy=0.99)
    frame = Frame(snapshot=shot, now=100.0, beat=8.0)
    text = "".join(piece for piece, _ in status_lines.header(frame, 160)[1])
    assert "F#m7/A" in text
    assert "energy ██" in text

"""The piano roll as a picture: which note is drawn in which cell."""

from __future__ import annotations

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.music.grid import FOUR_FOUR, METRES, SIX_EIGHT, THREE_FOUR, USUAL_GRID, Grid, Metre
from bridge.music.notes import Part
from bridge.session.messages.arranger_status import ChordCell
from bridge.session.messages.snapshot import Snapshot
from bridge.session.messages.status import NoteState, RollNote
from bridge.ui.view_state import WAITING
from bridge.ui.views import piano_roll, roll_lanes
from bridge.ui.views.piano_roll_widget import chord_lane, ruler
from bridge.ui.views.roll_lanes import Lane, Range
from bridge.ui.views.roll_memory import RollMemory

ROWS = 30
LANES = roll_lanes.divide(ROWS)
MELODY, BASS, DRUMS = LANES
RANGES = {Part.MELODY: Range(60, MELODY.pixels), Part.BASS: Range(36, BASS.pixels)}


def note(
    tick: int = 0,
    pitch: int = 60,
    length: int = 4 * FOUR_FOUR.ticks_per_step,
    part: Part = Part.MELODY,
    state: NoteState = NoteState.PLAYED,
    velocity: int = 100,
) -> RollNote:
    return RollNote(part, tick, length, pitch, velocity, state)


def drawn(
    notes: list[RollNote], beat: float, columns: int = 60, **more: object
) -> piano_roll.Codes:
    view = piano_roll.view_at(beat, columns)
    return piano_roll.codes(notes, beat, view, ROWS, LANES, RANGES, **more)  # type: ignore[arg-type]


def inked(picture: piano_roll.Codes) -> dict[tuple[int, int], tuple[str, int]]:
    """(row, column) -> (character or solid block, colour) of every cell that holds a note."""
    cells = {}
    for row, line in enumerate(picture.tolist()):
        for column, code in enumerate(line):
            character, colour, ground = piano_roll.unpack(code)
            if ground >= piano_roll.FIRST_NOTE and character == " ":
                cells[row, column] = ("█", ground)
            elif colour >= piano_roll.FIRST_NOTE and character != " ":
                cells[row, column] = (character, colour)
    return cells


def test_a_note_lies_in_the_cells_of_its_pitch_and_time() -> None:
    """The lane's lowest pitch fills the lower half of its last row, a 16th a column."""
    view = piano_roll.view_at(4.0, 60)
    start = (0 - view.origin) // 2
    cells = inked(drawn([note()], 4.0))
    assert set(cells) == {(MELODY.rows - 1, start + n) for n in range(4)}
    assert {glyph for glyph, _ in cells.values()} == {"▄"}


def test_the_next_semitone_is_the_upper_half_of_the_same_row() -> None:
    cells = inked(drawn([note(pitch=61)], 4.0))
    assert {row for row, _ in cells} == {MELODY.rows - 1}
    assert {glyph for glyph, _ in cells.values()} == {"▀"}


def test_within_a_bar_the_page_stands_still_and_at_the_bar_line_it_is_turned() -> None:
    early, late = inked(drawn([note()], 4.0, 80)), inked(drawn([note()], 7.9, 80))
    assert set(early) == set(late)
    turned = inked(drawn([note()], 8.0, 80))
    assert min(column for _, column in turned) == min(column for _, column in late) - 16


def pixel_columns(picture: piano_roll.Codes, rows: range) -> list[int]:
    """The pixel columns that hold a note in some of the rows."""
    found = []
    for (row, column), (glyph, _) in inked(picture).items():
        bits = piano_roll.CHARACTERS.index(glyph)
        if row in rows:
            found += [2 * column + side for side in (0, 1) if bits & (0b0101 << side)]
    return sorted(found)


def test_notes_keep_their_widths_and_distances_from_page_to_page() -> None:
    """Everything snaps to one grid of absolute time, so nothing wobbles."""
    low, high = note(0, 60), note(7 * FOUR_FOUR.ticks_per_step, 67, 3 * FOUR_FOUR.ticks_per_step)
    for step in range(64):
        picture = drawn([low, high], step / 8)
        first = pixel_columns(picture, range(MELODY.rows - 1, MELODY.rows))
        second = pixel_columns(picture, range(MELODY.rows - 1))
        assert (len(first), len(second)) == (8, 6)
        assert second[0] - first[0] == 14


def test_a_drum_lies_in_its_named_row_and_a_soft_one_is_half_as_tall() -> None:
    notes = [
        note(0, 36, 1, Part.DRUMS, velocity=110),
        note(0, 42, 1, Part.DRUMS, velocity=50),
    ]
    cells = inked(drawn(notes, 4.0))
    names = list(roll_lanes.labels(DRUMS, Range(0, 1)))
    rows = {row - DRUMS.top: glyph for (row, _), (glyph, _) in cells.items()}
    assert rows == {names.index("kick"): "▌", names.index("hat"): "▖"}


def test_past_sounding_committed_and_planned_notes_all_look_different() -> None:
    notes = [
        note(0, 60, FOUR_FOUR.ticks_per_step),
        note(4 * FOUR_FOUR.ticks_per_step, 62),
        note(10 * FOUR_FOUR.ticks_per_step, 64, state=NoteState.COMMITTED),
        note(FOUR_FOUR.ticks, 65, state=NoteState.PLANNED),
    ]
    colours = {colour for _, colour in inked(drawn(notes, 1.5)).values()}
    assert len({piano_roll.COLOURS[colour] for colour in colours}) == 4


def test_nothing_lights_up_while_the_transport_stands() -> None:
    notes = [note(state=NoteState.COMMITTED), note(0, 36, 1, Part.DRUMS)]
    lit = {colour for _, colour in inked(drawn(notes, 0.0)).values()}
    dark = {colour for _, colour in inked(drawn(notes, 0.0, running=False)).values()}
    bright = {
        piano_roll.note_index(part, piano_roll.SOUNDING, True) for part in (Part.MELODY, Part.DRUMS)
    }
    assert lit == bright
    assert not dark & bright


def test_the_same_note_struck_again_at_once_leaves_a_gap() -> None:
    cells = inked(drawn([note(0), note(4 * FOUR_FOUR.ticks_per_step)], 4.0))
    assert "▖" in {glyph for glyph, _ in cells.values()}


def test_a_muted_part_is_drawn_grey() -> None:
    cells = inked(drawn([note()], 4.0, muted=(Part.MELODY,)))
    assert {colour for _, colour in cells.values()} == {piano_roll.MUTED}


def test_the_now_line_moves_through_the_bar_and_every_row_without_a_note() -> None:
    columns = []
    for beat in (0.0, 0.1, 3.7, 900.3):
        view = piano_roll.view_at(beat, 60)
        column = drawn([], beat)[:, view.now_column].tolist()
        assert {piano_roll.unpack(code)[0] for code in column} == {
            piano_roll.CHARACTERS[piano_roll.NOW_LINE]
        }
        columns.append(view.now_column)
    assert columns == [28, 28, 42, 29]


@pytest.mark.parametrize("metre", METRES.values(), ids=list(METRES))
@given(st.floats(-8, 400), st.integers(1, 200), st.sampled_from(piano_roll.ZOOMS))
def test_now_is_always_on_the_page_and_the_next_bar_ends_it(
    metre: Metre, beat: float, columns: int, zoom: int
) -> None:
    """Fault 13: at 200 columns three quarters of the roll were empty."""
    grid = Grid.of(metre)
    view = piano_roll.view_at(beat, columns, zoom, grid)
    tick = math.floor(beat * 960)
    assert view.first_tick <= tick < view.end_tick
    assert 0 <= view.now_column < columns
    bar = grid.bar_of(tick)
    if columns * 2 * zoom >= grid.bar_start(bar + 2) - grid.bar_start(bar) + 2 * zoom:
        assert 0 <= view.end_tick - grid.bar_start(bar + 2) < 2 * zoom + zoom
        assert view.first_tick <= grid.bar_start(bar)


def test_the_ruler_names_now_and_next_and_no_digit_is_covered() -> None:
    """Fault 8: the bar that played was called planned, and the mark of now ate its number."""
    for beat in (8.0, 8.1, 9.5, 11.9):
        view = piano_roll.view_at(beat, 60)
        text = "".join(piece for piece, _ in ruler(view, 2))
        assert "╷3 NOW" in text
        assert "╷4 NEXT" in text
        assert text.count("NOW") == text.count("NEXT") == 1
        assert len(text) == 60
        covered = 28 <= view.now_column < 34
        assert ("▼" in text) is not covered
        assert covered or text.index("▼") == view.now_column


def test_the_chord_lane_has_what_was_heard_the_chord_of_now_and_what_is_expected() -> None:
    view = piano_roll.view_at(9.5, 60)
    marks = (
        ChordCell(2, "Am", True), ChordCell(3, "Am", True), ChordCell(4, "F", True),
        ChordCell(6, "Cmaj7", False), ChordCell(7, "G", False),
    )  # fmt: skip
    line = chord_lane(view, marks, int(9.5 * 960), USUAL_GRID)
    text = "".join(piece for piece, _ in line)
    assert text.split() == ["Am", "[F]", "Cmaj7", "G"]
    assert text.index("[F]") == (2 * 3840 - view.first_tick) // 240
    colours = {piece.strip(): style.color.name for piece, style in line if piece.strip()}
    assert len(set(colours.values())) == 3, "heard, now, and expected look different"
    tight = chord_lane(piano_roll.view_at(9.5, 16, 480), marks, int(9.5 * 960), USUAL_GRID)
    assert "…" in "".join(piece for piece, _ in tight), "nothing is cut without a sign"


def test_the_roll_remembers_what_has_passed_as_far_as_the_window_shows() -> None:
    memory, view = RollMemory(), piano_roll.view_at(400.0, 150)
    for bar in range(100):
        shot = playing_roll(4.0 * bar + 3, (note(bar * 3840, 60), note(bar * 3840 + 960, 61)))
        notes = memory.take(shot, piano_roll.view_at(shot.beat, 150))
    shown = [n for n in notes if n.tick + n.length > view.first_tick]
    assert len(shown) >= 2 * 7
    assert len(notes) < 2 * 100 + 1
    assert len(memory.take(playing_roll(0.0, (note(),)), view)) == 1, "another take"


def playing_roll(beat: float, notes: tuple[RollNote, ...]) -> Snapshot:
    return msgspec.structs.replace(WAITING, running=True, beat=beat, roll=notes)


def test_the_lanes_share_the_rows_without_overlap_at_any_height() -> None:
    for rows in range(3, 80):
        shared = roll_lanes.divide(rows)
        taken = [row for lane in shared for row in range(lane.top, lane.top + lane.rows)]
        assert len(taken) == len(set(taken))
        assert max(taken) < rows
        assert all(lane.rows >= 1 for lane in shared)


def test_every_general_midi_drum_has_a_row_at_every_height() -> None:
    for rows in (3, 5, 6, 9):
        lane = Lane(Part.DRUMS, 0, rows)
        assert all(0 <= roll_lanes.drum_row(lane, pitch) < rows for pitch in range(128))
        assert roll_lanes.drum_row(lane, 36) == rows - 1


def test_the_range_stays_while_the_notes_fit_and_moves_when_one_does_not() -> None:
    lane = Lane(Part.MELODY, 0, 8)
    first = roll_lanes.refit(lane, [60, 64, 67], None)
    assert roll_lanes.refit(lane, [61, 66], first) == first
    moved = roll_lanes.refit(lane, [60, 90], first)
    assert moved.holds(60, 90)
    assert roll_lanes.refit(lane, [], moved) == moved


@given(st.lists(st.integers(0, 127), min_size=1), st.integers(1, 20))
def test_every_pitch_in_a_fitted_range_has_its_pixel_and_higher_is_never_lower(
    pitches: list[int], rows: int
) -> None:
    lane = Lane(Part.BASS, 0, rows)
    shown = roll_lanes.refit(lane, pitches, None)
    places = [roll_lanes.pixel_of(lane, shown, pitch) for pitch in sorted(set(pitches))]
    assert all(0 <= place < lane.pixels for place in places)
    assert places == sorted(places, reverse=True)


notes_anywhere = st.builds(
    RollNote,
    st.sampled_from(Part),
    st.integers(-8000, 80000),
    st.integers(1, 20000),
    st.integers(0, 127),
    st.integers(1, 127),
    st.sampled_from(NoteState),
)


@given(st.lists(notes_anywhere, max_size=30), st.floats(-8, 80), st.integers(1, 90))
def test_any_notes_at_any_beat_and_width_give_a_whole_picture(
    notes: list[RollNote], beat: float, columns: int
) -> None:
    picture = drawn(notes, beat, columns)
    assert picture.shape == (ROWS, columns)
    assert all(
        piano_roll.unpack(code)[1] < len(piano_roll.COLOURS) for code in picture.ravel().tolist()
    )


@pytest.mark.parametrize("metre", METRES.values(), ids=list(METRES))
def test_the_ruler_numbers_the_bars_of_the_metre(metre: Metre) -> None:
    """Bar 2 stands where it begins, and a tick at each of the beats between."""
    grid = Grid.of(metre)
    view = piano_roll.view_at(0.0, 80, grid=grid)
    text = "".join(piece for piece, _ in ruler(view, 5, grid))
    per_cell = 2 * view.zoom
    second = text.index("╷2")
    assert second == (metre.ticks - view.first_tick) // per_cell
    first = -view.first_tick // per_cell
    beats = [at for at in range(first + 1, second) if text[at] in "╵▼"]
    assert len(beats) == metre.beats - 1


def test_the_ruler_goes_on_in_another_metre_from_its_bar() -> None:
    grid = Grid.of(FOUR_FOUR).changed(1, THREE_FOUR).changed(2, SIX_EIGHT)
    view = piano_roll.view_at(9.0, 120, grid=grid)
    text = "".join(piece for piece, _ in ruler(view, 2, grid))
    per_cell = 2 * view.zoom
    places = {2: 3840, 3: 3840 + 2880, 4: 3840 + 2 * 2880}
    for bar, tick in places.items():
        assert text.index(f"╷{bar}") == (tick - view.first_tick) // per_cell


def test_the_ground_of_the_roll_changes_its_lines_with_the_metre() -> None:
    lines = []
    for grid in (Grid.of(FOUR_FOUR), Grid.of(THREE_FOUR)):
        picture = drawn([], 4.0, grid=grid)
        colours = [colour for _, colour, _ in map(piano_roll.unpack, picture[0].tolist())]
        lines.append([at for at, colour in enumerate(colours) if colour % 6 == piano_roll.BAR])
    assert lines[0] != lines[1]

"""The lock table's arithmetic: a master's clocks as a grid, notes on it, places on it."""

from __future__ import annotations

import pytest

from bridge.cli.bench.lock import picture, table
from bridge.cli.bench.lock_grid import Stretch, WireMessage, lock_of, stretches

PERIOD = 60 / 120 / 24
CLOCK, START, CONTINUE, STOP = b"\xf8", b"\xfa", b"\xfb", b"\xfc"


def clocks(first: float, count: int) -> list[WireMessage]:
    return [WireMessage(first + k * PERIOD, CLOCK) for k in range(count)]


def story() -> list[WireMessage]:
    """Two bars from the top, a stop, three bars from bar 5 on with a jump back to bar 2."""
    return [
        *clocks(0.0, 10), WireMessage(0.99, START), *clocks(1.0, 193), WireMessage(6.0, STOP),
        *clocks(6.1, 5), WireMessage(7.0, b"\xf2\x40\x00"), WireMessage(7.1, CONTINUE),
        *clocks(7.2, 97), WireMessage(9.21, b"\xf2\x10\x00"), *clocks(9.22, 194),
    ]  # fmt: skip


def test_a_stretch_begins_at_start_continue_and_song_position() -> None:
    found = stretches(story())
    assert [(s.position, len(s.times), s.times[0]) for s in found] == [
        (0, 193, 1.0), (384, 97, 7.2), (96, 194, 9.22),
    ]  # fmt: skip


def test_clocks_while_the_master_stands_are_no_grid() -> None:
    assert stretches(clocks(0.0, 500)) == []


def test_a_clock_that_the_listener_missed_moves_no_grid() -> None:
    heard = story()
    del heard[60:62]
    (first, *_) = stretches(heard)
    assert (len(first.times), first.missed) == (193, 2)
    assert lock_of([first], [1.0 + 30 * 6 * PERIOD]).errors == pytest.approx([0.0], abs=1e-6)


def test_a_stretch_whose_first_clock_may_have_been_missed_is_left_out() -> None:
    assert [s.position for s in stretches(story(), gaps=[(7.15, 7.16)])] == [0, 96]
    assert len(stretches(story(), gaps=[(2.0, 2.01)])) == 3


def test_the_unit_of_the_song_position_is_the_masters() -> None:
    assert stretches(story(), clocks_per_unit=1)[1].position == 64


def test_the_error_of_a_note_is_its_distance_from_the_nearest_16th() -> None:
    step = 6 * PERIOD
    notes = [1.0 + k * step + 0.003 for k in range(32)] + [6.5, 7.2 + step - 0.002]
    lock = lock_of(stretches(story()), notes)
    assert lock.errors[:32] == pytest.approx([0.003] * 32, abs=1e-9)
    assert lock.errors[32:] == pytest.approx([-0.002], abs=1e-9)


def test_a_bar_without_a_note_is_lost() -> None:
    lock = lock_of(stretches(story()), [1.0, 3.5])
    assert (lock.bars, lock.lost) == (5, 3)


def test_a_place_of_ours_that_is_not_the_masters_is_wrong() -> None:
    grid = stretches(story())
    right = Stretch(0, [1.0 + k * PERIOD for k in range(30)])
    wrong = Stretch(6, [1.0 + k * PERIOD for k in range(30)])
    assert lock_of(grid, [], [right]).wrong == 0
    assert (lock_of(grid, [], [right, wrong]).places, lock_of(grid, [], [right, wrong]).wrong) == (
        2, 1,
    )  # fmt: skip


def test_the_table_and_the_picture_have_a_row_a_master() -> None:
    pytest.importorskip("matplotlib", reason="needs the extra: pip install 'latent-bridge[render]'")
    lock = lock_of(stretches(story()), [1.0, 1.128])
    lines = table({"a master": lock.figures()}, {"Ardour": "no ardour7-lua here"})
    assert lines[2] == "| a master | 2 | +1.50 ms | 3.00 ms | 3.00 ms | 5, 4 | 0, 0 |"
    assert lines[3] == "Ardour: no ardour7-lua here"
    assert picture({"a master": lock}, 128).startswith(b"\x89PNG")

"""Requests by files: what is asked is answered once, or said not to be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.live.daw.clips import cut
from bridge.live.daw.daw import DawError, DawPosition
from bridge.live.daw.exchange import (
    ScriptedDaw,
    answer_request,
    markers_of,
    one_line,
    position_of,
    print_lines,
    taken_request,
)
from bridge.music.notes import Note, Part

POSITION = ["playing 1", "tempo 97.5", "beat 9.5", "bar 3", "bar_beat 2.5", "metre 4 4"]
CLIPS = cut("verse", {Part.BASS: [Note(0, 40, 960, 80)]}, 0, 3840)


class Clock:
    """A clock that waiting moves; ``meanwhile`` happens at each wait."""

    def __init__(self, meanwhile: Callable[[], None] = lambda: None) -> None:
        self.now, self._meanwhile = 0.0, meanwhile

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self._meanwhile()


def scripted(folder: Path, meanwhile: Callable[[], None] = lambda: None) -> ScriptedDaw:
    clock = Clock(meanwhile)
    return ScriptedDaw("Ardour", folder, "start it", clock=lambda: clock.now, wait=clock.wait)


def answering(folder: Path, *lines: str) -> Callable[[], None]:
    """A script that answers each request so."""

    def serve() -> None:
        found = taken_request(folder)
        if found is not None:
            answer_request(folder, found[0], lines)

    return serve


def test_a_request_is_answered(tmp_path: Path) -> None:
    daw = scripted(tmp_path, answering(tmp_path, "ok", *POSITION, "loop 4 12", "song a b"))
    assert daw.position() == DawPosition(True, 97.5, 9.5, 3, 2.5, loop=(4.0, 12.0), song="a b")
    assert list(tmp_path.iterdir()) == []


def test_a_daw_that_is_not_there_is_said_and_the_request_is_taken_back(tmp_path: Path) -> None:
    with pytest.raises(DawError, match="Ardour does not answer: start it"):
        scripted(tmp_path).print_clips(CLIPS)
    assert list(tmp_path.iterdir()) == []


def test_a_daw_that_goes_away_while_printing_is_said_to_have_begun(tmp_path: Path) -> None:
    daw = scripted(tmp_path, lambda: (tmp_path / "request").unlink(missing_ok=True))
    with pytest.raises(DawError, match="went away while it worked: look there"):
        daw.print_clips(CLIPS)


def test_an_error_of_the_script_is_passed_on(tmp_path: Path) -> None:
    daw = scripted(tmp_path, answering(tmp_path, "error the track X is no MIDI track"))
    with pytest.raises(DawError, match=r"^Ardour: the track X is no MIDI track$"):
        daw.print_clips(CLIPS)


@pytest.mark.parametrize("lines", [(), ("ok",), ("ok", "where bar 1"), ("ok", "item 1")])
def test_an_answer_without_place_or_items_is_nonsense(
    tmp_path: Path, lines: tuple[str, ...]
) -> None:
    with pytest.raises(DawError, match=r"nonsense|went away"):
        scripted(tmp_path, answering(tmp_path, *lines)).print_clips(CLIPS)


@pytest.mark.parametrize(
    "wrong", ["metre 0 4", "metre four", "tempo x", "bar 1.5x", "playing", "beat"]
)
def test_a_position_that_makes_no_sense_is_an_error(wrong: str) -> None:
    key = wrong.split(" ")[0]
    lines = [line for line in POSITION if not line.startswith(f"{key} ")]
    with pytest.raises(DawError, match="makes no sense"):
        position_of([*lines, wrong])


def test_markers_are_in_order_and_nonsense_is_passed_over() -> None:
    found = list(markers_of(["marker 8 G", "marker x F", "bar 3", "marker 0 Am 7", "marker 4 "]))
    assert [(m.beat, m.text) for m in found] == [(0.0, "Am 7"), (8.0, "G")]


@given(st.text())
def test_a_name_stays_on_its_line(name: str) -> None:
    line = one_line(name)
    assert line.splitlines() == ([line] if line else [])
    lines = print_lines(cut(name, {Part.BASS: [Note(0, 40, 960, 80)]}, 0, 3840))
    assert all(len(each.splitlines()) == 1 for each in lines)
    assert [each.split(" ")[0] for each in lines] == [
        "do", "name", "at", "length", "bpm", "clip", "note"
    ]  # fmt: skip

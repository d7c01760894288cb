"""The arranger's row: what is lit, what a click does, what fits."""

from __future__ import annotations

import msgspec
import pytest
from rich.cells import cell_len

from bridge.controllers.memories import Variation
from bridge.session.messages import arranger_commands as a
from bridge.session.messages.arranger_status import (
    ArrangerStatus,
    ChangeKind,
    MemoryRow,
    PendingChange,
)
from bridge.session.messages.commands import Command, Fill
from bridge.session.messages.snapshot import Snapshot
from bridge.ui.sample_session import snapshot_at
from bridge.ui.views.arranger_row import Button, button_at, buttons

MEMORIES = (
    MemoryRow(1, "home", "bossa", 118.0, Variation.B),
    MemoryRow(3, "a very long evening", "samba", 96.0, Variation.D),
)


def shot(**changes: object) -> Snapshot:
    """A snapshot with an arranger."""
    return msgspec.structs.replace(snapshot_at(6.2), arranger=ArrangerStatus(**changes))  # type: ignore[arg-type]


def text(found: tuple[Button, ...]) -> str:
    """The row as text."""
    return "".join(button.text for button in found)


def pressed(found: tuple[Button, ...], words: str) -> Command | None:
    """The command of a click into the middle of some words of the row."""
    button = button_at(found, text(found).index(words) + len(words) // 2)
    return None if button is None else button.command


def test_the_row_names_variations_passages_and_memories() -> None:
    assert text(buttons(shot(memories=MEMORIES), 120)) == (
        "[ A ][ B ][ C ][ D ] (intro)(fill)(break)(ending) "
        "<1 home><2><3 a very long…><4><5><6><7><8>"
    )


def test_what_is_pending_shows_the_beats_that_are_left() -> None:
    pending = (
        PendingChange(ChangeKind.VARIATION, "C", 8.0, 2),
        PendingChange(ChangeKind.MEMORY, "home", 8.0, 2),
        PendingChange(ChangeKind.ENDING, "", 16.0, 10),
    )
    row = text(buttons(shot(memories=MEMORIES, memory=1, pending=pending), 120))
    assert "[ B ][C 2][ D ]" in row
    assert "(ending 10)" in row
    assert "<1 home 2>" in row


def test_a_break_that_plays_says_when_the_band_comes_back() -> None:
    pending = (PendingChange(ChangeKind.BREAK_ENDS, "", 12.0, 3),)
    assert "(break 3)" in text(buttons(shot(passage="break", pending=pending), 80))


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (" D ", a.SetVariation(Variation.D)),
        ("intro", a.Intro()),
        ("fill", Fill()),
        ("break", a.Break()),
        ("ending", a.Ending()),
        ("home", a.PressMemory(1)),
        ("<2>", None),
    ],
)
def test_a_click_gives_the_command_of_the_button_under_it(
    words: str, command: Command | None
) -> None:
    assert pressed(buttons(shot(memories=MEMORIES), 120), words) == command


def test_the_other_mouse_button_stores_and_an_empty_memory_is_pressed_while_storing() -> None:
    found = buttons(shot(memories=MEMORIES), 120)
    empty = next(button for button in found if button.text == "<2>")
    assert empty.other == a.StoreMemory(2)
    assert pressed(buttons(shot(storing=True), 120), "<2>") == a.PressMemory(2)


@pytest.mark.parametrize("width", [20, 60, 72, 80, 100, 120, 200])
def test_the_row_fits_and_what_is_left_out_has_a_sign(width: int) -> None:
    found = buttons(shot(memories=MEMORIES), width)
    row = text(found)
    assert cell_len(row) <= width
    assert row.endswith(("<8>", "…"))
    assert button_at(found, width + 1) is None


def test_what_plays_is_lit_and_what_waits_is_lit_otherwise() -> None:
    pending = (PendingChange(ChangeKind.VARIATION, "D", 8.0, 1),)
    first, second, _, fourth = buttons(shot(pending=pending), 80)[:4]
    assert len({first.style, second.style, fourth.style}) == 3

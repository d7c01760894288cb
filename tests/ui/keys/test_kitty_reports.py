"""The kitty keyboard protocol: what terminals send for keys that go down, repeat and go up."""

from __future__ import annotations

import pytest
from textual import events
from textual._xterm_parser import XTermParser

from bridge.ui.keys.kitty import KeyReleased, KeyReports, PlacedKey, ReleaseParser


def read(sequence: str) -> list[object]:
    return list(ReleaseParser().feed(sequence))


def one(sequence: str) -> object:
    (event,) = read(sequence)
    return event


def test_textual_cannot_read_a_release_so_the_patch_is_still_needed() -> None:
    with pytest.raises(ValueError, match="1:3"):
        list(XTermParser().feed("\x1b[97;1:3u"))


@pytest.mark.parametrize(
    ("sequence", "key", "character", "base", "repeat", "shifted"),
    [
        ("\x1b[97;1;97u", "a", "a", "", False, False),  # kitty, no event type for a press
        ("\x1b[97;1:1;97u", "a", "a", "", False, False),
        ("\x1b[97;1:2;97u", "a", "a", "", True, False),
        ("\x1b[97:65;2;65u", "A", "A", "", False, True),  # Shift
        ("\x1b[97;65;65u", "A", "A", "", False, False),  # Caps Lock: no Shift
        ("\x1b[246::59;1;246u", "ö", "ö", ";", False, False),  # German layout
        ("\x1b[122::121;1;122u", "z", "z", "y", False, False),
        ("\x1b[59:58;2;58u", "colon", ":", "", False, True),
        ("\x1b[112;5u", "ctrl+p", None, "", False, False),
        ("\x1b[13u", "enter", "\r", "", False, False),
        ("\x1b[1;1:1A", "up", None, "", False, False),
        ("\x1b[1;2:1D", "shift+left", None, "", False, True),
        ("\x1b[15;1:1~", "f5", None, "", False, False),
    ],
)
def test_a_press_is_a_key_with_its_place(
    sequence: str, key: str, character: str | None, base: str, repeat: bool, shifted: bool
) -> None:
    event = one(sequence)
    assert isinstance(event, PlacedKey)
    got = (event.key, event.character, event.base, event.repeat, event.shifted)
    assert got == (key, character, base, repeat, shifted)
    assert event.handler_name == "on_key"
    assert event.copy().base == base


@pytest.mark.parametrize(
    ("sequence", "character", "base", "name"),
    [
        ("\x1b[97;1:3u", "a", "", "a"),
        ("\x1b[97:65;2:3u", "a", "", "shift+a"),
        ("\x1b[246::59;1:3u", "ö", ";", "ö"),
        ("\x1b[9;1:3u", "\t", "", "tab"),
        ("\x1b[1;1:3A", "", "", "up"),
    ],
)
def test_a_release_is_told_with_its_character_and_place(
    sequence: str, character: str, base: str, name: str
) -> None:
    event = one(sequence)
    assert isinstance(event, KeyReleased)
    assert (event.character, event.base, event.name) == (character, base, name)


def test_the_terminal_says_which_reports_are_on() -> None:
    full, some = one("\x1b[?31u"), one("\x1b[?25u")
    assert isinstance(full, KeyReports)
    assert isinstance(some, KeyReports)
    assert (full.releases, some.releases) == (True, False)


def test_what_is_no_report_is_read_as_before() -> None:
    assert [type(event) for event in read("a")] == [events.Key]
    assert [event.key for event in read("\x1b[A\x1bOP")] == ["up", "f1"]  # type: ignore[attr-defined]
    assert [type(event) for event in read("\x1b[<0;10;10M")] == [events.MouseDown]
    assert [type(event) for event in read("\x1b[I")] == [events.AppFocus]


def test_a_chord_in_one_read_comes_out_in_order() -> None:
    found = read("\x1b[97;1;97u\x1b[100;1;100u\x1b[97;1:3u\x1b[100;1:3u")
    kinds = [type(event) for event in found]
    assert kinds == [PlacedKey, PlacedKey, KeyReleased, KeyReleased]

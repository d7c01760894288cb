"""The terminal: what takes a screen, and that it is given back as it was."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator

import pytest

from bridge.system import terminal

termios = pytest.importorskip("termios", reason="Windows has no pseudo-terminals")


class Stream(io.StringIO):
    def __init__(self, tty: bool) -> None:
        super().__init__()
        self._tty = tty

    def isatty(self) -> bool:
        return self._tty


@pytest.mark.parametrize(
    ("ttys", "term", "takes", "whole"),
    [
        ((True, True, True), "xterm", True, True),
        ((True, False, True), "xterm", True, False),
        ((False, True, True), "xterm", False, False),
        ((True, True, False), "xterm", False, False),
        ((True, True, True), "dumb", False, False),
    ],
)
def test_a_screen_needs_keys_from_stdin_and_the_cursor_of_stderr(
    monkeypatch: pytest.MonkeyPatch,
    ttys: tuple[bool, bool, bool],
    term: str,
    takes: bool,
    whole: bool,
) -> None:
    for name, tty in zip(("stdin", "stdout", "stderr"), ttys, strict=True):
        monkeypatch.setattr(sys, name, Stream(tty))
    monkeypatch.setenv("TERM", term)
    assert (terminal.takes_screen(), terminal.is_terminal()) == (takes, whole)


def test_without_streams_there_is_no_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    """As under pythonw on Windows."""
    monkeypatch.setattr(sys, "stdin", None)
    assert not terminal.takes_screen()


@pytest.fixture
def tty(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A pseudo-terminal as standard input; its settings are asked for anew."""
    ours, theirs = os.openpty()
    monkeypatch.setattr(sys, "stdin", os.fdopen(theirs, "r"))
    terminal.first_mode.cache_clear()
    yield theirs
    terminal.first_mode.cache_clear()
    sys.stdin.close()
    os.close(ours)


def test_what_is_typed_is_hidden_and_then_as_before(tty: int) -> None:
    before = termios.tcgetattr(tty)
    terminal.first_mode()
    terminal.hide_typing()
    hidden = termios.tcgetattr(tty)[3]
    assert not hidden & termios.ECHO
    assert hidden & termios.ISIG, "Ctrl+C still works"
    terminal.restore(reset=False)
    assert termios.tcgetattr(tty) == before


def test_the_first_settings_are_kept_however_often_they_are_asked_for(tty: int) -> None:
    """The screen's process has changed them by the time that the engine's asks."""
    before = terminal.first_mode()
    terminal.hide_typing()
    assert terminal.first_mode() == before

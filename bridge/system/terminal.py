"""The terminal of the process: its settings as they were, and giving it back."""

from __future__ import annotations

import contextlib
import os
import sys
from functools import cache
from typing import Any, Final, TextIO

RESET: Final = "\x1b[?1049l\x1b[?25h\x1b[?1000l\x1b[?1003l\x1b[?1006l\x1b[?2004l\x1b[<u\x1b[0m"
"""Leave the alternate screen, show the cursor, stop mouse and paste reports, plain colours."""


def is_terminal() -> bool:
    """True if all three streams are a terminal with cursor control."""
    return _moves_cursor(sys.stdin, sys.stdout, sys.stderr)


def takes_screen() -> bool:
    """True if a screen can be shown: it reads keys from stdin and draws on stderr."""
    return _moves_cursor(sys.stdin, sys.stderr)


def _moves_cursor(*streams: TextIO | None) -> bool:
    return all(s is not None and s.isatty() for s in streams) and os.environ.get("TERM") != "dumb"


@cache
def first_mode() -> Any:
    """The terminal's settings when this was first called, to be restored; None without a terminal,
    or on Windows."""
    if sys.platform == "win32" or not sys.stdin or not sys.stdin.isatty():
        return None
    import termios

    return termios.tcgetattr(sys.stdin.fileno())


def hide_typing() -> None:
    """Let what is typed not appear, until :func:`restore`; Ctrl+C still works."""
    mode = first_mode()
    if mode is None or sys.platform == "win32":
        return
    import termios

    quiet = [*mode]
    quiet[3] &= ~(termios.ECHO | termios.ICANON)
    with contextlib.suppress(termios.error):
        termios.tcsetattr(sys.stdin.fileno(), termios.TCSANOW, quiet)


def restore(*, reset: bool) -> None:
    """Put the first settings back; ``reset`` after a screen that could not give up by itself."""
    if reset and sys.stderr.isatty():
        sys.stderr.write(RESET)
        sys.stderr.flush()
    mode = first_mode()
    if mode is None or sys.platform == "win32":
        return
    import termios

    with contextlib.suppress(termios.error):
        termios.tcsetattr(sys.stdin.fileno(), termios.TCSADRAIN, mode)

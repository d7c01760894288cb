"""Things started before the slow imports: the screen's first picture, its process, the model's.

The engine's imports, the screen's and the model's take about as long as one another, so they run
at once, in their three processes. Nothing here imports more than that takes.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Final

from bridge.system.terminal import first_mode, hide_typing, restore, takes_screen

COMPLETION: Final = "_LATENT_BRIDGE_COMPLETE"
"""The environment variable by which a shell asks for completions."""
INTERRUPTED: Final = 130
"""Exit code after Ctrl+C: 128 plus the signal's number, as in shells."""
SCREEN: Final = "bridge.ui"
WORKER: Final = "bridge.model.worker.child"
WORKER_IMPORTS: Final = ("bridge.model.runtime", "bridge.model.answering.answer")
"""Modules that the worker needs for any model that is not the fake."""
_LIVE: Final = ("demo", "play", "web")
_NO_SESSION: Final = frozenset(("-h", "--help", "-V", "--version"))
_GROUND: Final = "\x1b[48;2;13;15;21m"
_RAISED: Final = "\x1b[48;2;27;31;43m"
_TRUE_COLOUR: Final = ("truecolor", "24bit")


def begin(arguments: Sequence[str]) -> Callable[[], None]:
    """Start what the command needs; returns a function that ends what it did not take."""
    command = arguments[0] if arguments else "play"
    terminal, headless = takes_screen(), "--headless" in arguments
    refused = command == "play" and not (terminal or headless)
    if command not in _LIVE or refused or _completing() or not _NO_SESSION.isdisjoint(arguments):
        return nothing
    screen = command == "play" and not headless
    try:
        if screen:
            first_mode()
            _end_by_exception()
            hide_typing()
            show_picture()
        from bridge.system import ipc

        if screen:
            ipc.prestart(SCREEN, [])
        from bridge.system.program_log import log_path

        ipc.prestart(WORKER, None, WORKER_IMPORTS, log=log_path() if terminal else None)
    except BaseException:  # a signal, too: the children end with this process
        if screen:
            restore(reset=True)
        raise

    def finish() -> None:
        if SCREEN in ipc.drop_prestarted():
            restore(reset=True)

    return finish


def nothing() -> None:
    """End nothing."""


def _completing() -> bool:
    """True if a shell asks for completions."""
    return COMPLETION in os.environ


def show_picture() -> None:
    """Draw the screen's frame, empty, until its process draws itself."""
    columns, rows = shutil.get_terminal_size()
    sys.stderr.write(picture(columns, rows, os.environ.get("COLORTERM", "") in _TRUE_COLOUR))
    sys.stderr.flush()


def picture(columns: int, rows: int, colours: bool) -> str:
    """The text that draws the frame on a terminal of this size: a header and one line."""
    ground, raised = (_GROUND, _RAISED) if colours and sys.platform != "win32" else ("", "\x1b[7m")
    if sys.platform == "win32":  # its console may not read escape sequences yet
        return ""
    return (
        f"\x1b[?1049h\x1b[?25l{ground}\x1b[2J\x1b[H{raised}\x1b[1m"
        f"{'   Latent Bridge':<{columns}.{columns}}\x1b[0m{ground}"
        f"\x1b[{max(2, rows - 1)};1H{' starting: one moment':.{columns}}"
    )


def _end_by_exception() -> None:
    """Let a signal that ends the process end it by an exception, so that the terminal is given
    back. The session puts its own handlers in their place."""

    def leave(number: int, _: object) -> None:
        sys.exit(128 + number)

    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            with contextlib.suppress(ValueError):  # not the main thread
                signal.signal(number, leave)

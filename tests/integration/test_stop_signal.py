"""A stop signal (kill -TSTP) gives the terminal back, and the program goes on after it."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bridge.system.terminal import RESET

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc (Linux)"),
]
PATIENCE = 90.0
"""Seconds, reached only where the test fails."""


class Terminal:
    """The program on a pseudo-terminal, and what it has written there."""

    def __init__(self) -> None:
        import pty
        import termios

        self.master, slave = pty.openpty()
        termios.tcsetwinsize(slave, (24, 80))
        command = ["play", "--in", "none", "--out", "none", "--no-sound", "--model", "fake"]
        self.child = subprocess.Popen(
            [sys.executable, "-m", "bridge", *command],
            stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            env={**os.environ, "TERM": "xterm-256color"},
        )  # fmt: skip
        os.close(slave)
        self.seen = b""

    def until(self, done: object, text: bytes = b"") -> bool:
        """Read until ``done()`` is true, or ``text`` has been written since the last call."""
        self.seen, end = b"", time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if select.select([self.master], [], [], 0.05)[0]:
                try:
                    self.seen += os.read(self.master, 65536)
                except OSError:
                    return bool(callable(done) and done())
            if (callable(done) and done()) or (text and text in self.seen):
                return True
        return False

    def is_stopped(self) -> bool:
        state = Path(f"/proc/{self.child.pid}/stat").read_text("ascii").rpartition(")")[2]
        return state.split()[0] == "T"


def test_a_stop_signal_leaves_a_clean_shell_and_the_program_can_be_quit_after_it() -> None:
    """Fault 24: the shell was left on a mess, and the process could not be quit."""
    terminal = Terminal()
    try:
        assert terminal.until(None, b"ready"), "the engine runs, and the screen shows it"
        os.kill(terminal.child.pid, signal.SIGTSTP)
        assert terminal.until(terminal.is_stopped)
        assert RESET.encode() in terminal.seen
        os.kill(terminal.child.pid, signal.SIGCONT)
        assert terminal.until(None, b"NEXT"), "the screen is drawn again"
        os.write(terminal.master, b"\x11")
        assert terminal.until(lambda: terminal.child.poll() is not None)
        assert terminal.child.returncode == 0
    finally:
        if terminal.child.poll() is None:
            os.kill(terminal.child.pid, signal.SIGCONT)
            terminal.child.kill()
            terminal.child.wait()
        os.close(terminal.master)

"""The screen as a process of its own, on a real terminal device."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bridge.session.messages import commands as m
from bridge.session.messages.snapshot import Goodbye
from bridge.system.ipc import CHANNEL, Channel
from bridge.ui.sample_session import snapshot_at

PATIENCE = 90.0
"""Seconds, reached only where a test fails."""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")


@contextmanager
def on_a_terminal() -> Iterator[tuple[subprocess.Popen[bytes], Channel[object, m.Command], int]]:
    """The screen's process, the engine's end of its channel, and the terminal's other side."""
    import fcntl
    import pty
    import struct
    import termios

    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    ours, theirs = multiprocessing.Pipe(duplex=True)
    env = {**os.environ, CHANNEL: str(theirs.fileno()), "TERM": "xterm-256color"}
    child = subprocess.Popen(
        [sys.executable, "-m", "bridge.ui"],
        env=env, stdin=slave, stdout=slave, stderr=slave, pass_fds=[theirs.fileno()],
    )  # fmt: skip
    theirs.close()
    os.close(slave)
    drawn = threading.Event()
    threading.Thread(target=_drain, args=(master, drawn), daemon=True).start()
    channel: Channel[object, m.Command] = Channel(ours, m.Command)
    channel.send(snapshot_at(4.0, 0.0, running=False))
    try:
        assert drawn.wait(PATIENCE), "the screen drew nothing"
        yield child, channel, master
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()


def _drain(master: int, drawn: threading.Event) -> None:
    """Read what is drawn, and note when the name of the product was."""
    seen = b""
    try:
        while chunk := os.read(master, 65536):
            seen = (seen + chunk)[-200000:]
            if b"Latent Bridge" in seen:
                drawn.set()
    except OSError:
        return


def test_keys_on_the_terminal_reach_the_engine_and_goodbye_ends_the_screen() -> None:
    with on_a_terminal() as (child, channel, master):
        os.write(master, b" ")
        assert channel.poll(PATIENCE)
        assert channel.receive() == m.Start()
        channel.send(Goodbye())
        assert child.wait(PATIENCE) == 0


def test_the_screen_ends_when_the_engine_dies() -> None:
    with on_a_terminal() as (child, channel, _):
        channel.close()
        assert child.wait(PATIENCE) == 0


def test_ctrl_q_sends_quit_and_ends_the_process() -> None:
    with on_a_terminal() as (child, channel, master):
        os.write(master, b"\x11")
        assert channel.poll(PATIENCE)
        assert channel.receive() == m.Quit()
        assert child.wait(PATIENCE) == 0

"""The early start: when it happens, and that it is given up whole."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence

import pytest

from bridge.cli import early
from bridge.system import ipc, terminal

PATIENCE = 60.0
"""Seconds, reached only where a test fails."""


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The modules whose processes would have been started."""
    modules: list[str] = []
    monkeypatch.setattr(ipc, "prestart", lambda module, *_, **__: modules.append(module))
    monkeypatch.setattr(ipc, "drop_prestarted", lambda: modules)
    for name in ("first_mode", "hide_typing", "show_picture", "_end_by_exception"):
        monkeypatch.setattr(early, name, lambda: None)
    monkeypatch.setattr(early, "restore", lambda reset: None)
    monkeypatch.delenv(early.COMPLETION, raising=False)
    return modules


@pytest.mark.parametrize(
    ("arguments", "takes_screen", "modules"),
    [
        ([], True, [early.SCREEN, early.WORKER]),
        (["play", "--bpm", "90"], True, [early.SCREEN, early.WORKER]),
        (["play", "--headless"], True, [early.WORKER]),
        (["play", "--headless"], False, [early.WORKER]),
        (["demo"], True, [early.WORKER]),
        (["demo"], False, [early.WORKER]),
        ([], False, []),
        (["play", "--help"], True, []),
        (["styles"], True, []),
        (["--version"], True, []),
    ],
)
def test_only_what_the_command_will_need_is_started(
    monkeypatch: pytest.MonkeyPatch,
    started: list[str],
    arguments: list[str],
    takes_screen: bool,
    modules: list[str],
) -> None:
    monkeypatch.setattr(early, "takes_screen", lambda: takes_screen)
    early.begin(arguments)()
    assert started == modules


def test_a_shell_that_asks_for_completions_starts_nothing(
    monkeypatch: pytest.MonkeyPatch, started: list[str]
) -> None:
    monkeypatch.setattr(early, "takes_screen", lambda: True)
    monkeypatch.setenv(early.COMPLETION, "bash_complete")
    early.begin([])
    assert started == []


@pytest.mark.parametrize("columns", [1, 20, 200])
@pytest.mark.parametrize("colours", [True, False])
def test_the_picture_fits_the_terminal(columns: int, colours: bool) -> None:
    text = early.picture(columns, 24, colours)
    assert text.isascii()
    assert ("Latent Bridge" in text) is (columns > 15)
    assert "48;2;" in text if colours else "48;2;" not in text


# --- a process started ahead --------------------------------------------------------------


def test_a_process_started_ahead_gets_its_arguments_when_it_is_taken() -> None:
    ipc.prestart("bridge.model.worker.child", None)
    child, channel = ipc.spawn("bridge.model.worker.child", ["--model", "fake"], dict)
    try:
        assert channel.poll(PATIENCE)
        assert channel.receive()["type"] == "WorkerReady"
        assert ipc.drop_prestarted() == [], "taken once"
    finally:
        channel.close()
        child.kill()
        child.wait()


def test_a_process_that_nobody_takes_is_ended() -> None:
    ipc.prestart("bridge.model.worker.child", None)
    (child, _), *_ = ipc._prestarted.values()
    assert ipc.drop_prestarted() == ["bridge.model.worker.child"]
    assert child.returncode is not None
    assert ipc.drop_prestarted() == []


# --- on a terminal ------------------------------------------------------------------------


class Terminal:
    """The program on a pseudo-terminal."""

    def __init__(self, arguments: Sequence[str]) -> None:
        self.ours, self.theirs = os.openpty()
        self.shown = b""
        self.child = subprocess.Popen(
            [sys.executable, "-m", "bridge", *arguments],
            stdin=self.theirs,
            stdout=self.theirs,
            stderr=self.theirs,
            env={**os.environ, "TERM": "xterm-256color"},
            start_new_session=True,
        )

    def read_until(self, text: bytes) -> bool:
        """Read until the text was shown; False where it does not come."""
        end = time.monotonic() + PATIENCE
        while text not in self.shown and time.monotonic() < end:
            if select.select([self.ours], [], [], 0.1)[0]:
                self.shown += os.read(self.ours, 65536)
        return text in self.shown

    def close(self) -> None:
        if self.child.poll() is None:
            os.killpg(self.child.pid, signal.SIGKILL)
        self.child.wait()
        os.close(self.ours)
        os.close(self.theirs)


needs_pty = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")


@needs_pty
def test_a_mistake_is_told_on_the_terminal_as_it_was() -> None:
    import termios

    program = Terminal(["play", "--model", "no-such-model"])
    before = termios.tcgetattr(program.theirs)
    try:
        assert program.read_until(b"no model named")
        assert program.child.wait(PATIENCE) == 2
        assert program.shown.index(b"Latent Bridge") < program.shown.index(b"\x1b[?1049l")
        assert program.shown.index(b"\x1b[?1049l") < program.shown.index(b"no model named")
        assert termios.tcgetattr(program.theirs) == before
    finally:
        program.close()


@needs_pty
def test_a_signal_in_the_first_second_gives_the_terminal_back() -> None:
    import termios

    program = Terminal([])
    before = termios.tcgetattr(program.theirs)
    try:
        assert program.read_until(b"Latent Bridge")
        program.child.terminate()
        assert program.read_until(terminal.RESET[:8].encode())
        assert program.child.wait(PATIENCE) in (0, 128 + signal.SIGTERM)
        assert termios.tcgetattr(program.theirs) == before
    finally:
        program.close()


def test_play_without_a_terminal_says_headless_and_ends_with_2() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bridge", "play"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert "--headless" in line

"""Differences of Windows and macOS, with stand-ins: none of it was tried there.

More of the kind: real-time priority in ``test_realtime.py``, port names in
``tests/midi/test_port_names.py``, consoles and names of files in ``tests/cli``.
"""

from __future__ import annotations

import importlib
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from bridge.cli import early
from bridge.midi import midi_systems
from bridge.model import graph_cache
from bridge.system import clock, ipc, terminal, thread_priority


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """``sys.platform`` of Windows, and no module that only Unix has."""

    class Absent:
        def find_spec(self, name: str, path: Any = None, target: ModuleType | None = None) -> None:
            if name in ("termios", "pty", "fcntl", "resource"):
                raise ModuleNotFoundError(name)

    for name in ("termios", "pty", "fcntl"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setattr(sys, "meta_path", [Absent(), *sys.meta_path])
    monkeypatch.setattr(sys, "platform", "win32")
    return monkeypatch


# --- time ---------------------------------------------------------------------------------


def test_windows_gets_the_clock_that_does_not_move_in_steps(windows: pytest.MonkeyPatch) -> None:
    """Before Python 3.13 its time.monotonic moves in steps of 15.6 ms."""
    try:
        assert importlib.reload(clock).monotonic_seconds is time.perf_counter
    finally:
        windows.undo()
        importlib.reload(clock)
    assert clock.monotonic_seconds is time.monotonic


# --- terminal -----------------------------------------------------------------------------


def test_windows_has_no_terminal_settings_to_keep(windows: pytest.MonkeyPatch) -> None:
    terminal.first_mode.cache_clear()
    try:
        assert terminal.first_mode() is None
        terminal.hide_typing()
        terminal.restore(reset=True)
    finally:
        terminal.first_mode.cache_clear()


def test_windows_gets_no_escape_sequences_before_its_console_reads_them(
    windows: pytest.MonkeyPatch,
) -> None:
    assert early.picture(80, 24, colours=True) == ""


# --- signals ------------------------------------------------------------------------------


def test_signals_that_windows_lacks_are_left_out(windows: pytest.MonkeyPatch) -> None:
    set_here: list[int] = []
    windows.delattr(signal, "SIGHUP")
    windows.setattr(signal, "getsignal", lambda _: signal.SIG_DFL)
    windows.setattr(signal, "signal", lambda number, _: set_here.append(number))
    early._end_by_exception()
    assert set_here == [signal.SIGTERM]


# --- processes ----------------------------------------------------------------------------


def test_on_windows_a_child_inherits_its_pipe_and_no_other_handle(
    windows: pytest.MonkeyPatch,
) -> None:
    """There are no descriptors to pass there; the handle is named in the start-up information."""
    started: list[dict[str, Any]] = []

    def popen(command: list[str], **options: Any) -> SimpleNamespace:
        started.append(options)
        return SimpleNamespace(stdin=None)

    inheritable: list[int] = []
    windows.setattr(
        ipc.os, "set_handle_inheritable", lambda h, _: inheritable.append(h), raising=False
    )
    windows.setattr(subprocess, "STARTUPINFO", SimpleNamespace, raising=False)
    windows.setattr(subprocess, "Popen", popen)
    _, pipe = ipc._launch(["-m", "bridge.ui"], None, None)
    pipe.close()
    handles = started[0]["startupinfo"].lpAttributeList["handle_list"]
    assert handles == inheritable
    assert started[0]["env"][ipc.CHANNEL] == str(handles[0])
    assert "pass_fds" not in started[0]


# --- permissions and priorities -----------------------------------------------------------


def test_without_a_scheduler_priority_is_not_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.delattr(thread_priority.os, "sched_setscheduler", raising=False)
    monkeypatch.setattr(thread_priority, "set_fifo", lambda *numbers: asked.append(numbers))
    thread_priority.try_fifo(20)
    assert asked == []


def test_a_file_in_use_cannot_be_replaced_on_windows_and_the_cache_does_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(graph_cache.ENVIRONMENT, str(tmp_path))
    written = graph_cache.room("key")
    assert written is not None
    written.write_bytes(b"graph")

    def in_use(self: Path, target: Path) -> Path:
        raise PermissionError(13, "The process cannot access the file")

    monkeypatch.setattr(Path, "replace", in_use)
    graph_cache.keep("key", written)
    assert list(tmp_path.iterdir()) == []


# --- MIDI ---------------------------------------------------------------------------------


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_jack_is_sought_on_linux_alone(monkeypatch: pytest.MonkeyPatch, platform: str) -> None:
    loaded: list[object] = []
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(midi_systems, "ctypes", SimpleNamespace(CDLL=loaded.append))
    midi_systems.share_jack_library()
    assert loaded == []


def test_without_proc_no_jack_server_is_seen_and_nothing_is_silenced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def absent(**_: object) -> str:
        raise FileNotFoundError

    monkeypatch.setattr(midi_systems, "Path", lambda _: SimpleNamespace(read_text=absent))
    assert midi_systems.jack_server_id() == ""
    midi_systems.silence_jack()

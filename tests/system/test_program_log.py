"""Lines of libraries: in a file while the screen runs, few on stderr without one."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path

import pytest

from bridge.system.ipc import spawn
from bridge.system.program_log import OncePerMinute, diverted


def record(path: str) -> logging.LogRecord:
    return logging.LogRecord("root", logging.WARNING, path, 1, "text", (), None)


def test_with_a_screen_nothing_is_written_but_into_the_file(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "state" / "screen.log"
    with diverted(screen=True, path=path):
        logging.warning("from a library")
    assert capfd.readouterr() == ("", "")
    assert "from a library" in path.read_text(encoding="utf-8")


def test_a_warning_goes_the_same_way(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "screen.log"
    with diverted(screen=True, path=path), warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn("something old", stacklevel=1)
    assert capfd.readouterr() == ("", "")
    assert "something old" in path.read_text(encoding="utf-8")


def test_where_the_file_cannot_be_written_nothing_is_written_at_all(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with diverted(screen=True, path=tmp_path / "file" / "screen.log"):
        logging.warning("from a library")
    assert capfd.readouterr() == ("", "")


def test_without_a_screen_a_flood_is_one_line(capfd: pytest.CaptureFixture[str]) -> None:
    with diverted(screen=False):
        for _ in range(100):
            logging.warning("from a library")
    assert capfd.readouterr().err.count("from a library") == 1


def test_each_library_may_say_a_line_a_minute() -> None:
    now = [0.0]
    once = OncePerMinute(lambda: now[0])
    assert once.filter(record("/lib/a/x.py"))
    assert not once.filter(record("/lib/a/y.py"))
    assert once.filter(record("/lib/b/x.py"))
    now[0] = 60.0
    assert once.filter(record("/lib/a/x.py"))


def test_afterwards_all_is_as_before() -> None:
    before = logging.getLogger().handlers[:]
    with diverted(screen=False):
        assert logging.getLogger().handlers != before
    assert logging.getLogger().handlers == before


def test_lines_of_a_child_go_into_the_log_and_not_onto_the_terminal(tmp_path: Path) -> None:
    """Also what a C library writes: the file stands in for both streams of the process."""
    module = tmp_path / "noisy.py"
    module.write_text("import os; os.write(1, b'one\\n'); os.write(2, b'two\\n')")
    log = tmp_path / "state" / "screen.log"
    child, channel = spawn("noisy", [], int, {"PYTHONPATH": str(tmp_path)}, log=log)
    assert child.wait(30) == 0
    channel.close()
    assert log.read_bytes() == b"one\ntwo\n"


def test_a_log_that_cannot_be_written_stops_no_child(tmp_path: Path) -> None:
    (tmp_path / "quiet.py").write_text("print('lost')")
    (tmp_path / "file").write_text("")
    child, channel = spawn(
        "quiet", [], int, {"PYTHONPATH": str(tmp_path)}, log=tmp_path / "file" / "log"
    )
    assert child.wait(30) == 0
    channel.close()

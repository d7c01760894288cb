"""Pipes, devices and the standard streams by their paths."""

from __future__ import annotations

import io
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.system import streams
from bridge.system.streams import STANDARD, is_stream, read_whole

posix = pytest.mark.skipif(os.name != "posix", reason="pipes and devices of POSIX")


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    yield
    streams.forget_streams()


def test_files_and_folders_are_no_streams_and_neither_is_a_name_without_a_file(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").touch()
    assert not any(map(is_stream, (tmp_path, tmp_path / "file", tmp_path / "none")))
    assert is_stream(STANDARD)


@posix
def test_a_pipe_is_read_to_its_end_and_has_the_same_content_again(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    sent = os.urandom(300_000)  # more than a pipe holds
    threading.Thread(target=fifo.write_bytes, args=(sent,), daemon=True).start()
    assert is_stream(fifo)
    assert read_whole(fifo) == sent
    assert read_whole(fifo) == sent


def test_a_file_is_read_anew_each_time(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"one")
    assert read_whole(path) == b"one"
    path.write_bytes(b"two")
    assert read_whole(path) == b"two"


def test_standard_input_is_read_once_until_it_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff\x00one")))
    assert [read_whole(STANDARD), read_whole(STANDARD)] == [b"\xff\x00one"] * 2
    streams.forget_streams()
    assert read_whole(STANDARD) == b""


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there is no /dev/zero")
def test_an_endless_device_is_read_to_the_limit_and_one_byte_more() -> None:
    assert len(read_whole(Path("/dev/zero"), most=1000)) == 1001


def test_while_standard_output_is_reserved_text_goes_to_stderr(
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    with streams.standard_output_reserved():
        print("text")
        with streams.standard_output_reserved():  # by a command within a command
            streams.write_standard_output(b"\xff\n")
            print("more text")
    print("after")
    captured = capsysbinary.readouterr()
    newline = os.linesep.encode()
    assert captured.out == b"\xff\n" + b"after" + newline
    assert captured.err == b"text" + newline + b"more text" + newline


@pytest.mark.parametrize("stream", ["stdin", "stdout"])
def test_a_closed_standard_stream_is_an_error_of_the_system(
    stream: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, stream, None)
    use = {"stdin": lambda: read_whole(STANDARD),
           "stdout": lambda: streams.write_standard_output(b"")}  # fmt: skip
    with pytest.raises(OSError, match="is closed"):
        use[stream]()


@pytest.mark.parametrize(
    ("path", "number"),
    [("/dev/fd/7", 7), ("/proc/self/fd/12", 12), ("/dev/stdout", 1), ("/dev/fd/x", None),
     ("/dev/null", None), ("fd/7", None)],
)  # fmt: skip
def test_a_path_of_an_open_file_gives_its_number(path: str, number: int | None) -> None:
    assert streams.descriptor_of(Path(path)) == number

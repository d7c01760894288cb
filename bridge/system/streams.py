"""Standard input and output, pipes and devices, by their paths.

The path ``-`` (:data:`STANDARD`) is standard input where a file is read, and standard output
where one is written. A pipe and a device are streams, too: they give their bytes once, say
nothing of their length, and are written to where they are.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

STANDARD: Final = Path("-")
LARGEST: Final = 1 << 28
"""Bytes that are read at most unless a caller sets another limit."""

_received: dict[Path, bytes] = {}
"""The content of each stream that was read, since a stream gives it once."""
_reserved: list[BinaryIO] = []
"""Standard output while it is reserved for the bytes of a file."""


def is_stream(path: Path) -> bool:
    """True if a path is standard input or output, a pipe, a socket or a device."""
    if path == STANDARD:
        return True
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def read_whole(path: Path, most: int = LARGEST) -> bytes:
    """The content of a file, or what comes through a stream up to its end.

    At most ``most`` + 1 bytes, by whose number a longer content is known. What a stream gave
    is given again when it is read a second time (until :func:`forget_streams`). OSError where
    nothing can be read.
    """
    if path in _received:
        return _received[path]
    if path == STANDARD:
        _received[path] = _buffer_of(sys.stdin, "input").read(most + 1)
        return _received[path]
    stream = is_stream(path)
    with path.open("rb") as file:
        content = file.read(most + 1)
    if stream:
        _received[path] = content
    return content


def forget_streams() -> None:
    """Let go of what streams gave, so that they are read anew."""
    _received.clear()


@contextlib.contextmanager
def standard_output_reserved() -> Iterator[None]:
    """Reserve standard output for the bytes of a file: text that is printed goes to stderr."""
    if _reserved:
        yield
        return
    sys.stdout.flush()
    _reserved.append(_buffer_of(sys.stdout, "output"))
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        _reserved.clear()


def write_standard_output(data: bytes) -> None:
    """Write bytes to standard output. OSError where that fails, as when its reader has gone."""
    file = _reserved[0] if _reserved else _buffer_of(sys.stdout, "output")
    file.write(data)
    file.flush()


def descriptor_of(path: Path) -> int | None:
    """The number of the open file that a path such as ``/dev/fd/3`` stands for, else None."""
    folder, number = str(path.parent), path.name
    if folder in ("/dev/fd", "/proc/self/fd") and number.isdecimal():
        return int(number)
    return {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2}.get(str(path))


def _buffer_of(stream: object, name: str) -> BinaryIO:
    """The bytes below a text stream. OSError where it is closed or holds text alone."""
    buffer = getattr(stream, "buffer", None)
    if buffer is None or buffer.closed:
        raise OSError(errno.EBADF, f"standard {name} is closed", os.fspath(STANDARD))
    found: BinaryIO = buffer
    return found

"""Writing results: whole or not at all.

A file is written beside its place under a short name, brought to the disk (fsync), and renamed.
Until then the old content stands, and after a fault it stays. The folder is not synced: after
a loss of power the old file may be there again, a torn one never.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from bridge.errors import OutputError
from bridge.system.streams import STANDARD, descriptor_of, write_standard_output

ELSEWHERE: Final = "choose another place"
REASONS: Final[Mapping[int, tuple[str, str]]] = {
    errno.ENOSPC: ("No space left on the disk", f"make room or {ELSEWHERE}"),
    errno.EDQUOT: ("Your share of the disk is used up", f"make room or {ELSEWHERE}"),
    errno.EFBIG: ("Larger than files may be there", ELSEWHERE),
    errno.EROFS: ("The disk is read-only", ELSEWHERE),
    errno.EACCES: ("Not permitted", ELSEWHERE),
    errno.EPERM: ("Not permitted", ELSEWHERE),
    errno.EISDIR: ("It is a folder", f"name a file in it or {ELSEWHERE}"),
    errno.ENOTDIR: ("A part of the path is a file", ELSEWHERE),
    errno.EEXIST: ("A part of the path is a file", ELSEWHERE),
    errno.ENOENT: ("There is no such folder", f"make it or {ELSEWHERE}"),
    errno.ENAMETOOLONG: ("The name is too long", "choose a shorter one"),
    errno.ELOOP: ("The links lead in a circle", ELSEWHERE),
    errno.EPIPE: ("Its reader has gone", "start it again"),
}
"""The reason and the advice for each error of the system."""
FULL: Final = (errno.ENOSPC, errno.EDQUOT)
"""Errors of a disk without room."""
_NOT_REPLACED: Final = (errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY, errno.EXDEV)
"""Errors of a folder that takes no new file, or of a file that cannot be renamed over."""
NOT_SYNCED: Final = (errno.EINVAL, errno.ENOTSUP)
"""Errors of file systems that have no fsync."""
_BINARY: Final = getattr(os, "O_BINARY", 0)
_TRIES: Final = 100


def write_whole(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path`` atomically: a temporary file is written and renamed.

    Folders on the way are made. An existing file keeps its mode, and its owner where this user
    may give files away. Through a symbolic link its target is written. Standard output (``-``),
    ``/dev/fd/N``, pipes and devices are written to directly. A file in a folder that takes no
    new ones is overwritten in place, its old content put back after a fault. BrokenPipeError
    where the reader of standard output has gone.
    """
    try:
        if path == STANDARD:
            write_standard_output(data)
        elif (descriptor := descriptor_of(path)) is not None:
            with os.fdopen(os.dup(descriptor), "wb") as file:
                file.write(data)
        else:
            _write(path, data)
    except OSError as exc:
        if path == STANDARD and isinstance(exc, BrokenPipeError):
            raise
        raise cannot_write(path, exc) from exc


def cannot_write(path: Path, exc: OSError) -> OutputError:
    """The error that tells in one line why ``path`` cannot be written, and what to do."""
    usual = (exc.strerror or str(exc), ELSEWHERE)
    why, advice = REASONS.get(exc.errno or 0, usual)
    name = "standard output" if path == STANDARD else path
    return OutputError(f"{name}: cannot be written ({why}): {advice}")


def _write(path: Path, data: bytes) -> None:
    link = path.is_symlink()
    target = Path(os.path.realpath(path)) if link else path
    try:
        there = target.stat()
    except FileNotFoundError:
        if not link:  # a link into a folder that is missing, such as an absent disk's, is told
            target.parent.mkdir(parents=True, exist_ok=True)
        _replace(target, data, None)
        return
    if not stat.S_ISREG(there.st_mode):
        with target.open("wb") as file:
            file.write(data)
        return
    try:
        _replace(target, data, there)
    except OSError as exc:
        if exc.errno not in _NOT_REPLACED:
            raise
        _overwrite(target, data)


def _replace(target: Path, data: bytes, there: os.stat_result | None) -> None:
    """Write a new file and rename it to ``target``; ``there`` is the file that it replaces."""
    handle, temporary = _new_file(target.parent, 0o666 if there is None else 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            _sync(file.fileno())
        if there is not None:
            _keep_mode(temporary, there)
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def _new_file(folder: Path, mode: int) -> tuple[int, Path]:
    """A new file in ``folder`` under a short name, with ``mode`` less the process's mask."""
    for _ in range(_TRIES):
        path = folder / f".lb-{secrets.token_hex(4)}"
        with contextlib.suppress(FileExistsError):
            return os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | _BINARY, mode), path
    raise OSError(errno.EEXIST, "no name is free for a temporary file", str(folder))


def _keep_mode(temporary: Path, there: os.stat_result) -> None:
    """Give a file the owner and the mode of another, as far as this user and the disk allow."""
    mode, made = stat.S_IMODE(there.st_mode), temporary.stat()
    if (made.st_uid, made.st_gid) != (there.st_uid, there.st_gid):
        try:
            os.chown(temporary, there.st_uid, there.st_gid)
        except OSError:
            mode &= 0o777  # set-user-id belongs to the owner that it had
    with contextlib.suppress(OSError):  # disks without modes
        temporary.chmod(mode)


def _overwrite(target: Path, data: bytes) -> None:
    """Write an existing file in place; its old content is put back after a fault."""
    with target.open("r+b", buffering=0) as file:
        before = file.read()
        try:
            _fill(file.fileno(), data)
        except BaseException:
            _fill(file.fileno(), before)
            raise


def _fill(handle: int, data: bytes) -> None:
    """Make ``data`` the whole content of an open file."""
    os.lseek(handle, 0, os.SEEK_SET)
    left = memoryview(data)
    while left:
        left = left[os.write(handle, left) :]
    os.ftruncate(handle, len(data))
    _sync(handle)


def _sync(handle: int) -> None:
    try:
        os.fsync(handle)
    except OSError as exc:
        if exc.errno not in NOT_SYNCED:
            raise

"""A take's file while it is written: frames are added, brought to the disk, and the file gets its
last name. OSError where the disk refuses; what was written before stays whole."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import Final

from bridge.files.takes.journal import MAGIC
from bridge.files.takes.take_names import SUFFIX
from bridge.system.atomic_write import NOT_SYNCED
from bridge.system.file_lock import lock

_FLAGS: Final = os.O_RDWR | getattr(os, "O_BINARY", 0)
_TRIES: Final = 1000


class TakeFile:
    """An open, locked file of a take. ``size`` is its length in bytes, of whole frames."""

    def __init__(self, path: Path, handle: int, size: int) -> None:
        self.path, self.size = path, size
        self._handle = handle

    @classmethod
    def begin(cls, folder: Path, name: str, first: bytes) -> TakeFile:
        """A new file in a folder, which is made, with its ``first`` frame; another of that name
        gets a number. After a fault there is none."""
        folder.mkdir(parents=True, exist_ok=True)
        path = free_path(folder, name)
        handle = os.open(path, _FLAGS | os.O_CREAT | os.O_EXCL, 0o666)
        lock(handle)
        file = cls(path, handle, 0)
        try:
            file.add(MAGIC + first)
        except OSError:
            file.close()
            path.unlink(missing_ok=True)
            raise
        sync_folder(folder)
        return file

    @classmethod
    def resume(cls, path: Path) -> TakeFile | None:
        """The file of a take without an end, to be ended; None while its program still runs."""
        handle = os.open(path, _FLAGS)
        if not lock(handle):
            os.close(handle)
            return None
        return cls(path, handle, os.fstat(handle).st_size)

    def add(self, data: bytes) -> None:
        """Add bytes; after a fault those that were written of them are cut off again."""
        os.lseek(self._handle, self.size, os.SEEK_SET)
        left = memoryview(data)
        try:
            while left:
                left = left[os.write(self._handle, left) :]
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._handle, self.size)
            raise
        self.size += len(data)

    def sync(self) -> None:
        """Bring what was written to the disk."""
        try:
            os.fsync(self._handle)
        except OSError as exc:
            if exc.errno not in NOT_SYNCED:
                raise

    def end(self, name: str) -> Path:
        """Bring all to the disk, close the file and call it ``name``; its path."""
        self.sync()
        self.close()
        if name == self.path.stem:
            return self.path
        target = free_path(self.path.parent, name)
        with contextlib.suppress(OSError):  # it keeps the name it has
            self.path.rename(target)
            self.path = target
            sync_folder(target.parent)
        return self.path

    def close(self) -> None:
        """Close the file as it is."""
        if self._handle >= 0:
            with contextlib.suppress(OSError):
                os.close(self._handle)
            self._handle = -1


def free_path(folder: Path, name: str, suffix: str = SUFFIX) -> Path:
    """The path of a name in a folder; with a number where there is such a file already."""
    path = folder / f"{name}{suffix}"
    for number in range(2, _TRIES):
        if not path.exists():
            break
        path = folder / f"{name} {number}{suffix}"
    return path


def sync_folder(folder: Path) -> None:
    """Bring a folder's names to the disk, where the system can."""
    if sys.platform == "win32":  # pragma: no cover - needs Windows
        return
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

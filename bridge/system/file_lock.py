"""A lock on an open file, which the system lets go of when its process ends, however it ends.

POSIX: flock(2). Windows: msvcrt.locking of one byte far behind the end, so that others may read.
"""

from __future__ import annotations

import errno
import sys
from typing import Final

_FAR: Final = 1 << 40
_TAKEN: Final = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK)


def lock(handle: int) -> bool:
    """Lock an open file for this process; False if another has it. On a file system without locks
    True, and nothing is locked."""
    try:
        _lock(handle)
    except OSError as exc:
        return exc.errno not in _TAKEN
    return True


if sys.platform == "win32":  # pragma: no cover - needs Windows
    import msvcrt
    import os

    def _lock(handle: int) -> None:
        here = os.lseek(handle, 0, os.SEEK_CUR)
        os.lseek(handle, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        finally:
            os.lseek(handle, here, os.SEEK_SET)

else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)

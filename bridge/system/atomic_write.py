"""Atomic file writes."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from bridge.errors import OutputError


def write_whole(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path`` atomically: a temporary file is written and renamed.

    Missing parent folders are created. OutputError when it cannot be written.
    """
    temporary = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except OSError as exc:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        why = exc.strerror or str(exc)
        raise OutputError(f"cannot write {path}: {why}; choose another place") from exc


def _umask() -> int:
    """The process's file mode mask, which mkstemp ignores."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask

"""Graphs as ONNX Runtime has optimised them, kept in the user's cache folder.

Optimising takes most of the time that loading a graph takes. What comes of it depends on the graph,
the version of ONNX Runtime and the processor, so all three are in a file's name, and so is its own
checksum: a file that is damaged is not used. Nothing here is ever needed; where the folder cannot
be written, graphs are optimised each time.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
from pathlib import Path
from typing import Final

import platformdirs

ENVIRONMENT: Final = "LATENT_BRIDGE_GRAPHS"
"""Environment variable: another folder; ``none`` keeps no graphs."""
NONE: Final = "none"
MOST_FILES: Final = 48
"""Files kept; of more, those not used for the longest time are removed."""
_DIGITS: Final = 32


def folder() -> Path | None:
    """The cache's folder, which may not exist; None where no graphs are to be kept."""
    asked = os.environ.get(ENVIRONMENT, "")
    if asked:
        return None if asked == NONE else Path(asked)
    return platformdirs.user_cache_path("latent-bridge", appauthor=False) / "graphs"


def key_of(checksum: str, version: str) -> str:
    """The name of a graph of this checksum, optimised here by ONNX Runtime ``version``."""
    facts = (checksum, version, platform.machine(), platform.node())
    return hashlib.sha256("\0".join(facts).encode()).hexdigest()[:_DIGITS]


def read(key: str) -> bytes | None:
    """The optimised graph of a key; None where it is not there, or damaged."""
    place = folder()
    if place is None:
        return None
    with contextlib.suppress(OSError):
        for path in place.glob(f"{key}-*.onnx"):
            content = path.read_bytes()
            if path.name == _name(key, content):
                path.touch()
                return content
            path.unlink()
    return None


def room(key: str) -> Path | None:
    """A path to which the optimised graph of a key can be written for :func:`keep`; None where
    none can."""
    place = folder()
    if place is None:
        return None
    try:
        place.mkdir(parents=True, exist_ok=True)
        path = place / f"{key}.{os.getpid()}.part"
        path.touch()
    except OSError:
        return None
    return path


def keep(key: str, written: Path | None) -> None:
    """Put a file from :func:`room` into the cache, under its final name."""
    if written is None:
        return
    try:
        content = written.read_bytes()
        if content:
            written.replace(written.with_name(_name(key, content)))
            _prune(written.parent)
    except OSError:
        drop(written)


def drop(written: Path | None) -> None:
    """Remove a file from :func:`room` that came to nothing."""
    if written is not None:
        with contextlib.suppress(OSError):
            written.unlink(missing_ok=True)


def _name(key: str, content: bytes) -> str:
    return f"{key}-{hashlib.sha256(content).hexdigest()[:_DIGITS]}.onnx"


def _prune(place: Path) -> None:
    kept = sorted(place.glob("*.onnx"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in kept[MOST_FILES:]:
        path.unlink(missing_ok=True)

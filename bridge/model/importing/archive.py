"""Unpack archives of checkpoints (.tar, .tar.gz, .zip) safely.

Only plain files inside the target folder are written: an archive with a link, a device or a path
that leads outside is refused.
"""

from __future__ import annotations

import lzma
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from bridge.errors import ModelError
from bridge.model.importing.files import FETCH_AGAIN, is_plain

SUFFIXES: Final = (".tar", ".tar.gz", ".tgz", ".zip")
MAX_BYTES: Final = 8 << 30
"""Most bytes that an archive may unpack to; the largest published one has two billion."""
MAX_FILES: Final = 10_000
_TORN: Final = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,  # a compression unknown to zipfile
    RuntimeError,  # an encrypted archive
    ValueError,
    OSError,
)
_CHUNK: Final = 1 << 20


def is_archive(name: str) -> bool:
    """True if the file name has the suffix of an archive."""
    return name.lower().endswith(SUFFIXES)


def unpack(archive: Path, into: Path) -> None:
    """Unpack to the folder ``into``. ModelError for a damaged or unsafe archive."""
    opened = _zip_members if archive.name.lower().endswith(".zip") else _tar_members
    left = MAX_BYTES
    try:
        with opened(archive) as members:
            for count, (name, content) in enumerate(members):
                if count >= MAX_FILES:
                    raise ModelError(f"{archive} has too many files: do not use this archive")
                left -= _write(content, _target(archive, name, into), archive, left)
    except _TORN as exc:
        reason = " ".join(str(exc).split())[:200]
        raise ModelError(f"{archive} cannot be unpacked ({reason}): {FETCH_AGAIN}") from exc


def _target(archive: Path, name: str, into: Path) -> Path:
    """The path of a member. ModelError for a path that leads outside or a duplicate."""
    parts = [part for part in name.split("/") if part != "."]
    if not parts or not all(map(is_plain, parts)):
        raise ModelError(
            f"{archive} holds {name!r}, which leads out of it: do not use this archive"
        )
    place = into.joinpath(*parts)
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.exists():
        raise ModelError(f"{archive} holds {name!r} twice: do not use this archive")
    return place


def _write(content: IO[bytes], place: Path, archive: Path, most: int) -> int:
    """Copy at most ``most`` bytes, counted while reading, whatever the header declares; returns
    the number of bytes written."""
    written = 0
    with content, place.open("xb") as file:
        while chunk := content.read(_CHUNK):
            written += len(chunk)
            if written > most:
                raise ModelError(f"{archive} unpacks to more than {MAX_BYTES >> 30} GB: not used")
            file.write(chunk)
    return written


Members = Iterator[tuple[str, IO[bytes]]]


@contextmanager
def _tar_members(path: Path) -> Iterator[Members]:
    with tarfile.open(path) as tar:

        def members() -> Members:
            for member in tar:
                if member.isdir():
                    continue
                content = tar.extractfile(member) if member.isreg() else None
                if content is None:
                    raise ModelError(
                        f"{path} holds {member.name!r}, a link or device: do not use this archive"
                    )
                yield member.name, content

        yield members()


@contextmanager
def _zip_members(path: Path) -> Iterator[Members]:
    """The members of a .zip. A Unix link is read as a plain file that holds its target, which is
    harmless."""
    with zipfile.ZipFile(path) as archive:
        yield (
            (item.filename, archive.open(item)) for item in archive.infolist() if not item.is_dir()
        )


def remove(folder: Path) -> None:
    """Delete a folder of this program with all its content."""
    shutil.rmtree(folder, ignore_errors=True)

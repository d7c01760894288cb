"""Reads and writes code files for commands, with errors that name the file."""

from __future__ import annotations

from pathlib import Path

from bridge.cli.shared.file_types import CODES, kind_of, kind_to_write
from bridge.cli.shared.output import check_file
from bridge.errors import ModelError, NameUnknown, OutputError
from bridge.latent.code_file import FORMATS, CodeSet, from_bytes, to_bytes
from bridge.system.atomic_write import write_whole
from bridge.system.streams import read_whole


def read_codes(path: Path) -> CodeSet:
    """The codes of a file. ModelError, with the file's name, for a file that holds none."""
    try:
        data = read_whole(path)
    except OSError as exc:
        raise ModelError(f"{path}: cannot be read ({exc.strerror}): check the name") from exc
    try:
        return from_bytes(data, kind_of(path))
    except (ModelError, NameUnknown) as exc:
        raise ModelError(f"{path}: {exc}") from exc


def check_code_target(path: Path) -> None:
    """Raise OutputError, before any work, for a path that no code file can be written to."""
    if _kind(path) not in FORMATS:
        raise OutputError(f"{path}: codes are kept as {', '.join(FORMATS)}: choose one of these")
    check_file(path)


def write_codes(path: Path, codes: CodeSet) -> None:
    """Write codes to a file, whole or not at all."""
    write_whole(path, to_bytes(codes, _kind(path)))


def _kind(path: Path) -> str:
    return kind_to_write(path, CODES)

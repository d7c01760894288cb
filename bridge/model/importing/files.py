"""Files that a checkpoint names: in its own folder or not at all, and JSON of a known form."""

from __future__ import annotations

from pathlib import Path, PureWindowsPath
from typing import Final, TypeVar

import msgspec
import numpy as np

from bridge.errors import ModelError
from bridge.model.contract import Floats

T = TypeVar("T")
FETCH_AGAIN: Final = "fetch the checkpoint again"
"""What to do about a damaged checkpoint."""
MAX_JSON_BYTES: Final = 16 << 20
"""Bytes of a config or manifest; the longest published one has 13 thousand."""
MAX_AXES: Final = 8


def is_plain(name: str) -> bool:
    """True if a file's name is only that: no folder, drive, parent or stream, on any system."""
    plain = PureWindowsPath(name).name == name and name not in ("", ".", "..")
    return plain and "/" not in name and ":" not in name and name.isprintable()


def inside(folder: Path, name: str, told_by: Path) -> Path:
    """The path of a file that ``told_by`` names. ModelError if it would not be in the folder."""
    path = folder / name
    if not is_plain(name) or path.resolve().parent != folder.resolve():
        raise ModelError(
            f"{told_by}: the file {name!r} is not in the checkpoint's folder: "
            "do not use this checkpoint"
        )
    return path


def read_json(path: Path, form: type[T]) -> T:
    """A JSON file of a known form. ModelError naming what is wrong otherwise."""
    try:
        if path.stat().st_size > MAX_JSON_BYTES:
            raise ModelError(f"{path} is too long for what it should hold: {FETCH_AGAIN}")
        return msgspec.json.decode(path.read_bytes(), type=form)
    except OSError as exc:
        raise ModelError(f"{path} cannot be read ({exc.strerror or exc}): {FETCH_AGAIN}") from exc
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise ModelError(f"{path} is damaged ({exc}): {FETCH_AGAIN}") from exc


def count_values(shape: list[int], name: str, told_by: Path) -> int:
    """How many values a shape has, in whole numbers that cannot overflow."""
    if len(shape) > MAX_AXES or min(shape, default=1) < 0:
        raise ModelError(f"{told_by}: the tensor {name!r} has the shape {shape}: {FETCH_AGAIN}")
    count = 1
    for size in shape:
        count *= size
    return count


def check_finite(name: str, values: Floats, told_by: Path) -> Floats:
    """ModelError where a value is no number."""
    if not np.isfinite(values).all():
        raise ModelError(
            f"{told_by}: the tensor {name!r} has values that are no numbers: {FETCH_AGAIN}"
        )
    return values

"""Safe access to files that a checkpoint names: plain names in its folder, JSON of known form."""

from __future__ import annotations

from pathlib import Path, PureWindowsPath
from typing import Final, TypeVar

import msgspec
import numpy as np

from bridge.errors import ModelError
from bridge.model.contract import Floats

T = TypeVar("T")
FETCH_AGAIN: Final = "fetch the checkpoint again"
"""Advice for a damaged checkpoint."""
MAX_JSON_BYTES: Final = 16 << 20
"""Largest config or manifest in bytes; the longest published one has 13 thousand."""
MAX_AXES: Final = 8


def is_plain(name: str) -> bool:
    """True for a plain file name: without folder, drive, parent or stream on any system."""
    plain = PureWindowsPath(name).name == name and name not in ("", ".", "..")
    return plain and "/" not in name and ":" not in name and name.isprintable()


def inside(folder: Path, name: str, source: Path) -> Path:
    """The path of a file named in ``source``. ModelError if it is outside the folder."""
    path = folder / name
    if not is_plain(name) or path.resolve().parent != folder.resolve():
        raise ModelError(
            f"{source}: the file {name!r} is not in the checkpoint's folder: "
            "do not use this checkpoint"
        )
    return path


def read_json(path: Path, form: type[T]) -> T:
    """Read a JSON file as the type ``form``. ModelError where it cannot be read as such."""
    try:
        if path.stat().st_size > MAX_JSON_BYTES:
            raise ModelError(f"{path} is too long for what it should hold: {FETCH_AGAIN}")
        return msgspec.json.decode(path.read_bytes(), type=form)
    except OSError as exc:
        raise ModelError(f"{path} cannot be read ({exc.strerror or exc}): {FETCH_AGAIN}") from exc
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise ModelError(f"{path} is damaged ({exc}): {FETCH_AGAIN}") from exc


def count_values(shape: list[int], name: str, source: Path) -> int:
    """Number of values in a shape, as a Python integer, which cannot overflow. ModelError for an
    impossible shape."""
    if len(shape) > MAX_AXES or min(shape, default=1) < 0:
        raise ModelError(f"{source}: the tensor {name!r} has the shape {shape}: {FETCH_AGAIN}")
    count = 1
    for size in shape:
        count *= size
    return count


def check_finite(name: str, values: Floats, source: Path) -> Floats:
    """The values, unchanged. ModelError if one is not finite."""
    if not np.isfinite(values).all():
        raise ModelError(
            f"{source}: the tensor {name!r} has values that are not finite: {FETCH_AGAIN}"
        )
    return values

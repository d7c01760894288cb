"""A model held against a recording of what another program decoded from the same codes.

The file is a JSON list; each entry has ``z`` (Z floats) and ``steps``, what came out by the
likeliest class: T classes, [T, C] for C tracks, or [T, D] floats of a groove. ``controls``
[T, c] is given where the model takes any. Other keys are passed over.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from bridge.errors import ModelError
from bridge.model.contract import Codec
from bridge.model.infer import decode_windows

CLOSE: Final = 1e-4
"""How near the floats of a groove have to be to count as equal."""
_BATCH: Final = 32
_LONGEST: Final = 1 << 30


class Entry(msgspec.Struct, frozen=True):
    """A code and what was decoded from it."""

    z: list[float]
    steps: list[Any]
    controls: list[list[float]] | None = None


@dataclass(frozen=True)
class Held:
    """How many codes and steps there were, and at how many steps all tracks are the same."""

    codes: int
    steps: int
    steps_equal: int


def read_reference(path: Path) -> list[Entry]:
    """The recording. ModelError for a file that is none."""
    try:
        if path.stat().st_size > _LONGEST:
            raise ModelError(f"{path} is too long for a reference")
        found = msgspec.json.decode(path.read_bytes(), type=list[Entry])
    except OSError as exc:
        raise ModelError(f"{path} cannot be read ({exc.strerror or exc})") from exc
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise ModelError(f"{path} is no reference ({exc}): it needs a list of z and steps") from exc
    if not found:
        raise ModelError(f"{path} is an empty reference: there is nothing to compare")
    return found


def hold(model: Codec, entries: list[Entry], path: Path) -> Held:
    """Decode every code at temperature 0 and compare. ModelError for other widths."""
    steps = equal = 0
    for start in range(0, len(entries), _BATCH):
        batch = entries[start : start + _BATCH]
        z = _array([e.z for e in batch], (len(batch), model.spec.latent), "z", path)
        window = decode_windows(model, z, controls=_controls(model, batch, path))
        told = _array([e.steps for e in batch], None, "steps", path)
        told = told[..., None] if told.ndim == 2 else told
        if told.shape != window.shape:
            raise ModelError(
                f"{path} has steps of shape {told.shape[1:]}, and the model {model.spec.name} "
                f"of {window.shape[1:]}"
            )
        same = np.isclose(told, window, rtol=0, atol=CLOSE if window.dtype.kind == "f" else 0)
        steps += same.shape[0] * same.shape[1]
        equal += int(same.all(-1).sum())
    return Held(len(entries), steps, equal)


def _controls(model: Codec, batch: list[Entry], path: Path) -> np.ndarray[Any, Any] | None:
    spec = model.spec
    if not spec.controls:
        return None
    shape = (len(batch), spec.steps, spec.controls)
    return _array([e.controls or [] for e in batch], shape, "controls", path)


def _array(
    values: list[Any], shape: tuple[int, ...] | None, what: str, path: Path
) -> np.ndarray[Any, Any]:
    try:
        array = np.asarray(values, np.float32)
    except (ValueError, TypeError) as exc:
        raise ModelError(f"{path}: {what} are not all of one length, or no numbers") from exc
    if shape is not None and array.shape != shape:
        raise ModelError(f"{path} has {what} of shape {array.shape[1:]}, not {shape[1:]}")
    return array

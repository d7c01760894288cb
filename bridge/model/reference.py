"""A model held against a recording of what another program made of the same input.

The file is JSON, in one of two forms. A list: each entry has ``z`` (Z floats) and ``steps``,
what was decoded by the likeliest class (T classes, [T, C] for C tracks, [T, D] floats of a
groove), and ``controls`` [T, c] where the model takes any. An object, as ``tools/parity``
writes it: ``z`` [N, Z], ``decoded`` [N, T, C], ``controls`` [T, c] or null, and ``windows``
[M, T, C] with the ``mu`` [M, Z] that they were encoded to. Other keys are passed over.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from bridge.errors import ModelError
from bridge.model.answering.answer import decode_windows, encode_windows
from bridge.model.contract import Codec, Floats
from bridge.system.streams import read_whole

CLOSE: Final = 1e-4
"""How near the floats of a groove or a code have to be to count as equal."""
_BATCH: Final = 32
_LONGEST: Final = 1 << 30


class ReferenceCode(msgspec.Struct, frozen=True):
    """A code and what was decoded from it."""

    z: list[float]
    steps: list[Any]
    controls: list[list[float]] | None = None


class Parity(msgspec.Struct, frozen=True):
    """What ``tools/parity`` records of a family."""

    z: list[list[float]]
    decoded: list[Any]
    controls: list[list[float]] | None = None
    windows: list[Any] = []
    mu: list[list[float]] = []


@dataclass(frozen=True)
class Recording:
    """Codes [N, Z] and windows [N, T, C]; maybe controls [N or 1, T, c], encoded windows, mu."""

    path: Path
    z: Floats
    steps: Floats
    controls: Floats | None
    windows: Floats | None = None
    mu: Floats | None = None


@dataclass(frozen=True)
class Held:
    """How many codes and steps there were, and at how many steps all tracks are the same.

    ``encode_difference`` is the largest of a mu, None where nothing was encoded.
    """

    codes: int
    steps: int
    steps_equal: int
    encode_difference: float | None = None

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        near = self.encode_difference is None or self.encode_difference <= CLOSE
        return near and self.steps == self.steps_equal


def read_reference(path: Path) -> Recording:
    """The recording. ModelError for a file that is none."""
    try:
        content = read_whole(path, _LONGEST)
        if len(content) > _LONGEST:
            raise ModelError(f"{path} is too long for a reference")
        form: Any = Parity if content.lstrip()[:1] == b"{" else list[ReferenceCode]
        found = msgspec.json.decode(content, type=form)
    except OSError as exc:
        raise ModelError(f"{path} cannot be read ({exc.strerror or exc})") from exc
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise ModelError(f"{path} is no reference ({exc}): it needs a list of z and steps") from exc
    recording = _parity(found, path) if isinstance(found, Parity) else _entries(found, path)
    if not recording.z.size:
        raise ModelError(f"{path} is an empty reference: there is nothing to compare")
    return recording


def _entries(found: list[ReferenceCode], path: Path) -> Recording:
    controls = None
    if found and found[0].controls is not None:
        controls = _array([e.controls for e in found], "controls", path)
    z = _array([e.z for e in found], "z", path)
    return Recording(path, z, _window([e.steps for e in found], "steps", path), controls)


def _parity(found: Parity, path: Path) -> Recording:
    controls = None if found.controls is None else _array([found.controls], "controls", path)
    return Recording(
        path,
        _array(found.z, "z", path),
        _window(found.decoded, "decoded", path),
        controls,
        _window(found.windows, "windows", path) if found.windows else None,
        _array(found.mu, "mu", path) if found.windows else None,
    )


def _window(values: list[Any], what: str, path: Path) -> Floats:
    array = _array(values, what, path)
    return array[..., None] if array.ndim == 2 else array


def _array(values: list[Any], what: str, path: Path) -> Floats:
    try:
        return np.asarray(values, np.float32)
    except (ValueError, TypeError) as exc:
        raise ModelError(f"{path}: {what} are not all of one length, or no numbers") from exc


def hold(model: Codec, told: Recording) -> Held:
    """Decode every code at temperature 0, encode every window (where the model can), compare.

    ModelError for a recording of other widths than the model's.
    """
    spec = model.spec
    _fits(told, "z", told.z, (spec.latent,))
    equal = steps = 0
    for start in range(0, len(told.z), _BATCH):
        z = told.z[start : start + _BATCH]
        window = decode_windows(model, z, controls=_controls(model, told, len(z), start))
        _fits(told, "steps", told.steps, window.shape[1:], len(told.z))
        near = CLOSE if window.dtype.kind == "f" else 0
        same = np.isclose(told.steps[start : start + len(z)], window, rtol=0, atol=near).all(-1)
        steps, equal = steps + same.size, equal + int(same.sum())
    return Held(len(told.z), steps, equal, _encoded(model, told))


def _encoded(model: Codec, told: Recording) -> float | None:
    """The largest difference of a mu; None where there is nothing to compare."""
    if told.windows is None or told.mu is None or not model.can_encode:
        return None
    spec = model.spec
    kind = np.float32 if spec.window == "groove" else np.int64
    _fits(told, "windows", told.windows, told.steps.shape[1:])
    _fits(told, "mu", told.mu, (spec.latent,), len(told.windows))
    controls = _controls(model, told, len(told.windows))
    windows: npt.NDArray[Any] = told.windows.astype(kind)
    return float(np.abs(encode_windows(model, windows, controls).mu - told.mu).max())


def _controls(model: Codec, told: Recording, count: int, start: int = 0) -> Floats | None:
    spec = model.spec
    if not spec.controls:
        return None
    if told.controls is None:
        raise ModelError(f"{told.path} has no controls, and the model {spec.name} needs some")
    _fits(told, "controls", told.controls, (spec.steps, spec.controls))
    if len(told.controls) == 1:
        return np.repeat(told.controls, count, axis=0)
    return told.controls[start : start + count]


def _fits(
    told: Recording, what: str, array: Floats, shape: tuple[int, ...], count: int = -1
) -> None:
    """ModelError where each of the recording's arrays, or their number, is another."""
    if array.shape[1:] != shape or (count >= 0 and len(array) != count):
        raise ModelError(f"{told.path} has {what} of shape {array.shape[1:]}, not {shape}")

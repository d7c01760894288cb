"""Compare a model with a reference recording: another program's output for the same input.

The file is JSON, in one of two forms. A list: each entry has ``z`` (Z floats), ``steps`` decoded
at temperature 0 (T classes, [T, C] for C tracks, [T, D] floats of a groove), and ``controls``
[T, c] where the model takes any. An object, as written by ``tools/parity``: ``z`` [N, Z],
``decoded`` [N, T, C], ``controls`` [T, c] or null, and ``windows`` [M, T, C] with the ``mu``
[M, Z] they were encoded to. Other keys are ignored.
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

TOLERANCE: Final = 1e-4
"""Largest absolute difference of equal floats, of a groove or a code."""
_BATCH: Final = 32
_MAX_BYTES: Final = 1 << 30


class ReferenceCode(msgspec.Struct, frozen=True):
    """A code and the steps decoded from it."""

    z: list[float]
    steps: list[Any]
    controls: list[list[float]] | None = None


class ParityFile(msgspec.Struct, frozen=True):
    """The recording of a model family by ``tools/parity``."""

    z: list[list[float]]
    decoded: list[Any]
    controls: list[list[float]] | None = None
    windows: list[Any] = []
    mu: list[list[float]] = []


@dataclass(frozen=True)
class Recording:
    """Codes ``z`` [N, Z] and their decoded ``steps`` [N, T, C]; optionally ``controls``
    [N or 1, T, c], and ``windows`` [M, T, C] with their ``mu`` [M, Z]."""

    path: Path
    z: Floats
    steps: Floats
    controls: Floats | None
    windows: Floats | None = None
    mu: Floats | None = None


@dataclass(frozen=True)
class ParityResult:
    """The result of a comparison: the number of codes, of steps, and of steps that are equal in
    all tracks.

    ``encode_difference`` is the largest absolute difference of a mu, None where nothing was
    encoded.
    """

    codes: int
    steps: int
    steps_equal: int
    encode_difference: float | None = None

    @property
    def same(self) -> bool:
        """True if all steps are equal and codes are within :data:`TOLERANCE`."""
        near = self.encode_difference is None or self.encode_difference <= TOLERANCE
        return near and self.steps == self.steps_equal


def read_reference(path: Path) -> Recording:
    """Read a reference recording. ModelError for a file of another form."""
    try:
        content = read_whole(path, _MAX_BYTES)
        if len(content) > _MAX_BYTES:
            raise ModelError(f"{path} is too long for a reference")
        form: Any = ParityFile if content.lstrip()[:1] == b"{" else list[ReferenceCode]
        found = msgspec.json.decode(content, type=form)
    except OSError as exc:
        raise ModelError(f"{path} cannot be read ({exc.strerror or exc})") from exc
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise ModelError(f"{path} is no reference ({exc}): it needs a list of z and steps") from exc
    recording = _parity(found, path) if isinstance(found, ParityFile) else _entries(found, path)
    if not recording.z.size:
        raise ModelError(f"{path} is an empty reference: there is nothing to compare")
    return recording


def _entries(found: list[ReferenceCode], path: Path) -> Recording:
    controls = None
    if found and found[0].controls is not None:
        controls = _array([e.controls for e in found], "controls", path)
    z = _array([e.z for e in found], "z", path)
    return Recording(path, z, _window([e.steps for e in found], "steps", path), controls)


def _parity(found: ParityFile, path: Path) -> Recording:
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


def compare(model: Codec, recording: Recording) -> ParityResult:
    """Decode every code at temperature 0, encode every window where the model has an encoder, and
    compare.

    ModelError for a recording of other shapes than the model's.
    """
    spec = model.spec
    _check_shape(recording, "z", recording.z, (spec.latent,))
    equal = steps = 0
    for start in range(0, len(recording.z), _BATCH):
        z = recording.z[start : start + _BATCH]
        window = decode_windows(model, z, controls=_controls(model, recording, len(z), start))
        _check_shape(recording, "steps", recording.steps, window.shape[1:], len(recording.z))
        near = TOLERANCE if window.dtype.kind == "f" else 0
        same = np.isclose(recording.steps[start : start + len(z)], window, rtol=0, atol=near).all(
            -1
        )
        steps, equal = steps + same.size, equal + int(same.sum())
    return ParityResult(len(recording.z), steps, equal, _encode_difference(model, recording))


def _encode_difference(model: Codec, recording: Recording) -> float | None:
    """The largest absolute difference of a mu; None where there is nothing to compare."""
    if recording.windows is None or recording.mu is None or not model.can_encode:
        return None
    spec = model.spec
    kind = np.float32 if spec.window == "groove" else np.int64
    _check_shape(recording, "windows", recording.windows, recording.steps.shape[1:])
    _check_shape(recording, "mu", recording.mu, (spec.latent,), len(recording.windows))
    controls = _controls(model, recording, len(recording.windows))
    windows: npt.NDArray[Any] = recording.windows.astype(kind)
    return float(np.abs(encode_windows(model, windows, controls).mu - recording.mu).max())


def _controls(model: Codec, recording: Recording, count: int, start: int = 0) -> Floats | None:
    spec = model.spec
    if not spec.controls:
        return None
    if recording.controls is None:
        raise ModelError(f"{recording.path} has no controls, and the model {spec.name} needs some")
    _check_shape(recording, "controls", recording.controls, (spec.steps, spec.controls))
    if len(recording.controls) == 1:
        return np.repeat(recording.controls, count, axis=0)
    return recording.controls[start : start + count]


def _check_shape(
    recording: Recording, what: str, array: Floats, shape: tuple[int, ...], count: int = -1
) -> None:
    """ModelError where an array of the recording has another shape [*, *shape] or count."""
    if array.shape[1:] != shape or (count >= 0 and len(array) != count):
        raise ModelError(f"{recording.path} has {what} of shape {array.shape[1:]}, not {shape}")

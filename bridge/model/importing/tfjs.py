"""Read checkpoints in magenta.js form: ``config.json``, ``weights_manifest.json`` and shards.

The TensorFlow.js manifest lists groups; the tensors of a group are stored one after another in the
concatenated shards, which may be split anywhere, also within a number. Little-endian.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
import numpy as np

from bridge.errors import ModelError
from bridge.model.contract import Floats
from bridge.model.importing.config import read_config
from bridge.model.importing.files import FETCH_AGAIN, check_finite, count_values, inside, read_json
from bridge.model.musicvae.checkpoint import Checkpoint

CONFIG: Final = "config.json"
MANIFEST: Final = "weights_manifest.json"
_STORED: Final = {"float32": "<f4", "float16": "<f2", "uint16": "<u2", "uint8": "u1"}


class Quantization(msgspec.Struct, frozen=True):
    """Storage as integers q with the value ``q * scale + min``, or as float16 without scale."""

    dtype: Literal["uint8", "uint16", "float16"]
    scale: float = 1.0
    min: float = 0.0


class Weight(msgspec.Struct, frozen=True):
    """One tensor of a group."""

    name: str
    shape: list[int]
    dtype: Literal["float32"]
    quantization: Quantization | None = None

    @property
    def stored(self) -> np.dtype[Any]:
        """The data type in the shards."""
        return np.dtype(_STORED[self.quantization.dtype if self.quantization else self.dtype])


class Group(msgspec.Struct, frozen=True):
    """Shard files and the tensors in them."""

    paths: list[str]
    weights: list[Weight]


def file_names(folder: Path) -> list[str]:
    """Every file of the checkpoint. ModelError for a file outside its folder."""
    manifest = folder / MANIFEST
    shards = [name for group in read_json(manifest, list[Group]) for name in group.paths]
    for name in shards:
        inside(folder, name, manifest)
    return [CONFIG, MANIFEST, *shards]


def read(folder: Path, name: str) -> Checkpoint:
    """Read the checkpoint in ``folder``. ModelError with the file that is missing, truncated or
    invalid."""
    config = read_config(folder / CONFIG)
    manifest = folder / MANIFEST
    tensors: dict[str, Floats] = {}
    for group in read_json(manifest, list[Group]):
        for tensor, values in _tensors(folder, manifest, group):
            if tensor in tensors:
                raise ModelError(f"{manifest} names the tensor {tensor!r} twice: {FETCH_AGAIN}")
            tensors[tensor] = check_finite(tensor, values, manifest)
    return Checkpoint(name, config, tensors)


def _tensors(folder: Path, manifest: Path, group: Group) -> Iterator[tuple[str, Floats]]:
    counts = [count_values(w.shape, w.name, manifest) for w in group.weights]
    sizes = [n * w.stored.itemsize for n, w in zip(counts, group.weights, strict=True)]
    content = _joined(folder, manifest, group, sum(sizes))
    start = 0
    for weight, count, size in zip(group.weights, counts, sizes, strict=True):
        numbers = np.frombuffer(content, weight.stored, count, start).reshape(weight.shape)
        yield weight.name, _values(numbers, weight.quantization)
        start += size


def _joined(folder: Path, manifest: Path, group: Group, size: int) -> memoryview:
    """The bytes of all shards, ``size`` in all. ModelError, without reading, for other sizes."""
    paths = [inside(folder, name, manifest) for name in group.paths]
    for path in paths:
        if not path.is_file():
            raise ModelError(f"the shard {path} is missing: {FETCH_AGAIN}")
    found = sum(path.stat().st_size for path in paths)
    if found != size:
        what = "cut off" if found < size else "too long"
        raise ModelError(
            f"{folder}: the shards {paths[0].name} to {paths[-1].name} have {found:,} bytes "
            f"and not {size:,}: one is {what}, {FETCH_AGAIN}"
            if paths
            else f"{manifest} has tensors without shards: {FETCH_AGAIN}"
        )
    content = bytearray()
    for path in paths:
        content += path.read_bytes()
    if len(content) != size:
        raise ModelError(f"{folder}: the shards changed while they were read: {FETCH_AGAIN}")
    return memoryview(content).toreadonly()


def _values(numbers: np.ndarray[Any, Any], quantization: Quantization | None) -> Floats:
    """Dequantized float32 values, computed in float64 and rounded once, as TensorFlow.js does."""
    if quantization is None or quantization.dtype == "float16":
        return numbers.astype(np.float32, copy=False)
    with np.errstate(all="ignore"):  # values that are not finite are refused by the caller
        values = numbers.astype(np.float64) * quantization.scale + quantization.min
        return values.astype(np.float32)

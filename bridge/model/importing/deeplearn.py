"""Read checkpoints in the older deeplearn.js form: ``manifest.json`` and a file per tensor."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from bridge.errors import ModelError
from bridge.model.contract import Floats
from bridge.model.importing.config import checked_config, read_config
from bridge.model.importing.files import FETCH_AGAIN, check_finite, count_values, inside, read_json
from bridge.model.musicvae.checkpoint import Checkpoint

MANIFEST: Final = "manifest.json"
CONVERTER: Final = "converter.json"
CONFIG: Final = "config.json"
ENCODER: Final = "encoder/"
"""Prefix of the encoder's tensors, which are optional: without them a model decodes only."""


class PublishedTensor(msgspec.Struct, frozen=True):
    """A tensor's file and shape."""

    filename: str
    shape: list[int]


def file_names(folder: Path) -> list[str]:
    """The manifest, the configuration and every file of the manifest. ModelError for a file
    outside its folder."""
    manifest = folder / MANIFEST
    names = [entry.filename for entry in read_json(manifest, dict[str, PublishedTensor]).values()]
    for name in names:
        inside(folder, name, manifest)
    settings = [file for file in (CONFIG, CONVERTER) if (folder / file).is_file()]
    return [*settings, MANIFEST, *names]


def read(folder: Path, name: str) -> Checkpoint:
    """Read the checkpoint in ``folder``. ModelError with the file that is missing, truncated or
    invalid.

    An incomplete encoder is left out, but its files are read, so that damage is found.
    """
    config = _config(folder)
    manifest = folder / MANIFEST
    tensors: dict[str, Floats] = {}
    missing: list[str] = []
    for tensor, entry in read_json(manifest, dict[str, PublishedTensor]).items():
        path = inside(folder, entry.filename, manifest)
        if path.is_file():
            values = _values(path, tensor, entry, manifest)
            tensors[tensor] = check_finite(tensor, values, manifest)
        elif tensor.startswith(ENCODER):
            missing.append(tensor)
        else:
            raise ModelError(f"{path}, the tensor {tensor!r}, is missing: {FETCH_AGAIN}")
    if missing:
        tensors = {t: values for t, values in tensors.items() if not t.startswith(ENCODER)}
    return Checkpoint(name, config, tensors, tuple(missing))


def _config(folder: Path) -> dict[str, Any]:
    if (folder / CONFIG).is_file():
        return read_config(folder / CONFIG)
    converter = read_json(folder / CONVERTER, dict[str, Any])
    return checked_config({"type": "MusicVAE", "dataConverter": converter}, folder / CONVERTER)


def _values(path: Path, tensor: str, entry: PublishedTensor, manifest: Path) -> Floats:
    size = 4 * count_values(entry.shape, tensor, manifest)
    found = path.stat().st_size
    if found != size:
        what = "cut off" if found < size else "too long"
        raise ModelError(
            f"{path} has {found:,} bytes and not {size:,}: it is {what}, {FETCH_AGAIN}"
        )
    return np.frombuffer(path.read_bytes(), "<f4").astype(np.float32).reshape(entry.shape)

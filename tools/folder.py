"""Change one file beside a model's graphs, and its checksum in ``model.yaml``."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import yaml


def checksum(path: Path) -> str:
    """sha256 of a file, hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def save_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """An .npz without pickles; the same arrays give the same bytes."""
    for name, value in arrays.items():
        if value.dtype.kind == "O":
            raise ValueError(f"{name} would need a pickle")
    np.savez(path, **arrays)


class _Flow(yaml.SafeDumper):
    """Lists on one line, the rest in blocks."""


_Flow.add_representer(
    list, lambda d, v: d.represent_sequence("tag:yaml.org,2002:seq", v, flow_style=True)
)


def dump_spec(spec: Mapping[str, Any]) -> str:
    """The text of ``model.yaml``."""
    return yaml.dump(dict(spec), Dumper=_Flow, sort_keys=False, width=100)


def replace_extra(folder: Path, name: str, arrays: Mapping[str, np.ndarray]) -> None:
    """Write ``NAME.npz`` into a model folder, and its checksum into ``model.yaml``."""
    save_arrays(folder / f"{name}.npz", arrays)
    path = folder / "model.yaml"
    spec = yaml.safe_load(path.read_text(encoding="utf-8"))
    spec.setdefault("extras", {})[name] = {
        "file": f"{name}.npz",
        "sha256": checksum(folder / f"{name}.npz"),
    }
    part = path.with_suffix(".part")
    part.write_text(dump_spec(spec), encoding="utf-8")
    part.replace(path)

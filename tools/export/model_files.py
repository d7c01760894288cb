"""Change one file beside a model's graphs, and its checksum in ``model.yaml``."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import yaml

import onnx


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
    file = f"{name}.npz"
    _change_spec(folder, "extras", name, {"file": file, "sha256": checksum(folder / file)})


def replace_graph(folder: Path, name: str, graph: onnx.ModelProto) -> None:
    """Write ``NAME.onnx`` into a model folder, and its ports and checksum into ``model.yaml``."""
    path = folder / f"{name}.onnx"
    part = path.with_suffix(".part")
    onnx.save(graph, part)
    part.replace(path)

    def ports(values: Any) -> dict[str, list[int | str]]:
        return {
            value.name: [d.dim_param or int(d.dim_value) for d in value.type.tensor_type.shape.dim]
            for value in values
        }

    _change_spec(
        folder,
        "graphs",
        name,
        {
            "file": path.name,
            "sha256": checksum(path),
            "inputs": ports(graph.graph.input),
            "outputs": ports(graph.graph.output),
        },
    )


def _change_spec(folder: Path, group: str, name: str, value: Mapping[str, Any]) -> None:
    path = folder / "model.yaml"
    spec = yaml.safe_load(path.read_text(encoding="utf-8"))
    spec.setdefault(group, {})[name] = dict(value)
    part = path.with_suffix(".part")
    part.write_text(dump_spec(spec), encoding="utf-8")
    part.replace(path)

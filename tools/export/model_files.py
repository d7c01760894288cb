"""Files of a model folder: arrays, graphs, their checksums, and their entries in ``model.yaml``."""

from __future__ import annotations

import hashlib
import io
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import yaml

import onnx
from bridge.model.library import SPEC_FILE
from bridge.system.atomic_write import write_whole
from bridge.system.strict_yaml import write_yaml

Ports = dict[str, list[int | str]]
"""Shape of each input or output by its name; an axis of any length has a name."""


def checksum(path: Path) -> str:
    """The sha256 of a file, in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def save_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write an .npz without pickles; the same arrays give the same bytes.

    ValueError for an array of objects, OutputError where ``path`` cannot be written.
    """
    for name, value in arrays.items():
        if value.dtype.kind == "O":
            raise ValueError(f"{name} would need a pickle")
    content = io.BytesIO()
    np.savez(content, **arrays)
    write_whole(path, content.getvalue())


def extra_entry(path: Path) -> dict[str, Any]:
    """The entry of an .npz file in ``extras`` of ``model.yaml``."""
    return {"file": path.name, "sha256": checksum(path)}


def graph_entry(path: Path, graph: onnx.ModelProto) -> dict[str, Any]:
    """The entry of a graph, saved at ``path``, in ``graphs`` of ``model.yaml``."""
    return {
        "file": path.name,
        "sha256": checksum(path),
        "inputs": _ports(graph.graph.input),
        "outputs": _ports(graph.graph.output),
    }


def _ports(values: Iterable[onnx.ValueInfoProto]) -> Ports:
    return {
        value.name: [d.dim_param or int(d.dim_value) for d in value.type.tensor_type.shape.dim]
        for value in values
    }


def replace_extra(folder: Path, name: str, arrays: Mapping[str, np.ndarray]) -> None:
    """Write ``NAME.npz`` into a model folder and its entry into ``model.yaml``."""
    path = folder / f"{name}.npz"
    save_arrays(path, arrays)
    _change_spec(folder, "extras", name, extra_entry(path))


def replace_graph(folder: Path, name: str, graph: onnx.ModelProto) -> None:
    """Write ``NAME.onnx`` into a model folder and its entry into ``model.yaml``."""
    path = folder / f"{name}.onnx"
    write_whole(path, graph.SerializeToString())
    _change_spec(folder, "graphs", name, graph_entry(path, graph))


def _change_spec(folder: Path, group: str, name: str, entry: dict[str, Any]) -> None:
    path = folder / SPEC_FILE
    spec = yaml.safe_load(path.read_text(encoding="utf-8"))
    spec.setdefault(group, {})[name] = entry
    write_yaml(path, spec)


@contextmanager
def replaced_folder(folder: Path) -> Iterator[Path]:
    """An empty folder beside ``folder`` that takes its place when the block ends.

    After an exception ``folder`` is as it was, and the new folder is removed.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        part.chmod(0o755)
        yield part
        old = folder.with_name(f".{folder.name}-old")
        if folder.exists():
            folder.rename(old)
        part.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(part, ignore_errors=True)

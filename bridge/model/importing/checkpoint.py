"""What passes between the readers, the graph builder and the folder writer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bridge.model.contract import Floats


@dataclass(frozen=True)
class Checkpoint:
    """A MusicVAE checkpoint in memory, whatever form it was stored in.

    ``config`` is magenta.js's ``config.json``: ``type`` ("MusicVAE"), ``dataConverter``
    (``type`` and ``args``), and ``chordEncoder`` where there is one. ``tensors`` are float32,
    dequantized, in the shapes of the manifest and under its names (TensorFlow's, with slashes,
    without ``:0`` and without optimizer slots). ``missing`` are those that a manifest of one
    file a tensor promises and whose files are not there: a decoder-only checkpoint.
    """

    name: str
    config: Mapping[str, Any]
    tensors: Mapping[str, Floats]
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class BuiltGraph:
    """One serialized ONNX graph, and its ports as ``model.yaml`` will say them."""

    content: bytes
    inputs: dict[str, list[int | str]]
    outputs: dict[str, list[int | str]]


@dataclass(frozen=True)
class Built:
    """A checkpoint as graphs: what ``build(checkpoint)`` gives, and ``model.yaml`` needs.

    ``kind``, ``bars``, ``steps_per_bar``, ``latent``, ``tracks``, ``chord_classes`` as in
    ``ModelSpec``; ``graphs`` holds ``decoder``, and ``encoder`` where its tensors are there.
    """

    kind: str
    bars: int
    steps_per_bar: int
    latent: int
    tracks: dict[str, int]
    graphs: Mapping[str, BuiltGraph] = field(default_factory=dict)
    chord_classes: int = 0

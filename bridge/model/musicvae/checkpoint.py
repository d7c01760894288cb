"""A checkpoint in memory: what the readers give and ``musicvae.graphs.build`` takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bridge.model.contract import Floats


@dataclass(frozen=True)
class Checkpoint:
    """A MusicVAE checkpoint, whatever form it was stored in.

    ``config`` is magenta.js's ``config.json``: ``type`` ("MusicVAE"), ``dataConverter``
    (``type`` and ``args``), and ``chordEncoder`` where there is one. ``tensors`` are float32,
    dequantized, in the shapes of the manifest and under its names (TensorFlow's, with slashes,
    without an optimizer's own). ``missing`` are encoder tensors that a manifest of one file a
    tensor promises and whose files are not there: then there is no whole encoder, and none
    of its tensors are given.
    """

    name: str
    config: Mapping[str, Any]
    tensors: Mapping[str, Floats]
    missing: tuple[str, ...] = ()

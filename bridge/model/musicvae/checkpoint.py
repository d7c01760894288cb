"""A checkpoint in memory: output of the readers, input of ``musicvae.graphs.build``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bridge.model.contract import Floats


@dataclass(frozen=True)
class Checkpoint:
    """A MusicVAE checkpoint, independent of its storage form.

    ``config`` is magenta.js's ``config.json``: ``type`` ("MusicVAE"), ``dataConverter``
    (``type`` and ``args``), and ``chordEncoder`` where there is one. ``tensors`` are float32,
    dequantized, in the shapes of the manifest, under TensorFlow's names with slashes, without
    those of the optimizer. ``missing`` are the encoder's tensors whose files are missing; in that
    case no encoder tensors are included.
    """

    name: str
    config: Mapping[str, Any]
    tensors: Mapping[str, Floats]
    missing: tuple[str, ...] = ()

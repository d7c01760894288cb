"""Our ONNX graphs of a checkpoint, and random windows to feed to them and magenta.js."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from bridge.model.musicvae.checkpoint import Checkpoint
from bridge.model.musicvae.family import Family, Head
from bridge.model.musicvae.graphs import build
from tools.export.runtime import open_graph

Array = npt.NDArray[Any]


class OurGraphs:
    """A checkpoint through our graphs, on one thread."""

    def __init__(self, checkpoint: Checkpoint, controls: Array | None = None) -> None:
        self.family, graphs = build(checkpoint)
        self._sessions = {name: open_graph(content) for name, content in graphs.items()}
        self._controls = controls

    def _feed(self, count: int, **feed: Array) -> dict[str, Array]:
        if self._controls is not None:
            shape = (count, *self._controls.shape)
            feed["controls"] = np.broadcast_to(self._controls, shape).astype(np.float32)
        return feed

    def encode(self, windows: Array) -> Array:
        """Windows [N, T, C] -> mu [N, Z]."""
        name = "groove" if self.family.head is Head.GROOVE else "tokens"
        feed = self._feed(len(windows), **{name: windows})
        mu: Array = self._sessions["encoder"].run(["mu"], feed)[0]
        return mu

    def decode(self, z: Array, temperature: float = 0.0, seed: int = 0) -> Array:
        """Codes [N, Z] -> windows [N, T, C]."""
        family = self.family
        shape: tuple[int, ...] = (len(z), family.steps, family.draws)
        bars = {"bars": np.arange(family.segments)} if family.by_bars else {}
        if bars:
            shape = (len(z), family.segments, family.segment_steps, family.draws)
        feed = self._feed(
            len(z),
            z=z.astype(np.float32),
            temperature=np.array(temperature, np.float32),
            noise=np.random.default_rng(seed).random(shape, dtype=np.float32),
            **bars,
        )
        windows: Array = self._sessions["decoder"].run(None, feed)[0]
        return windows.reshape(len(z), family.steps, -1)


def random_windows(family: Family, count: int, seed: int) -> Array:
    """Windows [N, T, C] of random classes; of a groove, hits with velocities and offsets."""
    rng = np.random.default_rng(seed)
    shape = (count, family.steps)
    if family.head is Head.GROOVE:
        hits = rng.random((*shape, family.depth // 3)) < 0.3
        velocity, offset = rng.random(hits.shape), rng.uniform(-1, 1, hits.shape)
        groove = np.concatenate([hits, hits * velocity, hits * offset], axis=-1)
        return groove.astype(np.float32)
    columns = [rng.integers(0, track.classes, shape) for track in family.tracks]
    windows = np.stack(columns, axis=-1)
    windows[rng.random(shape) < 0.4] = 0
    if family.end >= 0:
        windows[windows == family.end] = 0
        ends = rng.integers(0, family.segment_steps, (count, family.segments))
        parts = windows.reshape(count, family.segments, family.segment_steps)
        for n, row in enumerate(ends):
            parts[n, np.arange(family.segments), row] = family.end
    return windows

"""A MusicVAE's decoder as one ONNX graph, its loop over the steps inside.

What does not change from step to step is taken out of the loop: the share of the code (and of
the controls) in the first layer's gates. What does is one row of the first kernel for the
class of the step before, and the recurrent products. The tracks of a trio go side by side in
one batched product.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from bridge.model.musicvae.encoder import FORGET, Tensors, bidirectional
from bridge.model.musicvae.family import CELL, CONDUCTOR, CONTROL, Family
from bridge.model.musicvae.heads import BELOW_ONE, Heat, Output
from bridge.model.musicvae.onnxgraph import FLOAT, INT, Graph

Array = npt.NDArray[Any]
_OWN_GATES: Final = (0, 2, 3, 1)
"""TensorFlow's input, new, forget, output as input, forget, output, new: one sigmoid."""


def decoder_graph(family: Family, tensors: Tensors) -> bytes:
    """``z`` [N, Z], ``controls`` [N, T, c] if the model has any, ``temperature`` [], ``noise``
    [N, T, draws] -> ``tokens`` [N, T, C], of a GrooVAE ``groove`` [N, T, D].

    Segments are decoded in their order: the last step of one is the first input of the next.
    A trio of whole bars takes ``bars`` [K] too, ``noise`` [N, K, 16, 3], and gives ``tokens``
    [N, K, 16, 3]. Bars before the last that is asked for are decoded with it; those that are
    not asked for themselves have noise of a half.
    """
    g = Graph("decoder")
    z = g.input("z", FLOAT, ["N", family.latent])
    bars = g.input("bars", INT, ["K"]) if family.by_bars else ""
    controls = _controls(g, family, tensors)
    temperature = g.input("temperature", FLOAT, [])
    core = _Core(family, tensors)
    chances = _chances(g, family, bars)
    items = [chances, *([core.controlled(g, controls)] if controls else [])]
    embedding = _conduct(g, family, tensors, z) if family.conductor else z
    heat = Heat.of(g, temperature)
    start, share = core.start(g, embedding), core.share(g, embedding)
    fed = core.nothing(g, z)
    kind = core.output.kind
    width = len(family.tracks) if kind == INT else family.depth
    shape: list[int | str] = ["N", family.steps, width]
    if family.segments == 1:
        _, said = core.decode(g, start, share, fed, items, heat)
        steps = g.transpose(said, 1, 0, 2)
    else:
        parts = [_fold(g, item, family.segments, family.segment_steps) for item in items]
        values = [start, share, *parts]
        if bars:
            values = [_until(g, value, bars) for value in values]
        said = _segments(g, core, values, fed, heat)
        if bars:
            said = g.op("Gather", said, bars, axis=0)
            shape = ["N", "K", family.segment_steps, width]
        steps = g.transpose(said, 2, 0, 1, 3)
        if not bars:
            steps = g.reshape(steps, [-1, family.steps, width])
    g.output(steps, "tokens" if kind == INT else "groove", kind, shape)
    return g.serialise()


def _chances(g: Graph, family: Family, bars: str) -> str:
    """The noise of every step, time first: [T, N, draws]."""
    if not bars:
        noise = g.input("noise", FLOAT, ["N", family.steps, family.draws])
        return g.mul(g.transpose(noise, 1, 0, 2), g.const(np.array(BELOW_ONE)))
    shape = [family.segments, family.segment_steps, family.draws]
    noise = g.input("noise", FLOAT, ["N", "K", *shape[1:]])
    count = g.op("Shape", noise, start=0, end=1)
    whole = g.op("Expand", g.const(np.array(0.5)), g.concat([count, g.const(shape)], axis=0))
    places = g.op("Expand", g.reshape(bars, [1, -1, 1, 1]), g.op("Shape", noise))
    filled = g.op("ScatterElements", whole, places, noise, axis=1)
    steps = g.reshape(filled, [-1, family.steps, family.draws])
    return g.mul(g.transpose(steps, 1, 0, 2), g.const(np.array(BELOW_ONE)))


def _until(g: Graph, value: str, bars: str) -> str:
    """[S, ...] up to and with the last segment that is asked for."""
    last = g.op("ReduceMax", bars, keepdims=1)
    return g.op("Slice", value, g.const([0]), g.add(last, g.const([1])), g.const([0]))


def _controls(g: Graph, family: Family, tensors: Tensors) -> str:
    """What the core decoders are conditioned on, [N, T, c]; empty for nothing."""
    if not family.controls:
        return ""
    controls = g.input("controls", FLOAT, ["N", family.steps, family.controls])
    if not family.control_hidden:
        return controls
    size = family.segment_steps
    segments = g.transpose(g.reshape(controls, [-1, size, family.controls]), 1, 0, 2)
    every, _ = bidirectional(g, tensors, CONTROL, segments)
    batch_first = g.transpose(every, 1, 0, 2)
    return g.reshape(batch_first, [-1, family.steps, 2 * family.control_hidden])


def _conduct(g: Graph, family: Family, tensors: Tensors, z: str) -> str:
    """The code -> each segment's embedding [S, N, E]. The conductor's own input is zero."""
    name = f"{CONDUCTOR}initial_state/"
    start = g.op("Tanh", g.dense(z, tensors[f"{name}kernel"], tensors[f"{name}bias"]))
    sizes = [size for hidden in family.conductor for size in (hidden, hidden)]
    states = g.split(start, sizes)
    count = g.op("Shape", z, start=0, end=1)
    shape = g.concat([g.const([family.segments]), count, g.const([1])], axis=0)
    every = g.op("Expand", g.const(np.array(0.0)), shape)
    for layer, hidden in enumerate(family.conductor):
        c, h = (g.one(state, 0) for state in states[2 * layer : 2 * layer + 2])
        every = _lstm(g, tensors, f"{CONDUCTOR}cell_{layer}/lstm_cell/", every, h, c, hidden)
    return every


def _lstm(g: Graph, tensors: Tensors, cell: str, x: str, h: str, c: str, hidden: int) -> str:
    """One layer over [S, N, in] from a first state [1, N, H] -> [S, N, H]."""
    kernel, bias = _cell(tensors, cell, (0, 3, 2, 1))
    into = len(kernel) - hidden
    weights = [g.const(part.T[None]) for part in (kernel[:into], kernel[into:])]
    both = g.const(np.concatenate([bias, np.zeros_like(bias)])[None])
    every = g.ops("LSTM", x, *weights, both, "", h, c, outputs=1, hidden_size=hidden)[0]
    return g.squeeze(every, 1)


def _cell(tensors: Tensors, name: str, order: tuple[int, ...]) -> tuple[Array, Array]:
    """Kernel [in + H, 4H] and bias [4H] of a cell, the gates in ``order``, forget bias in."""
    kernel = np.split(tensors[f"{name}kernel"], 4, axis=1)
    bias = np.split(np.array(tensors[f"{name}bias"], np.float32), 4)
    bias[2] = bias[2] + np.float32(FORGET)
    return (
        np.concatenate([kernel[i] for i in order], axis=1),
        np.concatenate([bias[i] for i in order]),
    )


def _segments(g: Graph, core: _Core, values: list[str], fed: str, heat: Heat) -> str:
    """Segments one after another, from first states, shares and items [S, ...] -> their steps
    [S, T / S, N, C].
    """

    def body(inner: Graph, states: list[str], inputs: list[str]) -> tuple[list[str], list[str]]:
        begin, own, *rest = inputs
        last, said = core.decode(inner, begin, own, states[0], rest, heat)
        return [last], [said]

    inputs = [(value, FLOAT) for value in values]
    _, (said,) = g.scan([(fed, FLOAT)], inputs, [core.output.kind], body)
    return said


def _fold(g: Graph, value: str, segments: int, size: int) -> str:
    """[T, ...] -> [S, T / S, ...]."""
    rest = g.op("Shape", value, start=1)
    return g.op("Reshape", value, g.concat([g.const([segments, size]), rest], axis=0))


class _Core:
    """The core decoders: arrays [D, ...] for D tracks, without that axis for one."""

    def __init__(self, family: Family, tensors: Tensors) -> None:
        self.family = family
        self.tracks = len(family.tracks)
        prefixes = family.prefixes()
        cells = [
            [_cell(tensors, f"{prefix}{CELL.format(layer)}", _OWN_GATES) for prefix in prefixes]
            for layer in range(len(family.core))
        ]
        first = [kernel for kernel, _ in cells[0]]
        places = [np.cumsum([t.depth, family.embedding, family.conditioned]) for t in family.tracks]
        rows = [np.split(kernel, place) for kernel, place in zip(first, places, strict=True)]
        self.output = Output(family, tensors, [parts[0] for parts in rows])
        self._share = self._stack([parts[1] for parts in rows])
        self._bias = self._stack([bias for _, bias in cells[0]], row=True)
        self._control = self._stack([parts[2] for parts in rows])
        self._recurrent = [self._stack([parts[3] for parts in rows])]
        self._recurrent += [self._stack([k for k, _ in layer]) for layer in cells[1:]]
        self._biases = [self._stack([b for _, b in layer], row=True) for layer in cells[1:]]
        states = [
            (tensors[f"{p}z_to_initial_state/kernel"], tensors[f"{p}z_to_initial_state/bias"])
            for p in prefixes
        ]
        self._start = self._stack([kernel for kernel, _ in states])
        self._start_bias = self._stack([bias for _, bias in states], row=True)

    def _stack(self, arrays: list[Array], row: bool = False) -> Array:
        if self.tracks == 1:
            return arrays[0]
        return np.stack(arrays)[:, None] if row else np.stack(arrays)

    def _each(self, g: Graph, value: str) -> str:
        """[..., N, W] -> [..., 1, N, W] where there are several tracks, to be multiplied."""
        return value if self.tracks == 1 else g.one(value, -3)

    def start(self, g: Graph, embedding: str) -> str:
        """The first states [S?, D?, N, 2 sum(H)]."""
        return g.op("Tanh", g.dense(self._each(g, embedding), self._start, self._start_bias))

    def share(self, g: Graph, embedding: str) -> str:
        """What the embedding adds to the first layer's gates [S?, D?, N, 4H]."""
        return g.dense(self._each(g, embedding), self._share, self._bias)

    def controlled(self, g: Graph, controls: str) -> str:
        """What the controls add [T, D?, N, 4H]."""
        time_first = self._each(g, g.transpose(controls, 1, 0, 2))
        return g.op("MatMul", time_first, g.const(self._control))

    def nothing(self, g: Graph, z: str) -> str:
        """What no step before adds: zeros [D?, N, 4H]."""
        tracks = [] if self.tracks == 1 else [g.const([self.tracks])]
        count = g.op("Shape", z, start=0, end=1)
        shape = g.concat([*tracks, count, g.const([4 * self.family.core[0]])], axis=0)
        return g.op("Expand", g.const(np.array(0.0)), shape)

    def decode(
        self, g: Graph, start: str, share: str, fed: str, items: list[str], heat: Heat
    ) -> tuple[str, str]:
        """One segment. Gives what its last step would feed [D?, N, 4H] and its steps
        [T / S, N, C].
        """
        sizes = [size for hidden in self.family.core for size in (hidden, hidden)]

        def body(inner: Graph, states: list[str], inputs: list[str]) -> tuple[list[str], list[str]]:
            noise, *controls = inputs
            known = inner.add(share, *controls) if controls else share
            cells, top = self._step(inner, states[:-1], inner.add(known, states[-1]))
            said = self.output.say(inner, self._apart(inner, top), noise, heat)
            return [*cells, self._together(inner, said.fed)], [said.step]

        first = [(state, FLOAT) for state in g.split(start, sizes)]
        last, (said,) = g.scan(
            [*first, (fed, FLOAT)], [(item, FLOAT) for item in items], [self.output.kind], body
        )
        return last[-1], said

    def _step(self, g: Graph, states: list[str], known: str) -> tuple[list[str], str]:
        """One step of all layers: c, h of each layer in turn; ``known`` is in its gates."""
        after: list[str] = []
        below = ""
        for layer, hidden in enumerate(self.family.core):
            c, h = states[2 * layer : 2 * layer + 2]
            inputs = g.concat([below, h]) if below else h
            gates = g.op("MatMul", inputs, g.const(self._recurrent[layer]))
            own = g.const(self._biases[layer - 1]) if layer else known
            sig, new = g.split(g.add(gates, own), [3 * hidden, hidden])
            i, f, o = g.split(g.op("Sigmoid", sig), [hidden] * 3)
            c = g.add(g.mul(f, c), g.mul(i, g.op("Tanh", new)))
            below = g.mul(o, g.op("Tanh", c))
            after += [c, below]
        return after, below

    def _apart(self, g: Graph, value: str) -> list[str]:
        """[D?, N, W] -> [N, W] of each track."""
        if self.tracks == 1:
            return [value]
        return [g.squeeze(part, 0) for part in g.split(value, [1] * self.tracks, axis=0)]

    def _together(self, g: Graph, values: list[str]) -> str:
        if self.tracks == 1:
            return values[0]
        return g.concat([g.one(value, 0) for value in values], axis=0)

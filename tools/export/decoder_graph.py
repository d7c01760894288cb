"""The decoder as an ONNX graph: ``z``, ``bars``, ``temperature``, ``noise`` -> tokens.

It is unrolled over the 16 steps of a bar, its three tracks side by side in one batched matrix
product. On one core that is faster than a Loop, and than three LSTM nodes for each step.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

import onnx
from bridge.music.grid import SLOTS_PER_BAR
from onnx import TensorProto
from tools.data.sizes import BARS
from tools.export.graphs import Array, Graph
from tools.network.nets import Conductor, Decoder, TrackDecoder

# Keeps u below the last value of a cumulative sum that rounding left a little under 1.
BELOW_ONE = 1 - 1e-5
NEVER = -1e4
# At this temperature and below the likeliest class is taken whatever the noise.
COLDEST = 1e-5


def _conduct(g: Graph, z: str, bars: str, net: Conductor) -> str:
    """[N, D] -> the chosen bars' vectors [N * K, C]."""
    width = net.inside.out_features
    inside = g.one(g.linear(z, net.inside), 1)
    hidden = g.lstm(g.op("Tanh", g.op("Add", inside, g.const(net.place))), net.lstm, BARS)
    direct = g.reshape(g.linear(z, net.direct), [-1, BARS, width])
    vectors = g.op("Tanh", g.op("Add", hidden, direct))
    return g.reshape(g.op("Gather", vectors, bars, axis=1), [-1, width])


def _straight(g: Graph, band: str, bars: str, nets: Sequence[TrackDecoder]) -> str:
    """The direct contribution of codes [N, D] to the chosen bars' plans [3, N * K, 16 * plan]."""
    rows = []
    for net in nets:
        if net.straight is None:
            continue
        by_bar = net.straight.weight.T.unflatten(1, (BARS, -1)).transpose(0, 1)
        chosen = g.op("Gather", g.const(by_bar), bars, axis=0)
        said = g.op("MatMul", g.one(g.one(band, 1), 1), chosen)
        rows.append(g.one(g.reshape(said, [-1, by_bar.shape[-1]]), 0))
    silent = g.op("Mul", rows[0], g.const(0.0))
    rows = [silent] * (len(nets) - len(rows)) + rows
    return g.op("Concat", *rows, axis=0)


def _pad_gates(value: Tensor, hidden: int) -> npt.NDArray[np.float32]:
    """Gates (torch order i, f, g, o) on axis 0, each padded with zeros, as i, f, o, g."""
    i, f, g, o = value.detach().chunk(4)
    rows = []
    for gate in (i, f, o, g):
        padded = np.zeros((hidden, *gate.shape[1:]), np.float32)
        padded[: len(gate)] = gate.numpy()
        rows.append(padded)
    return np.concatenate(rows)


def _pad(value: npt.NDArray[np.float32], shape: Sequence[int], fill: float) -> Array:
    """Grow an array at the ends of its axes."""
    out = np.full(shape, fill, np.float32)
    out[tuple(slice(n) for n in value.shape)] = value
    return out


class _Track:
    """A track's decoder as arrays padded to common widths: hidden H, words W."""

    def __init__(self, net: TrackDecoder, hidden: int, words: int) -> None:
        own, said = net.hidden, len(net.words)
        with torch.no_grad():
            w = net.lstm.weight_ih_l0
            fed = net.embed.weight @ w.T
            place = (net.place + net.context.bias) @ w.T
            place = place + net.lstm.bias_ih_l0 + net.lstm.bias_hh_l0
            context = w @ net.context.weight
        by_gate = [_pad_gates(row, hidden) for row in fed]
        self.table = _pad(np.stack(by_gate[:said]), (words, 4 * hidden), 0)
        self.start = by_gate[said]
        self.place = np.stack([_pad_gates(row, hidden) for row in place])
        self.plan = net.plan.weight.detach().numpy().T
        self.plan_bias = net.plan.bias.detach().numpy()
        self.context = _pad_gates(context, hidden).T
        self.recurrent = _pad(_pad_gates(net.lstm.weight_hh_l0, hidden).T, (hidden, 4 * hidden), 0)
        state = net.state.weight.detach().numpy()
        bias = net.state.bias.detach().numpy()
        self.state = [_pad(part.T, (state.shape[1], hidden), 0) for part in np.split(state, 2)]
        self.state_bias = [_pad(part, (hidden,), 0) for part in np.split(bias, 2)]
        self.out = _pad(net.out.weight.detach().numpy().T, (hidden, words), 0)
        self.out_bias = _pad(net.out.bias.detach().numpy(), (words,), NEVER)
        self.words = np.resize(net.words.numpy(), words)
        assert own <= hidden


def decoder_graph(net: Decoder, latent: int, expose_logits: bool = False) -> onnx.ModelProto:
    """``z``, ``bars``, ``temperature``, ``noise`` -> ``tokens`` [N, K, 16, 3].

    ``expose_logits`` adds ``logits`` [3, N * K, 16, W], for the parity check only.
    """
    g = Graph("decoder")
    z = g.input("z", "float32", ["N", latent])
    bars = g.input("bars", "int64", ["K"])
    temperature = g.input("temperature", "float32", [])
    noise = g.input("noise", "float32", ["N", "K", SLOTS_PER_BAR, 3])
    nets = net.nets()
    hidden = max(t.hidden for t in nets)
    words = max(len(t.words) for t in nets)
    tracks = [_Track(t, hidden, words) for t in nets]

    band = g.op("Slice", z, g.const([-net.band]), g.const([np.iinfo(np.int64).max]), g.const([1]))
    lead, rhythm = _conduct(g, z, bars, net.lead), _conduct(g, band, bars, net.rhythm)
    three = g.op("Concat", *(g.one(x, 0) for x in (lead, rhythm, rhythm)), axis=0)

    def each(field: list[Array], axis: int | None = 1) -> str:
        stacked = np.stack(field)
        return g.const(stacked if axis is None else np.expand_dims(stacked, axis))

    plan = g.op("MatMul", three, each([t.plan for t in tracks], None))
    plan = g.op("Add", plan, each([t.plan_bias for t in tracks]))
    plan = g.op("Add", plan, _straight(g, band, bars, nets))
    width = tracks[0].context.shape[0]
    plan = g.reshape(plan, [3, -1, SLOTS_PER_BAR, width])
    context = g.op("MatMul", plan, each([t.context for t in tracks]))
    context = g.op("Transpose", context, perm=[2, 0, 1, 3])
    h, c = (
        g.op(
            "Tanh",
            g.op(
                "Add",
                g.op("MatMul", three, each([t.state[i] for t in tracks], None)),
                each([t.state_bias[i] for t in tracks]),
            ),
        )
        for i in range(2)
    )
    place = np.stack([t.place for t in tracks], axis=1)[:, :, None]
    inputs = g.op("Add", context, g.const(place))
    ones = g.const([1] * SLOTS_PER_BAR)
    per_step = g.ops("Split", inputs, ones, outputs=SLOTS_PER_BAR, axis=0)
    chance = g.op("Transpose", g.reshape(noise, [-1, SLOTS_PER_BAR, 3]), perm=[2, 0, 1])
    chance = g.op("Mul", chance, g.const(BELOW_ONE))
    chances = g.ops("Split", chance, ones, outputs=SLOTS_PER_BAR, axis=2)
    cold = g.op("Max", temperature, g.const(COLDEST))
    sharp = g.op("Div", g.const(1.0), cold)

    recurrent = each([t.recurrent for t in tracks], None)
    out, out_bias = each([t.out for t in tracks], None), each([t.out_bias for t in tracks])
    table = g.const(np.concatenate([t.table for t in tracks]))
    offsets = g.const((np.arange(3) * words)[:, None])
    last = g.const(words - 1)
    gate_sizes, sig_sizes = g.const([3 * hidden, hidden]), g.const([hidden] * 3)
    fed = each([t.start for t in tracks])
    said, all_logits = [], []
    for step in range(SLOTS_PER_BAR):
        gates = g.op("MatMul", h, recurrent)
        gates = g.op("Add", gates, g.op("Squeeze", per_step[step], g.const([0])))
        gates = g.op("Add", gates, fed)
        sig, new = g.ops("Split", gates, gate_sizes, outputs=2, axis=-1)
        i, f, o = g.ops("Split", g.op("Sigmoid", sig), sig_sizes, outputs=3, axis=-1)
        c = g.op("Add", g.op("Mul", f, c), g.op("Mul", i, g.op("Tanh", new)))
        h = g.op("Mul", o, g.op("Tanh", c))
        logits = g.op("Add", g.op("MatMul", h, out), out_bias)
        share = g.op("Softmax", g.op("Mul", logits, sharp), axis=-1)
        passed = g.op("LessOrEqual", g.op("CumSum", share, g.const(-1)), chances[step])
        number = g.op("Cast", passed, to=TensorProto.INT64)
        word = g.op("ReduceSum", number, g.const([-1]), keepdims=0)
        row = g.op("Add", g.op("Min", word, last), offsets)
        said.append(g.one(row, -1))
        all_logits.append(logits)
        fed = g.op("Gather", table, row)
    rows = g.op("Concat", *said, axis=-1)
    classes = g.op("Gather", g.const(np.concatenate([t.words for t in tracks])), rows)
    flat = g.op("Transpose", classes, perm=[1, 2, 0])
    shape = g.op("Shape", noise)
    g.output(g.op("Reshape", flat, shape), "tokens", "int64", ["N", "K", SLOTS_PER_BAR, 3])
    if expose_logits:
        joined = g.op("Concat", *(g.one(logits, 2) for logits in all_logits), axis=2)
        g.output(joined, "logits", "float32", [3, "M", SLOTS_PER_BAR, words])
    return g.model()

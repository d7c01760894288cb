"""A MusicVAE's encoder as an ONNX graph: a window -> the distribution of its code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from bridge.model.musicvae.family import (
    BOTH,
    FLAT_ENCODER,
    LEVEL_ENCODER,
    EncoderInput,
    Family,
    Head,
)
from bridge.model.musicvae.onnxgraph import FLOAT, INT, GraphBuilder

Tensors = Mapping[str, npt.NDArray[Any]]
FORGET_BIAS: Final = 1.0
"""The constant that TensorFlow's LSTM cells add to the forget gate."""
_ONNX_GATES: Final = (0, 3, 2, 1)
"""Indices of TensorFlow's gates (input, new, forget, output) in the order of ONNX (input, output,
forget, new)."""


def encoder_graph(family: Family, tensors: Tensors) -> bytes:
    """The encoder as the content of an .onnx file.

    Inputs: ``tokens`` [N, T, C], or ``groove`` [N, T, D] of a GrooVAE, and ``controls``
    [N, T, c] if the model has any. Outputs: ``mu``, ``sigma`` [N, Z]. The segments of a
    hierarchical encoder are processed as a batch.
    """
    g = GraphBuilder("encoder")
    steps, end = _steps(g, family)
    if family.controls:
        controls = g.input("controls", FLOAT, ["N", family.steps, family.controls])
        steps = g.concat([steps, controls])
    if family.levels:
        last = _levels(g, family, tensors, steps, end)
    else:
        last = _layers(g, family, tensors, steps)
    mu, sigma = (
        g.dense(last, tensors[f"encoder/{name}/kernel"], tensors[f"encoder/{name}/bias"])
        for name in ("mu", "sigma")
    )
    g.output(mu, "mu", FLOAT, ["N", family.latent])
    g.output(g.op("Softplus", sigma), "sigma", FLOAT, ["N", family.latent])
    return g.serialise()


def bidirectional(
    g: GraphBuilder, tensors: Tensors, start: str, steps: str, lengths: str = ""
) -> tuple[str, str]:
    """A bidirectional LSTM: [T, N, in] -> h of every step [T, N, 2H] and the last h [N, 2H],
    forward then backward."""
    kernels = [tensors[f"{start}{BOTH.format(way)}kernel"] for way in ("fw", "bw")]
    biases = [tensors[f"{start}{BOTH.format(way)}bias"] for way in ("fw", "bw")]
    hidden = kernels[0].shape[1] // 4
    into = kernels[0].shape[0] - hidden
    both = np.stack([_gates(kernel.T, hidden) for kernel in kernels])
    bias = np.stack([_gates(_with_forget(b, hidden), hidden) for b in biases])
    every, last = g.ops(
        "LSTM",
        steps,
        g.const(both[:, :, :into]),
        g.const(both[:, :, into:]),
        g.const(np.concatenate([bias, np.zeros_like(bias)], axis=1)),
        *([lengths] if lengths else []),
        outputs=3,
        hidden_size=hidden,
        direction="bidirectional",
    )[:2]
    flat = g.reshape(g.transpose(every, 0, 2, 1, 3), [0, 0, 2 * hidden])
    return flat, g.reshape(g.transpose(last, 1, 0, 2), [-1, 2 * hidden])


def _with_forget(bias: npt.NDArray[Any], hidden: int) -> npt.NDArray[Any]:
    out = np.array(bias, np.float32)
    out[2 * hidden : 3 * hidden] += FORGET_BIAS
    return out


def _gates(rows: npt.NDArray[Any], hidden: int) -> npt.NDArray[Any]:
    parts: Sequence[npt.NDArray[Any]] = np.split(rows, 4)
    return np.concatenate([parts[i] for i in _ONNX_GATES])


def _steps(g: GraphBuilder, family: Family) -> tuple[str, str]:
    """The encoder's input [N, T, D], and the lengths [N * S] of segments that may end early."""
    if family.head is Head.GROOVE:
        return g.input("groove", FLOAT, ["N", family.steps, family.input_depth]), ""
    tokens = g.input("tokens", INT, ["N", family.steps, len(family.tracks)])
    if family.reading is EncoderInput.PLAIN:
        return g.to_float(tokens), ""
    columns = [g.squeeze(x, -1) for x in g.split(tokens, [1] * len(family.tracks))]
    if family.reading is EncoderInput.ROLL:
        return _roll(g, tokens, family.input_depth - 1), ""
    depths = [track.depth for track in family.tracks]
    hot = [g.one_hot(x, depth) for x, depth in zip(columns, depths, strict=True)]
    return g.concat(hot), _lengths(g, family, columns[0]) if family.end >= 0 else ""


def _roll(g: GraphBuilder, tokens: str, count: int) -> str:
    """Drum classes [N, T, 1] -> one column for each drum and one that is 1 in silence."""
    shifted = g.op("Div", tokens, g.const(2 ** np.arange(count)))
    bits = g.op("Mod", shifted, g.const(np.array(2)))
    silent = g.op("Equal", tokens, g.const(np.array(0)))
    return g.concat([g.to_float(bits), g.to_float(silent)])


def _lengths(g: GraphBuilder, family: Family, tokens: str) -> str:
    """[N, T] -> int32 [N * S]: steps of each segment up to and including its end token."""
    size = family.segment_steps
    ends = g.op("Equal", g.reshape(tokens, [-1, size]), g.const(np.array(family.end)))
    # A segment without an end token has the full length.
    number = g.op("Cast", ends, to=6)
    first = g.op("ArgMax", number, axis=1, keepdims=0)
    some = g.op("ReduceMax", number, axes=[1], keepdims=0)
    length = g.op("Where", g.op("Cast", some, to=9), first, g.const(np.array(size - 1)))
    return g.op("Cast", g.add(length, g.const(np.array(1))), to=6)


def _layers(g: GraphBuilder, family: Family, tensors: Tensors, steps: str) -> str:
    """A flat encoder with stacked layers: [N, T, D] -> [N, 2H]."""
    every, last = g.transpose(steps, 1, 0, 2), ""
    for layer in range(len(family.encoder)):
        every, last = bidirectional(g, tensors, FLAT_ENCODER.format(layer), every)
    return last


def _levels(g: GraphBuilder, family: Family, tensors: Tensors, steps: str, lengths: str) -> str:
    """A hierarchical encoder: the steps of each segment, then the sequence of segments ->
    [N, 2H]."""
    width = family.input_depth + family.controls
    segments = g.reshape(steps, [-1, family.segment_steps, width])
    time_first = g.transpose(segments, 1, 0, 2)
    _, each = bidirectional(g, tensors, LEVEL_ENCODER.format(0), time_first, lengths)
    sequence = g.reshape(each, [-1, family.segments, 2 * family.encoder[0]])
    _, last = bidirectional(g, tensors, LEVEL_ENCODER.format(1), g.transpose(sequence, 1, 0, 2))
    return last

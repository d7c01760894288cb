"""ONNX graphs, written node by node so that they depend on no exporter, and the small networks'.

The two-level model has a module of its own (:mod:`tools.export.two_level_graphs`), and so have the
prior and the surrogate of an imported trio.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

import onnx
from bridge.music.chord_features import FEATURES
from bridge.music.chords import CHORD_CLASSES
from bridge.music.grid import SLOTS_PER_BAR
from onnx import TensorProto, helper, numpy_helper
from tools.data.sizes import DRUM_BITS
from tools.network.chord_reader_net import BARELY, ChordReaders
from tools.network.drum_touch_net import NEVER_LATER, FeelNet

OPSET = 17
IR_VERSION = 8
LARGE = 1024
"""Number of values from which on a weight is stored in half precision, or as int8."""
LEVELS = 127
"""Largest whole number of a weight stored as int8."""
TINY = 1e-5
"""Largest loss, as a share of a matrix's largest weight, that counts as none."""

Shape = Sequence[int | str]
Array = npt.NDArray[np.generic]
_TYPES = {"int64": TensorProto.INT64, "float32": TensorProto.FLOAT}


class Graph:
    """A small ONNX graph under construction; every method returns the name of its result."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.nodes: list[onnx.NodeProto] = []
        self.values: dict[str, onnx.TensorProto] = {}
        self.inputs: list[onnx.ValueInfoProto] = []
        self.outputs: list[onnx.ValueInfoProto] = []
        self.count = 0

    def input(self, name: str, kind: str, shape: Shape) -> str:
        """Declare an input."""
        self.inputs.append(helper.make_tensor_value_info(name, _TYPES[kind], list(shape)))
        return name

    def output(self, value: str, name: str, kind: str, shape: Shape) -> None:
        """Declare an output with the given value."""
        self.nodes.append(helper.make_node("Identity", [value], [name]))
        self.outputs.append(helper.make_tensor_value_info(name, _TYPES[kind], list(shape)))

    def const(self, value: Tensor | Array | Sequence[int] | int | float) -> str:
        """A stored array; equal arrays are stored once. Floats become float32."""
        array = value.detach().numpy() if isinstance(value, Tensor) else np.asarray(value)
        array = np.ascontiguousarray(
            array, dtype=np.float32 if array.dtype.kind == "f" else np.int64
        ).reshape(array.shape)
        for name, known in self.values.items():
            kind = TensorProto.FLOAT if array.dtype == np.float32 else TensorProto.INT64
            same_form = known.data_type == kind and known.dims == list(array.shape)
            if same_form and known.raw_data == array.tobytes():
                return name
        name = f"w{len(self.values)}"
        self.values[name] = numpy_helper.from_array(array, name)
        return name

    def op(self, kind: str, *inputs: str, outputs: int = 1, **attributes: Any) -> str:
        """Add a node with one result."""
        return self.ops(kind, *inputs, outputs=outputs, **attributes)[0]

    def ops(self, kind: str, *inputs: str, outputs: int, **attributes: Any) -> list[str]:
        """Add a node with several results."""
        self.count += 1
        names = [f"{kind.lower()}{self.count}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, **attributes))
        return names

    def linear(self, x: str, layer: nn.Linear) -> str:
        """``x @ W.T + b`` over the last axis."""
        return self.op(
            "Add", self.op("MatMul", x, self.const(layer.weight.T)), self.const(layer.bias)
        )

    def reshape(self, x: str, shape: Sequence[int]) -> str:
        """Change the shape: 0 keeps a dimension, -1 infers one."""
        return self.op("Reshape", x, self.const(list(shape)))

    def pick(self, x: str, index: int) -> str:
        """Take one element of the last axis and remove the axis."""
        return self.op("Gather", x, self.const(index), axis=-1)

    def one(self, x: str, axis: int) -> str:
        """Add an axis of length one."""
        return self.op("Unsqueeze", x, self.const([axis]))

    def number(self, x: str) -> str:
        """Cast to float32."""
        return self.op("Cast", x, to=TensorProto.FLOAT)

    def drum_bits(self, drums: str) -> str:
        """Drum masks [...] as bits [..., 9]."""
        shifted = self.op("Div", self.one(drums, -1), self.const(2 ** np.arange(DRUM_BITS)))
        return self.number(self.op("Mod", shifted, self.const(2)))

    def lstm(self, x: str, layer: nn.LSTM, width: int, level: int = 0) -> str:
        """An LSTM over [N, T, in] -> [N, T, directions * hidden], from a zero state.

        ``width`` is T (-1: any), ``level`` the layer's number in a stack.
        """
        suffixes = ["", "_reverse"] if layer.bidirectional else [""]

        def gates(name: str) -> npt.NDArray[np.float32]:
            stacked = []
            for suffix in suffixes:
                i, f, g, o = getattr(layer, f"{name}_l{level}{suffix}").detach().chunk(4)
                stacked.append(torch.cat([i, o, f, g]).numpy())
            return np.stack(stacked)

        bias = np.concatenate([gates("bias_ih"), gates("bias_hh")], axis=1)
        time_first = self.op("Transpose", x, perm=[1, 0, 2])
        hidden = self.op(
            "LSTM",
            time_first,
            self.const(gates("weight_ih")),
            self.const(gates("weight_hh")),
            self.const(bias),
            hidden_size=layer.hidden_size,
            direction="bidirectional" if layer.bidirectional else "forward",
        )
        batch_first = self.op("Transpose", hidden, perm=[2, 0, 1, 3])
        return self.reshape(batch_first, [0, width, len(suffixes) * layer.hidden_size])

    def model(self) -> onnx.ModelProto:
        """The finished, checked model."""
        graph = helper.make_graph(
            self.nodes, self.name, self.inputs, self.outputs, list(self.values.values())
        )
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="latent-bridge",
        )
        onnx.checker.check_model(model, full_check=True)
        return model


def harmony_graph(readers: ChordReaders) -> onnx.ModelProto:
    """``features`` -> ``chord_logits``, both [N, H, ...] of any number of half bars.

    The weights are stored in half precision, which makes the download small, and become single when
    the graph is loaded.
    """
    g = Graph("harmony")
    features = g.input("features", "float32", ["N", "H", FEATURES])
    shares = []
    for net in readers.readers():
        hidden = g.op("Relu", g.linear(features, net.inside))
        for level in range(net.lstm.num_layers):
            hidden = g.lstm(hidden, net.lstm, -1, level)
        shares.append(g.op("Softmax", g.linear(hidden, net.chord), axis=-1))
    total = shares[0] if len(shares) == 1 else g.op("Sum", *shares)
    mean = g.op("Mul", total, g.const(1 / len(shares)))
    logits = g.op("Log", g.op("Add", mean, g.const(BARELY)))
    g.output(logits, "chord_logits", "float32", ["N", "H", CHORD_CLASSES])
    return halved(g.model())


def feel_graph(net: FeelNet) -> onnx.ModelProto:
    """``drums``, ``tempo``, ``drummer`` -> ``velocity``, ``offset`` [N, 16, 9]."""
    g = Graph("feel")
    drums = g.input("drums", "int64", ["N", SLOTS_PER_BAR])
    tempo = g.input("tempo", "float32", ["N"])
    drummer = g.input("drummer", "float32", ["N", net.config.z])
    octaves = g.op("Log", g.op("Div", tempo, g.const(120.0)))
    fast = g.one(g.op("Div", octaves, g.const(float(np.log(2)))), -1)
    who = g.one(g.op("Concat", fast, drummer, axis=-1), 1)
    everywhere = g.op("Add", who, g.const(np.zeros((1, SLOTS_PER_BAR, 1), np.float32)))
    rows = g.op("Concat", g.drum_bits(drums), everywhere, axis=-1)
    placed = g.op("Add", g.linear(rows, net.inside), g.const(net.place))
    hidden = g.lstm(g.op("Relu", placed), net.lstm, SLOTS_PER_BAR)
    split = g.const([DRUM_BITS, DRUM_BITS])
    loud, late = g.ops("Split", g.linear(hidden, net.out), split, outputs=2, axis=-1)
    shape = ["N", SLOTS_PER_BAR, DRUM_BITS]
    g.output(g.op("Sigmoid", loud), "velocity", "float32", shape)
    bounded = g.op("Mul", g.op("Tanh", late), g.const(NEVER_LATER))
    g.output(bounded, "offset", "float32", shape)
    return g.model()


def narrowed(model: onnx.ModelProto, *, exact: bool = True) -> onnx.ModelProto:
    """The model with its large matrices stored as int8: each column is whole numbers of -127..127
    times a scale of its own.

    ``exact`` stores only those as int8 that lose nothing by it.
    """
    graph = model.graph
    nodes, scales = [], []
    for value in graph.initializer:
        if value.data_type != TensorProto.FLOAT or np.prod(value.dims) < LARGE:
            continue
        whole = numpy_helper.to_array(value)
        if whole.ndim != 2:
            continue
        scale = np.maximum(np.abs(whole).max(axis=0), 1e-12) / LEVELS
        steps = np.round(whole / scale)
        if exact and np.abs(steps * scale - whole).max() > TINY * np.abs(whole).max():
            continue
        name, small = value.name, f"{value.name}_int8"
        value.CopyFrom(numpy_helper.from_array(steps.astype(np.int8), small))
        scales.append(numpy_helper.from_array(scale.astype(np.float32), f"{name}_scale"))
        # No DequantizeLinear: ONNX Runtime would round what is multiplied with it, too.
        wide = f"{name}_levels"
        nodes.append(helper.make_node("Cast", [small], [wide], to=TensorProto.FLOAT))
        nodes.append(helper.make_node("Mul", [wide, f"{name}_scale"], [name]))
    graph.initializer.extend(scales)
    nodes += graph.node
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.checker.check_model(model, full_check=True)
    return model


def whole(model: onnx.ModelProto) -> onnx.ModelProto:
    """The inverse of :func:`halved`: weights stored as float16 and cast are float32 again."""
    graph = model.graph
    half = {v.name: v for v in graph.initializer if v.data_type == TensorProto.FLOAT16}
    nodes = []
    for node in graph.node:
        if node.op_type == "Cast" and node.input[0] in half:
            values = numpy_helper.to_array(half[node.input[0]]).astype(np.float32)
            half[node.input[0]].CopyFrom(numpy_helper.from_array(values, node.output[0]))
        else:
            nodes.append(node)
    del graph.node[:]
    graph.node.extend(nodes)
    return model


def halved(model: onnx.ModelProto, *, exact: bool = False) -> onnx.ModelProto:
    """The model with its large float32 weights stored as float16 and cast back when used.

    ``exact`` stores only those as float16 that lose nothing by it.
    """
    graph = model.graph
    casts = []
    for value in graph.initializer:
        if value.data_type != TensorProto.FLOAT or np.prod(value.dims) < LARGE:
            continue
        name, small = value.name, f"{value.name}_half"
        whole = numpy_helper.to_array(value)
        half = whole.astype(np.float16)
        if exact and not np.array_equal(half.astype(np.float32), whole):
            continue
        value.CopyFrom(numpy_helper.from_array(half, small))
        casts.append(helper.make_node("Cast", [small], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.checker.check_model(model, full_check=True)
    return model

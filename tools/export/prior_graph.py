"""The prior's network as an ONNX graph."""

from __future__ import annotations

import math

from torch import Tensor, nn

import onnx
from tools.export.graphs import Graph, halved
from tools.network.prior_net import WAVE_NUMBERS, Block, Mix, PriorConfig, PriorNet, bias_of


def prior_graph(net: PriorNet) -> onnx.ModelProto:
    """``x``, ``given``, ``level`` -> ``velocity``; large weights in half precision."""
    g, config = Graph("prior"), net.config
    x = g.input("x", "float32", ["N", "L", net.coordinates])
    given = g.input("given", "float32", ["N", "L"])
    level = g.input("level", "float32", ["N"])
    angle = g.op("Mul", g.one(level, 1), g.const(WAVE_NUMBERS))
    waves = g.op("Concat", g.op("Sin", angle), g.op("Cos", angle), axis=-1)
    told = g.one(g.linear(_swish(g, g.linear(waves, net.level1)), net.level2), 1)
    rows = g.linear(g.op("Concat", x, g.one(given, 2), axis=-1), net.inside)
    length = g.op("Slice", g.op("Shape", x), g.const([1]), g.const([2]))
    heard = x
    for number, block in enumerate(net.blocks):
        rows = _block(g, block, rows, told, length, config)  # type: ignore[arg-type]
        if number == (len(net.blocks) - 1) // 2:
            heard = _mix(g, net.middle, rows, told, x, length)
            rows = g.op("Add", rows, g.linear(heard, net.again))
    straight = g.linear(_norm(g, rows, net.norm), net.outside)
    round_it = g.op("Mul", g.linear(told, net.skip), x)
    mixed = _mix(g, net.last, rows, told, g.op("Add", x, heard), length)
    whole = g.op("Add", g.op("Add", straight, round_it), mixed)
    g.output(whole, "velocity", "float32", ["N", "L", net.coordinates])
    return halved(g.model())


def _mix(g: Graph, mix: Mix, rows: str, told: str, x: str, length: str) -> str:
    scale, shift = g.ops("Split", g.linear(told, mix.told), outputs=2, axis=-1)
    scale = g.op("Add", scale, g.const(1.0))
    rows = g.op("Add", g.op("Mul", _norm(g, rows, mix.norm), scale), shift)
    parts = g.ops("Split", g.linear(rows, mix.qk), outputs=2, axis=-1)
    q, k = _heads(g, parts, mix.heads, mix.scale)
    weight = _attention(g, q, k, mix.apart, mix.scale, length)
    gain = g.reshape(g.linear(told, mix.gain), [0, mix.heads, 1, -1])
    heard = g.op("Mul", g.op("MatMul", weight, g.one(x, 1)), gain)
    return g.op("ReduceSum", heard, g.const([1]), keepdims=0)


def _heads(g: Graph, parts: list[str], heads: int, width: int) -> list[str]:
    """Rows [N, L, H * W] as heads [N, H, L, W]."""
    shaped = (g.reshape(part, [0, 0, heads, width]) for part in parts)
    return [g.op("Transpose", part, perm=[0, 2, 1, 3]) for part in shaped]


def _attention(g: Graph, q: str, k: str, apart: Tensor, width: int, length: str) -> str:
    """Attention weights [N, H, L, L]."""
    weight = g.op("MatMul", q, g.op("Transpose", k, perm=[0, 1, 3, 2]))
    weight = g.op("Mul", weight, g.const(1 / math.sqrt(width)))
    ends = g.op("Concat", length, length, axis=0)
    bias = g.op("Slice", g.const(bias_of(apart)), g.const([0, 0]), ends, g.const([1, 2]))
    return g.op("Softmax", g.op("Add", weight, bias), axis=-1)


def _block(g: Graph, block: Block, x: str, told: str, length: str, config: PriorConfig) -> str:
    width, heads = config.width, config.heads
    scale, shift = g.ops("Split", g.linear(told, block.told), outputs=2, axis=-1)
    scale = g.op("Add", scale, g.const(1.0))

    def informed(rows: str, norm: nn.LayerNorm) -> str:
        return g.op("Add", g.op("Mul", _norm(g, rows, norm), scale), shift)

    parts = g.ops("Split", g.linear(informed(x, block.norm1), block.qkv), outputs=3, axis=-1)
    q, k, v = _heads(g, parts, heads, width // heads)
    weight = _attention(g, q, k, block.apart, width // heads, length)
    heard = g.op("Transpose", g.op("MatMul", weight, v), perm=[0, 2, 1, 3])
    x = g.op("Add", x, g.linear(g.reshape(heard, [0, 0, width]), block.out))
    hidden = _swish(g, g.linear(informed(x, block.norm2), block.wide))
    return g.op("Add", x, g.linear(hidden, block.narrow))


def _swish(g: Graph, x: str) -> str:
    return g.op("Mul", x, g.op("Sigmoid", x))


def _norm(g: Graph, x: str, norm: nn.LayerNorm) -> str:
    return g.op("LayerNormalization", x, g.const(norm.weight), g.const(norm.bias),
                axis=-1, epsilon=norm.eps)  # fmt: skip

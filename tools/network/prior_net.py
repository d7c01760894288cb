"""The prior's network: a small transformer over a sequence of codes, and its ONNX graph."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

import onnx
from bridge.latent.prior import MAX_WINDOWS
from tools.export.graphs import Graph, halved

WAVES = 16
"""Sines and as many cosines that tell the network the level of noise."""


@dataclass(frozen=True)
class PriorConfig:
    """Sizes of the network, and of the training in sequences and steps."""

    width: int = 96
    heads: int = 4
    layers: int = 4
    dropout: float = 0.1
    batch: int = 64
    steps: int = 14000
    lr: float = 1.5e-3
    warmup: int = 200
    ema: float = 0.998
    listeners: int = 8
    """Heads of each :class:`Mix`."""


class Block(nn.Module):
    """Attention over the windows, then two layers for each; both told the level of noise."""

    def __init__(self, config: PriorConfig) -> None:
        super().__init__()
        width = config.width
        self.heads = config.heads
        self.scale = width // config.heads
        self.told = nn.Linear(width, 2 * width)
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.wide, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.apart = nn.Parameter(torch.zeros(config.heads, 2 * MAX_WINDOWS - 1))
        self.dropout = nn.Dropout(config.dropout)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.narrow.weight)

    def forward(self, x: Tensor, level: Tensor) -> Tensor:
        """[N, L, W] and [N, 1, W] -> [N, L, W]."""
        count, length, width = x.shape
        scale, shift = self.told(level).chunk(2, -1)
        rows = self.norm1(x) * (1 + scale) + shift
        q, k, v = (
            part.reshape(count, length, self.heads, self.scale).transpose(1, 2)
            for part in self.qkv(rows).chunk(3, -1)
        )
        weight = q @ k.transpose(-1, -2) / math.sqrt(self.scale)
        weight = torch.softmax(weight + bias_of(self.apart)[:, :length, :length], -1)
        heard = (weight @ v).transpose(1, 2).reshape(count, length, width)
        x = x + self.dropout(self.out(heard))
        rows = self.norm2(x) * (1 + scale) + shift
        hidden = self.wide(rows)
        return x + self.dropout(self.narrow(hidden * torch.sigmoid(hidden)))


class Mix(nn.Module):
    """Windows as they are, listened to whole: attention whose values are all K coordinates.

    Half of a tune's windows come again, and all have much in common. What a head of a
    :class:`Block` hands on is too narrow for a window; here each coordinate is a weighted
    mean over the windows, so that what repeats is repeated and what a tune keeps is kept.
    """

    def __init__(self, coordinates: int, config: PriorConfig) -> None:
        super().__init__()
        width = config.width
        self.heads, self.scale = config.listeners, width // config.listeners
        self.norm = nn.LayerNorm(width)
        self.told = nn.Linear(width, 2 * width)
        self.qk = nn.Linear(width, 2 * width)
        self.gain = nn.Linear(width, config.listeners * coordinates)
        self.apart = nn.Parameter(torch.zeros(config.listeners, 2 * MAX_WINDOWS - 1))
        nn.init.zeros_(self.gain.weight)
        nn.init.zeros_(self.gain.bias)

    def forward(self, rows: Tensor, level: Tensor, x: Tensor) -> Tensor:
        """Rows [N, L, W], level [N, 1, W] and coordinates [N, L, K] -> [N, L, K]."""
        count, length, _ = rows.shape
        scale, shift = self.told(level).chunk(2, -1)
        rows = self.norm(rows) * (1 + scale) + shift
        q, k = (
            part.reshape(count, length, self.heads, self.scale).transpose(1, 2)
            for part in self.qk(rows).chunk(2, -1)
        )
        weight = q @ k.transpose(-1, -2) / math.sqrt(self.scale)
        weight = torch.softmax(weight + bias_of(self.apart)[:, :length, :length], -1)
        gain = self.gain(level).reshape(count, self.heads, 1, -1)
        return (weight @ x[:, None] * gain).sum(1)


def bias_of(apart: Tensor) -> Tensor:
    """[H, 63] -> [H, 32, 32]: how much each window is listened to for how far apart it lies."""
    place = torch.arange(MAX_WINDOWS)
    return apart[:, place[:, None] - place[None] + MAX_WINDOWS - 1]


class PriorNet(nn.Module):
    """Noisy coordinates [N, L, K], given flags [N, L] and levels [N] -> velocity [N, L, K]."""

    def __init__(self, coordinates: int, config: PriorConfig) -> None:
        super().__init__()
        self.config, self.coordinates = config, coordinates
        self.inside = nn.Linear(coordinates + 1, config.width)
        self.level1 = nn.Linear(2 * WAVES, config.width)
        self.level2 = nn.Linear(config.width, config.width)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.width)
        self.outside = nn.Linear(config.width, coordinates)
        self.skip = nn.Linear(config.width, coordinates)
        self.middle = Mix(coordinates, config)
        self.last = Mix(coordinates, config)
        self.again = nn.Linear(coordinates, config.width)
        nn.init.zeros_(self.outside.weight)

    def forward(self, x: Tensor, given: Tensor, level: Tensor) -> Tensor:
        """See the class; ``L`` up to 32."""
        angle = level[:, None] * torch.from_numpy(WAVE_NUMBERS)
        waves = self.level1(torch.cat([torch.sin(angle), torch.cos(angle)], -1))
        told = self.level2(waves * torch.sigmoid(waves))[:, None]
        rows = self.inside(torch.cat([x, given[..., None]], -1))
        heard = x
        for number, block in enumerate(self.blocks):
            rows = block(rows, told)
            if number == (len(self.blocks) - 1) // 2:
                heard = self.middle(rows, told, x)
                rows = rows + self.again(heard)
        # What is noise already is most of the answer: it goes round the network.
        return (
            self.outside(self.norm(rows)) + self.skip(told) * x + self.last(rows, told, x + heard)
        )


WAVE_NUMBERS = (np.pi / 2 * 1.35 ** np.arange(WAVES)).astype(np.float32)


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
    """Who listens to whom [N, H, L, L]."""
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

"""The prior's network: a small transformer over a sequence of codes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from bridge.latent.prior import MAX_WINDOWS

WAVES = 16
"""Number of sines, and of cosines, that encode the level of noise."""


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
    """Attention over the windows, then two layers for each; both conditioned on the noise level."""

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
    """Attention whose values are all K coordinates of the windows.

    Half of a tune's windows return, and all have much in common. The values of a :class:`Block`'s
    head are too narrow for a window; here each coordinate is a weighted mean over the windows, so
    that repetitions and constants of a tune pass through.
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
    """Parameters [H, 63] -> attention bias [H, 32, 32] by the distance of two windows."""
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
        # The noise in the input is most of the answer: ``skip`` passes it around the network.
        return (
            self.outside(self.norm(rows)) + self.skip(told) * x + self.last(rows, told, x + heard)
        )


WAVE_NUMBERS = (np.pi / 2 * 1.35 ** np.arange(WAVES)).astype(np.float32)

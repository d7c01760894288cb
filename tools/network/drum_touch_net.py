"""The drummer's touch: a bar's pattern to the velocity and the offset of each hit."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from bridge.model.contract import DRUMMER_WIDTH
from bridge.music.grid import SLOTS_PER_BAR
from tools.data.sizes import DRUM_BITS
from tools.network.two_level import drum_bits

NEVER_LATER = 0.5
"""Largest offset as a share of a step: beyond it a hit belongs to another step."""


@dataclass(frozen=True)
class FeelConfig:
    """Sizes and training settings; ``z`` numbers describe a drummer, ``free`` nats of each are
    free."""

    z: int = DRUMMER_WIDTH
    width: int = 64
    batch: int = 128
    steps: int = 1800
    lr: float = 3e-3
    beta: float = 0.3
    free: float = 0.05
    offset_weight: float = 2.0


TINY = FeelConfig(width=8, batch=8, steps=4)


def tempo_feature(tempo: Tensor) -> Tensor:
    """Tempo in BPM [N] as octaves from 120, about -1..1."""
    return torch.log2(tempo / 120)


class FeelNet(nn.Module):
    """Pattern, tempo and drummer -> velocity and offset of each drum and step."""

    def __init__(self, config: FeelConfig) -> None:
        super().__init__()
        width = config.width
        self.config = config
        steps = 3 * DRUM_BITS + 1
        self.listen = nn.Linear(SLOTS_PER_BAR * steps, 2 * width)
        self.drummer = nn.Linear(2 * width, 2 * config.z)
        self.inside = nn.Linear(DRUM_BITS + 1 + config.z, width)
        self.place = nn.Parameter(torch.randn(SLOTS_PER_BAR, width) * 0.3)
        self.lstm = nn.LSTM(width, width, batch_first=True, bidirectional=True)
        self.out = nn.Linear(2 * width, 2 * DRUM_BITS)

    def encode(
        self, drums: Tensor, velocity: Tensor, offset: Tensor, tempo: Tensor
    ) -> tuple[Tensor, Tensor]:
        """A bar as it was played -> mean and log deviation [N, Z] of its drummer."""
        fast = tempo_feature(tempo)[:, None, None].expand(-1, SLOTS_PER_BAR, 1)
        rows = torch.cat([drum_bits(drums), velocity, 4 * offset, fast], -1)
        mu, spread = self.drummer(torch.relu(self.listen(rows.flatten(1)))).chunk(2, -1)
        return mu, spread.clamp(-5, 2)

    def forward(self, drums: Tensor, tempo: Tensor, drummer: Tensor) -> tuple[Tensor, Tensor]:
        """Classes [N, 16], BPM [N], [N, Z] -> velocity 0..1 and offset -0.5..0.5, [N, 16, 9]."""
        who = torch.cat([tempo_feature(tempo)[:, None], drummer], -1)
        rows = torch.cat([drum_bits(drums), who[:, None].expand(-1, SLOTS_PER_BAR, -1)], -1)
        hidden, _ = self.lstm(torch.relu(self.inside(rows) + self.place))
        loud, late = self.out(hidden).chunk(2, -1)
        return torch.sigmoid(loud), NEVER_LATER * torch.tanh(late)

"""The network of ``bridge.listening.chord_net``, as it is trained."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from bridge.listening.chord_features import GROUPS
from bridge.listening.chord_net import KINDS, PADDING, Floats32, Hearing

DESCRIBED, HIDDEN = 40, 128
"""Sizes E and H of :class:`bridge.listening.chord_net.ChordNet`."""
DROPOUT = 0.1


class TwoHandsNet(nn.Module):
    """Windows of beats -> logits of the chords [N, S] and of the basses [N, 12]."""

    interval: Tensor
    from_root: Tensor

    def __init__(self, hearing: Hearing, described: int = DESCRIBED, hidden: int = HIDDEN) -> None:
        super().__init__()
        self.past, self.described = hearing.past, described
        beats = hearing.past + 1 + hearing.future
        self.pitches = nn.Parameter(torch.randn(2, GROUPS, 12, described) / (GROUPS * 12) ** 0.5)
        self.rest = nn.ModuleList([nn.Linear(PADDING, described) for _ in range(2)])
        self.window = nn.Linear(beats * described, hidden)
        self.usual = nn.Linear(12, hidden, bias=False)
        self.inner = nn.Linear(hidden, hidden // 2)
        self.named = nn.Linear(hidden // 2, KINDS + 1)
        self.drop = nn.Dropout(DROPOUT)
        ring = torch.arange(12)
        self.register_buffer("interval", (ring[:, None] - ring[None]) % 12)
        self.register_buffer("from_root", (ring[:, None] + ring[None]) % 12)

    def _described(self, pitches: Tensor, rest: Tensor, now: int) -> Tensor:
        turned = self.pitches[now][:, self.interval].reshape(GROUPS * 12, -1)
        seen = (pitches @ turned).unflatten(-1, (12, self.described))
        return torch.relu(seen + self.rest[now](rest)[:, :, None])

    def forward(self, pitches: Tensor, rest: Tensor, around: Tensor) -> tuple[Tensor, Tensor]:
        """``pitches`` [N, K, 84], ``rest`` [N, K, PADDING], ``around`` [N, 12] scaled."""
        past = self.past
        seen = self._described(pitches, rest, 0)
        here = slice(past, past + 1)
        now = self._described(pitches[:, here], rest[:, here], 1)
        seen = torch.cat([seen[:, :past], now, seen[:, past + 1 :]], dim=1)
        beats = seen.transpose(1, 2).flatten(2)
        hidden = torch.relu(self.window(beats) + self.usual(around[:, self.from_root]))
        out = self.named(torch.relu(self.inner(self.drop(hidden))))
        return out[..., :KINDS].transpose(1, 2).flatten(1), out[..., KINDS]

    def tables(self, hearing: Hearing) -> dict[str, Floats32]:
        """The weights by the names of :class:`bridge.listening.chord_net.ChordNet`."""

        def stacked(parts: Sequence[Tensor]) -> Tensor:
            return torch.stack(list(parts))

        linear = {name: getattr(self, name) for name in ("window", "inner", "named")}
        found = {
            "pitches": self.pitches,
            "rest": stacked([layer.weight.T for layer in self.rest]),
            "rest_bias": stacked([layer.bias for layer in self.rest]),
            "usual": self.usual.weight.T,
            **{name: layer.weight.T for name, layer in linear.items()},
            **{f"{name}_bias": layer.bias for name, layer in linear.items()},
        }
        return {
            f"{hearing} {name}": value.detach().numpy().astype(np.float16)
            for name, value in found.items()
        }

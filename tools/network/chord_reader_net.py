"""The chord reader: the half bars of a melody to the chords under them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from bridge.music.chord_features import FEATURES
from bridge.music.chords import CHORD_CLASSES

SOUNDS = 13
BARELY = 1e-9


@dataclass(frozen=True)
class HarmonyConfig:
    """Sizes of one network and of its training; ``bars`` is the longest stretch of melody heard."""

    width: int = 128
    layers: int = 2
    dropout: float = 0.35
    bars: int = 24
    batch: int = 48
    steps: int = 1400
    lr: float = 2e-3
    warmup: int = 100
    ema: float = 0.995


TINY = HarmonyConfig(width=16, layers=1, batch=4, steps=6, warmup=2)


class ChordReader(nn.Module):
    """Features [N, H, F] -> chord logits [N, H, 25], and logits of the sounds [N, H, 13].

    The second output is a training aid: predicting the sound of a half bar not yet heard teaches
    the continuation of tunes, from melodies without chords too.
    """

    def __init__(self, config: HarmonyConfig) -> None:
        super().__init__()
        width = config.width
        self.config = config
        self.drop = nn.Dropout(config.dropout)
        self.inside = nn.Linear(FEATURES, width)
        self.lstm = nn.LSTM(
            width,
            width,
            config.layers,
            batch_first=True,
            bidirectional=True,
            dropout=config.dropout if config.layers > 1 else 0.0,
        )
        self.chord = nn.Linear(2 * width, CHORD_CLASSES)
        self.melody = nn.Linear(2 * width, SOUNDS)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """See the class."""
        hidden, _ = self.lstm(self.drop(torch.relu(self.inside(self.drop(features)))))
        hidden = self.drop(hidden)
        return self.chord(hidden), self.melody(hidden)


class ChordReaders(nn.Module):
    """Several chord readers as one: the log of their mean probabilities [N, H, 25]."""

    def __init__(self, nets: Sequence[ChordReader]) -> None:
        super().__init__()
        self.nets = nn.ModuleList(nets)

    def readers(self) -> list[ChordReader]:
        """The networks that vote."""
        return [net for net in self.nets if isinstance(net, ChordReader)]

    def forward(self, features: Tensor) -> Tensor:
        """See the class."""
        shares = [torch.softmax(net(features)[0], -1) for net in self.readers()]
        return torch.log(torch.stack(shares).mean(0) + BARELY)

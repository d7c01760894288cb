"""The two-level variational autoencoder: a coarse code of four bars, fine codes of single bars.

A hierarchical VAE with Gaussian codes (as in Roberts et al. 2018, arXiv:1803.05428, whose token
classes it keeps), but without recurrence: residual layers over whole bars and whole windows. The
coarse code is what is drawn, walked, steered and guessed; alone it decodes to its likeliest music.
The fine code of a bar adds what this very bar has, and is learned with a small weight of its prior.

N windows of 4 bars of 16 slots (``tools.data.slots``); drums are nine bits a slot; the bass is
relative to its chords (``bridge.model.two_level.chord_relative``).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from bridge.model.two_level.code_layout import NETWORK_METRES
from bridge.music.grid import SLOTS_PER_BAR
from tools.data.sizes import BARS, CLASSES, DRUM_BITS, STEPS
from tools.network.two_level_config import TwoLevelConfig

MELODY, BASS, DRUMS = range(3)
METRES = len(NETWORK_METRES)


class Residual(nn.Module):
    """x + linear(relu(linear(norm(x))))."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.inside = nn.Linear(width, width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """[..., W] -> [..., W]."""
        out: Tensor = x + self.out(torch.relu(self.inside(self.norm(x))))
        return out


def drum_bits(drums: Tensor) -> Tensor:
    """Classes [...] -> nine bits [..., 9] as floats."""
    weights = 2 ** torch.arange(DRUM_BITS, device=drums.device)
    return torch.remainder(
        torch.div(drums.unsqueeze(-1), weights, rounding_mode="floor"), 2
    ).float()


def pitch_classes(count: int) -> Tensor:
    """For each of ``count`` note classes [C] its pitch class 0..11; 12: no event, 13: note off."""
    classes = torch.arange(count)
    return torch.where(classes >= 2, (classes + 19) % 12, classes + 12)


class BarReader(nn.Module):
    """One part of a bar [M, 16] -> its features [M, bar]. Weights are shared by all bars."""

    def __init__(self, part: int, config: TwoLevelConfig) -> None:
        super().__init__()
        self.is_drums = part == DRUMS
        if not self.is_drums:
            self.notes = nn.Embedding(CLASSES[part], config.embed)
            self.chroma = nn.Embedding(14, config.embed)
            self.register_buffer("pitch_class", pitch_classes(CLASSES[part]))
        inside = SLOTS_PER_BAR * (DRUM_BITS if self.is_drums else config.embed)
        self.inside = nn.Linear(inside, config.bar)
        self.metre = nn.Linear(METRES, config.bar, bias=False)
        self.mix = Residual(config.bar)

    def forward(self, bars: Tensor, metre: Tensor) -> Tensor:
        """``bars`` [M, 16] classes, ``metre`` [M, 4] one-hot."""
        if self.is_drums:
            steps = drum_bits(bars)
        else:
            table = self.notes.weight + self.chroma.weight[self.pitch_class]
            steps = nn.functional.embedding(bars, table)
        return torch.relu(self.mix(self.inside(steps.flatten(1)) + self.metre(metre)))


class PartWriter(nn.Module):
    """Context and fine code of a bar -> logits: [M, 16, 90], of drums [M, 16, 9]."""

    def __init__(self, part: int, config: TwoLevelConfig) -> None:
        super().__init__()
        self.is_drums = part == DRUMS
        fine = config.fine[part]
        self.context = nn.Linear(config.context, config.part)
        self.fine = nn.Linear(fine, config.part, bias=False)
        self.there = nn.Parameter(torch.zeros(config.part))
        self.metre = nn.Linear(METRES, config.part, bias=False)
        self.mix = nn.Sequential(Residual(config.part), nn.ReLU())
        if self.is_drums:
            self.out = nn.Linear(config.part, SLOTS_PER_BAR * DRUM_BITS)
        else:
            self.spread = nn.Linear(config.part, SLOTS_PER_BAR * config.spread)
            self.out = nn.Linear(config.spread, CLASSES[part])

    def forward(self, context: Tensor, fine: Tensor, there: Tensor, metre: Tensor) -> Tensor:
        """``context`` [M, C], ``fine`` [M, F], ``there`` [M, 1] 1 where the fine code is used,
        ``metre`` [M, 4]."""
        x = self.context(context) + self.metre(metre) + there * (self.fine(fine) + self.there)
        x = self.mix(x)
        if self.is_drums:
            return self.out(x).unflatten(1, (SLOTS_PER_BAR, DRUM_BITS))
        return self.out(self.spread(x).unflatten(1, (SLOTS_PER_BAR, -1)))


@dataclass(frozen=True)
class Normal:
    """A diagonal normal distribution: ``mu`` and ``log_sigma`` of equal shape."""

    mu: Tensor
    log_sigma: Tensor

    def draw(self) -> Tensor:
        """A sample."""
        return self.mu + torch.randn_like(self.mu) * self.log_sigma.exp()

    def nats(self) -> Tensor:
        """Divergence from the standard normal distribution, summed over the last axis."""
        ls = self.log_sigma
        return -0.5 * (1 + 2 * ls - self.mu**2 - (2 * ls).exp()).sum(-1)


def normal_of(raw: Tensor) -> Normal:
    """Two halves of a layer's output as a normal distribution of small spread at first."""
    mu, log_sigma = raw.chunk(2, dim=-1)
    return Normal(mu, (log_sigma - 2).clamp(-6, 2))


class TwoLevelVae(nn.Module):
    """See the module. Parts that a window does not have are left out on both sides."""

    def __init__(self, config: TwoLevelConfig) -> None:
        super().__init__()
        self.config = config
        parts = range(len(CLASSES))
        self.readers = nn.ModuleList([BarReader(part, config) for part in parts])
        self.squeezes = nn.ModuleList([nn.Linear(config.bar, config.squeeze) for _ in parts])
        width = len(CLASSES) * (BARS * config.squeeze + 1) + METRES
        self.window = nn.Sequential(
            nn.Linear(width, config.window), Residual(config.window), nn.ReLU()
        )
        self.coarse = nn.Linear(config.window, 2 * config.coarse)
        self.trunk = nn.Sequential(
            nn.Linear(config.coarse + METRES, config.window),
            Residual(config.window),
            Residual(config.window),
            nn.ReLU(),
        )
        self.contexts = nn.ModuleList(
            [nn.Linear(config.window, BARS * config.context) for _ in parts]
        )
        self.fines = nn.ModuleList(
            [nn.Linear(config.bar + config.context, 2 * size) for size in config.fine]
        )
        self.writers = nn.ModuleList([PartWriter(part, config) for part in parts])

    def read(self, part: int, line: Tensor, metre: Tensor) -> Tensor:
        """A part's line [N, 64], metre [N, 4] one-hot -> features of its bars [N, 4, bar]."""
        bars = line.reshape(-1, SLOTS_PER_BAR)
        return self.readers[part](bars, metre.repeat_interleave(BARS, 0)).unflatten(0, (-1, BARS))

    def coarse_of(self, features: list[Tensor], there: Tensor, metre: Tensor) -> Normal:
        """Features of each part [N, 4, bar] and which parts there are [N, 3] -> coarse code."""
        squeezed = [
            torch.tanh(squeeze(x)).flatten(1) * there[:, part : part + 1]
            for part, (squeeze, x) in enumerate(zip(self.squeezes, features, strict=True))
        ]
        return normal_of(self.coarse(self.window(torch.cat([*squeezed, there, metre], -1))))

    def contexts_of(self, coarse: Tensor, metre: Tensor) -> list[Tensor]:
        """Coarse codes [N, coarse] -> contexts of each part's bars [N, 4, C]."""
        hidden = self.trunk(torch.cat([coarse, metre], -1))
        return [head(hidden).unflatten(1, (BARS, -1)) for head in self.contexts]

    def fine_of(self, part: int, features: Tensor, context: Tensor) -> Normal:
        """Features [N, 4, bar] and contexts [N, 4, C] of a part -> fine codes [N, 4, F]."""
        return normal_of(self.fines[part](torch.cat([features, context], -1)))

    def write(
        self, part: int, context: Tensor, fine: Tensor, there: Tensor, metre: Tensor
    ) -> Tensor:
        """Contexts [N, K, C], fine codes [N, K, F], ``there`` [N, K] -> logits [N, K, 16, ...]."""
        count, bars = context.shape[:2]
        rows = metre.repeat_interleave(bars, 0)
        logits: Tensor = self.writers[part](
            context.flatten(0, 1), fine.flatten(0, 1), there.reshape(-1, 1), rows
        )
        return logits.unflatten(0, (count, bars))

    @torch.no_grad()
    def encode(self, tokens: Tensor, there: Tensor, metre: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Windows [N, 64, 3] -> means: coarse [N, coarse], fine of each part [N, 4, F]."""
        features = [self.read(part, tokens[..., part], metre) for part in range(3)]
        coarse = self.coarse_of(features, there, metre).mu
        contexts = self.contexts_of(coarse, metre)
        fine = [self.fine_of(p, features[p], contexts[p]).mu for p in range(3)]
        return coarse, fine

    @torch.no_grad()
    def decode(self, coarse: Tensor, fine: list[Tensor] | None, metre: Tensor) -> Tensor:
        """The likeliest windows [N, 64, 3]; without ``fine`` from the coarse code alone."""
        contexts = self.contexts_of(coarse, metre)
        there = torch.full((len(coarse), BARS), float(fine is not None))
        out = []
        for part, context in enumerate(contexts):
            blank = torch.zeros(len(coarse), BARS, self.config.fine[part])
            codes = blank if fine is None else fine[part]
            out.append(likeliest(part, self.write(part, context, codes, there, metre)))
        return torch.stack([line.reshape(-1, STEPS) for line in out], -1)


def likeliest(part: int, logits: Tensor) -> Tensor:
    """Logits [..., 16, 90 or 9] -> classes [..., 16]."""
    if part != DRUMS:
        return logits.argmax(-1)
    weights = 2 ** torch.arange(DRUM_BITS)
    return ((logits > 0).long() * weights).sum(-1)

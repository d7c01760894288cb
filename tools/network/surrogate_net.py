"""The surrogate of the two-level model: what is heard, a style and chords -> the trio's code.

The style is the code of a reference (bass and drums of four bars, turned to begin with the bar of
the groove that the window begins with): all that the reference has, bar by bar. The surrogate says
what this music changes in it, as a normal distribution; untrained, it changes nothing.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from bridge.music.chords import CHORD_CLASSES
from bridge.music.grid import SLOTS_PER_BAR
from tools.data.sizes import BARS, CLASSES, PHASES
from tools.network.two_level import BASS, DRUMS, METRES, Normal, Residual, TwoLevelVae
from tools.network.two_level_config import TwoLevelConfig


class TwoLevelSurrogate(nn.Module):
    """See the module. ``style`` [N, S]: the coarse code of the reference, then bar by bar the
    fine codes of its bass and drums."""

    def __init__(self, config: TwoLevelConfig, hidden: int = 256, heard: int = 128) -> None:
        super().__init__()
        self.config = config
        self.fine = config.fine_bass + config.fine_drums
        self.notes = nn.Embedding(CLASSES[0], 12)
        self.bar = nn.Linear(SLOTS_PER_BAR * 13, heard)
        self.line = nn.Linear(BARS * heard, hidden)
        self.chords = nn.Linear(2 * CHORD_CLASSES, 32)
        window = hidden + config.coarse + BARS * self.fine + METRES + PHASES
        self.window = nn.Sequential(nn.Linear(window, hidden), Residual(hidden), nn.ReLU())
        self.coarse = nn.Linear(hidden, 2 * config.coarse)
        row = hidden + heard + 32 + 2 * self.fine + config.coarse + METRES + PHASES
        self.row = nn.Sequential(nn.Linear(row, hidden), Residual(hidden), nn.ReLU())
        self.change = nn.Linear(hidden, 2 * self.fine)
        self.named = nn.Linear(hidden + heard, 2 * CHORD_CLASSES)
        for layer in (self.coarse, self.change):
            nn.init.normal_(layer.weight, std=1e-3)
            nn.init.zeros_(layer.bias)

    @property
    def style_width(self) -> int:
        """S."""
        return self.config.coarse + BARS * self.fine

    def forward(
        self,
        melody: Tensor,
        heard: Tensor,
        style: Tensor,
        chords: Tensor,
        phase: Tensor,
        metre: Tensor,
    ) -> tuple[Normal, Normal, Tensor]:
        """``melody``, ``heard`` [N, 64], ``style`` [N, S] in phase with the window, ``chords``
        [N, 8, 25] (zeros where none is given), ``phase`` [N] 0..3, ``metre`` [N, 4] one-hot.

        The coarse code [N, coarse], the fine codes of bass and drums [N, 4, F] and chord logits
        [N, 8, 25].
        """
        coarse, rows = style.split([self.config.coarse, BARS * self.fine], -1)
        reference = rows.unflatten(1, (BARS, self.fine))
        places = (torch.arange(BARS) + phase[:, None]) % PHASES
        flag = heard.unsqueeze(-1)
        steps = torch.cat([self.notes(melody) * flag, flag], -1)
        bars = torch.relu(self.bar(steps.reshape(-1, BARS, SLOTS_PER_BAR * steps.shape[-1])))
        line = torch.relu(self.line(bars.flatten(1)))
        begins = nn.functional.one_hot(phase, PHASES).float()
        hidden = self.window(torch.cat([line, coarse, rows, metre, begins], -1))
        delta, spread = self.coarse(hidden).chunk(2, -1)
        each = torch.relu(self.chords(chords.reshape(-1, BARS, 2 * CHORD_CLASSES)))
        mean = reference.mean(1, keepdim=True).expand(-1, BARS, -1)
        wide = torch.cat([hidden, coarse, metre], -1).unsqueeze(1).expand(-1, BARS, -1)
        place = nn.functional.one_hot(places, PHASES).float()
        row = self.row(torch.cat([wide, bars, each, reference, mean, place], -1))
        change, unsure = self.change(row).chunk(2, -1)
        logits = self.named(torch.cat([line.unsqueeze(1).expand(-1, BARS, -1), bars], -1))
        return (
            Normal(coarse + delta, (spread - 1).clamp(-5, 1)),
            Normal(reference + change, (unsure - 1).clamp(-5, 1)),
            logits.reshape(-1, 2 * BARS, CHORD_CLASSES),
        )


def style_of(coarse: Tensor, bass: Tensor, drums: Tensor) -> Tensor:
    """A reference's coarse code [N, coarse] and fine codes [N, 4, F] -> its style [N, S]."""
    return torch.cat([coarse, torch.cat([bass, drums], -1).flatten(1)], -1)


@torch.no_grad()
def style_codes(model: TwoLevelVae, reference: Tensor, there: Tensor, metre: Tensor) -> Tensor:
    """The styles [N, S] of references [N, 64, 3]: their melodies are not looked at."""
    silent = reference.clone()
    silent[..., 0] = 0
    coarse, fine = model.encode(silent, there * torch.tensor([0.0, 1.0, 1.0]), metre)
    return style_of(coarse, fine[BASS] * there[:, 1, None, None], fine[DRUMS])

"""The networks of the surrogate that an imported trio gets: a style and a code from a melody.

The encoder of a MusicVAE trio reads a whole trio; the surrogate makes a like code of the melody
alone, and the style network makes a style of bass and drums. All take and return the common key.
Shapes are named as in the model folder's contract: N windows, Z latent, S style dimensions.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from bridge.music.chords import CHORD_CLASSES
from bridge.music.grid import SLOTS_PER_BAR
from tools.data.sizes import BARS, BEATS, CLASSES, DRUM_BITS, HALVES, PHASES, STEPS_PER_BEAT
from tools.network.two_level import drum_bits, pitch_classes

MELODY = CLASSES[0]
BEATS_PER_BAR = BEATS // BARS
CHORDS_PER_BAR = HALVES // BARS


@dataclass(frozen=True)
class SurrogateConfig:
    """Widths of the networks. ``latent`` is Z of the imported model, ``bars`` the length of its
    window; ``dropout`` is in per cent."""

    latent: int
    bars: int = BARS
    style: int = 24
    embed: int = 32
    beat: int = 192
    surrogate: int = 128
    harmony: int = 96
    style_hidden: int = 96
    turn: int = 192
    dropout: int = 15


TINY = SurrogateConfig(
    latent=12, style=4, embed=8, beat=16, surrogate=16, harmony=16, style_hidden=16, turn=8
)


def sigma_of(raw: Tensor) -> Tensor:
    """A positive standard deviation from an unbounded number, about 1 at 0."""
    return nn.functional.softplus(raw + 0.55) + 1e-3


class StyleNet(nn.Module):
    """Bass and drums of a window [N, 64] -> style [N, S] in -1..1: the groove without its notes.

    The window begins where the groove does (at phase 0, see ``tools.data.dataset``). Of the bass it
    sees onsets, offs, and each onset's height over the window's mean, so that no transposition
    changes the style.
    """

    def __init__(self, config: SurrogateConfig) -> None:
        super().__init__()
        self.bars = config.bars
        features = (DRUM_BITS + 3) * SLOTS_PER_BAR
        self.bar = nn.Linear(features, config.style_hidden)
        self.mix = nn.Linear(config.style_hidden, config.style_hidden)
        self.out = nn.Linear(config.bars * config.style_hidden, config.style)

    def forward(self, bass: Tensor, drums: Tensor) -> Tensor:
        """See the class."""
        onset = (bass >= 2).float()
        pitch = bass.float() * onset
        mean = pitch.sum(1, keepdim=True) / onset.sum(1, keepdim=True).clamp(min=1)
        height = (pitch - mean) / 12 * onset
        off = (bass == 1).float()
        lines = torch.stack([onset, off, height], dim=-1)
        steps = torch.cat([drum_bits(drums), lines], dim=-1)
        bars = torch.relu(self.bar(steps.reshape(-1, self.bars, SLOTS_PER_BAR * steps.shape[-1])))
        hidden = torch.relu(self.mix(bars))
        return torch.tanh(self.out(hidden.flatten(1)))


class Surrogate(nn.Module):
    """A partly heard melody, a style, given chords and the window's phase -> a code for the trio.

    The phase (0..3) is the bar of the groove that the window begins with.
    """

    classes: Tensor

    def __init__(self, config: SurrogateConfig) -> None:
        super().__init__()
        self.bars, self.halves = config.bars, CHORDS_PER_BAR * config.bars
        width = config.embed
        self.melody = nn.Embedding(MELODY, width)
        self.chroma = nn.Embedding(14, width)
        self.register_buffer("classes", pitch_classes(MELODY))
        self.rest = nn.Dropout(config.dropout / 100)
        self.beat = nn.Linear((width + 1) * STEPS_PER_BEAT, config.beat)
        self.lstm = nn.LSTM(config.beat, config.surrogate, batch_first=True, bidirectional=True)
        half = 4 * config.surrogate
        self.chord_hidden = nn.Linear(half, config.harmony)
        self.chord = nn.Linear(config.harmony, CHORD_CLASSES)
        self.section = nn.Linear(half + CHORD_CLASSES + config.style, config.beat)
        self.code = nn.LSTM(config.beat, config.harmony, batch_first=True, bidirectional=True)
        self.squeeze = nn.Linear(2 * config.harmony, 64)
        self.out = nn.Linear(64 * self.halves + config.style, 2 * config.latent)
        self.turn = nn.Linear(config.style + PHASES, config.turn)
        self.turned_section = nn.Linear(config.turn, config.beat, bias=False)
        self.turned_code = nn.Linear(config.turn, 2 * config.latent, bias=False)

    def notes(self) -> Tensor:
        """A vector for each melody class [90, E]: of its pitch plus its pitch class."""
        return self.melody.weight + self.chroma.weight[self.classes]

    def forward(
        self, melody: Tensor, heard: Tensor, style: Tensor, chords: Tensor, phase: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """``melody`` [N, 64], ``heard`` [N, 64], ``style`` [N, S], ``chords`` [N, 8, 25],
        ``phase`` [N] 0..3.

        Gives ``mu``, ``sigma`` [N, Z] and chord logits [N, 8, 25].
        """
        flag = heard.unsqueeze(-1)
        steps = torch.cat([self.notes()[melody] * flag, flag], dim=-1)
        whole = steps.reshape(-1, BEATS_PER_BAR * self.bars, STEPS_PER_BEAT * steps.shape[-1])
        beats = torch.relu(self.beat(whole))
        hidden, _ = self.lstm(self.rest(beats))
        hidden = self.rest(hidden)
        halves = hidden.reshape(-1, self.halves, 2 * hidden.shape[-1])
        logits = self.chord(torch.relu(self.chord_hidden(halves)))
        given = chords.sum(-1, keepdim=True)
        soft = chords + (1 - given) * torch.softmax(logits, dim=-1)
        groove = style.unsqueeze(1).expand(-1, self.halves, -1)
        place = nn.functional.one_hot(phase, PHASES).float()
        turned = torch.relu(self.turn(torch.cat([style, place], dim=-1)))
        mixed = self.section(torch.cat([halves, soft, groove], dim=-1))
        mixed = torch.relu(mixed + self.turned_section(turned).unsqueeze(1))
        coded, _ = self.code(mixed)
        flat = torch.tanh(self.squeeze(coded)).flatten(1)
        code = self.out(torch.cat([flat, style], dim=-1)) + self.turned_code(turned)
        mu, raw = code.chunk(2, dim=-1)
        return mu, sigma_of(raw), logits


class SurrogateModel(nn.Module):
    """The two networks that an imported trio lacks."""

    def __init__(self, config: SurrogateConfig) -> None:
        super().__init__()
        self.config = config
        self.style = StyleNet(config)
        self.surrogate = Surrogate(config)

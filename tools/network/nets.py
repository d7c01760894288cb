"""The networks of the trio model: encoder, style, surrogate and the three decoders.

All take and return the common key. Shapes are named as in the model folder's contract: N windows of
4 bars, Z latent, S style dimensions.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from bridge.music.chords import CHORD_CLASSES
from bridge.music.grid import SLOTS_PER_BAR
from tools.data.sizes import BARS, BEATS, CLASSES, DRUM_BITS, HALVES, PHASES, STEPS, STEPS_PER_BEAT
from tools.network.config import ModelConfig
from tools.network.two_level import drum_bits

MELODY, BASS, DRUMS = CLASSES
BEATS_PER_BAR = SLOTS_PER_BAR // STEPS_PER_BEAT
CHORDS_PER_BAR = HALVES // BARS


def sigma_of(raw: Tensor) -> Tensor:
    """A positive standard deviation from an unbounded number, about 1 at 0."""
    return nn.functional.softplus(raw + 0.55) + 1e-3


def pitch_classes() -> Tensor:
    """For each melody class its pitch class 0..11; 12 for no event, 13 for note off."""
    classes = torch.arange(MELODY)
    return torch.where(classes >= 2, (classes + 19) % 12, classes + 12)


class Encoder(nn.Module):
    """Trio tokens [N, 64, 3] -> ``mu``, ``sigma`` [N, Z]. Four steps are one beat vector."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        width = config.embed
        self.melody = nn.Embedding(MELODY, width)
        self.bass = nn.Embedding(BASS, width)
        self.drums = nn.Linear(DRUM_BITS, width)
        self.beat = nn.Linear(3 * width * STEPS_PER_BEAT, config.beat)
        self.lstm = nn.LSTM(config.beat, config.encoder, batch_first=True, bidirectional=True)
        self.squeeze = nn.Linear(2 * config.encoder, 48)
        self.out = nn.Linear(48 * BEATS, 2 * config.latent)
        self.line = nn.Linear(STEPS * width, config.band, bias=False)

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """See the class. The bass also has a direct connection to the band's part of the code."""
        bass = self.bass(tokens[..., 1])
        steps = torch.cat(
            [self.melody(tokens[..., 0]), bass, self.drums(drum_bits(tokens[..., 2]))], dim=-1
        )
        beats = torch.relu(self.beat(steps.reshape(-1, BEATS, STEPS_PER_BEAT * steps.shape[-1])))
        hidden, _ = self.lstm(beats)
        flat = torch.tanh(self.squeeze(hidden)).flatten(1)
        mu, raw = self.out(flat).chunk(2, dim=-1)
        line = self.line(bass.flatten(1))
        return mu + nn.functional.pad(line, (mu.shape[-1] - line.shape[-1], 0)), sigma_of(raw)


class StyleNet(nn.Module):
    """Bass and drums of a window [N, 64] -> style [N, S] in -1..1: the groove without its notes.

    The window begins where the groove does (at phase 0, see ``tools.data.dataset``). Of the bass it
    sees onsets, offs, and each onset's height over the window's mean, so that no transposition
    changes the style.
    """

    def __init__(self, config: ModelConfig) -> None:
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

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.bars, self.halves = config.bars, CHORDS_PER_BAR * config.bars
        width = config.embed
        self.melody = nn.Embedding(MELODY, width)
        self.chroma = nn.Embedding(14, width)
        self.register_buffer("classes", pitch_classes())
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


class Conductor(nn.Module):
    """A code [N, D] -> a vector for each of the 4 bars [N, 4, C]."""

    def __init__(self, latent: int, width: int) -> None:
        super().__init__()
        self.inside = nn.Linear(latent, width)
        self.place = nn.Parameter(torch.randn(BARS, width) * 0.3)
        self.lstm = nn.LSTM(width, width, batch_first=True)
        self.direct = nn.Linear(latent, BARS * width)

    def forward(self, z: Tensor) -> Tensor:
        """See the class."""
        steps = torch.tanh(self.inside(z).unsqueeze(1) + self.place)
        hidden, _ = self.lstm(steps)
        direct = self.direct(z).reshape(-1, BARS, hidden.shape[-1])
        return torch.tanh(hidden + direct)


class TrackDecoder(nn.Module):
    """One track's LSTM over the 16 steps of a bar, fed with the previous step.

    ``vocabulary`` lists the classes that it can produce (all, or the drum masks that occur).
    Inside, tokens are indices into it, and one more stands for "unknown" (also the start). With
    ``band`` > 0 that many dimensions of the code have a direct connection to every step's plan.
    """

    words: Tensor
    index: Tensor

    def __init__(
        self,
        vocabulary: Sequence[int],
        classes: int,
        config: ModelConfig,
        hidden: int,
        band: int = 0,
    ) -> None:
        super().__init__()
        self.hidden = hidden
        words = torch.tensor(list(vocabulary), dtype=torch.long)
        index = torch.zeros(classes, dtype=torch.long)
        index[words] = torch.arange(len(words))
        self.register_buffer("words", words)
        self.register_buffer("index", index)
        self.unknown = len(words)
        self.embed = nn.Embedding(len(words) + 1, config.cell_input)
        self.place = nn.Parameter(torch.randn(SLOTS_PER_BAR, config.cell_input) * 0.3)
        self.plan = nn.Linear(config.conductor, SLOTS_PER_BAR * config.plan)
        self.straight = nn.Linear(band, STEPS * config.plan, bias=False) if band else None
        self.context = nn.Linear(config.plan, config.cell_input)
        self.state = nn.Linear(config.conductor, 2 * hidden)
        self.lstm = nn.LSTM(config.cell_input, hidden, batch_first=True)
        self.out = nn.Linear(hidden, len(words))

    def begin(self, bars: Tensor, z: Tensor) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Bar vectors [M, C] -> the context of each step's input [M, 16, E], and the first state.

        ``z`` [M / 4, band] are the codes, for tracks with a direct connection. Each step has a
        small plan of its own, so that the LSTM alone need not remember all events of the bar: it
        learns several times faster.
        """
        h, c = torch.tanh(self.state(bars)).chunk(2, dim=-1)
        plan = self.plan(bars).unflatten(-1, (SLOTS_PER_BAR, -1))
        if self.straight is not None:
            plan = plan + self.straight(z).reshape(plan.shape)
        return self.context(plan) + self.place, (
            h.unsqueeze(0).contiguous(),
            c.unsqueeze(0).contiguous(),
        )

    def forward(self, bars: Tensor, known: Tensor, z: Tensor) -> Tensor:
        """Bar vectors [M, C], fed-back indices [M, 16] -> logits [M, 16, words]."""
        context, state = self.begin(bars, z)
        inputs = self.embed(known) + context
        hidden, _ = self.lstm(inputs, state)
        logits: Tensor = self.out(hidden)
        return logits

    def feed(self, targets: Tensor, dropout: float) -> Tensor:
        """Targets [M, 16] (indices) -> the tokens fed back; a share ``dropout`` is unknown."""
        start = torch.full_like(targets[:, :1], self.unknown)
        fed = torch.cat([start, targets[:, :-1]], dim=1)
        if dropout > 0:
            fed = torch.where(torch.rand(fed.shape, device=fed.device) < dropout, self.unknown, fed)
        return fed

    @torch.no_grad()
    def greedy(self, bars: Tensor, z: Tensor) -> Tensor:
        """Bar vectors [M, C] -> the likeliest indices [M, 16], own predictions fed back."""
        context, state = self.begin(bars, z)
        token = torch.full((len(bars),), self.unknown, device=bars.device)
        said = []
        for step in range(SLOTS_PER_BAR):
            inputs = (self.embed(token) + context[:, step]).unsqueeze(1)
            hidden, state = self.lstm(inputs, state)
            token = self.out(hidden[:, 0]).argmax(-1)
            said.append(token)
        return torch.stack(said, dim=1)


class Decoder(nn.Module):
    """Codes -> trios. The melody reads the whole code; bass and drums its last ``band`` part."""

    def __init__(self, config: ModelConfig, drum_words: Sequence[int]) -> None:
        super().__init__()
        self.band = config.band
        self.lead = Conductor(config.latent, config.conductor)
        self.rhythm = Conductor(config.band, config.conductor)
        self.tracks = nn.ModuleList(
            [
                TrackDecoder(range(MELODY), MELODY, config, config.melody),
                TrackDecoder(range(BASS), BASS, config, config.bass, config.band),
                TrackDecoder(drum_words, DRUMS, config, config.drums, config.band),
            ]
        )

    def nets(self) -> list[TrackDecoder]:
        """The three tracks' decoders."""
        return [net for net in self.tracks if isinstance(net, TrackDecoder)]

    def bars(self, z: Tensor) -> list[Tensor]:
        """Codes [N, Z] -> for each track bar vectors [N, 4, C]."""
        lead = self.lead(z)
        band = self.rhythm(z[:, -self.band :])
        return [lead, band, band]

    def forward(
        self, z: Tensor, tokens: Tensor, dropout: float = 0.0, melodies: int | None = None
    ) -> list[Tensor]:
        """Codes and target classes [N, 64, 3] -> a list of logits [N, 64, words].

        Only the first ``melodies`` windows decode a melody (None: all).
        """
        out = []
        for track, (net, bars) in enumerate(zip(self.nets(), self.bars(z), strict=True)):
            if track == 0 and melodies is not None:
                tokens_here, bars = tokens[:melodies], bars[:melodies]
            else:
                tokens_here = tokens
            targets = (
                net.index[tokens_here[..., track]].unflatten(1, (-1, SLOTS_PER_BAR)).flatten(0, 1)
            )
            codes = z[: len(tokens_here), -self.band :]
            logits = net(bars.flatten(0, 1), net.feed(targets, dropout), codes)
            out.append(logits.reshape(len(tokens_here), STEPS, logits.shape[-1]))
        return out

    @torch.no_grad()
    def greedy(self, z: Tensor) -> Tensor:
        """Codes [N, Z] -> the likeliest trio [N, 64, 3]."""
        said = [
            net.words[net.greedy(bars.flatten(0, 1), z[:, -self.band :])].reshape(-1, STEPS)
            for net, bars in zip(self.nets(), self.bars(z), strict=True)
        ]
        return torch.stack(said, dim=-1)


class TrioModel(nn.Module):
    """All four networks; ``drum_words`` are the drum masks that the decoder can play."""

    def __init__(self, config: ModelConfig, drum_words: Sequence[int]) -> None:
        super().__init__()
        self.config = config
        self.drum_words = [int(word) for word in drum_words]
        self.encoder = Encoder(config)
        self.style = StyleNet(config)
        self.surrogate = Surrogate(config)
        self.decoder = Decoder(config, self.drum_words)
        self.harmony = nn.Linear(config.band, HALVES * CHORD_CLASSES)

    def chords_of(self, z: Tensor) -> Tensor:
        """Chord logits [N, 8, 25] from a code's band part; a training aid."""
        logits: Tensor = self.harmony(z[:, -self.config.band :])
        return logits.reshape(-1, HALVES, CHORD_CLASSES)

"""The published hierarchical MusicVAE in small, to compare with: one Gaussian code a window.

A bidirectional GRU over the 64 slots of all parts gives the code; a conductor GRU gives each bar
its context; a GRU for each part writes the slots of a bar one after another, each fed with the
one before (Roberts et al. 2018, arXiv:1803.05428, section 3). It is not shipped.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from bridge.music.grid import SLOTS_PER_BAR
from tools.data.sizes import BARS, CLASSES, DRUM_BITS, STEPS
from tools.network.two_level import DRUMS, METRES, Normal, drum_bits, likeliest, normal_of


@dataclass(frozen=True)
class RecurrentConfig:
    """Widths: of the ``code``, of embedded notes, and of the states of reader, conductor and
    writers."""

    code: int = 512
    embed: int = 24
    reader: int = 256
    conductor: int = 256
    writer: int = 256


class SlotInput(nn.Module):
    """Classes of one part [..., ] -> features of each slot [..., width]."""

    def __init__(self, part: int, embed: int) -> None:
        super().__init__()
        self.is_drums = part == DRUMS
        self.width = DRUM_BITS if self.is_drums else embed
        if not self.is_drums:
            self.notes = nn.Embedding(CLASSES[part], embed)

    def forward(self, line: Tensor) -> Tensor:
        """Drums as nine bits, notes embedded."""
        found: Tensor = drum_bits(line) if self.is_drums else self.notes(line)
        return found


class BarWriter(nn.Module):
    """Contexts of bars -> logits of one part, slot after slot."""

    def __init__(self, part: int, config: RecurrentConfig) -> None:
        super().__init__()
        self.part = part
        self.before = SlotInput(part, config.embed)
        self.first = nn.Linear(config.conductor, config.writer)
        self.steps = nn.GRU(
            self.before.width + config.conductor + METRES, config.writer, batch_first=True
        )
        self.out = nn.Linear(config.writer, DRUM_BITS if part == DRUMS else CLASSES[part])

    def forward(self, context: Tensor, metre: Tensor, line: Tensor) -> Tensor:
        """Contexts [M, C], metres [M, 4], the true classes [M, 16] -> logits [M, 16, ...]."""
        seen = self.before(line)
        seen = torch.cat([torch.zeros_like(seen[:, :1]), seen[:, :-1]], 1)
        fixed = torch.cat([context, metre], -1)[:, None].expand(-1, SLOTS_PER_BAR, -1)
        states, _ = self.steps(torch.cat([seen, fixed], -1), self._begin(context))
        logits: Tensor = self.out(states)
        return logits

    def _begin(self, context: Tensor) -> Tensor:
        return torch.tanh(self.first(context))[None]

    def write(self, context: Tensor, metre: Tensor) -> Tensor:
        """The likeliest classes [M, 16], each slot given those that were chosen before it."""
        state, fixed = self._begin(context), torch.cat([context, metre], -1)
        seen = torch.zeros(len(context), self.before.width)
        chosen = []
        for _ in range(SLOTS_PER_BAR):
            out, state = self.steps(torch.cat([seen, fixed], -1)[:, None], state)
            chosen.append(likeliest(self.part, self.out(out[:, 0])))
            seen = self.before(chosen[-1])
        return torch.stack(chosen, 1)


class RecurrentVae(nn.Module):
    """See the module. N windows [N, 64, 3] of classes; parts that are not there are zeros."""

    def __init__(self, config: RecurrentConfig) -> None:
        super().__init__()
        self.config = config
        self.inputs = nn.ModuleList([SlotInput(p, config.embed) for p in range(len(CLASSES))])
        width = 2 * config.embed + DRUM_BITS + len(CLASSES) + METRES
        self.reader = nn.GRU(width, config.reader, batch_first=True, bidirectional=True)
        self.code = nn.Linear(2 * config.reader, 2 * config.code)
        self.lead = nn.Linear(config.code + METRES, config.conductor)
        self.conductor = nn.GRU(config.code, config.conductor, batch_first=True)
        self.writers = nn.ModuleList([BarWriter(p, config) for p in range(len(CLASSES))])

    def encode(self, tokens: Tensor, there: Tensor, metre: Tensor) -> Normal:
        """Windows, which parts there are [N, 3], metre [N, 4] one-hot -> codes [N, code]."""
        slots = [part(tokens[..., p]) for p, part in enumerate(self.inputs)]
        fixed = torch.cat([there, metre], -1)[:, None].expand(-1, STEPS, -1)
        _, last = self.reader(torch.cat([*slots, fixed], -1))
        return normal_of(self.code(torch.cat([last[0], last[1]], -1)))

    def contexts(self, code: Tensor, metre: Tensor) -> Tensor:
        """Codes [N, code] -> contexts of the bars [N, 4, conductor]."""
        first = torch.tanh(self.lead(torch.cat([code, metre], -1)))[None]
        found: Tensor = self.conductor(code[:, None].expand(-1, BARS, -1).contiguous(), first)[0]
        return found

    def logits(self, part: int, contexts: Tensor, metre: Tensor, line: Tensor) -> Tensor:
        """Contexts [N, 4, C] and a part's true line [N, 64] -> logits [N, 4, 16, ...]."""
        rows = metre.repeat_interleave(BARS, 0)
        found: Tensor = self.writers[part](
            contexts.flatten(0, 1), rows, line.reshape(-1, SLOTS_PER_BAR)
        )
        return found.unflatten(0, (-1, BARS))

    @torch.no_grad()
    def decode(self, code: Tensor, metre: Tensor) -> Tensor:
        """The likeliest windows [N, 64, 3]."""
        contexts, rows = self.contexts(code, metre), metre.repeat_interleave(BARS, 0)
        lines = [writer.write(contexts.flatten(0, 1), rows) for writer in self.writers]  # type: ignore[operator]
        return torch.stack([line.reshape(-1, STEPS) for line in lines], -1)

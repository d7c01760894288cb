"""A training of a fixed number of steps, whose result is the average of its last weights."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Pace:
    """``steps`` in all; the learning ``rate`` rises over ``warmup`` steps and falls in a half
    cosine; the average keeps the share ``average`` of itself at each step."""

    steps: int
    rate: float
    warmup: int
    average: float


class AveragedSteps:
    """AdamW on a network, with clipped gradients and averaged weights."""

    def __init__(self, model: nn.Module, pace: Pace) -> None:
        self.model, self.pace, self.step = model, pace, 0
        self.average = {name: weight.clone() for name, weight in model.state_dict().items()}
        self.optimiser = torch.optim.AdamW(model.parameters(), pace.rate, weight_decay=1e-2)

    def advance(self, loss: Tensor) -> None:
        """One step down the gradient of a loss of the network."""
        fall = 0.5 * (1 + math.cos(math.pi * self.step / self.pace.steps))
        for group in self.optimiser.param_groups:
            group["lr"] = self.pace.rate * fall * min(1.0, (self.step + 1) / self.pace.warmup)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        keep = min(self.pace.average, self.step / (self.step + 10))
        with torch.no_grad():
            for name, weight in self.model.state_dict().items():
                if weight.dtype.is_floating_point:
                    self.average[name].lerp_(weight, 1 - keep)
        self.step += 1

    def finish(self) -> None:
        """Give the network its averaged weights."""
        self.model.load_state_dict(self.average)

"""A network in training: its optimiser, averaged weights, progress and checkpoint."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from tools.network.checkpoints import CHECKPOINT, load_state, save_state

LOG = "log.jsonl"


class Schedule(Protocol):
    """Settings of a run: ``steps`` are the planned steps (0: the time alone counts), ``lr`` the
    highest learning rate and ``lr_end`` the last, ``warmup`` the steps until the highest, ``clip``
    the largest norm of a gradient, ``ema`` the share of the mean that a step keeps."""

    steps: int
    lr: float
    lr_end: float
    warmup: int
    clip: float
    ema: float


class Trainer(ABC):
    """See the module; :meth:`advance` takes one step. ``minutes`` is the planned time in all."""

    def __init__(self, model: nn.Module, settings: Schedule, minutes: float) -> None:
        self.model, self.settings, self.minutes = model, settings, minutes
        self.average = {k: v.clone() for k, v in model.state_dict().items()}
        self.optimiser = torch.optim.AdamW(model.parameters(), settings.lr, weight_decay=1e-4)
        self.step, self.skipped, self.elapsed = 0, 0, 0.0

    @abstractmethod
    def loss(self, batch: Any) -> tuple[Tensor, dict[str, float]]:
        """The loss of a batch, and its parts, of which one is named ``loss``."""

    @property
    def progress(self) -> float:
        """0 at the beginning, 1 at the planned end: that of steps or time which is further on."""
        by_steps = self.step / self.settings.steps if self.settings.steps else 0.0
        return min(1.0, max(by_steps, self.elapsed / (60 * self.minutes)))

    def left(self) -> float:
        """The share of the fall of the learning rate that is still to come: 1 to 0."""
        return 1 - self.progress

    def rate(self) -> float:
        """The learning rate now."""
        s = self.settings
        return (s.lr_end + (s.lr - s.lr_end) * self.left()) * min(1.0, (self.step + 1) / s.warmup)

    def advance(self, batch: Any) -> dict[str, float]:
        """One step of the optimiser; the parts of the loss. A batch whose loss or gradient is not
        finite is skipped."""
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate()
        total, parts = self.loss(batch)
        self.optimiser.zero_grad(set_to_none=True)
        total.backward()  # type: ignore[no-untyped-call]
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), self.settings.clip)
        self.step += 1
        if not (math.isfinite(parts["loss"]) and math.isfinite(float(norm))):
            self.skipped += 1
            return parts
        self.optimiser.step()
        keep = min(self.settings.ema, self.step / (self.step + 10))
        with torch.no_grad():
            for name, value in self.model.state_dict().items():
                if value.is_floating_point():
                    self.average[name].lerp_(value, 1 - keep)
        return parts

    def state(self) -> dict[str, Any]:
        """The contents of a checkpoint: tensors and plain values."""
        return {
            "model": self.model.state_dict(),
            "average": self.average,
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "elapsed": self.elapsed,
        }

    def save(self, folder: Path) -> None:
        """Write the checkpoint into the run's folder."""
        save_state(folder / CHECKPOINT, self.state())

    def resume(self, folder: Path) -> None:
        """Go on from the folder's checkpoint, if there is one, and say so."""
        if not (folder / CHECKPOINT).exists():
            return
        state = load_state(folder / CHECKPOINT)
        self.model.load_state_dict(state["model"])
        self.average = state["average"]
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.elapsed = state["step"], state["elapsed"]
        print(f"going on from step {self.step}")

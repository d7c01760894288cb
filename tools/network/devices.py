"""Devices of a training run: the CPU or GPUs, one process or several under torchrun.

``torchrun --nproc-per-node 4 -m tools.train ...`` starts a process for each device. Each draws its
own batches; all begin with the same weights and share their gradients; the first one logs, checks
and saves.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch
from torch import Tensor, distributed

CHOICES = ("auto", "cpu", "cuda")


@dataclass(frozen=True)
class Devices:
    """The device of this process, its number ``rank`` of ``ranks``, and its precision.

    With ``bf16`` matrix products are made in bfloat16.
    """

    device: torch.device
    rank: int = 0
    ranks: int = 1
    bf16: bool = False

    @classmethod
    def find(cls, wanted: str = "auto", bf16: bool = False) -> Devices:
        """The device asked for, or the best available; joins the other processes under torchrun.

        SystemExit where a GPU is asked for and there is none.
        """
        there = torch.cuda.is_available()
        if wanted == "cuda" and not there:
            raise SystemExit("--device cuda: PyTorch sees no GPU here: use --device cpu")
        name = "cuda" if there and wanted != "cpu" else "cpu"
        ranks, rank = int(os.environ.get("WORLD_SIZE", 1)), int(os.environ.get("RANK", 0))
        device = torch.device(name)
        if name == "cuda":
            device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)))
            torch.cuda.set_device(device)
        if ranks > 1 and not distributed.is_initialized():
            distributed.init_process_group("nccl" if name == "cuda" else "gloo")
        return cls(device, rank, ranks, bf16)

    @property
    def leads(self) -> bool:
        """True for the one process that logs, checks and saves."""
        return self.rank == 0

    def precision(self) -> AbstractContextManager[object]:
        """The context of the forward pass: bfloat16 or single precision."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16)

    def share(self, gradients: Iterable[Tensor | None]) -> None:
        """Replace gradients by their mean over all processes."""
        if self.ranks == 1:
            return
        found = [gradient for gradient in gradients if gradient is not None]
        flat = torch.cat([gradient.flatten() for gradient in found])  # one message instead of many
        distributed.all_reduce(flat)
        parts = flat.div_(self.ranks).split([gradient.numel() for gradient in found])
        for gradient, part in zip(found, parts, strict=True):
            gradient.copy_(part.view_as(gradient))

    def all_agree(self, fine: bool) -> bool:
        """True if ``fine`` is true in every process, so that all take the same step."""
        if self.ranks == 1:
            return fine
        votes = torch.tensor(float(fine), device=self.device)
        distributed.all_reduce(votes, distributed.ReduceOp.MIN)
        return bool(votes.item())

    def agreed(self, mine: float) -> float:
        """The first process's value, so that all have the same learning rate and last step."""
        if self.ranks == 1:
            return mine
        value = torch.tensor(mine, device=self.device)
        distributed.broadcast(value, 0)
        return float(value)

    def close(self) -> None:
        """Leave the group of processes."""
        if self.ranks > 1:
            distributed.destroy_process_group()

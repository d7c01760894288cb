"""Train the trio model: ``python -m tools.train --data DIR --out DIR --minutes 75``.

DIR of ``--data`` is the folder that ``tools.data.build_dataset`` wrote. A checkpoint is kept in
``--out`` every few minutes, and the same command continues from it. The learning rate falls to its
end with the planned steps or minutes, whichever are further on. Several devices train together
under ``torchrun``, see :mod:`tools.network.devices`.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

# Waiting threads must not spin: beside other programs on the same cores, spinning made a step
# of two threads sixteen times slower (6.8 s instead of 0.4 s). Read when torch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch
from tqdm import tqdm

from tools.data.dataset import Dataset, Windows
from tools.network.checkpoints import CHECKPOINT, load_state, load_trio, save_state
from tools.network.config import TINY_MODEL, TINY_TRAIN, ModelConfig, TrainConfig
from tools.network.devices import CHOICES, Devices
from tools.network.losses import Step, loss_of, validation_accuracies
from tools.network.nets import TrioModel

LOG = "log.jsonl"
CPU = Devices(torch.device("cpu"))


class Trainer:
    """Model, optimiser, averaged weights and progress; :meth:`advance` takes one step."""

    def __init__(
        self,
        model: TrioModel,
        config: TrainConfig,
        minutes: float | None,
        seed: int,
        devices: Devices = CPU,
    ) -> None:
        self.model, self.config, self.minutes = model.to(devices.device), config, minutes
        self.devices = devices
        if config.only_surrogate:  # a model without the other networks is trained as it is
            for kept in (model.encoder, model.decoder, model.harmony):
                kept.requires_grad_(False)
        self.optimiser = torch.optim.AdamW(model.parameters(), lr=config.lr, weight_decay=1e-4)
        self.average = {k: v.clone() for k, v in model.state_dict().items()}
        self.step = 0
        self.elapsed = 0.0
        self.skipped = 0
        self.seed = seed
        self.best = (0.0, 0)

    @property
    def progress(self) -> float:
        """0 at the start .. 1 at the planned end."""
        by_steps = self.step / self.config.steps
        by_time = self.elapsed / (60 * self.minutes) if self.minutes else 0.0
        return min(1.0, max(by_steps, by_time))

    def rate(self) -> float:
        """The learning rate now: linear warm-up, then a cosine to its end."""
        c = self.config
        fall = 0.5 * (1 + math.cos(math.pi * self.progress))
        return (c.lr_end + (c.lr - c.lr_end) * fall) * min(1.0, (self.step + 1) / c.warmup)

    def loss(self, batch: Step) -> tuple[torch.Tensor, dict[str, float]]:
        """The loss of a batch, and its parts."""
        beta = self.config.beta * min(1.0, self.step / self.config.beta_steps)
        with self.devices.precision():
            return loss_of(self.model, batch.to(self.devices.device), self.config, beta)

    def advance(self, batch: Step) -> dict[str, float]:
        """One optimiser step; a batch whose loss or gradient is not finite is skipped."""
        c = self.config
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate()
        loss, parts = self.loss(batch)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.devices.share(p.grad for p in self.model.parameters())
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), c.clip)
        self.step += 1
        fine = math.isfinite(parts["loss"]) and math.isfinite(float(norm))
        if not self.devices.all_agree(fine):
            self.skipped += 1
            return parts
        self.optimiser.step()
        self._average()
        return parts

    @torch.no_grad()
    def _average(self) -> None:
        keep = min(self.config.ema, self.step / (self.step + 10))
        for name, value in self.model.state_dict().items():
            if value.is_floating_point():
                self.average[name].lerp_(value, 1 - keep)

    def stale(self, found: dict[str, float], patience: int) -> bool:
        """True if ``patience`` checks in a row were no better than the best (0: never)."""
        score = sum(found.values()) / len(found)
        best, since = self.best
        self.best = (score, 0) if score > best else (best, since + 1)
        return 0 < patience <= self.best[1]

    def state(self) -> dict[str, Any]:
        """The state that a resumed run needs: tensors and plain values only."""
        return {
            "model": self.model.state_dict(),
            "average": self.average,
            "optimiser": self.optimiser.state_dict(),
            "config": self.model.config.dict(),
            "drum_words": self.model.drum_words,
            "step": self.step,
            "elapsed": self.elapsed,
            "seed": self.seed,
            "batch": self.config.batch,
        }

    def adopt(self, model: TrioModel) -> None:
        """Begin with the weights of a trained model; the prior has its full weight at once."""
        self.model.load_state_dict(model.state_dict())
        self.average = {k: v.clone() for k, v in self.model.state_dict().items()}
        self.config = replace(self.config, beta_steps=1)

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from a :meth:`state`.

        Layers that the checkpoint lacks start anew, and so does the optimiser then.
        """
        missing = self.model.load_state_dict(state["model"], strict=False).missing_keys
        fresh = self.model.state_dict()
        self.average = {k: state["average"].get(k, v.clone()) for k, v in fresh.items()}
        if not missing:
            self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.elapsed = state["step"], state["elapsed"]


def save(trainer: Trainer, folder: Path) -> None:
    """Write the checkpoint of a run into its folder."""
    save_state(folder / CHECKPOINT, trainer.state())


def check(trainer: Trainer, windows: Windows, count: int) -> dict[str, float]:
    """Accuracies of the averaged weights on a fixed sample of validation windows."""
    rng = np.random.default_rng(1)
    kept = {k: v.clone() for k, v in trainer.model.state_dict().items()}
    trainer.model.load_state_dict(trainer.average)
    trainer.model.eval()
    step = Step.of(windows.random(count, rng), rng, rough=0.0).to(trainer.devices.device)
    out = validation_accuracies(trainer.model, step)
    trainer.model.load_state_dict(kept)
    trainer.model.train()
    return out


def curve(folder: Path) -> None:
    """Draw the log as ``curve.png``: losses above, validation accuracies below."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    with (folder / LOG).open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    figure, axes = pyplot.subplots(2, 1, figsize=(9, 9), sharex=True)
    for axis, group in zip(axes, ("parts", "valid"), strict=True):
        names = sorted({name for row in rows for name in row.get(group, {})} - {"loss"})
        for name in names:
            points = [(r["windows"], r[group][name]) for r in rows if name in r.get(group, {})]
            axis.plot(*zip(*points, strict=True), label=name)
        axis.legend(fontsize=7, ncol=3)
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("training loss (nats a step)")
    axes[0].set_yscale("log")
    axes[1].set_ylabel("validation share right")
    axes[1].set_xlabel("windows seen")
    figure.tight_layout()
    figure.savefig(folder / "curve.png", dpi=110)
    pyplot.close(figure)


def run(
    trainer: Trainer, train: Windows, valid: Windows, out: Path, args: argparse.Namespace
) -> None:
    """Train to the planned end, with logs, checks and checkpoints on the way."""
    rng = np.random.default_rng((args.seed, trainer.step, trainer.devices.rank))
    torch.manual_seed(args.seed + trainer.step + trainer.devices.rank)
    leads, stale = trainer.devices.leads, False
    began = time.monotonic() - trainer.elapsed
    saved = time.monotonic()
    sums: dict[str, float] = {}
    since = 0
    bar = tqdm(
        total=trainer.config.steps,
        initial=trainer.step,
        unit="batch",
        mininterval=10,
        disable=not leads,
    )
    while trainer.progress < 1 and trainer.devices.all_agree(not stale):
        batch = Step.of(train.random(trainer.config.batch, rng, window_key=0.25), rng)
        parts = trainer.advance(batch)
        trainer.elapsed = trainer.devices.agreed(time.monotonic() - began)
        bar.update()
        for name, value in parts.items():
            sums[name] = sums.get(name, 0.0) + value
        since += 1
        if not leads:
            continue
        if trainer.step % args.every == 0 or trainer.progress >= 1:
            row: dict[str, Any] = {
                "step": trainer.step,
                "windows": trainer.step * trainer.config.batch * trainer.devices.ranks,
                "minutes": round(trainer.elapsed / 60, 2),
                "rate": trainer.rate(),
                "skipped": trainer.skipped,
                "parts": {name: round(value / since, 4) for name, value in sums.items()},
            }
            if trainer.step % (2 * args.every) == 0 or trainer.progress >= 1:
                found = check(trainer, valid, args.check)
                row["valid"] = {name: round(value, 4) for name, value in found.items()}
                stale = trainer.stale(found, args.patience)
            with (out / LOG).open("a", encoding="utf-8") as log:
                log.write(json.dumps(row) + "\n")
            sums, since = {}, 0
        if time.monotonic() - saved > 60 * args.save:
            save(trainer, out)
            saved = time.monotonic()
    bar.close()
    if leads:
        save(trainer, out)
        curve(out)


def main(arguments: list[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.train", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of trio.npz")
    parser.add_argument("--out", type=Path, required=True, help="folder of checkpoint and log")
    parser.add_argument("--config", choices=("full", "tiny"), default="full")
    parser.add_argument("--minutes", type=float, help="planned minutes in all; the run ends then")
    parser.add_argument("--steps", type=int, help="planned optimiser steps; the run ends then")
    parser.add_argument("--batch", type=int, help="windows in each step")
    parser.add_argument("--threads", type=int, default=2, help="torch threads")
    parser.add_argument("--every", type=int, default=100, help="steps between log lines")
    parser.add_argument("--check", type=int, default=256, help="validation windows to check")
    parser.add_argument("--save", type=float, default=3.0, help="minutes between checkpoints")
    parser.add_argument(
        "--init", type=Path, help="folder of a run whose averaged weights a new run begins with"
    )
    parser.add_argument("--lr", type=float, help="highest learning rate")
    parser.add_argument("--beta", type=float, help="weight of the prior")
    parser.add_argument(
        "--match", type=float, help="weight of the surrogate's match with the codes"
    )
    parser.add_argument(
        "--only-surrogate", action="store_true", help="leave encoder and decoder as they are"
    )
    parser.add_argument(
        "--patience",
        type=int,
        default=0,
        help="end after this many checks without improvement (0: never)",
    )
    parser.add_argument("--device", choices=CHOICES, default="auto")
    parser.add_argument("--bf16", action="store_true", help="matrix products in bfloat16")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(arguments)
    devices = Devices.find(args.device, args.bf16)
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    sizes, config = (
        (TINY_MODEL, TINY_TRAIN) if args.config == "tiny" else (ModelConfig(), TrainConfig())
    )
    given = {"steps": args.steps, "batch": args.batch, "lr": args.lr, "beta": args.beta}
    given |= {"match_weight": args.match, "only_surrogate": args.only_surrogate}
    config = replace(config, **{name: value for name, value in given.items() if value})
    args.out.mkdir(parents=True, exist_ok=True)
    data = Dataset.load(args.data)
    trainer = Trainer(
        TrioModel(sizes, data.drum_vocabulary().tolist()),
        config,
        args.minutes,
        args.seed,
        devices,
    )
    if args.init and not (args.out / CHECKPOINT).exists():
        begun, _ = load_trio(args.init)
        trainer.adopt(begun)
    if (args.out / CHECKPOINT).exists():
        state = load_state(args.out / CHECKPOINT)
        trainer.restore(state)
        print(f"going on from step {trainer.step}")
    run(trainer, Windows(data, "train"), Windows(data, "valid"), args.out, args)
    devices.close()


if __name__ == "__main__":
    main()

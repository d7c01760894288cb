"""Train the two-level model: ``python -m tools.train.two_level --data DIR --out DIR``.

Goes on from its checkpoint when it is started again. The learning rate falls to the planned end
(``--minutes`` of training in all).
"""

from __future__ import annotations

import argparse
import json
import os
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as in tools.train.trio

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as fn
from tqdm import tqdm

from bridge.offline.reconstruct import events_kept
from tools.data.bar_changes import bar_changes
from tools.data.dataset import Dataset
from tools.data.sizes import BARS, TRACKS
from tools.data.window_batches import MASKS, BatchMaker, Lines, Pool, Rows, WindowSource
from tools.network.checkpoints import CHECKPOINT, load_state, save_state
from tools.network.two_level import DRUMS, TwoLevelVae, drum_bits
from tools.network.two_level_config import TINY_TWO_LEVEL, TwoLevelConfig, TwoLevelTraining

LOG = "log.jsonl"
CHECKED = 600
"""Windows of each validation pool."""


class Training:
    """A model, its optimiser and averaged weights."""

    def __init__(self, model: TwoLevelVae, settings: TwoLevelTraining, minutes: float) -> None:
        self.model, self.settings, self.minutes = model, settings, minutes
        self.average = {k: v.clone() for k, v in model.state_dict().items()}
        self.optimiser = torch.optim.AdamW(model.parameters(), settings.lr, weight_decay=1e-4)
        self.step, self.elapsed = 0, 0.0

    @property
    def progress(self) -> float:
        """0 at the beginning, 1 at the planned end."""
        return min(1.0, self.elapsed / (60 * self.minutes))

    def state(self) -> dict[str, Any]:
        """The contents of a checkpoint."""
        return {
            "config": self.model.config.dict(),
            "model": self.model.state_dict(),
            "average": self.average,
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "elapsed": self.elapsed,
            "settings": asdict(self.settings),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self.model.load_state_dict(state["model"])
        self.average = state["average"]
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.elapsed = state["step"], state["elapsed"]

    def advance(self, rows: Rows) -> dict[str, float]:
        """One step of the optimiser; the parts of the loss."""
        rate = self.settings.lr + (self.settings.lr_end - self.settings.lr) * self.progress
        for group in self.optimiser.param_groups:
            group["lr"] = rate * min(1.0, (self.step + 1) / self.settings.warmup)
        total, parts = loss_of(self.model, rows, self.settings)
        self.optimiser.zero_grad(set_to_none=True)
        total.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.model.parameters(), self.settings.clip)
        self.optimiser.step()
        self.step += 1
        keep = min(self.settings.ema, self.step / (self.step + 10))
        with torch.no_grad():
            for name, value in self.model.state_dict().items():
                mean = self.average[name]
                if mean.is_floating_point():
                    mean.lerp_(value, 1 - keep)
        return parts


def owners(rows: Rows) -> list[Tensor]:
    """For each part the rows that have it."""
    first, *single = rows.sizes
    trios = torch.arange(first)
    ends = np.cumsum([first, *single])
    return [
        torch.cat([trios, torch.arange(ends[part], ends[part + 1])]) for part in range(len(single))
    ]


def loss_of(
    model: TwoLevelVae, rows: Rows, settings: TwoLevelTraining
) -> tuple[Tensor, dict[str, float]]:
    """Nats a window: what the decoder misses, plus the weighted nats of the two codes."""
    tokens = torch.from_numpy(rows.tokens)
    metre = fn.one_hot(torch.from_numpy(rows.metre), len(MASKS)).float()
    there = torch.from_numpy(rows.there)
    mask = torch.from_numpy(np.tile(MASKS[rows.metre], (1, BARS)))
    mine = owners(rows)
    features = [model.read(p, tokens[i, :, p], metre[i]) for p, i in enumerate(mine)]
    whole = [
        x.new_zeros(len(tokens), *x.shape[1:]).index_copy(0, i, x)
        for x, i in zip(features, mine, strict=True)
    ]
    coarse = model.coarse_of(whole, there, metre)
    contexts = model.contexts_of(coarse.draw(), metre)
    nats = coarse.nats().mean()
    total = settings.coarse_weight * nats
    parts = {"coarse": nats.item()}
    for part, (name, i) in enumerate(zip(TRACKS, mine, strict=True)):
        context = contexts[part][i]
        fine = model.fine_of(part, features[part], context)
        # Only music as it is teaches what a coarse code alone decodes to: what was made various
        # is there for the fine codes.
        various = ~torch.from_numpy(rows.plain)[i]
        used = ((torch.rand(len(i)) >= settings.coarse_only) | various).float()
        flag = used[:, None].expand(-1, BARS)
        logits = model.write(part, context, fine.draw() * flag[..., None], flag, metre[i])
        missed = missing(part, logits, tokens[i, :, part], mask[i])
        held = (fine.nats().sum(-1) * used).sum() / used.sum().clamp(min=1)
        share = len(i) / len(tokens)
        total = total + share * (missed.mean() + settings.fine_weight * held * used.mean())
        parts[f"{name}.coarse"] = missed[used == 0].mean().item()
        parts[f"{name}.fine"] = missed[used == 1].mean().item()
        parts[f"{name}.nats"] = held.item()
    parts["loss"] = total.item()
    return total, parts


def step_nats(part: int, logits: Tensor, line: Tensor) -> Tensor:
    """Nats [N, 64] of each slot of a part's windows [N, 64] under logits [N, 4, 16, ...]."""
    logits = logits.flatten(1, 2)
    if part == DRUMS:
        bits = fn.binary_cross_entropy_with_logits(logits, drum_bits(line), reduction="none")
        return bits.sum(-1)
    each = fn.cross_entropy(logits.flatten(0, 1), line.flatten(), reduction="none")
    return each.reshape(line.shape)


def missing(part: int, logits: Tensor, line: Tensor, mask: Tensor) -> Tensor:
    """Nats [N] of a part's windows [N, 64] under logits [N, 4, 16, ...], over the slots in use."""
    return (step_nats(part, logits, line) * mask).sum(1)


# --- checks ----------------------------------------------------------------------------------


@torch.no_grad()
def check(model: TwoLevelVae, source: WindowSource, pools: dict[str, Pool]) -> dict[str, float]:
    """Share of the steps with an event that come back, by pool and part: from both codes, and
    from the coarse one alone. Also the bar-to-bar change of drums drawn from the prior."""
    model.eval()
    found: dict[str, float] = {}
    for name, pool in pools.items():
        if not len(pool.start):
            continue
        index = np.random.default_rng(1).integers(0, len(pool.start), CHECKED)
        tokens = torch.from_numpy(source.tokens(pool.start[index]))
        metre = fn.one_hot(torch.from_numpy(pool.metre[index]), len(MASKS)).float()
        coarse, fine = model.encode(tokens, torch.ones(len(tokens), 3), metre)
        slots = torch.from_numpy(np.tile(MASKS[pool.metre[index]], (1, BARS)))
        for level, codes in (("", fine), (".coarse", None)):
            again = (model.decode(coarse, codes, metre) * slots[..., None]).numpy()
            for part, track in enumerate(TRACKS):
                kept = events_kept(tokens[..., part].numpy(), again[..., part])
                found[f"{name}.{track}{level}"] = kept
    found["draws.change"] = drawn_change(model, 400)
    model.train()
    return found


@torch.no_grad()
def drawn_change(model: TwoLevelVae, count: int) -> float:
    """Median over draws of the coarse prior (4/4): hits that differ between neighbouring bars over
    hits of either."""
    draws = torch.randn(count, model.config.coarse, generator=torch.Generator().manual_seed(1))
    metre = fn.one_hot(torch.zeros(count, dtype=torch.long), len(MASKS)).float()
    drums = model.decode(draws, None, metre)[..., DRUMS]
    return float(np.median(bar_changes(drums.numpy())))


def validation_pools(source: WindowSource, maker: BatchMaker) -> dict[str, Pool]:
    """Pools of the validation split: rendered trios by metre, real trios, drummers."""
    return {**maker.trios, "drummers": maker.singles[2]["groove"]}


def run(training: Training, maker: BatchMaker, valid: BatchMaker, out: Path, every: float) -> None:
    """Train to the planned end; checkpoints and checks every ``every`` minutes."""
    rng = np.random.default_rng((training.step, 7))
    pools = validation_pools(valid.source, valid)
    began = time.monotonic() - training.elapsed
    noted, sums, since = time.monotonic(), {}, 0
    bar = tqdm(initial=training.step, unit="batch", mininterval=20)
    while training.progress < 1:
        for name, value in training.advance(maker.draw(training.settings.batch, rng)).items():
            sums[name] = sums.get(name, 0.0) + value
        since += 1
        training.elapsed = time.monotonic() - began
        bar.update()
        if time.monotonic() - noted > 60 * every or training.progress >= 1:
            row = {
                "step": training.step,
                "minutes": round(training.elapsed / 60, 2),
                "windows": training.step * training.settings.batch,
                "parts": {name: round(value / since, 3) for name, value in sums.items()},
                "valid": averaged_check(training, valid.source, pools),
            }
            with (out / LOG).open("a", encoding="utf-8") as log:
                log.write(json.dumps(row) + "\n")
            save_state(out / CHECKPOINT, training.state())
            noted, sums, since = time.monotonic(), {}, 0
    bar.close()


def averaged_check(
    training: Training, source: WindowSource, pools: dict[str, Pool]
) -> dict[str, float]:
    """:func:`check` with the averaged weights."""
    kept = {k: v.clone() for k, v in training.model.state_dict().items()}
    training.model.load_state_dict(training.average)
    found = check(training.model, source, pools)
    training.model.load_state_dict(kept)
    return {name: round(value, 4) for name, value in found.items()}


def main(arguments: list[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of trio.npz")
    parser.add_argument("--out", type=Path, required=True, help="folder of checkpoint and log")
    parser.add_argument("--minutes", type=float, default=60, help="planned minutes in all")
    parser.add_argument("--every", type=float, default=3, help="minutes between checks")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--tiny", action="store_true", help="small networks, for a trial")
    parser.add_argument("--seed", type=int, default=0)
    for name, value in {**TwoLevelConfig().dict(), **asdict(TwoLevelTraining())}.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), help=f"({value})")
    args = parser.parse_args(arguments)
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    given = {name: value for name, value in vars(args).items() if value is not None}
    sizes = TINY_TWO_LEVEL if args.tiny else TwoLevelConfig()
    sizes = replace(sizes, **{k: v for k, v in given.items() if k in sizes.dict()})
    settings = TwoLevelTraining()
    settings = replace(settings, **{k: v for k, v in given.items() if k in asdict(settings)})
    data = Dataset.load(args.data)
    lines = Lines.of(data)
    maker = BatchMaker(WindowSource(data, lines, "train"))
    valid = BatchMaker(WindowSource(data, lines, "valid"))
    args.out.mkdir(parents=True, exist_ok=True)
    training = Training(TwoLevelVae(sizes), settings, args.minutes)
    if (args.out / CHECKPOINT).exists():
        training.restore(load_state(args.out / CHECKPOINT))
        print(f"going on from step {training.step}")
    run(training, maker, valid, args.out, args.every)


if __name__ == "__main__":
    main()

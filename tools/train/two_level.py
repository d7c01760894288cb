"""Train the two-level model: ``python -m tools.train.two_level --data DIR --out DIR``.

Goes on from its checkpoint when it is started again. The learning rate falls to the planned end:
``--minutes`` of training in all or ``--steps``, whichever come first.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as fn
from tqdm import tqdm

from bridge.offline.reconstruct import events_kept
from tools.data.bar_changes import bar_changes
from tools.data.dataset import Dataset
from tools.data.sizes import BARS, TRACKS
from tools.data.window_batches import MASKS, BatchMaker, Lines, Pool, Rows, WindowSource
from tools.network.two_level import DRUMS, TwoLevelVae, drum_bits
from tools.network.two_level_config import TINY_TWO_LEVEL, TwoLevelConfig, TwoLevelTraining
from tools.train.trainer import LOG, Trainer

CHECKED = 600
"""Windows of each validation pool."""
DRAWN = 400
"""Draws of the prior."""


class Training(Trainer):
    """The training of a two-level model."""

    model: TwoLevelVae
    settings: TwoLevelTraining

    def loss(self, batch: Rows) -> tuple[Tensor, dict[str, float]]:
        """See :func:`loss_of`."""
        return loss_of(self.model, batch, self.settings)

    def state(self) -> dict[str, Any]:
        """Also the network's widths and the settings."""
        return {
            **super().state(),
            "config": self.model.config.dict(),
            "settings": asdict(self.settings),
        }


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

    def again(tokens: Tensor, metre: Tensor) -> dict[str, Tensor]:
        coarse, fine = model.encode(tokens, torch.ones(len(tokens), len(TRACKS)), metre)
        return {
            "": model.decode(coarse, fine, metre),
            ".coarse": model.decode(coarse, None, metre),
        }

    model.eval()
    found = kept_by_pool(again, source, pools)
    found["draws.change"] = drawn_change(
        lambda draws, metre: model.decode(draws, None, metre), model.config.coarse
    )
    model.train()
    return found


def kept_by_pool(
    again: Callable[[Tensor, Tensor], dict[str, Tensor]],
    source: WindowSource,
    pools: dict[str, Pool],
) -> dict[str, float]:
    """Share of the steps with an event that come back, by pool, part and level. ``again`` takes
    windows [N, 64, 3] and metres [N, 4] one-hot, and gives the windows that come back by level
    (the end of a figure's name)."""
    found: dict[str, float] = {}
    for name, pool in pools.items():
        if not len(pool.start):
            continue
        index = np.random.default_rng(1).integers(0, len(pool.start), CHECKED)
        tokens = source.tokens(pool.start[index])
        metre = fn.one_hot(torch.from_numpy(pool.metre[index]), len(MASKS)).float()
        slots = np.tile(MASKS[pool.metre[index]], (1, BARS))[..., None]
        for level, windows in again(torch.from_numpy(tokens), metre).items():
            heard = windows.numpy() * slots
            for part, track in enumerate(TRACKS):
                found[f"{name}.{track}{level}"] = events_kept(tokens[..., part], heard[..., part])
    return found


def drawn_change(decode: Callable[[Tensor, Tensor], Tensor], width: int) -> float:
    """Median over :data:`DRAWN` draws of a prior of ``width`` numbers (4/4): hits that differ
    between neighbouring bars over hits of either. ``decode`` takes codes and metres."""
    draws = torch.randn(DRAWN, width, generator=torch.Generator().manual_seed(1))
    metre = fn.one_hot(torch.zeros(DRAWN, dtype=torch.long), len(MASKS)).float()
    drums = decode(draws, metre)[..., DRUMS]
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
                "skipped": training.skipped,
                "parts": {name: round(value / since, 3) for name, value in sums.items()},
                "valid": averaged_check(training, valid.source, pools),
            }
            with (out / LOG).open("a", encoding="utf-8") as log:
                log.write(json.dumps(row) + "\n")
            training.save(out)
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
    parser = argparse.ArgumentParser(
        prog="python -m tools.train", description=__doc__.splitlines()[0]
    )
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
    training.resume(args.out)
    run(training, maker, valid, args.out, args.every)


if __name__ == "__main__":
    main()

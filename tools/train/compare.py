"""Train architectures for the same time on the same data: ``python -m tools.train.compare``.

Two levels as shipped; one level (the same network without fine codes); and the published
recurrent MusicVAE in small. Each trains for ``--minutes``; then the share of events kept is
measured on the validation split, and how much drums change from bar to bar in draws of the prior.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as fn
from tqdm import tqdm

from tools.data.dataset import Dataset
from tools.data.sizes import BARS, TRACKS
from tools.data.window_batches import MASKS, BatchMaker, Lines, Pool, Rows, WindowSource
from tools.network.recurrent import RecurrentConfig, RecurrentVae
from tools.network.two_level import TwoLevelVae
from tools.network.two_level_config import TINY_TWO_LEVEL, TwoLevelConfig, TwoLevelTraining
from tools.train.trainer import Trainer
from tools.train.two_level import (
    Training,
    averaged_check,
    drawn_change,
    kept_by_pool,
    missing,
    owners,
    validation_pools,
)

TINY_RECURRENT = RecurrentConfig(code=6, embed=4, reader=8, conductor=8, writer=8)
SHOWN = ("rendered 4/4", "3/4", "6/8", "real")
"""Pools in the table."""


class OneLevelTraining(Training):
    """A two-level network that never learns with its fine codes."""

    def loss(self, batch: Rows) -> tuple[Tensor, dict[str, float]]:
        """Also what was made various is held by the coarse code."""
        return super().loss(replace(batch, plain=np.ones_like(batch.plain)))

    def check(self, source: WindowSource, pools: dict[str, Pool]) -> dict[str, float]:
        """Events kept by pool and part, as those of two levels are named."""
        found = averaged_check(self, source, pools)
        kept = {k.removesuffix(".coarse"): v for k, v in found.items() if k.endswith(".coarse")}
        return {**kept, "draws.change": found["draws.change"]}


class TwoLevels(Training):
    """The network as it is shipped."""

    def check(self, source: WindowSource, pools: dict[str, Pool]) -> dict[str, float]:
        """See :func:`tools.train.two_level.check`."""
        return averaged_check(self, source, pools)


class RecurrentTraining(Trainer):
    """The training of a recurrent network."""

    model: RecurrentVae
    settings: TwoLevelTraining

    def loss(self, batch: Rows) -> tuple[Tensor, dict[str, float]]:
        """Nats a window that are missed, plus the weighted nats of the code."""
        tokens, there = torch.from_numpy(batch.tokens), torch.from_numpy(batch.there)
        metre = fn.one_hot(torch.from_numpy(batch.metre), len(MASKS)).float()
        mask = torch.from_numpy(np.tile(MASKS[batch.metre], (1, BARS)))
        code = self.model.encode(tokens, there, metre)
        contexts = self.model.contexts(code.draw(), metre)
        total = self.settings.fine_weight * code.nats().mean()
        for part, rows in enumerate(owners(batch)):
            line = tokens[rows, :, part]
            logits = self.model.logits(part, contexts[rows], metre[rows], line)
            missed = missing(part, logits, line, mask[rows]).mean()
            total = total + len(rows) / len(tokens) * missed
        return total, {"loss": total.item()}

    @torch.no_grad()
    def check(self, source: WindowSource, pools: dict[str, Pool]) -> dict[str, float]:
        """Events kept by pool and part with the averaged weights, and the change of draws."""
        model = self.model
        model.load_state_dict(self.average)
        model.eval()

        def again(tokens: Tensor, metre: Tensor) -> dict[str, Tensor]:
            there = torch.ones(len(tokens), len(TRACKS))
            return {"": model.decode(model.encode(tokens, there, metre).mu, metre)}

        found = kept_by_pool(again, source, pools)
        found["draws.change"] = drawn_change(model.decode, model.config.code)
        return {name: round(value, 4) for name, value in found.items()}


Contender = OneLevelTraining | TwoLevels | RecurrentTraining


def contenders(tiny: bool) -> dict[str, Callable[[float], Contender]]:
    """By name a maker of a training for a number of minutes."""
    two = TINY_TWO_LEVEL if tiny else TwoLevelConfig()
    one = replace(two, coarse=two.latent)
    single = TwoLevelTraining(coarse_weight=TwoLevelTraining().fine_weight, coarse_only=1.0)
    steps = TINY_RECURRENT if tiny else RecurrentConfig()
    slow = TwoLevelTraining(batch=128, warmup=50)
    return {
        "two levels": lambda minutes: TwoLevels(TwoLevelVae(two), TwoLevelTraining(), minutes),
        "one level": lambda minutes: OneLevelTraining(TwoLevelVae(one), single, minutes),
        "recurrent": lambda minutes: RecurrentTraining(RecurrentVae(steps), slow, minutes),
    }


def trained(training: Contender, maker: BatchMaker, name: str) -> Contender:
    """The training at the end of its time, of its own processor seconds."""
    rng, began = np.random.default_rng(7), time.process_time()
    with tqdm(desc=name, unit="batch", mininterval=20) as bar:
        while training.progress < 1:
            training.advance(maker.draw(training.settings.batch, rng))
            training.elapsed = time.process_time() - began
            bar.update()
    return training


def table(found: dict[str, dict[str, Any]]) -> str:
    """The figures as a Markdown table, a line for each architecture."""
    lines = [
        "| network | windows | " + " | ".join(SHOWN) + " | draws change |",
        "|---|---:|" + "---|" * len(SHOWN) + "---:|",
    ]
    for name, row in found.items():
        cells = [
            " / ".join(f"{row['valid'].get(f'{pool}.{t}', 0):.3f}" for t in TRACKS)
            for pool in SHOWN
        ]
        change = f"{row['valid']['draws.change']:.2f}"
        lines.append(f"| {name} | {row['windows']:,} | " + " | ".join(cells) + f" | {change} |")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.train.compare", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of trio.npz")
    parser.add_argument("--out", type=Path, required=True, help="JSON file of the figures")
    parser.add_argument("--minutes", type=float, default=12, help="processor minutes of each")
    parser.add_argument("--tiny", action="store_true", help="small networks, for a trial")
    args = parser.parse_args(arguments)
    torch.set_num_threads(1)
    data = Dataset.load(args.data)
    lines = Lines.of(data)
    maker = BatchMaker(WindowSource(data, lines, "train"))
    valid = BatchMaker(WindowSource(data, lines, "valid"))
    pools = {name: p for name, p in validation_pools(valid.source, valid).items() if len(p.start)}
    found: dict[str, dict[str, Any]] = {}
    for name, make in contenders(args.tiny).items():
        torch.manual_seed(0)
        training = trained(make(args.minutes), maker, name)
        windows = training.step * training.settings.batch
        weights = sum(p.numel() for p in training.model.parameters())
        valid_figures = training.check(valid.source, pools)
        found[name] = {"windows": windows, "weights": weights, "valid": valid_figures}
        args.out.write_text(json.dumps({"minutes": args.minutes, **found}, indent=1), "utf-8")
    print(table(found))


if __name__ == "__main__":
    main()

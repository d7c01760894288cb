"""Train a plain surrogate, to compare the trio's surrogate with.

``python -m tools.train.baseline --data DIR --checkpoint RUN --out FILE``

The same network is trained with mean squared error on the code alone, without chords and spread.
Such a network averages the unknown parts; the figures show the cost. It is measured, never shipped.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as fn
from tqdm import trange

from tools.data.dataset import SPLITS, Dataset, Windows
from tools.network.checkpoints import load_trio
from tools.network.config import ModelConfig
from tools.network.losses import Step, validation_accuracies
from tools.network.nets import Surrogate, TrioModel

KEYS = {
    "bass_heard": "bass_root_heard",
    "bass_next": "bass_root_next",
    "sur_drums": "drums_style",
}
"""Figures of ``losses.validation_accuracies``, and their names on the card."""


def train(
    model: TrioModel, windows: Windows, config: ModelConfig, steps: int, batch: int, seed: int
) -> TrioModel:
    """The model with a surrogate trained with squared error alone."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    plain = Surrogate(config)
    best = torch.optim.AdamW(plain.parameters(), lr=2e-3)
    falling = torch.optim.lr_scheduler.OneCycleLR(best, 2e-3, total_steps=steps)
    bar = trange(steps, desc="plain surrogate", unit="batch", mininterval=2)
    for _ in bar:
        step = Step.of(windows.random(batch, rng), rng)
        with torch.no_grad():
            want, _ = model.encoder(step.tokens)
            style = model.style(step.style_bass, step.style_drums)
        said, _, _ = plain(step.melody, step.heard, style, torch.zeros_like(step.given), step.phase)
        loss = fn.mse_loss(said, want)
        best.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(plain.parameters(), 1.0)
        best.step()
        falling.step()
        bar.set_postfix(loss=f"{loss.item():.3f}")
    model.surrogate = plain.eval()
    return model


@torch.no_grad()
def measure(model: TrioModel, windows: Windows, count: int, seed: int) -> dict[str, float]:
    """The plain surrogate's figures on ``count`` windows of a split."""
    rng = np.random.default_rng(seed)
    found: dict[str, list[float]] = {name: [] for name in KEYS}
    for _ in trange(max(1, count // 128), desc="measure", unit="batch"):
        batch = windows.random(128, rng)
        row = validation_accuracies(model, Step.of(batch, rng, rough=0.0))
        for name in KEYS:
            found[name].append(row[name])
    return {f"plain_{KEYS[n]}": round(float(np.mean(v)), 4) for n, v in found.items()}


def main(arguments: list[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of trio.npz")
    parser.add_argument("--checkpoint", type=Path, required=True, help="folder of the training")
    parser.add_argument("--out", type=Path, required=True, help="JSON to write")
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--windows", type=int, default=2048, help="number of windows to measure on")
    parser.add_argument("--split", choices=SPLITS, default="test")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(arguments)
    torch.set_num_threads(args.threads)
    data = Dataset.load(args.data)
    model, _ = load_trio(args.checkpoint)
    config = model.config
    model = train(model, Windows(data, "train"), config, args.steps, args.batch, args.seed)
    found = measure(model, Windows(data, args.split), args.windows, args.seed)
    text = json.dumps({"plain_steps": args.steps, "split": args.split, **found}, indent=2)
    args.out.write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()

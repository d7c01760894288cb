"""Train a surrogate for an imported trio: ``python -m tools.train.surrogate --model NAME --help``.

A MusicVAE trio encodes a whole trio. Accompaniment needs a code from the melody alone: this trains
the surrogate and the style network of ``tools.network.imported_surrogate_net`` so that its code of
a melody, a style and chords is near the code that the model's own encoder gives the trio. The
model's own graphs stay as they are; the folder gets ``surrogate.onnx``, ``style.onnx`` and
``styles.npz``, with their entries in ``model.yaml``.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as fn
from tqdm import tqdm

from bridge.errors import BridgeError, ModelError
from bridge.model import library
from bridge.model.runtime import Graph
from tools.data.augment import given_chords, heard_masks, with_mistakes
from tools.data.dataset import Batch, Dataset, Windows
from tools.export.imported_surrogate import check_model, write_graphs
from tools.export.model_files import save_arrays
from tools.network.imported_surrogate_net import TINY, SurrogateConfig, SurrogateModel
from tools.train.trainer import LOG, Trainer

Floats = npt.NDArray[np.float32]
Codes = tuple[Floats, Floats]
POOL = 20000
ENCODED_AT_ONCE = 64
CODES = "codes.npz"
"""Codes of the model's own encoder, kept in ``--out`` for a run that continues."""
TINY_POOL = 64
NARROWEST = 0.05
"""Smallest sigma of the own encoder that counts: no melody determines a code more closely."""
CHORD_WEIGHT = 0.3


@dataclass(frozen=True)
class SurrogateTraining:
    """Settings of a run; see ``trainer.Schedule``."""

    steps: int
    batch: int
    lr: float
    warmup: int
    lr_end: float = 5e-5
    clip: float = 1.0
    ema: float = 0.999


@dataclass(frozen=True)
class Step:
    """A batch of windows as tensors, with the inputs of the surrogate."""

    tokens: Tensor
    chords: Tensor
    style_bass: Tensor
    style_drums: Tensor
    melody: Tensor
    heard: Tensor
    given: Tensor
    phase: Tensor

    @classmethod
    def of(cls, batch: Batch, rng: np.random.Generator, rough: float = 1.0) -> Step:
        """Draw masks, mistakes and given chords for a batch; ``rough`` scales the mistakes."""
        heard = heard_masks(len(batch.tokens), rng, batch.tokens.shape[1])
        melody = with_mistakes(batch.tokens[..., 0], rng, rough) * (heard > 0)
        return cls(
            tokens=torch.from_numpy(batch.tokens),
            chords=torch.from_numpy(batch.chords),
            style_bass=torch.from_numpy(batch.style_bass),
            style_drums=torch.from_numpy(batch.style_drums),
            melody=torch.from_numpy(melody.astype(np.int64)),
            heard=torch.from_numpy(heard),
            given=torch.from_numpy(given_chords(batch.chords, rng)),
            phase=torch.from_numpy(batch.phase),
        )


@dataclass(frozen=True)
class SurrogateBatch:
    """The surrogate's inputs of a batch of windows, and the codes of their trios."""

    step: Step
    mu: Tensor
    sigma: Tensor


def encode(encoder: Graph, tokens: npt.NDArray[np.int64]) -> Codes:
    """``mu`` and ``sigma`` [N, Z] of trios [N, T, 3], encoded in parts."""
    found = [
        encoder(tokens=np.ascontiguousarray(tokens[at : at + ENCODED_AT_ONCE]))
        for at in tqdm(range(0, len(tokens), ENCODED_AT_ONCE), desc="encode", mininterval=5)
    ]
    return np.concatenate([mu for mu, _ in found]), np.concatenate([s for _, s in found])


class Pool:
    """Windows in the common key, each encoded once by the model's own encoder."""

    def __init__(
        self, windows: Windows, encoder: Graph, count: int, seed: int, known: Codes | None = None
    ) -> None:
        rng = np.random.default_rng(seed)
        self.windows = windows.random(count, rng, window_key=0.25)
        self.mu, self.sigma = known or encode(encoder, self.windows.tokens)

    def batch_of(
        self, index: npt.NDArray[np.int64], rng: np.random.Generator, rough: float
    ) -> SurrogateBatch:
        """The listed windows, with newly drawn masks, mistakes and given chords."""
        fields = {f.name: getattr(self.windows, f.name)[index] for f in dataclasses.fields(Batch)}
        step = Step.of(Batch(**fields), rng, rough)
        mu, sigma = (torch.from_numpy(code[index]) for code in (self.mu, self.sigma))
        return SurrogateBatch(step, mu, sigma)

    def draw(self, count: int, rng: np.random.Generator) -> SurrogateBatch:
        """A batch of ``count`` windows."""
        return self.batch_of(rng.integers(0, len(self.mu), count), rng, 1.0)


def guess(model: SurrogateModel, step: Step) -> tuple[Tensor, Tensor, Tensor]:
    """``mu``, ``sigma`` [N, Z] and chord logits from the surrogate's inputs."""
    style = model.style(step.style_bass, step.style_drums)
    if model.training:
        style = style + 0.1 * torch.randn_like(style)
    found: tuple[Tensor, Tensor, Tensor] = model.surrogate(
        step.melody, step.heard, style, step.given, step.phase
    )
    return found


def kl_between(mu: Tensor, sigma: Tensor, mu_p: Tensor, sigma_p: Tensor) -> Tensor:
    """KL of N(mu, sigma) from N(mu_p, sigma_p), each dimension, in nats."""
    ratio = (sigma.square() + (mu - mu_p).square()) / (2 * sigma_p.square())
    return ratio - 0.5 + sigma_p.log() - sigma.log()


class SurrogateTrainer(Trainer):
    """The training of an imported trio's surrogate."""

    model: SurrogateModel
    settings: SurrogateTraining

    def left(self) -> float:
        """A cosine."""
        return 0.5 * (1 + math.cos(math.pi * self.progress))

    def loss(self, batch: SurrogateBatch) -> tuple[Tensor, dict[str, float]]:
        """Nats for each latent dimension from the own code to the surrogate's, and chords."""
        mu, sigma, logits = guess(self.model, batch.step)
        match = kl_between(batch.mu, batch.sigma.clamp(min=NARROWEST), mu, sigma).mean()
        rows = batch.step.chords.numel()
        chord = fn.cross_entropy(logits.reshape(rows, -1), batch.step.chords.flatten())
        total = match + CHORD_WEIGHT * chord
        parts = {"loss": total, "match": match, "chord": chord}
        return total, {name: value.item() for name, value in parts.items()}


@torch.no_grad()
def check(model: SurrogateModel, pool: Pool, decoder: Graph, bars: int) -> dict[str, float]:
    """Figures on windows of other tunes, with the whole melody heard and no chords given.

    ``explained``: share of the own codes' variance that the surrogate's code explains (1: all, 0:
    no more than the mean); ``chords``: share of half bars named right; ``bass`` and ``drums``:
    share of steps that decode as from the own code; ``*_chance``: the same from another window's
    code.
    """
    batch = pool.batch_of(np.arange(len(pool.mu)), np.random.default_rng(3), rough=0.0)
    step = replace(
        batch.step,
        melody=batch.step.tokens[..., 0],
        heard=torch.ones_like(batch.step.heard),
        given=torch.zeros_like(batch.step.given),
    )
    model.eval()
    mu, _, logits = guess(model, step)
    model.train()
    left = (mu - batch.mu).square().sum()
    spread = (batch.mu - batch.mu.mean(0)).square().sum()
    own, guessed = (_decoded(code[:16], decoder, bars) for code in (batch.mu, mu))
    same = (own == guessed).mean((0, 1, 2))
    other = (own == np.roll(own, 1, axis=0)).mean((0, 1, 2))
    return {
        "explained": float(1 - left / spread),
        "chords": float((logits.argmax(-1) == step.chords).float().mean()),
        "bass": float(same[1]),
        "drums": float(same[2]),
        "bass_chance": float(other[1]),
        "drums_chance": float(other[2]),
    }


def _decoded(code: Tensor, decoder: Graph, bars: int) -> npt.NDArray[np.int64]:
    noise = np.zeros((len(code), bars, 16, 3), np.float32)
    heat = np.asarray(0, np.float32)
    tokens: npt.NDArray[np.int64] = decoder(
        z=code.numpy(), bars=np.arange(bars), temperature=heat, noise=noise
    )[0]
    return tokens


def run(
    trainer: SurrogateTrainer, pool: Pool, valid: Pool, decoder: Graph, args: argparse.Namespace
) -> dict[str, float]:
    """Train to the planned end; returns the last figures, of the averaged weights."""
    out: Path = args.out
    rng = np.random.default_rng((args.seed, trainer.step))
    began = saved = time.monotonic()
    before = trainer.elapsed
    bar = tqdm(total=args.steps, initial=trainer.step, unit="batch", mininterval=10)
    while trainer.progress < 1:
        parts = trainer.advance(pool.draw(args.batch, rng))
        trainer.elapsed = before + time.monotonic() - began
        bar.update()
        if trainer.step % args.every == 0:
            _log(out, trainer, parts)
        if time.monotonic() - saved > 120:
            trainer.save(out)
            saved = time.monotonic()
    bar.close()
    trainer.save(out)
    trainer.model.load_state_dict(trainer.average)
    found = check(trainer.model, valid, decoder, trainer.model.config.bars)
    _log(out, trainer, found)
    return found


def _log(out: Path, trainer: SurrogateTrainer, figures: dict[str, float]) -> None:
    row = {
        "step": trainer.step,
        "minutes": round(trainer.elapsed / 60, 2),
        "skipped": trainer.skipped,
    }
    with (out / LOG).open("a", encoding="utf-8") as log:
        log.write(json.dumps({**row, **{k: round(v, 4) for k, v in figures.items()}}) + "\n")


def _pools(
    windows: tuple[Windows, Windows], encoder: Graph, sha256: str, args: argparse.Namespace
) -> tuple[Pool, Pool]:
    """Windows for training and for checks. Their codes are kept, because encoding is slow."""
    counts = (args.pool, min(args.pool, 512))
    path, asked = args.out / CODES, f"{sha256} {args.pool} {args.seed}"
    if not path.exists():
        pools = tuple(
            Pool(some, encoder, count, args.seed + i)
            for i, (some, count) in enumerate(zip(windows, counts, strict=True))
        )
        codes = {
            f"{n}{i}": v for i, p in enumerate(pools) for n, v in (("m", p.mu), ("s", p.sigma))
        }
        save_arrays(path, {"asked": np.array(asked), **codes})
        return pools[0], pools[1]
    with np.load(path, allow_pickle=False) as kept:
        if str(kept["asked"]) != asked:
            raise ModelError(f"{args.out} is of another model, pool or seed: choose another --out")
        train, valid = (
            Pool(some, encoder, count, args.seed + i, (kept[f"m{i}"], kept[f"s{i}"]))
            for i, (some, count) in enumerate(zip(windows, counts, strict=True))
        )
    return train, valid


def teach(args: argparse.Namespace) -> dict[str, Any]:
    """Encode, train, check and write. ModelError for a model that cannot get a surrogate."""
    folder = library.find(args.model, args.library)
    spec = check_model(folder)
    out: Path = args.out or Path(f"surrogate-{spec.name}")
    args.out = out
    out.mkdir(parents=True, exist_ok=True)
    data = Dataset.load(args.data)
    windows = Windows(data, "train", spec.bars), Windows(data, "valid", spec.bars)
    encoder, decoder = (Graph(folder, name, spec.graphs[name]) for name in ("encoder", "decoder"))
    pool, valid = _pools(windows, encoder, spec.graphs["encoder"].sha256, args)
    settings = SurrogateTraining(
        steps=args.steps, batch=args.batch, lr=args.lr, warmup=min(100, args.steps)
    )
    sizes = TINY if args.tiny else SurrogateConfig(spec.latent)
    model = SurrogateModel(replace(sizes, latent=spec.latent, bars=spec.bars))
    trainer = SurrogateTrainer(model, settings, args.minutes)
    trainer.resume(out)
    found = run(trainer, pool, valid, decoder, args)
    figures = ", ".join(f"{name} {value:.3f}" for name, value in found.items())
    story = (
        f"Trained against the model's own encoder on {args.pool} windows of {spec.bars} bars, "
        f"{trainer.step} steps of {args.batch} windows, {trainer.elapsed / 60:.1f} minutes "
        f"(`tools.train.surrogate`). On windows of other tunes: {figures}."
    )
    write_graphs(folder, spec, model, windows[0], story)
    return {"folder": str(folder), "step": trainer.step, "minutes": trainer.elapsed / 60, **found}


def main(arguments: list[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True, help="an imported trio, by name or folder")
    parser.add_argument("--library", type=Path, help="folder of model folders")
    parser.add_argument(
        "--data", type=Path, required=True, help="folder of trio.npz (tools.data.build_dataset)"
    )
    parser.add_argument("--out", type=Path, help="checkpoint and log (default surrogate-MODEL)")
    parser.add_argument(
        "--tiny", action="store_true", help="a few steps of small networks, for a trial"
    )
    parser.add_argument(
        "--minutes", type=float, default=60, help="minutes of training, without encoding"
    )
    parser.add_argument("--steps", type=int, help="planned optimiser steps (default 20000)")
    parser.add_argument("--batch", type=int, help="windows in each step (default 64)")
    parser.add_argument("--pool", type=int, help=f"windows to encode (default {POOL})")
    parser.add_argument("--lr", type=float, default=1e-3, help="highest learning rate")
    parser.add_argument("--threads", type=int, default=2, help="torch threads")
    parser.add_argument("--every", type=int, default=50, help="steps between log lines")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(arguments)
    args.pool = args.pool or (TINY_POOL if args.tiny else POOL)
    args.steps = args.steps or (20 if args.tiny else 20000)
    args.batch = args.batch or (8 if args.tiny else 64)
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    try:
        found = teach(args)
    except BridgeError as exc:
        raise SystemExit(str(exc)) from exc
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()

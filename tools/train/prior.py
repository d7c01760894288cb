"""Train the prior over sequences of codes, and put it into a model folder.

``python -m tools.train.prior --data DIR --model FOLDER --out RUN --minutes 15 --write``

DIR is the folder that ``tools.data.build_dataset`` wrote; its pieces are encoded with the model's
own encoder (kept in RUN as ``codes-*.npz`` for that encoder). A checkpoint is kept in RUN every
minute, and the same command continues from it. ``--write`` puts ``prior.onnx`` and ``prior.npz``
into FOLDER, and its figures against real sequences, independent draws and the random walk into
CARD.md.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from tqdm import tqdm

import onnx
from bridge.latent.prior import MAX_WINDOWS, PriorSpace
from bridge.model.two_level.code_layout import NETWORK_METRES
from tools.data.dataset import SPLITS, Dataset
from tools.data.sizes import STEPS
from tools.data.window_batches import Lines, WindowSource
from tools.evaluate.prior_figures import SECTION, card_section, figures
from tools.export.card_sections import put_section
from tools.export.model_files import checksum, replace_extra, replace_graph, save_arrays
from tools.export.prior_graph import prior_graph
from tools.export.runtime import ExportedModel, open_graph
from tools.network.checkpoints import load_state, save_state
from tools.network.prior_net import PriorConfig, PriorNet

Floats = npt.NDArray[np.float32]
CHECKPOINT: Final = "prior.pt"
KEPT: Final = 0.99
"""Share of the variance up to which principal components are kept."""
SHORTEST: Final = 2
PART: Final = 512
TOLERANCE: Final = 2e-2
"""Largest change of a velocity (deviation 1) by half precision."""
SAVE_SECONDS: Final = 60.0


# --- codes ------------------------------------------------------------------------------


class PieceCodes:
    """The codes of a split's pieces, window after window.

    ``codes`` [T, Z]; piece p has ``codes[first[p] : first[p + 1]]``.
    """

    def __init__(self, codes: npt.NDArray[np.floating], first: npt.NDArray[np.int64]) -> None:
        self.codes = codes.astype(np.float32)
        self.first = first

    def __len__(self) -> int:
        return len(self.first) - 1

    def draw(self, count: int, length: int, rng: np.random.Generator) -> Floats:
        """Sequences [N, L, Z] of random pieces. A piece shorter than L is repeated."""
        piece = rng.integers(0, len(self), count)
        begin, size = self.first[piece], self.first[piece + 1] - self.first[piece]
        spare = np.where(size > length, size - length + 1, size)
        start = (rng.random(count) * spare).astype(np.int64)
        index = (start[:, None] + np.arange(length)) % size[:, None] + begin[:, None]
        return self.codes[index]


def encoded(source: WindowSource, model: ExportedModel, path: Path, least: int = 4) -> PieceCodes:
    """The codes of the trios of a source's split, from ``path`` if they are there.

    Pieces of fewer than ``least`` windows are left out. Fine numbers are zero: they are not drawn.
    """
    if path.exists():
        with np.load(path, allow_pickle=False) as arrays:
            return PieceCodes(arrays["codes"], arrays["first"])
    data, codes, first = source.data, [np.zeros((0, model.trio.spec.latent), np.float16)], [0]
    for number, metre in enumerate(NETWORK_METRES):
        starts = [np.zeros(0, np.int64)]
        for piece in data.pieces(source.split, number):
            windows = data.lengths[piece] // STEPS
            if windows >= least:
                starts.append(data.starts[piece] + STEPS * np.arange(windows))
                first.append(first[-1] + windows)
        at, told = np.concatenate(starts), model.in_metre(metre)
        for low in tqdm(range(0, len(at), PART), desc=f"{source.split} {metre}", mininterval=5):
            mu = told.encode(source.tokens(at[low : low + PART]))[0]
            mu[:, model.trio.spec.coarse or mu.shape[1] :] = 0
            codes.append(mu.astype(np.float16))
    found = {"codes": np.concatenate(codes), "first": np.asarray(first, np.int64)}
    save_arrays(path, found)
    return PieceCodes(found["codes"], found["first"])


def space_of(pieces: PieceCodes, kept: float = KEPT) -> PriorSpace:
    """The principal components of the codes, up to a share ``kept`` of their variance."""
    codes = pieces.codes.astype(np.float64)
    mean = codes.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov(codes.T))
    values, vectors = values[::-1], vectors[:, ::-1]
    shares = np.cumsum(values) / values.sum()
    count = min(int((shares < kept).sum()) + 1, int((values > 1e-6).sum()))
    axes = vectors[:, :count].T
    axes *= np.sign(axes[np.arange(count), np.abs(axes).argmax(axis=1)])[:, None]
    return PriorSpace(
        mean.astype(np.float32),
        np.ascontiguousarray(axes, np.float32),
        np.sqrt(values[:count]).astype(np.float32),
    )


# --- training ---------------------------------------------------------------------------


class Trainer:
    """Network, optimiser, averaged weights and progress; one :meth:`advance` a batch."""

    def __init__(self, net: PriorNet, minutes: float | None, seed: int) -> None:
        self.net, self.config, self.minutes, self.seed = net, net.config, minutes, seed
        self.optimiser = torch.optim.AdamW(net.parameters(), self.config.lr, weight_decay=0.02)
        self.average = {k: v.clone() for k, v in net.state_dict().items()}
        self.step = 0
        self.elapsed = 0.0

    @property
    def progress(self) -> float:
        """0 at the start .. 1 at the planned end."""
        by_time = self.elapsed / (60 * self.minutes) if self.minutes else 0.0
        return min(1.0, max(self.step / self.config.steps, by_time))

    def advance(self, clean: Tensor, rng: np.random.Generator) -> float:
        """One optimiser step on coordinates [N, L, K]; the loss."""
        config = self.config
        fall = 0.5 * (1 + math.cos(math.pi * self.progress))
        for group in self.optimiser.param_groups:
            group["lr"] = config.lr * fall * min(1.0, (self.step + 1) / config.warmup)
        loss = loss_of(self.net, clean, rng)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.optimiser.step()
        self.step += 1
        keep = min(config.ema, self.step / (self.step + 10))
        with torch.no_grad():
            for name, value in self.net.state_dict().items():
                self.average[name].lerp_(value, 1 - keep)
        return loss.item()

    def state(self) -> dict[str, Any]:
        """The state that a resumed run needs: tensors and plain values only."""
        return {
            "net": self.net.state_dict(),
            "average": self.average,
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "elapsed": self.elapsed,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from a :meth:`state`."""
        self.net.load_state_dict(state["net"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.average = state["average"]
        self.step, self.elapsed = state["step"], state["elapsed"]

    def averaged(self) -> PriorNet:
        """The network with its averaged weights, for use."""
        net = PriorNet(self.net.coordinates, self.config)
        net.load_state_dict(self.average)
        return net.eval()


def loss_of(net: PriorNet, clean: Tensor, rng: np.random.Generator) -> Tensor:
    """Mean squared error of the velocity where nothing is given."""
    count, length, _ = clean.shape
    given = torch.from_numpy(given_flags(count, length, rng))
    level = torch.from_numpy(rng.random(count, dtype=np.float32))
    noise = torch.from_numpy(rng.standard_normal(clean.shape, dtype=np.float32))
    angle = (math.pi / 2 * level)[:, None, None]
    noisy = torch.cos(angle) * clean + torch.sin(angle) * noise
    want = torch.cos(angle) * noise - torch.sin(angle) * clean
    held = given[..., None]
    said = net(torch.where(held > 0, clean, noisy), given, level)
    return (((said - want) ** 2) * (1 - held)).sum() / ((1 - held).sum() * clean.shape[-1])


def given_flags(count: int, length: int, rng: np.random.Generator) -> Floats:
    """Flags [N, L] of given windows: none, a beginning, or random ones; never all."""
    flags = np.zeros((count, length), np.float32)
    for row in flags:
        kind = rng.random()
        if kind < 0.4:
            row[: rng.integers(0, length)] = 1
        elif kind < 0.6:
            row[:] = rng.random(length) < rng.random()
            row[rng.integers(length)] = 0
    return flags


def train(trainer: Trainer, pieces: PieceCodes, space: PriorSpace, out: Path) -> None:
    """Train until the planned steps or minutes are used up; the state is kept when interrupted."""
    # Processor time, not wall time: other programs may use the cores.
    kept, begun, before = time.monotonic(), time.process_time(), trainer.elapsed
    bar = tqdm(total=trainer.config.steps, initial=trainer.step, unit="batch", mininterval=10)
    smooth = 1.0
    try:
        while trainer.progress < 1.0:
            rng = np.random.default_rng([trainer.seed, trainer.step])
            length = int(rng.integers(SHORTEST, MAX_WINDOWS + 1))
            count = max(4, round(trainer.config.batch * 16 / length))
            clean = torch.from_numpy(space.coordinates(pieces.draw(count, length, rng)))
            smooth += 0.01 * (trainer.advance(clean, rng) - smooth)
            trainer.elapsed = before + time.process_time() - begun
            bar.update()
            bar.set_postfix(loss=f"{smooth:.4f}", refresh=False)
            if time.monotonic() - kept > SAVE_SECONDS:
                save(trainer, out)
                kept = time.monotonic()
    finally:
        bar.close()
        save(trainer, out)


def save(trainer: Trainer, out: Path) -> None:
    """Write the checkpoint of a run into its folder."""
    save_state(out / CHECKPOINT, trainer.state())


def check(net: PriorNet, pieces: PieceCodes, space: PriorSpace, batches: int = 8) -> float:
    """The loss on sequences that were not trained on."""
    rng = np.random.default_rng(1)
    found = []
    with torch.no_grad():
        for _ in range(batches):
            clean = space.coordinates(pieces.draw(64, 16, rng))
            found.append(loss_of(net, torch.from_numpy(clean), rng).item())
    return float(np.mean(found))


# --- export -----------------------------------------------------------------------------


def checked_graph(net: PriorNet, seed: int = 0) -> onnx.ModelProto:
    """The graph, compared with PyTorch. SystemExit where they differ too much."""
    graph = prior_graph(net)
    rng = np.random.default_rng(seed)
    session = open_graph(graph.SerializeToString())
    for length in (1, 7, MAX_WINDOWS):
        x = rng.standard_normal((3, length, net.coordinates)).astype(np.float32)
        given = (rng.random((3, length)) < 0.3).astype(np.float32)
        level = rng.random(3, dtype=np.float32)
        with torch.no_grad():
            want = net(*(torch.from_numpy(v) for v in (x, given, level))).numpy()
        (got,) = session.run(None, {"x": x, "given": given, "level": level})
        worst = float(np.abs(got - want).max())
        if worst > TOLERANCE:
            raise SystemExit(f"ONNX does not do what PyTorch does: {worst:.3g} apart")
    return graph


def write(folder: Path, graph: onnx.ModelProto, space: PriorSpace) -> None:
    """Put the prior into a model folder."""
    replace_extra(folder, "prior", {"mean": space.mean, "axes": space.axes, "spread": space.spread})
    replace_graph(folder, "prior", graph)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of trio.npz")
    parser.add_argument("--model", type=Path, required=True, help="exported model folder")
    parser.add_argument("--out", type=Path, required=True, help="folder of the training")
    parser.add_argument("--minutes", type=float, help="most processor time, in minutes")
    parser.add_argument("--steps", type=int, default=PriorConfig.steps)
    parser.add_argument("--layers", type=int, default=PriorConfig.layers)
    parser.add_argument("--width", type=int, default=PriorConfig.width)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--write", action="store_true", help="write the result into the model folder"
    )
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    # Codes and checkpoint belong to this encoder: another one has another latent space.
    out = args.out / checksum(args.model / "encoder.onnx")[:12]
    out.mkdir(parents=True, exist_ok=True)
    data, model = Dataset.load(args.data), ExportedModel(args.model)
    lines = Lines.of(data)
    pieces = {
        split: encoded(WindowSource(data, lines, split), model, out / f"codes-{split}.npz")
        for split in SPLITS
    }
    space = space_of(pieces["train"])
    config = replace(PriorConfig(), steps=args.steps, layers=args.layers, width=args.width)
    trainer = Trainer(PriorNet(len(space.spread), config), args.minutes, args.seed)
    if (out / CHECKPOINT).exists():
        trainer.restore(load_state(out / CHECKPOINT))
    weights = sum(p.numel() for p in trainer.net.parameters())
    print(f"{len(pieces['train'])} pieces, {len(pieces['train'].codes)} windows; "
          f"{len(space.spread)} of {space.width} dimensions; {weights} weights; "
          f"step {trainer.step}", flush=True)  # fmt: skip
    train(trainer, pieces["train"], space, out)
    net = trainer.averaged()
    graph = checked_graph(net)
    found = figures(graph, space, pieces["train"], pieces["test"], args.seed)
    found |= {
        "loss_train": check(net, pieces["train"], space),
        "loss_valid": check(net, pieces["valid"], space),
        "step": trainer.step,
        "minutes": round(trainer.elapsed / 60, 1),
        "weights": weights,
        "kilobytes": round(len(graph.SerializeToString()) / 1000),
        "config": asdict(config),
    }
    (out / "figures.json").write_text(json.dumps(found, indent=2), encoding="utf-8")
    print(card_section(found))
    if args.write:
        write(args.model, graph, space)
        put_section(args.model / "CARD.md", SECTION, card_section(found))


if __name__ == "__main__":
    main()

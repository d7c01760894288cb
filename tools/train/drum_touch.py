"""Train the drummer's touch: ``python -m tools.train.drum_touch --grooves DIR --out DIR``.

DIR of ``--grooves`` is the unpacked Groove MIDI Dataset (Gillick et al. 2019, "Learning to
Groove with Inverse Sequence Transformations", ICML; CC-BY 4.0). From a bar's pattern, a tempo
and a few numbers that stand for how a drummer plays, the net says each hit's velocity and how
far it lies from its step: a small conditional variational autoencoder, as GrooVAE is, with
the pattern given. The data set's own split is kept.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from tqdm import tqdm, trange

from bridge.errors import BridgeError
from bridge.model.contract import DRUMMER
from bridge.music.arrange import accent
from bridge.music.grid import STEPS_PER_BAR, TICKS_PER_STEP
from bridge.music.smf import midi_file
from bridge.music.smf.song import Song
from bridge.music.tokens import drum_of_pitch
from tools.network.config import DRUM_BITS
from tools.network.nets import drum_bits

Floats = npt.NDArray[np.float32]
CHECKPOINT = "feel.pt"
SPLITS = {"train": "train", "validation": "valid", "test": "test"}
FEWEST_HITS = 4
NEVER_LATER = 0.5
"""Offsets are shares of a step, -0.5 .. 0.5: farther and the hit belongs to another step."""


@dataclass(frozen=True)
class FeelConfig:
    """``z`` numbers stand for a drummer; ``free`` nats of each cost nothing."""

    z: int = DRUMMER
    width: int = 64
    batch: int = 128
    steps: int = 1800
    lr: float = 3e-3
    beta: float = 0.3
    free: float = 0.05
    offset_weight: float = 2.0


TINY = FeelConfig(width=8, batch=8, steps=4)


@dataclass(frozen=True)
class Grooves:
    """Bars of one split: ``drums`` [N, 16] classes, ``velocity`` and ``offset`` [N, 16, 9]
    (0..1, shares of a step; 0 where nothing is hit), ``tempo`` [N] BPM."""

    drums: npt.NDArray[np.int64]
    velocity: Floats
    offset: Floats
    tempo: Floats

    @classmethod
    def read(cls, folder: Path, split: str) -> Grooves:
        """All 4/4 beats of a split. SystemExit where the folder is not the data set."""
        index = next(iter(sorted(folder.rglob("info.csv"))), None)
        if index is None:
            raise SystemExit(f"no info.csv below {folder}: unpack the Groove MIDI Dataset there")
        bars: list[tuple[npt.NDArray[np.int64], Floats, Floats, float]] = []
        with index.open(encoding="utf-8", newline="") as lines:
            rows = [r for r in csv.DictReader(lines) if SPLITS[r["split"]] == split]
        for row in tqdm([r for r in rows if r["time_signature"] == "4-4"], desc=split):
            try:
                song = midi_file.read(index.parent / row["midi_filename"])
            except BridgeError as exc:
                tqdm.write(f"passed by: {exc}")
                continue
            bars += bars_of(song, float(row["bpm"]))
        drums, velocity, offset, tempo = zip(*bars, strict=True)
        return cls(np.stack(drums), np.stack(velocity), np.stack(offset), np.float32(tempo))

    def __len__(self) -> int:
        return len(self.drums)

    def tensors(self, index: npt.NDArray[np.int64]) -> tuple[Tensor, ...]:
        """Drums, velocity, offset, tempo of some bars."""
        arrays = (self.drums, self.velocity, self.offset, self.tempo)
        return tuple(torch.from_numpy(array[index]) for array in arrays)


def bars_of(song: Song, bpm: float) -> list[tuple[npt.NDArray[np.int64], Floats, Floats, float]]:
    """The bars of a performance; of two hits on one drum and step the louder counts.

    Offsets are against the performance's own mean: how early a player is throughout, and what
    the recording added, is no part of the groove.
    """
    hits: dict[tuple[int, int, int], tuple[float, float]] = {}
    for note in (note for track in song.tracks for note in track.notes):
        drum = drum_of_pitch(note.pitch)
        if drum is None:
            continue
        step = round(note.tick / TICKS_PER_STEP)
        key = (*divmod(step, STEPS_PER_BAR), drum)
        played = (note.velocity / 127, note.tick / TICKS_PER_STEP - step)
        hits[key] = max(hits.get(key, (0.0, 0.0)), played)
    count = 1 + max((bar for bar, _, _ in hits), default=-1)
    velocity = np.zeros((count, STEPS_PER_BAR, DRUM_BITS), np.float32)
    offset = np.zeros_like(velocity)
    for place, (loud, late) in hits.items():
        velocity[place], offset[place] = loud, late
    struck = velocity > 0
    offset -= np.where(struck, offset.sum() / max(1, struck.sum()), 0).astype(np.float32)
    drums = (struck * (1 << np.arange(DRUM_BITS))).sum(-1)
    full = np.flatnonzero(struck.sum((1, 2)) >= FEWEST_HITS)
    return [(drums[b], velocity[b], offset[b], bpm) for b in full]


def tempo_feature(tempo: Tensor) -> Tensor:
    """BPM [N] -> about -1..1: octaves from 120."""
    return torch.log2(tempo / 120)


class FeelNet(nn.Module):
    """Pattern, tempo and drummer -> velocity and offset of each drum and step."""

    def __init__(self, config: FeelConfig) -> None:
        super().__init__()
        width = config.width
        self.config = config
        steps = 3 * DRUM_BITS + 1
        self.listen = nn.Linear(STEPS_PER_BAR * steps, 2 * width)
        self.drummer = nn.Linear(2 * width, 2 * config.z)
        self.inside = nn.Linear(DRUM_BITS + 1 + config.z, width)
        self.place = nn.Parameter(torch.randn(STEPS_PER_BAR, width) * 0.3)
        self.lstm = nn.LSTM(width, width, batch_first=True, bidirectional=True)
        self.out = nn.Linear(2 * width, 2 * DRUM_BITS)

    def encode(
        self, drums: Tensor, velocity: Tensor, offset: Tensor, tempo: Tensor
    ) -> tuple[Tensor, Tensor]:
        """A bar as it was played -> mean and log deviation [N, Z] of its drummer."""
        fast = tempo_feature(tempo)[:, None, None].expand(-1, STEPS_PER_BAR, 1)
        rows = torch.cat([drum_bits(drums), velocity, 4 * offset, fast], -1)
        mu, spread = self.drummer(torch.relu(self.listen(rows.flatten(1)))).chunk(2, -1)
        return mu, spread.clamp(-5, 2)

    def forward(self, drums: Tensor, tempo: Tensor, drummer: Tensor) -> tuple[Tensor, Tensor]:
        """Classes [N, 16], BPM [N], [N, Z] -> velocity 0..1 and offset -0.5..0.5, [N, 16, 9]."""
        who = torch.cat([tempo_feature(tempo)[:, None], drummer], -1)
        rows = torch.cat([drum_bits(drums), who[:, None].expand(-1, STEPS_PER_BAR, -1)], -1)
        hidden, _ = self.lstm(torch.relu(self.inside(rows) + self.place))
        loud, late = self.out(hidden).chunk(2, -1)
        return torch.sigmoid(loud), NEVER_LATER * torch.tanh(late)


def loss_of(model: FeelNet, parts: tuple[Tensor, ...], config: FeelConfig) -> Tensor:
    """Errors of the hits that are there, and the drummer's distance from the prior."""
    drums, velocity, offset, tempo = parts
    mu, spread = model.encode(drums, velocity, offset, tempo)
    drummer = mu + spread.exp() * torch.randn_like(mu)
    loud, late = model(drums, tempo, drummer)
    hit = drum_bits(drums)
    count = hit.sum()
    error = ((loud - velocity).abs() * hit).sum() / count
    error = error + config.offset_weight * ((late - offset).abs() * hit).sum() / count
    distance = 0.5 * (mu.square() + (2 * spread).exp() - 1) - spread
    return error + config.beta * distance.mean(0).clamp(min=config.free).sum() / 100


def train(data: Grooves, config: FeelConfig, seed: int) -> FeelNet:
    """Train from nothing; a few minutes on one core."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    model = FeelNet(config)
    optimiser = torch.optim.AdamW(model.parameters(), config.lr, weight_decay=1e-3)
    for step in (bar := trange(config.steps, desc="feel", unit="batch", mininterval=5)):
        for group in optimiser.param_groups:
            group["lr"] = config.lr * 0.5 * (1 + math.cos(math.pi * step / config.steps))
        loss = loss_of(model, data.tensors(rng.integers(0, len(data), config.batch)), config)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        bar.set_postfix(loss=f"{loss.item():.4f}", refresh=False)
    return model.eval()


@torch.no_grad()
def figures(model: FeelNet, data: Grooves) -> dict[str, float]:
    """Mean errors on a split: of velocities (0..127) and offsets (shares of a step), with the
    drummer that the bar tells, with an average drummer, and with none (the accents of
    ``music.arrange`` on the grid)."""
    drums, velocity, offset, tempo = data.tensors(np.arange(len(data)))
    hit = drum_bits(drums)
    told, _ = model.encode(drums, velocity, offset, tempo)
    flat = torch.tensor([accent(step) / 127 for step in range(STEPS_PER_BAR)])
    ways = {
        "told": model(drums, tempo, told),
        "average": model(drums, tempo, torch.zeros_like(told)),
        "none": (flat[None, :, None].expand_as(velocity), torch.zeros_like(offset)),
    }
    out = {"bars": float(len(data))}
    for name, (loud, late) in ways.items():
        out[f"velocity_{name}"] = 127 * float(((loud - velocity).abs() * hit).sum() / hit.sum())
        out[f"offset_{name}"] = float(((late - offset).abs() * hit).sum() / hit.sum())
    return {name: round(value, 4) for name, value in out.items()}


def load_feel(folder: Path) -> FeelNet:
    """The trained net of a folder."""
    path = folder / CHECKPOINT
    if not path.exists():
        raise SystemExit(f"{path} is missing: run python -m tools.train.drum_touch first")
    state = torch.load(path, map_location="cpu", weights_only=True)
    model = FeelNet(
        FeelConfig(z=state["drummer.weight"].shape[0] // 2, width=len(state["inside.weight"]))
    )
    model.load_state_dict(state)
    return model.eval()


def main(arguments: list[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--grooves", type=Path, required=True, help="the unpacked data set")
    parser.add_argument("--out", type=Path, required=True, help="folder of the net")
    parser.add_argument("--config", choices=("full", "tiny"), default="full")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(arguments)
    torch.set_num_threads(1)
    args.out.mkdir(parents=True, exist_ok=True)
    data = Grooves.read(args.grooves, "train")
    model = train(
        data,
        TINY if args.config == "tiny" else FeelConfig(),
        args.seed,
    )
    torch.save(model.state_dict(), args.out / CHECKPOINT)
    found = {s: figures(model, Grooves.read(args.grooves, s)) for s in ("valid", "test")}
    text = json.dumps(found, indent=2)
    (args.out / "feel.json").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()

"""Train the drummer's touch: ``python -m tools.train.drum_touch --grooves DIR --out DIR``.

DIR of ``--grooves`` is the unpacked Groove MIDI Dataset (Gillick et al. 2019, "Learning to Groove
with Inverse Sequence Transformations", ICML; CC-BY 4.0). From a bar's pattern, a tempo and a few
numbers that describe a drummer, the network predicts each hit's velocity and its offset from the
step: a small conditional variational autoencoder, as GrooVAE, with the pattern given. The data
set's own split is kept.
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
from bridge.music.arrange import accent
from bridge.music.grid import FOUR_FOUR, SLOTS_PER_BAR
from bridge.music.smf import midi_file
from bridge.music.smf.song import Song
from bridge.music.tokens import drum_of_pitch
from tools.data.sizes import DRUM_BITS
from tools.network.checkpoints import FEEL_CHECKPOINT, save_state
from tools.network.drum_touch_net import TINY, FeelConfig, FeelNet
from tools.network.two_level import drum_bits

Floats = npt.NDArray[np.float32]
SPLITS = {"train": "train", "validation": "valid", "test": "test"}
FEWEST_HITS = 4


@dataclass(frozen=True)
class Grooves:
    """Bars of one split.

    ``drums`` [N, 16] classes; ``velocity`` (0..1) and ``offset`` (shares of a step) [N, 16, 9], 0
    where nothing is hit; ``tempo`` [N] in BPM.
    """

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
                tqdm.write(f"skipped: {exc}")
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

    Offsets are relative to the performance's own mean: a constant lead or lag, and the latency of
    the recording, are no part of the groove.
    """
    hits: dict[tuple[int, int, int], tuple[float, float]] = {}
    for note in (note for track in song.tracks for note in track.notes):
        drum = drum_of_pitch(note.pitch)
        if drum is None:
            continue
        step = round(note.tick / FOUR_FOUR.ticks_per_step)
        key = (*divmod(step, SLOTS_PER_BAR), drum)
        played = (note.velocity / 127, note.tick / FOUR_FOUR.ticks_per_step - step)
        hits[key] = max(hits.get(key, (0.0, 0.0)), played)
    count = 1 + max((bar for bar, _, _ in hits), default=-1)
    velocity = np.zeros((count, SLOTS_PER_BAR, DRUM_BITS), np.float32)
    offset = np.zeros_like(velocity)
    for place, (loud, late) in hits.items():
        velocity[place], offset[place] = loud, late
    struck = velocity > 0
    offset -= np.where(struck, offset.sum() / max(1, struck.sum()), 0).astype(np.float32)
    drums = (struck * (1 << np.arange(DRUM_BITS))).sum(-1)
    full = np.flatnonzero(struck.sum((1, 2)) >= FEWEST_HITS)
    return [(drums[b], velocity[b], offset[b], bpm) for b in full]


def loss_of(model: FeelNet, parts: tuple[Tensor, ...], config: FeelConfig) -> Tensor:
    """Errors of the hits, and the divergence of the drummer's code from the prior."""
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
    """Train a new network; it takes a few minutes on one core."""
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
    """Mean errors on a split: of velocities (0..127) and offsets (shares of a step).

    ``told``: with the bar's own drummer; ``average``: with an average one; ``none``: the accents of
    ``music.arrange`` on the grid.
    """
    drums, velocity, offset, tempo = data.tensors(np.arange(len(data)))
    hit = drum_bits(drums)
    told, _ = model.encode(drums, velocity, offset, tempo)
    flat = torch.tensor([accent(step) / 127 for step in range(SLOTS_PER_BAR)])
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


def main(arguments: list[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--grooves", type=Path, required=True, help="folder of the unpacked data set"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of the network")
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
    save_state(args.out / FEEL_CHECKPOINT, model.state_dict())
    found = {s: figures(model, Grooves.read(args.grooves, s)) for s in ("valid", "test")}
    text = json.dumps(found, indent=2)
    (args.out / "feel.json").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()

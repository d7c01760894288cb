"""Named directions in the latent space: what a knob adds to the code.

Musical attributes of many training windows are regressed on together, so that each direction
is what one attribute changes while the others stay; only the band's part of the code moves.
``python -m tools.directions --data DIR --checkpoint DIR`` prints what each direction does.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from tools.config import STEPS
from tools.dataset import Dataset, IntArray, Windows
from tools.nets import TrioModel

Floats = npt.NDArray[np.floating]
# How many standard deviations of its attribute a full turn of a knob asks for.
REACH = 2.0
KICK, SNARE, CLOSED, OPEN, TOMS, CRASH, RIDE = 1, 2, 4, 8, 16 | 32 | 64, 128, 256
_STEP = np.arange(STEPS)
# Weight of an onset by its place in the beat: on the beat none, off-beat some, sixteenths most.
_OFF_BEAT = np.array([0.0, 1.0, 0.6, 1.0])[_STEP % 4]


def _per_step(mask: npt.NDArray[np.bool_]) -> Floats:
    return mask.mean(axis=1)


def density(tokens: IntArray) -> Floats:
    """Share of steps with any drum."""
    return _per_step(tokens[..., 2] > 0)


def intensity(tokens: IntArray) -> Floats:
    """Kicks, snares, toms and crashes a step."""
    drums = tokens[..., 2]
    return sum(_per_step((drums & bit) > 0) for bit in (KICK, SNARE, TOMS, CRASH))


def complexity(tokens: IntArray) -> Floats:
    """How many different drum masks the window uses."""
    ordered = np.sort(tokens[..., 2], axis=1)
    return (np.diff(ordered, axis=1) > 0).sum(axis=1).astype(float)


def syncopation(tokens: IntArray) -> Floats:
    """Kicks and snares off the beat, against all of them."""
    hits = (tokens[..., 2] & (KICK | SNARE)) > 0
    return (hits * _OFF_BEAT).sum(axis=1) / np.maximum(hits.sum(axis=1), 1)


def hihat_rate(tokens: IntArray) -> Floats:
    """Share of steps with a hi-hat or the ride."""
    return _per_step((tokens[..., 2] & (CLOSED | OPEN | RIDE)) > 0)


def bass_movement(tokens: IntArray) -> Floats:
    """Share of steps on which the bass goes to another pitch."""
    moves = []
    for line in tokens[..., 1]:
        pitches = line[line >= 2]
        moves.append((np.diff(pitches) != 0).sum() / STEPS)
    return np.array(moves)


def bass_density(tokens: IntArray) -> Floats:
    """Share of steps on which the bass starts a note."""
    return _per_step(tokens[..., 1] >= 2)


ATTRIBUTES: dict[str, Callable[[IntArray], Floats]] = {
    f.__name__: f
    for f in (
        density,
        intensity,
        complexity,
        syncopation,
        hihat_rate,
        bass_movement,
        bass_density,
    )
}


def measure(tokens: IntArray) -> Floats:
    """All attributes [N, D] of windows [N, 64, 3]."""
    return np.stack([attribute(tokens) for attribute in ATTRIBUTES.values()], axis=1)


@torch.no_grad()
def find_directions(
    model: TrioModel, windows: Windows, count: int = 8000, seed: int = 0
) -> dict[str, np.ndarray]:
    """``names`` [D] and ``vectors`` [D, Z]; adding +1 or -1 vector is a full turn."""
    rng = np.random.default_rng(seed)
    codes, values = [], []
    for _ in range(max(1, count // 500)):
        tokens = windows.random(min(count, 500), rng).tokens
        codes.append(model.encoder(torch.from_numpy(tokens))[0].numpy())
        values.append(measure(tokens))
    z, a = np.concatenate(codes).astype(float), np.concatenate(values)
    scaled = (a - a.mean(0)) / np.maximum(a.std(0), 1e-9)
    effect = np.linalg.lstsq(scaled, z - z.mean(0), rcond=None)[0]
    effect[:, : model.config.latent - model.config.band] = 0
    return {
        "names": np.array(list(ATTRIBUTES)),
        "vectors": (REACH * effect).astype(np.float32),
    }


@torch.no_grad()
def effects(
    model: TrioModel, windows: Windows, found: dict[str, np.ndarray], count: int = 256
) -> dict[str, dict[str, float]]:
    """What each full turn changes in each attribute of decoded windows, in its own deviations."""
    tokens = windows.random(count, np.random.default_rng(1)).tokens
    spread = np.maximum(measure(tokens).std(0), 1e-9)
    mu = model.encoder(torch.from_numpy(tokens))[0]
    out = {}
    for name, vector in zip(found["names"], found["vectors"], strict=True):
        low, high = (
            measure(model.decoder.greedy(mu + sign * torch.from_numpy(vector)).numpy())
            for sign in (-1, 1)
        )
        change = (high.mean(0) - low.mean(0)) / spread
        out[str(name)] = {k: round(float(v), 2) for k, v in zip(ATTRIBUTES, change, strict=True)}
    return out


def main() -> None:
    """Command line."""
    from tools.train import load_model

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of trio.npz")
    parser.add_argument("--checkpoint", type=Path, required=True, help="folder of the training")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    model, _ = load_model(args.checkpoint)
    windows = Windows(Dataset.load(args.data), "valid")
    found = find_directions(model, windows, seed=args.seed)
    print(json.dumps(effects(model, windows, found), indent=2))


if __name__ == "__main__":
    main()

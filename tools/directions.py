"""Named directions in the latent space: what a knob adds to the code.

Each direction changes one musical attribute, as far as a linear map of the code knows it, and
the others as little as may be; only the band's part of the code moves.
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
# Deviations of its attribute that a knob's turn from -1 to 1 should change; lengths tried.
REACH = 2.0
LENGTHS = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0)
SOFT = 0.3
DRAG = 0.6
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
    return np.sum([_per_step((drums & bit) > 0) for bit in (KICK, SNARE, TOMS, CRASH)], axis=0)


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


def codes_of(
    model: TrioModel, windows: Windows, count: int, seed: int
) -> tuple[npt.NDArray[np.float64], IntArray]:
    """Mean codes [N, Z] of random windows, and the windows [N, 64, 3]."""
    rng = np.random.default_rng(seed)
    tokens = [windows.random(250, rng).tokens for _ in range(max(1, count // 250))]
    with torch.no_grad():
        codes = [model.encoder(torch.from_numpy(part))[0].numpy() for part in tokens]
    return np.concatenate(codes).astype(float), np.concatenate(tokens)


def solve(codes: Floats, values: Floats) -> npt.NDArray[np.float64]:
    """Directions [D, Z], each asking for one deviation more of its attribute, others still.

    A ridge regression predicts the attributes; among the moves that do what is asked the one
    likeliest under the codes' own covariance is taken. ``SOFT`` lets attributes that go
    together (density, hi-hat) drag each other along a little, rather than fight.
    """
    z = codes - codes.mean(0)
    a = (values - values.mean(0)) / np.maximum(values.std(0), 1e-9)
    cov = z.T @ z / len(z) + 1e-3 * np.eye(z.shape[1])
    weights = np.linalg.solve(cov + 0.02 * np.diag(np.diag(cov)), z.T @ a / len(z)).T
    gain = weights @ cov @ weights.T
    gain += SOFT * np.diag(np.diag(gain)) + 1e-6 * np.eye(len(gain))
    moves: npt.NDArray[np.float64] = np.linalg.solve(gain, weights @ cov)
    return moves


def decoded(model: TrioModel, codes: Floats) -> Floats:
    """Attributes of what codes decode to."""
    return measure(model.decoder.greedy(torch.from_numpy(codes.astype(np.float32))).numpy())


def find_directions(
    model: TrioModel, windows: Windows, count: int = 4000, seed: int = 0
) -> dict[str, np.ndarray]:
    """``names`` [D] and ``vectors`` [D, Z]; adding +1 or -1 vector is a full turn.

    There are two candidates: the direction that keeps the other attributes still, and the
    plain covariance with its attribute, which moves the others along and is taken only where
    it turns its own much further. Each is as long as it must be for a turn from end to end to
    change its attribute by ``REACH`` deviations in what is decoded, or as long as helps, up
    to the longest of ``LENGTHS``.
    """
    codes, tokens = codes_of(model, windows, count, seed)
    values = measure(tokens)
    band = slice(model.config.latent - model.config.band, None)
    spread = np.maximum(values.std(0), 1e-9)
    z = codes[:, band] - codes[:, band].mean(0)
    plain = ((values - values.mean(0)) / spread).T @ z / len(z)
    vectors = np.zeros((len(ATTRIBUTES), model.config.latent))
    choices = zip(solve(codes[:, band], values), plain, strict=True)
    for number, both in enumerate(choices):
        tried = [_stretch(model, codes[:160], direction, number, spread) for direction in both]
        still, along = tried
        vectors[number, band] = (still if still[0] > DRAG * along[0] else along)[1]
    return {"names": np.array(list(ATTRIBUTES)), "vectors": vectors.astype(np.float32)}


def _stretch(
    model: TrioModel, codes: Floats, direction: Floats, number: int, spread: Floats
) -> tuple[float, Floats]:
    """How far a direction of the band part can turn an attribute, and it at that length."""
    step = np.concatenate([np.zeros(codes.shape[1] - len(direction)), direction])
    best = (-np.inf, direction)
    for length in LENGTHS:
        low, high = (decoded(model, codes + sign * length * step)[:, number] for sign in (-1, 1))
        turned = float((high - low).mean() / spread[number])
        best = max(best, (turned, length * direction), key=lambda pair: pair[0])
        if turned >= REACH:
            break
    return best


def effects(
    model: TrioModel, windows: Windows, found: dict[str, np.ndarray], count: int = 250
) -> dict[str, dict[str, float]]:
    """What a turn from -1 to 1 changes in each attribute decoded, in its own deviations."""
    codes, tokens = codes_of(model, windows, count, 1)
    spread = np.maximum(measure(tokens).std(0), 1e-9)
    out = {}
    for name, vector in zip(found["names"], found["vectors"], strict=True):
        low, high = (decoded(model, codes + sign * vector) for sign in (-1, 1))
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
    data = Dataset.load(args.data)
    found = find_directions(model, Windows(data, "train"), seed=args.seed)
    for name, changes in effects(model, Windows(data, "valid"), found).items():
        print(f"{name:14}", json.dumps(changes))


if __name__ == "__main__":
    main()

"""Find the vectors and moves of the knobs for musical attributes.

``python -m tools.export.directions --data DIR --model FOLDER --write`` finds them on training
windows, measures their effects on held-out ones, and writes both into ``directions.npz`` and the
model's card.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from bridge.music.attributes import measure
from tools.data.dataset import Dataset, Windows
from tools.export import latent_card
from tools.export.model_files import replace_extra
from tools.export.moves import (
    KEPT,
    KNOB,
    NAMES,
    Sample,
    decoded,
    draw,
    find_moves,
    judge,
    spread_of,
)
from tools.export.runtime import ExportedModel
from tools.export.statistics import band_of

Floats = npt.NDArray[np.floating]
SOFT: Final = 0.3
WINDOWS: Final = 3000
REACH: Final = 2.0
LENGTHS: Final = (1.0, 1.5, 2.0, 3.0, 4.0)
TRIED: Final = 40


def solve(codes: Floats, values: Floats) -> npt.NDArray[np.float64]:
    """Directions [D, Z]: each raises its attribute by one deviation and keeps the others.

    A ridge regression predicts the attributes; of the moves with the wanted effect the likeliest
    one under the codes' covariance is taken. ``SOFT`` lets attributes that correlate (density,
    hi-hat) change each other a little instead of cancelling.
    """
    z = codes - codes.mean(0)
    a = (values - values.mean(0)) / np.maximum(values.std(0), 1e-9)
    cov = z.T @ z / len(z) + 1e-3 * np.eye(z.shape[1])
    weights = np.linalg.solve(cov + 0.02 * np.diag(np.diag(cov)), z.T @ a / len(z)).T
    gain = weights @ cov @ weights.T
    gain += SOFT * np.diag(np.diag(gain)) + 1e-6 * np.eye(len(gain))
    moves: npt.NDArray[np.float64] = np.linalg.solve(gain, weights @ cov)
    return moves


def vectors_of(model: ExportedModel, sample: Sample, band: int) -> npt.NDArray[np.float64]:
    """One vector [D, Z] for each attribute, in the band's part of the code only.

    They serve straight movement (walks, whole pieces) and are a start for the moves. The length is
    the shortest of ``LENGTHS`` that changes the attribute by ``REACH`` deviations from end to end,
    or the one with the largest change.
    """
    codes = sample.codes.astype(np.float64)
    vectors = np.zeros((len(NAMES), codes.shape[1]))
    vectors[:, -band:] = solve(codes[:, -band:], measure(sample.tokens))
    tried, spread = sample.first(TRIED), spread_of(sample)
    for number, vector in enumerate(vectors):
        turned = []
        for length in LENGTHS:
            low, high = (
                measure(decoded(model, tried.codes + sign * length * vector, tried.melody))
                for sign in (-1, 1)
            )
            turned.append(float((high - low)[:, number].mean() / spread[number]))
            if turned[-1] >= REACH:
                break
        vectors[number] *= LENGTHS[int(np.argmax(turned))]
    return vectors


def find_directions(
    model: ExportedModel, windows: Windows, seed: int = 0, codes: int = 60, kept: int = KEPT
) -> dict[str, np.ndarray]:
    """The arrays of ``directions.npz``: ``names`` [D], ``vectors`` [D, Z], ``reach`` [D],
    ``weights`` [D], ``moves`` [K, Z] and ``aims`` [D, D].

    A full turn of a knob adds its vector or subtracts it.
    """
    sample = draw(model, windows, WINDOWS, seed + 2)
    band = band_of(model, sample.codes[:16])
    vectors = vectors_of(model, sample, band)
    found = find_moves(model, sample, vectors, band, codes=codes, kept=kept, seed=seed)
    return {"names": np.array(NAMES), "vectors": vectors.astype(np.float32), **found}


def judged(arrays: dict[str, np.ndarray], effects: dict[str, Any]) -> dict[str, np.ndarray]:
    """``arrays`` with the measured effects: ``curve`` [D], ``order`` and ``change`` [D, D].

    A row of the last two is a knob, a column an attribute.
    """
    table = {
        key: np.array([[effects[a][key][b] for b in NAMES] for a in NAMES], np.float32)
        for key in ("order", "change")
    }
    return {**arrays, "curve": np.array([effects[a]["curve"] for a in NAMES], np.float32), **table}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of trio.npz")
    parser.add_argument("--model", type=Path, required=True, help="exported model folder")
    parser.add_argument(
        "--codes", type=int, default=60, help="training codes that moves are tried on"
    )
    parser.add_argument("--held-out", type=int, default=40, help="held-out codes to measure on")
    parser.add_argument(
        "--split", default="test", choices=("valid", "test"), help="split of the held-out codes"
    )
    parser.add_argument(
        "--write", action="store_true", help="write the result into the model folder and its card"
    )
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    begun = time.process_time()
    model, data = ExportedModel(args.model), Dataset.load(args.data)
    arrays = find_directions(model, Windows(data, "train"), args.seed, args.codes)
    effects = judge(model, Windows(data, args.split), arrays, args.held_out)
    if args.write:
        said = {"judged": np.array(args.held_out * len(KNOB)), "split": np.array(args.split)}
        replace_extra(args.model, "directions", judged(arrays, effects) | said)
        latent_card.refresh(args.model)
    for name, row in effects.items():
        print(f"{name:14}", json.dumps(row))
    print(f"{time.process_time() - begun:.0f} s of processor time")


if __name__ == "__main__":
    main()

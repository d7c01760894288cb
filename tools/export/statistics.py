"""Measure the musical content of a model's latent dimensions on the training windows.

``python -m tools.export.statistics --data DIR --model FOLDER --write`` puts ``statistics.npz`` into
the folder: `latent-bridge analyze` prints it, the screen draws its map, and the music neurons come
from it.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from bridge.latent.analysis import LatentStatistics, analyse
from bridge.music.attributes import FEATURES, features
from tools.data.dataset import Dataset, Windows
from tools.export import latent_card
from tools.export.model_files import replace_extra
from tools.export.runtime import ExportedModel

PART: Final = 250
MELODIES: Final = 64
"""Number of melodies whose mean gives the place of a style."""


def statistics(
    model: ExportedModel, windows: Windows, count: int = 6000, seed: int = 0
) -> LatentStatistics:
    """The statistics of ``count`` random windows, and the places of the presets on the plane."""
    rng = np.random.default_rng(seed)
    batches = [windows.random(PART, rng) for _ in range(max(1, count // PART))]
    codes, sigma = map(
        np.concatenate, zip(*(model.encode(b.tokens, b.chords) for b in batches), strict=True)
    )
    measured = np.concatenate([features(batch.tokens) for batch in batches])
    coarse = model.trio.spec.coarse
    found = analyse(codes, sigma, measured, tuple(FEATURES), coarse)
    melodies, chords = batches[0].tokens[:MELODIES, :, 0], batches[0].chords[:MELODIES]
    places = []
    for style in model.styles:
        code = model.guess(melodies, np.repeat(style[None], len(melodies), 0), chords=chords).mu
        places.append(found.project(code.mean(axis=0)))
    return replace(
        found,
        band=band_of(model, codes[:16]),
        place_names=tuple(model.style_names),
        places=np.stack(places),
    )


def band_of(model: ExportedModel, codes: npt.NDArray[np.floating]) -> int:
    """Number of the last dimensions that bass and drums are decoded from.

    The dimensions before them can change without a change of the band.
    """
    other = np.random.default_rng(0).permutation(codes)
    still = model.decode(codes)[..., 1:]
    low, high = 0, codes.shape[1]
    while low < high:
        middle = (low + high + 1) // 2
        mixed = np.concatenate([other[:, :middle], codes[:, middle:]], axis=1)
        if np.array_equal(model.decode(mixed)[..., 1:], still):
            low = middle
        else:
            high = middle - 1
    return codes.shape[1] - low


def arrays_of(found: LatentStatistics) -> dict[str, np.ndarray]:
    """The arrays of ``statistics.npz``."""
    return {
        "sizes": np.array([found.count, found.band], np.int64),
        "features": np.array(found.features),
        "place_names": np.array(found.place_names),
        **{
            name: np.asarray(getattr(found, name), np.float32)
            for name in (
                "variance", "mean", "spread", "axes", "density", "information", "places",
            )
        },
    }  # fmt: skip


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of trio.npz")
    parser.add_argument("--model", type=Path, required=True, help="exported model folder")
    parser.add_argument("--windows", type=int, default=6000, help="number of windows to draw")
    parser.add_argument(
        "--write", action="store_true", help="write the result into the model folder"
    )
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    windows = Windows(Dataset.load(args.data), "train")
    found = statistics(ExportedModel(args.model), windows, args.windows, args.seed)
    if args.write:
        replace_extra(args.model, "statistics", arrays_of(found))
        latent_card.refresh(args.model)
    print(
        f"{len(found.informative())} of {len(found.variance)} dimensions carry music; the band's:"
    )
    for number, neuron in enumerate(found.neuron_targets(), 1):
        most = int(found.information[neuron].argmax())
        print(f"neuron:{number:<3} {neuron:4}  {found.variance[neuron]:.3f}  "
              f"{found.features[most]} {found.information[neuron, most]:.2f} bit")  # fmt: skip


if __name__ == "__main__":
    main()

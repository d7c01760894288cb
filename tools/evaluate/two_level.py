"""Figures of a two-level model, of music kept and drawn: ``python -m tools.evaluate.two_level``.

Measured through the ONNX graphs at temperature 0. *Events kept* is the share of the steps in which
something happens, before or after, that come back as they were. *Change* is, between neighbouring
bars of drums, hits that differ over hits of either (median).
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bridge.model import library
from bridge.model.two_level.code_layout import NETWORK_METRES
from bridge.music.grid import SLOTS_PER_BAR
from bridge.offline.reconstruct import events_kept
from tools.data.bar_changes import bar_changes
from tools.data.build_dataset import Sources, build
from tools.data.dataset import ALL_PARTS, DRUMS_PART, SPLITS, Dataset, IntArray
from tools.data.sizes import BARS, STEPS, TRACKS
from tools.data.window_batches import PARTS, Lines, Pool, WindowSource
from tools.export.runtime import open_graph

Floats = npt.NDArray[np.float32]


class Codes:
    """Encoder and decoder of a model folder."""

    def __init__(self, folder: Path, coarse: int) -> None:
        self.encoder = open_graph((folder / "encoder.onnx").read_bytes())
        self.decoder = open_graph((folder / "decoder.onnx").read_bytes())
        self.coarse = coarse
        spec = library.read_spec(folder) if (folder / library.SPEC_FILE).exists() else None
        self.space = None if spec is None else library.read_prior_space(folder, spec)

    def encode(self, tokens: IntArray, metre: IntArray) -> Floats:
        """Windows [N, 64, 3] -> codes [N, Z]."""
        mu: Floats = self.encoder.run(["mu"], {"tokens": tokens, "metre": metre})[0]
        return mu

    def decode(self, z: Floats, metre: IntArray, fine: bool = True) -> IntArray:
        """Codes -> windows [N, 64, 3]; without ``fine`` from the coarse code alone."""
        z = z.copy()
        if not fine:
            z[:, self.coarse :] = 0
        feed = {
            "z": z,
            "bars": np.arange(BARS),
            "metre": metre,
            "temperature": np.array(0, np.float32),
            "noise": np.zeros((len(z), BARS, SLOTS_PER_BAR, len(TRACKS)), np.float32),
        }
        tokens: IntArray = self.decoder.run(None, feed)[0].reshape(len(z), STEPS, -1)
        return tokens


def kept_by_track(tokens: IntArray, decoded: IntArray, parts: int = ALL_PARTS) -> dict[str, float]:
    """Share of the steps with an event that are the same, by track."""
    return {
        name: round(events_kept(tokens[..., i], decoded[..., i]), 4)
        for i, (bit, name) in enumerate(zip(PARTS, TRACKS, strict=True))
        if parts & bit
    }


def quartiles(values: npt.NDArray[np.float64]) -> list[float]:
    """Lower quartile, median and upper quartile."""
    return [round(float(v), 3) for v in np.quantile(values, (0.25, 0.5, 0.75))]


def kept_of(codes: Codes, source: WindowSource, pool: Pool, parts: int, count: int) -> Any:
    """Events kept of a pool from both codes, and from the coarse one alone."""
    rng = np.random.default_rng(2)
    index = rng.choice(len(pool.start), min(count, len(pool.start)), replace=False)
    tokens = source.tokens(pool.start[index])
    metre = pool.metre[index]
    z = codes.encode(tokens, metre)
    return {
        "windows": len(index),
        "kept": kept_by_track(tokens, codes.decode(z, metre), parts),
        "coarse": kept_by_track(tokens, codes.decode(z, metre, fine=False), parts),
        "change": quartiles(bar_changes(tokens[..., 2])),
    }


def drawn(codes: Codes, source: WindowSource, pool: Pool, count: int) -> dict[str, Any]:
    """Change of draws from the codes' own distribution (where the folder has it) and from the
    standard normal, and of midpoints between codes of two pieces."""
    rng = np.random.default_rng(3)
    width = codes.encoder.get_outputs()[0].shape[1]
    z = np.zeros((count, width), np.float32)
    z[:, : codes.coarse] = rng.normal(size=(count, codes.coarse))
    own = z if codes.space is None else codes.space.drawn(count, seed=3)
    four = np.zeros(count, np.int64)
    index = rng.integers(0, len(pool.start), count)
    ends = codes.encode(source.tokens(pool.start[index]), pool.metre[index])
    middle = (ends + ends[rng.permutation(count)]) / 2
    draws = codes.decode(own, four, fine=False)
    return {
        "standard_normal": quartiles(bar_changes(codes.decode(z, four, fine=False)[..., 2])),
        "prior": quartiles(bar_changes(draws[..., 2])),
        "midpoints": quartiles(bar_changes(codes.decode(middle, four, fine=False)[..., 2])),
        "midpoints_with_fine": quartiles(bar_changes(codes.decode(middle, four)[..., 2])),
        "real": quartiles(bar_changes(source.tokens(pool.start[index])[..., 2])),
        "odd_hits": {"prior": odd_hits(draws[..., 2]),
                     "real": odd_hits(source.tokens(pool.start[index])[..., 2])},
    }  # fmt: skip


def odd_hits(drums: IntArray) -> dict[str, float]:
    """Signs of drums drawn drum by drum: share of the steps with a hit that have three or more
    drums beside the kick, both hats, and share of the hits that lie on off-beat 16ths."""
    bits = (drums[..., None] >> np.arange(9)) & 1
    active = bits.any(-1)
    many = bits[..., 1:].sum(-1) >= 3
    hats = bits[..., 2] & bits[..., 3]
    off = np.arange(drums.shape[1]) % 2 == 1
    return {
        "three_hands": round(float(many[active].mean()), 4),
        "both_hats": round(float(hats[active].mean()), 4),
        "off_beat_16ths": round(float(bits[:, off].sum() / max(bits.sum(), 1)), 4),
    }


def pieces_of(folder: Path) -> Dataset:
    """A folder of MIDI files as a test split."""
    data = build(Sources(midi=[folder]))
    return replace(data, split=np.full_like(data.split, SPLITS.index("test")))


def evaluate(
    model: Path, coarse: int, data: Dataset, split: str, pieces: Path | None, count: int
) -> dict[str, Any]:
    """All figures."""
    codes = Codes(model, coarse)
    source = WindowSource(data, Lines.of(data), split)
    origin = data.source[data.lead]
    real, drummers = origin == "real", origin == "groove"
    found: dict[str, Any] = {}
    for number, name in enumerate(NETWORK_METRES):
        made = ~(real | drummers) & (data.metre == number)
        pool = source.pool(ALL_PARTS, made)
        if len(pool.start):
            found[f"rendered {name}"] = kept_of(codes, source, pool, ALL_PARTS, count)
    trios = source.pool(ALL_PARTS, real)
    found["real"] = kept_of(codes, source, trios, ALL_PARTS, count)
    found["drummers"] = kept_of(codes, source, source.pool(DRUMS_PART, drummers), DRUMS_PART, count)
    found["draws"] = drawn(codes, source, trios, 400)
    if pieces is not None:
        own = pieces_of(pieces)
        there = WindowSource(own, Lines.of(own), "test")
        everything = there.pool(ALL_PARTS, np.ones(len(own.starts), bool))
        found["pieces"] = kept_of(codes, there, everything, ALL_PARTS, count)
    return found


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of trio.npz")
    parser.add_argument("--model", type=Path, required=True, help="folder of the graphs")
    parser.add_argument("--coarse", type=int, default=96, help="width of the coarse code")
    parser.add_argument("--split", choices=SPLITS, default="test")
    parser.add_argument("--pieces", type=Path, help="folder of MIDI files to measure on too")
    parser.add_argument("--windows", type=int, default=2000, help="windows of each pool")
    args = parser.parse_args()
    data = Dataset.load(args.data)
    found = evaluate(args.model, args.coarse, data, args.split, args.pieces, args.windows)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()

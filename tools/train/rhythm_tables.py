"""Count the tables of :mod:`bridge.listening.tempo.rhythm_model`.

``python -m tools.train.rhythm_tables DATA OUT`` writes them (.npz). DATA is a folder with lead
sheets in leads/ (4/4) and metres/ (3/4 and 6/8).

From the training tunes: the gaps between onsets by their place in the bar, in some kinds of rhythm
that are found by expectation maximisation over passages of eight bars; and the degrees of the scale
by their place, over passages of four bars.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from bridge.cli.bench.ears.leads import split_of
from bridge.listening.tempo.rhythm_model import LONGEST_GAP, BarKind
from bridge.music.key import KeyMode, estimate_key

WEIGHTS = {
    "nottingham": 1.0, "openewld": 1.0, "songs-bbloomf": 1.0, "oldtime-rjl20": 1.0,
    "tuneworks": 1.0, "leadsheets-neonscribe": 1.0, "carols-bbloomf": 0.5, "openhymnal": 0.5,
    "openscore-lieder": 0.3,
}  # fmt: skip
"""Sources, and the weight of their tunes."""
METRES = {BarKind.FOUR: "4/4", BarKind.THREE: "3/4", BarKind.COMPOUND: "6/8"}
RHYTHMS = {BarKind.FOUR: 8, BarKind.THREE: 4, BarKind.COMPOUND: 4}
BARS, KEY_BARS, LEAST_ONSETS = 8, 4, 8
STARTS, ROUNDS = 3, 40


@dataclass(frozen=True)
class Tune:
    """A training tune: onsets as (step, lowest pitch, length in steps), bars, weight."""

    onsets: tuple[tuple[int, int, int], ...]
    bars: int
    weight: float


def tunes(data: Path, kind: BarKind) -> Iterator[Tune]:
    """The training tunes of a kind of bar."""
    folder = data / ("leads" if kind is BarKind.FOUR else "metres")
    for name, weight in WEIGHTS.items():
        path = folder / f"{name}.jsonl"
        for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
            record = json.loads(line)
            name_of_tune = str(record.get("group") or record["id"])
            metre = record.get("meter", "4/4")
            if metre == METRES[kind] and split_of(name_of_tune) == "train" and record["notes"]:
                yield Tune(_onsets(record["notes"]), record["nb"], weight)


def _onsets(notes: list[list[int]]) -> tuple[tuple[int, int, int], ...]:
    found: dict[int, tuple[int, int]] = {}
    for step, pitch, length in notes:
        low, longest = found.get(step, (pitch, length))
        found[step] = (min(low, pitch), max(longest, length))
    return tuple((step, *found[step]) for step in sorted(found))


def gap_counts(kind: BarKind, tunes: list[Tune]) -> tuple[np.ndarray, np.ndarray]:
    """Counts [passages, places, gaps] and the weights of the passages."""
    most = min(LONGEST_GAP, 2 * kind.places)
    counts, weights = [], []
    for tune in tunes:
        steps = [onset[0] for onset in tune.onsets]
        for first in range(0, tune.bars, BARS):
            count = np.zeros((kind.places, most + 1))
            for start, end in pairwise(steps):
                inside = first * kind.places <= start < (first + BARS) * kind.places
                if inside and end - start <= most:
                    count[start % kind.places, end - start] += 1
            if count.sum() >= LEAST_ONSETS:
                counts.append(count)
                weights.append(tune.weight)
    return np.array(counts), np.array(weights)


def mixture(
    counts: np.ndarray, weights: np.ndarray, rhythms: int, seed: int
) -> tuple[float, np.ndarray, np.ndarray]:
    """Log likelihood, shares of gaps [K, places, gaps] and shares of rhythms [K], by expectation
    maximisation from a random start."""
    total = (counts * weights[:, None, None]).sum(axis=0)
    usual = total.sum(axis=0) + 0.5
    back = total + 5 * usual / usual.sum()
    back /= back.sum(axis=1, keepdims=True)
    belongs = np.random.default_rng(seed).dirichlet(np.full(rhythms, 0.3), len(counts))
    flat = counts.reshape(len(counts), -1)
    for _ in range(ROUNDS):
        gaps = np.einsum("nk,npg->kpg", belongs * weights[:, None], counts) + 12 * back
        gaps /= gaps.sum(axis=2, keepdims=True)
        shares = (belongs * weights[:, None]).sum(axis=0) + 1
        shares /= shares.sum()
        logs = flat @ np.log(gaps).reshape(rhythms, -1).T + np.log(shares)
        evidence = np.logaddexp.reduce(logs, axis=1)
        belongs = np.exp(logs - evidence[:, None])
    return float((weights * evidence).sum()), gaps, shares


def degree_logs(kind: BarKind, tunes: list[Tune]) -> np.ndarray:
    """[2, places, 12]: how much more usual each degree is at a place than elsewhere, in major and
    in minor keys."""
    counts = np.zeros((2, kind.places, 12))
    for tune in tunes:
        for first in range(0, tune.bars, KEY_BARS):
            span = range(first * kind.places, (first + KEY_BARS) * kind.places)
            inside = [onset for onset in tune.onsets if onset[0] in span]
            if len(inside) < LEAST_ONSETS:
                continue
            classes = np.zeros(12)
            for _, pitch, length in inside:
                classes[pitch % 12] += length
            key = estimate_key(classes)
            for step, pitch, _ in inside:
                place = step % kind.places
                mode = int(key.mode is KeyMode.MINOR)
                counts[mode, place, (pitch - key.tonic) % 12] += tune.weight
    usual = counts.sum(axis=1, keepdims=True) + 1
    usual /= usual.sum(axis=2, keepdims=True)
    here = counts + 40 * usual
    return np.log(here / here.sum(axis=2, keepdims=True) / usual)


def count(data: Path) -> dict[str, np.ndarray]:
    """All tables by name."""
    found = {}
    for kind in BarKind:
        training = list(tunes(data, kind))
        counts, weights = gap_counts(kind, training)
        tries = (mixture(counts, weights, RHYTHMS[kind], seed) for seed in range(STARTS))
        _, gaps, shares = max(tries, key=lambda found: found[0])
        found[f"{kind} gaps"] = gaps.astype(np.float32)
        found[f"{kind} shares"] = shares.astype(np.float32)
        found[f"{kind} degrees"] = degree_logs(kind, training).astype(np.float32)
    return found


def main() -> None:
    """Write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder with leads/ and metres/")
    parser.add_argument("out", type=Path, help="the file to write (.npz)")
    arguments = parser.parse_args()
    np.savez_compressed(arguments.out, **count(arguments.data))


if __name__ == "__main__":
    main()

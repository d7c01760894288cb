"""Accents of the accompaniment against the metre: ``python -m tools.evaluate.metres``.

Tunes of the test split in 3/4 and 6/8 are accompanied bar by bar, in each style of their metre in
turn. The strength of the onsets of drums and bass is correlated with itself at lags of 2 to 8 beats
(quarters in 3/4, dotted quarters in 6/8). A tune agrees with its metre if the largest is at a whole
number of bars: grooves go over two and four.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from bridge.model.answering.answer import answer
from bridge.model.contract import Preset, Trio
from bridge.model.loading import load
from bridge.model.messages import Request
from bridge.model.styles.style_metres import styles_in
from bridge.model.two_level.code_layout import NETWORK_METRES
from bridge.music.grid import METRES, SLOTS_PER_BAR, Metre
from bridge.music.tokens import from_slots
from tools.data.dataset import MELODY_PART, SPLITS, Dataset, IntArray, transpose

LAGS: Final = range(2, 9)
BARS: Final = 16
TRIED: Final = ("3/4", "6/8")
DRUM_STRENGTH: Final = np.array([1.0, 0.8, 0.2, 0.3, 0.5, 0.5, 0.5, 0.5, 0.3])
Strengths = npt.NDArray[np.float64]


def melodies(data: Dataset, split: str, metre: str) -> list[IntArray]:
    """Melodies in the common key, as classes on the steps of the metre: each tune once."""
    number, found = NETWORK_METRES.index(metre), []
    for lead in np.flatnonzero(data.split == SPLITS.index(split)):
        pieces = np.flatnonzero((data.lead == lead) & (data.metre == number))
        pieces = pieces[data.parts[pieces] & MELODY_PART > 0]
        if not len(pieces):
            continue
        first, length = data.starts[pieces[0]], int(data.lengths[pieces[0]])
        bars = min(BARS, length // SLOTS_PER_BAR)
        if bars >= BARS // 2:
            line = data.melody[first : first + bars * SLOTS_PER_BAR].astype(np.int64)
            line = transpose(line, int(data.shift[lead]))
            found.append(from_slots(line.reshape(bars, -1), METRES[metre], axis=1).ravel())
    return found


def accompanied(trio: Trio, preset: Preset, line: IntArray, metre: Metre) -> Strengths:
    """The onset strength [steps] of bass and drums under a melody, bar by bar as live."""
    spec, out = trio.spec, []
    padded = np.concatenate([np.zeros(spec.bars * metre.steps, np.int64), line])
    for bar in range(len(line) // metre.steps):
        end = (spec.bars + bar + 1) * metre.steps
        window = padded[end - spec.bars * metre.steps : end]
        request = Request(
            generation=bar, target_bar=bar, bars=(spec.bars - 1,), melody=tuple(window.tolist()),
            heard=(1,) * (len(window) - metre.steps) + (0,) * metre.steps,
            style=tuple(preset.vector.tolist()), temperature=0.5, variation=0.2, seed=1,
            phase=bar - (spec.bars - 1), metre=metre.name,
        )  # fmt: skip
        played = answer(trio, request).bars[0]
        bits = np.array(played.drums)[:, None] >> np.arange(len(DRUM_STRENGTH)) & 1
        out.append(bits @ DRUM_STRENGTH + (np.array(played.bass) >= 2))
    return np.concatenate(out)


def best_lag(strength: Strengths, unit: int) -> int:
    """The lag of :data:`LAGS`, in beats of ``unit`` steps, of the largest autocorrelation."""
    x = strength - strength.mean()
    found = [float((x[: -lag * unit] * x[lag * unit :]).mean()) for lag in LAGS]
    return LAGS[int(np.argmax(found))]


def measure(trio: Trio, data: Dataset, split: str, most: int) -> dict[str, Any]:
    """Share of the tunes that agree, by metre."""
    out: dict[str, Any] = {}
    for name in TRIED:
        metre = METRES[name]
        presets, beat = list(styles_in(trio.presets, name).values()), metre.steps_per_beat
        lines = melodies(data, split, name)[:most]
        lags = [
            best_lag(accompanied(trio, presets[n % len(presets)], line, metre), beat)
            for n, line in enumerate(tqdm(lines, desc=name))
        ]
        bar = metre.beats
        out[name] = {
            "tunes": len(lags),
            "at the bar": round(float(np.mean([lag == bar for lag in lags])), 4),
            "at a whole number of bars": round(float(np.mean([lag % bar == 0 for lag in lags])), 4),
        }
    return out


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of trio.npz")
    parser.add_argument("--model", type=Path, required=True, help="exported model folder")
    parser.add_argument("--split", choices=SPLITS, default="test")
    parser.add_argument("--tunes", type=int, default=200, help="most tunes of each metre")
    args = parser.parse_args()
    found = measure(load(args.model), Dataset.load(args.data), args.split, args.tunes)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()

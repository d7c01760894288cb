"""How much the band's drums change from bar to bar (``python -m tools.evaluate.drummer``).

Each style plays to a tune as in live accompaniment: a bar a request, the seed of each as the
session has it, no fills. *Change* is, between neighbouring bars, hits that differ over hits of
either: lower quartile, median, upper quartile. Beside it that of people: the Groove MIDI Dataset's
drummers, and composed pieces.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from bridge.model.answering.answer import answer
from bridge.model.contract import Preset, Trio
from bridge.model.loading import load
from bridge.model.messages import Request
from bridge.music.grid import METRES
from bridge.music.tokens import NO_EVENT, pitch_to_class, to_slots
from bridge.session.bars.request import bar_seed
from tools.data.bar_changes import changes_of
from tools.evaluate.two_level import quartiles

Ints = npt.NDArray[np.int64]
AMOUNTS: Final = (0.0, 0.2, 0.5, 0.75, 1.0)
TEMPERATURE: Final = 0.5
BARS: Final = 24
TUNE: Final = (60, 64, 67, 72, 69, 65, 62, 67)
PEOPLE: Final = {"drummers": [0.19, 0.38, 0.59], "composed": [0.05, 0.25, 0.55]}


def drums_of(trio: Trio, preset: Preset, variation: float, seed: int) -> Ints:
    """Drum classes [BARS, 16 slots] that a style plays."""
    metre, spec = METRES[preset.metre], trio.spec
    long = metre.steps_per_beat
    steps = [
        cls
        for beat in range(metre.beats * spec.bars)
        for cls in (pitch_to_class(TUNE[beat % len(TUNE)]), *[NO_EVENT] * (long - 1))
    ]
    last = spec.bars - 1
    played = []
    for bar in range(BARS):
        request = Request(
            generation=bar, target_bar=bar, bars=(last,), melody=tuple(steps),
            heard=(1,) * (metre.steps * last) + (0,) * metre.steps,
            style=tuple(preset.vector.tolist()), temperature=TEMPERATURE, variation=variation,
            seed=bar_seed(seed, bar, variation), phase=bar - last, metre=metre.name,
        )  # fmt: skip
        played.append(answer(trio, request).bars[0].drums)
    return to_slots(np.array(played, np.int64), metre)


def measure(trio: Trio, styles: int, seeds: int) -> dict[str, Any]:
    """Quartiles of the change at each amount of variation."""
    presets = list(trio.presets.values())
    chosen = [
        presets[n] for n in np.linspace(0, len(presets) - 1, min(styles, len(presets))).astype(int)
    ]
    out: dict[str, Any] = {}
    for amount in AMOUNTS:
        found = [
            changes_of(drums_of(trio, preset, amount, seed))
            for preset in chosen
            for seed in range(seeds)
        ]
        out[str(amount)] = quartiles(np.concatenate(found))
    return {"changes": out | PEOPLE}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, required=True, help="exported model folder")
    parser.add_argument("--styles", type=int, default=24, help="styles to play")
    parser.add_argument("--seeds", type=int, default=3, help="seeds of each")
    args = parser.parse_args()
    print(json.dumps(measure(load(args.model), args.styles, args.seeds), indent=1))


if __name__ == "__main__":
    main()

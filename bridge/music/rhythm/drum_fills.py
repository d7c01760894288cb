"""Fills that drummers played, and the choice among them. Pure but for the shipped file.

They are bars of the Groove MIDI Dataset (Gillick et al., "Learning to Groove with Inverse Sequence
Transformations", 2019, arXiv:1905.06118; CC BY 4.0), which marks fills; ``tools.data.build_fills``
collects them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np

from bridge.music.grid import FOUR_FOUR, FOUR_FOUR_TRIPLETS, METRES, Metre
from bridge.music.tokens import DRUM_NAMES

FILE: Final = Path(__file__).with_name("drum_fills.txt")
HEAD: Final = (
    "# Drum fills of the Groove MIDI Dataset (Gillick et al. 2019), CC BY 4.0.\n"
    "# A bar a line: its grid, then a drum mask (three hexadecimal digits) for each step.\n"
)
CHOICES: Final = 12
"""Fills that are drawn from: those whose number of hits is nearest to what is wanted."""
BUSIER: Final = 1.3
"""Hits of a fill, relative to those of the groove in the same time."""
FEWEST_A_BEAT: Final = 2
"""Hits a beat that a fill has at least."""
Hit = tuple[int, int]
"""(Step of the bar, drum 0..8)."""


@dataclass(frozen=True)
class DrumFill:
    """A bar of a fill: drum ``masks`` of the steps of ``metre`` (``4/4`` or ``4/4t``)."""

    metre: str
    masks: tuple[int, ...]


def as_text(fill: DrumFill) -> str:
    """A fill as a line of the file."""
    return fill.metre + " " + "".join(f"{mask:03x}" for mask in fill.masks)


def parsed(text: str) -> Iterator[DrumFill]:
    """The fills of the file's text. ValueError for a line that is none."""
    for line in text.splitlines():
        if line.startswith("#") or not line:
            continue
        metre, digits = line.split()
        masks = tuple(int(digits[at : at + 3], 16) for at in range(0, len(digits), 3))
        if len(masks) != METRES[metre].steps or max(masks) >> len(DRUM_NAMES):
            raise ValueError(f"no fill: {line}")
        yield DrumFill(metre, masks)


@lru_cache(maxsize=1)
def shipped_fills() -> tuple[DrumFill, ...]:
    """All fills that the program comes with."""
    return tuple(parsed(FILE.read_text(encoding="ascii")))


@lru_cache(maxsize=16)
def fills_in(metre: Metre) -> tuple[tuple[int, ...], ...]:
    """The masks of every fill that fits a metre, laid out on its steps. A bar that is shorter than
    a fill has its last beats."""
    beats_of_three = metre.steps_per_beat in (3, 6)
    source = FOUR_FOUR_TRIPLETS if beats_of_three else FOUR_FOUR
    spread = metre.steps_per_beat // source.steps_per_beat
    length = metre.beats * source.steps_per_beat
    return tuple(
        tuple(mask for each in fill.masks[-length:] for mask in (each, *[0] * (spread - 1)))
        for fill in shipped_fills()
        if fill.metre == source.name
    )


def choose_fill(metre: Metre, steps: int, groove_hits: int, seed: Sequence[int]) -> list[Hit]:
    """The hits of a fill in the last ``steps`` steps of a bar, from the step where it begins.

    ``groove_hits`` is the number of hits of the groove in these steps; of the fills that are about
    as busy, ``seed`` selects one: equal seeds give equal fills.
    """
    least = FEWEST_A_BEAT * max(1, steps // metre.steps_per_beat)
    wanted = max(BUSIER * groove_hits, 2 * least)
    tails = [fill[metre.steps - steps :] for fill in fills_in(metre)]
    sizes = [sum(mask.bit_count() for mask in tail) for tail in tails]
    known = [n for n, size in enumerate(sizes) if size >= least] or list(range(len(tails)))
    near = sorted(known, key=lambda n: (abs(sizes[n] - wanted), n))[:CHOICES]
    tail = tails[near[int(np.random.default_rng(list(seed)).integers(len(near)))]]
    return [
        (metre.steps - steps + step, drum)
        for step, mask in enumerate(tail)
        for drum in range(len(DRUM_NAMES))
        if mask >> drum & 1
    ]

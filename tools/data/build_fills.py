"""Collect drummers' fills: ``python -m tools.data.build_fills --grooves FOLDER --write``.

FOLDER holds the Groove MIDI Dataset (CC BY 4.0), which marks performances that are fills. Of each
of the training split the last full bar is taken; equal bars are taken once. The result is the text
file that ``bridge.music.rhythm.drum_fills`` reads.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from bridge.music.grid import FOUR_FOUR, FOUR_FOUR_TRIPLETS, SLOTS_PER_BAR
from bridge.music.rhythm import drum_fills
from bridge.music.rhythm.drum_fills import DrumFill, as_text
from bridge.music.tokens import from_slots
from bridge.system.atomic_write import write_whole
from tools.data.sources.drummers import read_performances

FEWEST = 5
"""Steps with a hit that a bar has at least to be a fill."""


def collect(folder: Path) -> list[DrumFill]:
    """The fills of the training split, in the order of their text."""
    found: set[DrumFill] = set()
    for line in read_performances(folder):
        if not line.fill or line.split or line.metre not in (FOUR_FOUR, FOUR_FOUR_TRIPLETS):
            continue
        bars = from_slots(line.drums.reshape(-1, SLOTS_PER_BAR), line.metre, axis=1)
        full = [bar for bar in bars.tolist() if sum(mask > 0 for mask in bar) >= FEWEST]
        if full:
            found.add(DrumFill(line.metre.name, tuple(full[-1])))
    return sorted(found, key=as_text)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--grooves", type=Path, required=True, help="folder of the data set")
    parser.add_argument("--write", action="store_true", help="write the program's own file")
    args = parser.parse_args()
    fills = collect(args.grooves)
    if args.write:
        text = drum_fills.HEAD + "".join(f"{as_text(fill)}\n" for fill in fills)
        write_whole(drum_fills.FILE, text.encode())
    print(dict(Counter(fill.metre for fill in fills)))


if __name__ == "__main__":
    main()

"""Drums of people: the Groove MIDI Dataset's performances, and lists of patterns.

Groove MIDI Dataset: Gillick et al., "Learning to Groove with Inverse Sequence Transformations",
2019, arXiv:1905.06118 (CC BY 4.0). A performance's path says its style, tempo, kind (beat or
fill) and time signature; ``info.csv`` beside them says the split.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bridge.errors import BridgeError
from bridge.music.grid import FOUR_FOUR, FOUR_FOUR_TRIPLETS, METRES, Metre
from bridge.music.smf import midi_file
from bridge.music.tokens import drum_of_pitch, to_slots
from tools.data.dataset import split_of

FILE_NAME = re.compile(r"\d+_(?P<style>[^_]+)_(?P<bpm>\d+)_(?P<kind>beat|fill)_(?P<metre>\d+-\d+)")
TRIPLET_SHARE = 0.6
"""From this share of off-beat hits nearer to triplets than to 16ths on, a bar is in triplets."""


@dataclass(frozen=True)
class DrumLine:
    """Drums alone: bit masks in slots [bars * 16], and where they are from.

    ``fill`` marks performances that are fills. ``split`` is an index into ``dataset.SPLITS``.
    """

    name: str
    source: str
    style: str
    metre: Metre
    drums: npt.NDArray[np.int64]
    split: int
    fill: bool = False


def hits_to_slots(hits: list[tuple[int, int]], bars: int, metre: Metre) -> npt.NDArray[np.int64]:
    """Hits (tick, drum 0..8) as bit masks in slots [bars * 16]."""
    line = np.zeros(bars * metre.steps, np.int64)
    for tick, drum in hits:
        step = round(tick / metre.ticks_per_step)
        if 0 <= step < len(line):
            line[step] |= 1 << drum
    return to_slots(line, metre)


def triplet_share(hits: list[tuple[int, int]]) -> float:
    """Share of the hits off the beat that lie nearer to a triplet than to a 16th."""
    places = np.array([tick % 960 for tick, _ in hits], float) / 960
    triplet = np.abs(places[:, None] - np.array([1 / 3, 2 / 3])).min(1, initial=1)
    straight = np.abs(places[:, None] - np.array([1 / 4, 1 / 2, 3 / 4])).min(1, initial=1)
    beat = np.minimum(places, 1 - places)
    off = beat > np.minimum(triplet, straight)
    return float((triplet < straight)[off].mean()) if off.sum() >= 4 else 0.0


def read_performances(folder: Path) -> Iterator[DrumLine]:
    """Every performance below ``folder`` that is at least a bar long and in a metre with a grid."""
    splits = _splits(folder)
    for path in sorted(folder.rglob("*.mid")):
        told = FILE_NAME.match(path.stem)
        metre = METRES.get(told["metre"].replace("-", "/")) if told else None
        if told is None or metre is None:
            continue
        try:
            song = midi_file.read(str(path))
        except BridgeError:
            continue
        hits = [
            (note.tick, drum)
            for track in song.tracks
            for note in track.notes
            if (drum := drum_of_pitch(note.pitch)) is not None
        ]
        if metre == FOUR_FOUR and triplet_share(hits) > TRIPLET_SHARE:
            metre = FOUR_FOUR_TRIPLETS
        bars = max(1, round(max((tick for tick, _ in hits), default=0) / metre.ticks))
        name = path.relative_to(folder).as_posix()
        split = splits.get(name.split("/", 1)[-1], splits.get(name, 0))
        drums = hits_to_slots(hits, bars, metre)
        if (drums > 0).sum() >= 3:
            yield DrumLine(
                f"gmd/{name}", "groove", told["style"], metre, drums, split, told["kind"] == "fill"
            )


def _splits(folder: Path) -> dict[str, int]:
    """Path of a performance -> index of its split, as the data set has it."""
    table = next(iter(sorted(folder.rglob("info.csv"))), None)
    if table is None:
        return {}
    names = {"train": 0, "validation": 1, "test": 2}
    with table.open(encoding="utf-8", newline="") as lines:
        return {row["midi_filename"]: names[row["split"]] for row in csv.DictReader(lines)}


def read_patterns(folder: Path) -> Iterator[DrumLine]:
    """The drum patterns of ``drums-*.jsonl``: a bar or two of 16 steps, 12 in triplets."""
    for path in sorted(folder.glob("drums-*.jsonl")):
        with path.open(encoding="utf-8") as lines:
            for row in map(json.loads, lines):
                drums = np.array(row["drums"], np.int64)
                metre = {16: FOUR_FOUR, 12: FOUR_FOUR_TRIPLETS}.get(int(row["steps"]))
                if metre is None or len(drums) % metre.steps or not drums.any():
                    continue
                name = f"pattern/{row['id']}"
                yield DrumLine(
                    name, path.stem, str(row.get("style", "")), metre, to_slots(drums, metre),
                    split_of(name),
                )  # fmt: skip

"""Lead sheets of a folder of data, to be played by simulated pianists."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bridge.cli.bench.ears.leads import split_of
from bridge.errors import BridgeError
from bridge.listening.chord_symbol import ChordSymbol, parse_symbol
from bridge.music.grid import METRES, Metre
from tools.data.piano.playing import Sheet

ROUNDS = {
    "nottingham": 1.0, "openewld": 3.0, "leadsheets-neonscribe": 4.0, "oldtime-rjl20": 3.0,
    "tuneworks": 3.0, "songs-bbloomf": 3.0, "carols-bbloomf": 2.0, "openhymnal": 2.0,
    "mutopia-satb": 2.0, "openscore-lieder": 1.0,
}  # fmt: skip
"""Sources, and the times that each of their tunes is played in one round of all."""
OTHER_METRES = ("3/4", "6/8", "12/8")
METRE_SHARE = 0.3
"""Rounds of the tunes in other metres, relative to those in 4/4."""
PASSAGE_BARS, LEAST_BARS, LEAST_NOTES = 16, 4, 20
"""Bars of a passage that is played; the fewest bars of a tune, and notes of a passage."""
_PART_OF_A_SONG = re.compile(r"^(li-.*?)-\d+$")


def sheets(data: Path, split: str) -> Iterator[tuple[Sheet, Metre, float]]:
    """The tunes of a split, their metres, and how often each is played in one round."""
    for name, rounds in ROUNDS.items():
        for folder, share in (("leads", 1.0), ("metres", METRE_SHARE)):
            path = data / folder / f"{name}.jsonl"
            for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
                record = json.loads(line)
                metre = record.get("meter", "4/4")
                wanted = metre == "4/4" if folder == "leads" else metre in OTHER_METRES
                if wanted and record["nb"] >= LEAST_BARS and split_of(_tune(record)) == split:
                    yield sheet_of(record, METRES[metre]), METRES[metre], rounds * share


def _tune(record: dict[str, str]) -> str:
    """The name that the parts of one tune share."""
    name = str(record.get("group") or record["id"])
    part = _PART_OF_A_SONG.match(name)
    return part.group(1) if part else name


def sheet_of(record: dict[str, list[list[int]]], metre: Metre) -> Sheet:
    """A record of a lead sheet; its steps are 16ths."""
    melody = np.array([[s, s + n, p] for s, p, n in record["notes"]], float).reshape(-1, 3)
    melody[:, :2] /= metre.steps_per_beat
    compound = metre.steps_per_beat == 6
    return Sheet(melody, tuple(_symbol(str(c)) for c in record["beats"]), metre.beats, compound)


def _symbol(name: str) -> ChordSymbol | None:
    try:
        return parse_symbol(name)
    except (BridgeError, ValueError):
        return None

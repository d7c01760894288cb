"""Prepare the data set: aligned trios and lead sheets -> one .npz that training reads.

``python -m tools.build_dataset --data DIR --out DIR``: DIR holds ``leads/*.jsonl`` and
``trio/*.npz`` of the same names. Split by tune: see ``tools.dataset.split_of``.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from bridge.music.chords import chord_class
from bridge.music.key import estimate_key, pitch_class_weights
from bridge.music.tokens import MELODY_CLASSES, pitch_to_class
from tools.config import STEPS_PER_BAR
from tools.dataset import SPLITS, Dataset, split_of

# The trio files hold pitch + 2 where MusicVAE's classes hold pitch - 19.
FILE_TO_CLASS = -21
# MMA's keyboard libraries play part of their bass up to five octaves high: what lies outside
# E1..G3 (MIDI 28..55) is moved there by octaves, so that a bass is a bass.
BASS_LOW, BASS_HIGH = pitch_to_class(28), pitch_to_class(55)


@dataclass
class Leads:
    """Lead sheets as they are read, one entry a tune."""

    names: list[str] = field(default_factory=list)
    index: dict[str, int] = field(default_factory=dict)
    chords: list[npt.NDArray[np.uint8]] = field(default_factory=list)
    shift: list[int] = field(default_factory=list)
    source: list[str] = field(default_factory=list)

    def add(self, lead: dict[str, object], source: str) -> None:
        """Keep a lead's half-bar chords and the shift of its whole melody's key."""
        beats = [chord_class(name) for name in lead["beats"]]  # type: ignore[attr-defined]
        notes = [(pitch, length) for _, pitch, length in lead["notes"]]  # type: ignore[attr-defined]
        name = str(lead["id"])
        self.index[name] = len(self.names)
        self.names.append(name)
        self.chords.append(np.array(beats[::2], np.uint8))
        self.shift.append(estimate_key(pitch_class_weights(notes)).shift)
        self.source.append(source)


def to_classes(
    raw: npt.NDArray[np.uint8], low: int = 2, high: int = MELODY_CLASSES - 1
) -> npt.NDArray[np.uint8]:
    """pitch + 2 -> pitch - 19, by octaves into the classes low..high; 0 and 1 stay."""
    notes = raw.astype(np.int64) + FILE_TO_CLASS
    notes = np.where(notes < low, low + (notes - low) % 12, notes)
    notes = np.where(notes > high, high - (high - notes) % 12, notes)
    return np.where(raw >= 2, notes, raw).astype(np.uint8)


def read_leads(folder: Path) -> Leads:
    """All ``*.jsonl`` of a folder."""
    leads = Leads()
    for path in sorted(folder.glob("*.jsonl")):
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                leads.add(json.loads(line), path.stem)
    if not leads.names:
        raise SystemExit(f"no lead sheets (*.jsonl) in {folder}")
    return leads


def build(data: Path, limit: int = 0) -> Dataset:
    """Read leads and trios; ``limit`` keeps only so many pieces of each file (0 is all)."""
    leads = read_leads(data / "leads")
    tracks: dict[str, list[npt.NDArray[np.generic]]] = {"melody": [], "bass": [], "drums": []}
    lengths: list[int] = []
    lead: list[int] = []
    grooves: list[str] = []
    for path in sorted((data / "trio").glob("*.npz")):
        with np.load(path, allow_pickle=False) as arrays:
            melody = to_classes(arrays["melody"])
            bass = to_classes(arrays["bass"], BASS_LOW, BASS_HIGH)
            drums = arrays["drums"].astype(np.uint16)
            names, sizes = arrays["names"], arrays["lengths"]
        offsets = np.concatenate([[0], np.cumsum(sizes)])
        count = min(len(names), limit) if limit else len(names)
        for piece in tqdm(range(count), desc=path.stem, unit="piece"):
            name, groove = str(names[piece]).rsplit("|", 1)
            tune = leads.index[name]
            size = min(int(sizes[piece]), len(leads.chords[tune]) * STEPS_PER_BAR // 2)
            cut = slice(offsets[piece], offsets[piece] + size)
            for track, values in zip(tracks, (melody, bass, drums), strict=True):
                tracks[track].append(values[cut])
            lengths.append(size)
            lead.append(tune)
            grooves.append(groove)
    groove_names = sorted(set(grooves))
    number = {name: i for i, name in enumerate(groove_names)}
    sizes_all = np.array(lengths, np.int64)
    chord_sizes = np.array([len(c) for c in leads.chords], np.int64)
    return Dataset(
        melody=np.concatenate(tracks["melody"]),
        bass=np.concatenate(tracks["bass"]),
        drums=np.concatenate(tracks["drums"]),
        starts=np.cumsum(sizes_all) - sizes_all,
        lengths=sizes_all,
        lead=np.array(lead, np.int64),
        groove=np.array([number[g] for g in grooves], np.int64),
        chords=np.concatenate(leads.chords),
        chord_starts=np.cumsum(chord_sizes) - chord_sizes,
        shift=np.array(leads.shift, np.int64),
        split=np.array([split_of(name) for name in leads.names], np.int64),
        lead_names=np.array(leads.names),
        groove_names=np.array(groove_names),
        source=np.array(leads.source),
    )


def statistics(data: Dataset) -> dict[str, object]:
    """What a person wants to know of a data set."""
    splits = Counter(SPLITS[s] for s in data.split)
    return {
        "tunes": dict(splits),
        "pieces": {name: len(data.pieces(name)) for name in SPLITS},
        "bars": int(data.lengths.sum() // STEPS_PER_BAR),
        "grooves": len(data.groove_names),
        "drum_masks": len(data.drum_vocabulary()),
        "sources": dict(Counter(data.source.tolist())),
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of leads/ and trio/")
    parser.add_argument("--out", type=Path, required=True, help="folder to write trio.npz to")
    parser.add_argument("--limit", type=int, default=0, help="pieces of each file (0: all)")
    parser.add_argument("--seed", type=int, default=0, help="unused: nothing here is random")
    args = parser.parse_args()
    data = build(args.data, args.limit)
    path = data.save(args.out)
    print(json.dumps(statistics(data), indent=2))
    print(f"written: {path}")


if __name__ == "__main__":
    main()

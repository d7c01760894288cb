"""Prepare the data set: aligned trios and lead sheets as one .npz that training reads.

``python -m tools.data.build_dataset --data DIR --out DIR``: DIR of ``--data`` holds
``leads/*.jsonl`` and ``trio/*.npz`` of the same names; ``--midi DIR`` adds any folder of MIDI
files. For the split by tune see ``tools.data.dataset.split_of``.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from bridge.music.chords import chord_class
from bridge.music.grid import SLOTS_PER_BAR as STEPS_PER_BAR
from bridge.music.key import estimate_key, pitch_class_weights
from bridge.music.tokens import MELODY_CLASSES, pitch_to_class
from tools.data.dataset import SPLITS, Dataset, split_of
from tools.data.midi_folder import Piece, read_folder

# The trio files hold pitch + 2 where MusicVAE's classes hold pitch - 19.
FILE_TO_CLASS = -21
# MMA's keyboard libraries play part of their bass up to five octaves too high: notes outside
# E1..G3 (MIDI 28..55) are moved there by octaves.
BASS_LOW, BASS_HIGH = pitch_to_class(28), pitch_to_class(55)


@dataclass
class Leads:
    """Lead sheets as they are read: each list has an entry for each tune."""

    names: list[str] = field(default_factory=list)
    index: dict[str, int] = field(default_factory=dict)
    chords: list[npt.NDArray[np.uint8]] = field(default_factory=list)
    shift: list[int] = field(default_factory=list)
    source: list[str] = field(default_factory=list)

    def add(self, lead: dict[str, object], source: str) -> None:
        """Keep a lead's half-bar chords and the shift of its whole melody's key."""
        beats = [chord_class(name) for name in lead["beats"]]  # type: ignore[attr-defined]
        notes = [(pitch, length) for _, pitch, length in lead["notes"]]  # type: ignore[attr-defined]
        shift = estimate_key(pitch_class_weights(notes)).shift
        self.keep(str(lead["id"]), np.array(beats[::2], np.uint8), shift, source)

    def keep(self, name: str, chords: npt.NDArray[np.uint8], shift: int, source: str) -> int:
        """Keep a tune by its half-bar chord classes; returns its number."""
        self.index[name] = len(self.names)
        self.names.append(name)
        self.chords.append(chords)
        self.shift.append(shift)
        self.source.append(source)
        return self.index[name]


def to_classes(
    raw: npt.NDArray[np.uint8], low: int = 2, high: int = MELODY_CLASSES - 1
) -> npt.NDArray[np.uint8]:
    """Classes of the trio files (pitch + 2) as MusicVAE's (pitch - 19).

    Notes outside low..high move into it by octaves; 0 (no event) and 1 (note off) stay.
    """
    notes = fold(raw.astype(np.int64) + FILE_TO_CLASS, low, high, raw >= 2)
    return np.where(raw >= 2, notes, raw).astype(np.uint8)


def fold(
    classes: npt.NDArray[np.int64],
    low: int,
    high: int,
    sounding: npt.NDArray[np.bool_] | None = None,
) -> npt.NDArray[np.int64]:
    """Note-on classes moved by octaves into low..high; ``sounding`` marks which are note-ons."""
    notes = np.where(classes < low, low + (classes - low) % 12, classes)
    notes = np.where(notes > high, high - (high - notes) % 12, notes)
    return np.where(classes >= 2 if sounding is None else sounding, notes, classes)


def read_leads(folder: Path, leads: Leads) -> None:
    """Add all ``*.jsonl`` of a folder."""
    for path in sorted(folder.glob("*.jsonl")):
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                leads.add(json.loads(line), path.stem)
    if not leads.names:
        raise SystemExit(f"no lead sheets (*.jsonl) in {folder}")


@dataclass
class Trios:
    """Aligned trios as they are read: each list has an entry for each piece."""

    melody: list[npt.NDArray[np.uint8]] = field(default_factory=list)
    bass: list[npt.NDArray[np.uint8]] = field(default_factory=list)
    drums: list[npt.NDArray[np.uint16]] = field(default_factory=list)
    lead: list[int] = field(default_factory=list)
    groove: list[str] = field(default_factory=list)

    def add(
        self,
        melody: npt.NDArray[np.uint8],
        bass: npt.NDArray[np.uint8],
        drums: npt.NDArray[np.uint16],
        lead: int,
        groove: str,
    ) -> None:
        """Keep a piece: lines of classes and drum masks of one length."""
        self.melody.append(melody)
        self.bass.append(bass)
        self.drums.append(drums)
        self.lead.append(lead)
        self.groove.append(groove)


def build(
    data: Path | None, limit: int = 0, midi: Sequence[Path] = (), scheduler: str = ""
) -> Dataset:
    """Read leads and trios of ``data``, and folders of MIDI files.

    ``limit`` is the largest number of rendered pieces read from each file (0: all). For
    ``scheduler`` see ``midi_folder.read_folder``. SystemExit where no piece is found.
    """
    leads, trios = Leads(), Trios()
    if data is not None:
        read_leads(data / "leads", leads)
        read_rendered(data / "trio", leads, trios, limit)
    for folder in midi:
        add_pieces(read_folder(folder, scheduler), folder.name, leads, trios)
    if not trios.lead:
        raise SystemExit("no piece was found that has a melody, a bass and drums")
    return joined(leads, trios)


def add_pieces(pieces: Iterable[Piece], source: str, leads: Leads, trios: Trios) -> None:
    """Add pieces of MIDI files: each is its own tune in its own groove, without chords."""
    for piece in pieces:
        size = len(piece.melody)
        name = f"{source}/{piece.name}"
        tune = leads.keep(name, np.zeros(2 * size // STEPS_PER_BAR, np.uint8), piece.shift, source)
        bass = fold(piece.bass, BASS_LOW, BASS_HIGH)
        melody, drums = piece.melody.astype(np.uint8), piece.drums.astype(np.uint16)
        trios.add(melody, bass.astype(np.uint8), drums, tune, name)


def read_rendered(folder: Path, leads: Leads, trios: Trios, limit: int = 0) -> None:
    """Add the trios that were rendered from lead sheets."""
    for path in sorted(folder.glob("*.npz")):
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
            trios.add(melody[cut], bass[cut], drums[cut], tune, groove)


def joined(leads: Leads, trios: Trios) -> Dataset:
    """One data set of all pieces, one after another."""
    groove_names = sorted(set(trios.groove))
    number = {name: i for i, name in enumerate(groove_names)}
    sizes_all = np.array([len(line) for line in trios.melody], np.int64)
    chord_sizes = np.array([len(c) for c in leads.chords], np.int64)
    return Dataset(
        melody=np.concatenate(trios.melody),
        bass=np.concatenate(trios.bass),
        drums=np.concatenate(trios.drums),
        starts=np.cumsum(sizes_all) - sizes_all,
        lengths=sizes_all,
        lead=np.array(trios.lead, np.int64),
        groove=np.array([number[g] for g in trios.groove], np.int64),
        chords=np.concatenate(leads.chords),
        chord_starts=np.cumsum(chord_sizes) - chord_sizes,
        shift=np.array(leads.shift, np.int64),
        split=np.array([split_of(name) for name in leads.names], np.int64),
        lead_names=np.array(leads.names),
        groove_names=np.array(groove_names),
        source=np.array(leads.source),
    )


def statistics(data: Dataset) -> dict[str, object]:
    """Counts that describe a data set: tunes, pieces, bars, grooves, drum masks, sources."""
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
    parser.add_argument("--data", type=Path, help="folder of leads/ and trio/")
    parser.add_argument(
        "--midi", type=Path, action="append", default=[], help="folder of MIDI files, any number"
    )
    parser.add_argument("--scheduler", default="", help="address of a Dask cluster to read on")
    parser.add_argument("--out", type=Path, required=True, help="folder to write trio.npz to")
    parser.add_argument("--limit", type=int, default=0, help="most pieces of each file (0: all)")
    parser.add_argument("--seed", type=int, default=0, help="unused: nothing here is random")
    args = parser.parse_args()
    if args.data is None and not args.midi:
        parser.error("nothing to read: give --data, --midi or both")
    data = build(args.data, args.limit, args.midi, args.scheduler)
    path = data.save(args.out)
    print(json.dumps(statistics(data), indent=2))
    print(f"written: {path}")


if __name__ == "__main__":
    main()

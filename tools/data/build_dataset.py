"""Prepare the data set: trios, lead sheets and drummers as one .npz that training reads.

``python -m tools.data.build_dataset --data DIR --out DIR``: DIR of ``--data`` holds
``leads/*.jsonl``, other metres in ``metres/*.jsonl``, and ``trio/*.npz`` of the same names.
``--rendered DIR`` adds what ``tools.data.render_leads`` made of them, ``--midi DIR`` any folder of
MIDI files, ``--grooves DIR`` the Groove MIDI Dataset, ``--patterns DIR`` drum patterns. For the
split by tune see ``tools.data.dataset.split_of``; variants of a tune are in the split of the first.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from bridge.model.two_level.code_layout import NETWORK_METRES, metre_number
from bridge.music.grid import SLOTS_PER_BAR
from bridge.music.tokens import MELODY_CLASSES, pitch_to_class
from tools.data.dataset import (
    BASS_PART,
    DRUMS_PART,
    MELODY_PART,
    SPLITS,
    Dataset,
    split_of,
)
from tools.data.duplicates import KnownTunes
from tools.data.midi_folder import Piece, read_folder
from tools.data.render_leads import FILE_NAME as RENDERED
from tools.data.render_leads import rendered_leads
from tools.data.sources.drummers import DrumLine, read_patterns, read_performances
from tools.data.sources.leads import LeadSheet, read_leads

Line = npt.NDArray[Any]

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

    split: list[int] = field(default_factory=list)
    known: KnownTunes = field(default_factory=KnownTunes)
    families: list[int] = field(default_factory=list)
    groups: dict[str, int] = field(default_factory=dict)

    def add(self, lead: LeadSheet, fixed: bool = False) -> int:
        """Keep a lead's half-bar chords and the shift of its whole melody's key; returns its
        number. It is in the split of the first tune that it is a variant or a part of; with
        ``fixed`` in the split that its own name says."""
        family = self.known.family([pitch for _, pitch, _ in lead.notes])
        own = split_of(lead.group)
        if not fixed:
            kin = self.families[family] if family < len(self.families) else own
            own = self.groups.get(lead.group, kin)
        self.families.append(own)
        split = self.groups.setdefault(lead.group, own)
        return self.keep(lead.name, lead.halves.astype(np.uint8), lead.shift, lead.source, split)

    def keep(
        self, name: str, chords: npt.NDArray[np.uint8], shift: int, source: str, split: int
    ) -> int:
        """Keep a tune by its half-bar chord classes; returns its number."""
        self.index[name] = len(self.names)
        self.names.append(name)
        self.chords.append(chords)
        self.shift.append(shift)
        self.source.append(source)
        self.split.append(split)
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


@dataclass
class Trios:
    """Aligned trios as they are read: each list has an entry for each piece."""

    melody: list[npt.NDArray[np.uint8]] = field(default_factory=list)
    bass: list[npt.NDArray[np.uint8]] = field(default_factory=list)
    drums: list[npt.NDArray[np.uint16]] = field(default_factory=list)
    lead: list[int] = field(default_factory=list)
    groove: list[str] = field(default_factory=list)
    metre: list[int] = field(default_factory=list)
    parts: list[int] = field(default_factory=list)

    def add(
        self,
        melody: Line | None,
        bass: Line | None,
        drums: Line | None,
        lead: int,
        groove: str,
        metre: int = 0,
    ) -> None:
        """Keep a piece: lines of classes and drum masks in slots, of one length; None for a part
        that it does not have."""
        size = max(len(line) for line in (melody, bass, drums) if line is not None)
        lines = [np.zeros(size, np.int64) if x is None else x for x in (melody, bass, drums)]
        self.melody.append(lines[0].astype(np.uint8))
        self.bass.append(lines[1].astype(np.uint8))
        self.drums.append(lines[2].astype(np.uint16))
        self.lead.append(lead)
        self.groove.append(groove)
        self.metre.append(metre)
        given = zip((MELODY_PART, BASS_PART, DRUMS_PART), (melody, bass, drums), strict=True)
        self.parts.append(sum(part for part, line in given if line is not None))


@dataclass(frozen=True)
class Sources:
    """Folders to read; each may be absent. ``limit`` is the largest number of rendered pieces
    read from each file (0: all). For ``scheduler`` see ``midi_folder.read_folder``."""

    data: Path | None = None
    rendered: Path | None = None
    midi: Sequence[Path] = ()
    grooves: Path | None = None
    patterns: Path | None = None
    limit: int = 0
    scheduler: str = ""


def build(sources: Sources) -> Dataset:
    """Read all sources. SystemExit where no piece is found."""
    leads, trios = Leads(), Trios()
    if sources.data is not None:
        sheets = add_leads(sources.data, leads, trios)
        read_rendered(sources.data / "trio", leads, trios, sources.limit)
        if sources.rendered is not None:
            add_rendered(sources.rendered, sheets, leads, trios)
    for folder in sources.midi:
        add_pieces(read_folder(folder, sources.scheduler), folder.name, leads, trios)
    if sources.grooves is not None:
        add_drums(read_performances(sources.grooves), leads, trios)
    if sources.patterns is not None:
        add_drums(read_patterns(sources.patterns), leads, trios)
    if not trios.lead:
        raise SystemExit("no piece was found: is there a melody, a bass or drums in the sources?")
    return joined(leads, trios)


def add_leads(data: Path, leads: Leads, trios: Trios) -> dict[str, LeadSheet]:
    """Add the lead sheets of ``leads/`` and ``metres/``; those that are rendered nowhere else are
    pieces of a melody alone. Those that were rendered first (``trio/``) are in the split that their
    names say, as in all figures so far. SystemExit without any."""
    sheets = {lead.name: lead for place in ("leads", "metres") for lead in read_leads(data / place)}
    first = rendered_leads(data / "trio")
    for lead in sorted(sheets.values(), key=lambda lead: lead.name not in first):
        tune = leads.add(lead, fixed=lead.name in first)
        trios.add(lead.melody, None, None, tune, "", metre_number(lead.metre.name))
    if not sheets:
        raise SystemExit(f"no lead sheets (*.jsonl) in {data / 'leads'}")
    return sheets


def add_rendered(folder: Path, sheets: dict[str, LeadSheet], leads: Leads, trios: Trios) -> None:
    """Add what ``tools.data.render_leads`` rendered: bass and drums beside the lead's melody."""
    path = folder / RENDERED
    with np.load(path, allow_pickle=False) as arrays:
        bass, drums, names = arrays["bass"], arrays["drums"], arrays["names"]
        ends = np.cumsum(arrays["lengths"])
    swung: dict[str, LeadSheet] = {}
    for name, end, size in zip(names, ends, np.diff(ends, prepend=0), strict=True):
        tune, metre, groove = str(name).split("|")
        lead = sheets[tune]
        if lead.metre.name != metre:
            lead = swung.setdefault(tune, lead.swung())
        cut = slice(end - size, end)
        low = fold(bass[cut].astype(np.int64), BASS_LOW, BASS_HIGH)
        number = leads.index[tune]
        trios.add(
            lead.melody[:size], low, drums[cut], number, groove, metre_number(lead.metre.name)
        )


def add_drums(lines: Iterable[DrumLine], leads: Leads, trios: Trios) -> None:
    """Add drums without a melody; each is its own tune. The groove is the style, after the source
    (``groove:funk``, ``groove/fill:funk``)."""
    for line in lines:
        bars = len(line.drums) // SLOTS_PER_BAR
        tune = leads.keep(line.name, np.zeros(2 * bars, np.uint8), 0, line.source, line.split)
        kind = f"{line.source}/fill" if line.fill else line.source
        groove = f"{kind}:{line.style}"
        trios.add(None, None, line.drums, tune, groove, metre_number(line.metre.name))


def add_pieces(pieces: Iterable[Piece], source: str, leads: Leads, trios: Trios) -> None:
    """Add pieces of MIDI files: each is its own tune in its own groove, its chords inferred."""
    for piece in pieces:
        name = f"{source}/{piece.name}"
        chords = piece.chords.astype(np.uint8)
        tune = leads.keep(name, chords, piece.shift, source, split_of(name))
        bass = fold(piece.bass, BASS_LOW, BASS_HIGH)
        trios.add(piece.melody, bass, piece.drums, tune, name, metre_number(piece.metre.name))


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
            size = min(int(sizes[piece]), len(leads.chords[tune]) * SLOTS_PER_BAR // 2)
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
        split=np.array(leads.split, np.int64),
        lead_names=np.array(leads.names),
        groove_names=np.array(groove_names),
        source=np.array(leads.source),
        metre=np.array(trios.metre, np.uint8),
        parts=np.array(trios.parts, np.uint8),
    )


def statistics(data: Dataset) -> dict[str, object]:
    """Counts that describe a data set: tunes, pieces, bars, grooves, drum masks, sources."""
    splits = Counter(SPLITS[s] for s in data.split)
    return {
        "tunes": dict(splits),
        "trios": {
            metre: {name: len(data.pieces(name, number)) for name in SPLITS}
            for number, metre in enumerate(NETWORK_METRES)
        },
        "pieces": len(data.starts),
        "bars": int(data.lengths.sum() // SLOTS_PER_BAR),
        "grooves": len(data.groove_names),
        "drum_masks": len(data.drum_vocabulary()),
        "sources": dict(Counter(data.source.tolist())),
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, about in (
        ("data", "folder of leads/, metres/ and trio/"),
        ("rendered", "folder that tools.data.render_leads wrote"),
        ("grooves", "folder of the Groove MIDI Dataset"),
        ("patterns", "folder of drums-*.jsonl"),
    ):
        parser.add_argument(f"--{name}", type=Path, help=about)
    parser.add_argument(
        "--midi", type=Path, action="append", default=[], help="folder of MIDI files, any number"
    )
    parser.add_argument("--scheduler", default="", help="address of a Dask cluster to read on")
    parser.add_argument("--out", type=Path, required=True, help="folder to write trio.npz to")
    parser.add_argument("--limit", type=int, default=0, help="most pieces of each file (0: all)")
    args = vars(parser.parse_args())
    out: Path = args.pop("out")
    if not any(args[name] for name in ("data", "midi", "grooves", "patterns")):
        parser.error("nothing to read: give --data, --midi, --grooves or --patterns")
    data = build(Sources(**args))
    path = data.save(out)
    print(json.dumps(statistics(data), indent=2))
    print(f"written: {path}")


if __name__ == "__main__":
    main()

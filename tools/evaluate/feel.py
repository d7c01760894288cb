"""Share of feels told apart on the Groove MIDI Dataset (Gillick et al. 2019, arXiv:1905.06118).

``python -m tools.evaluate.feel GROOVES.tar.xz METRES.tsv``. The table has, for each performance,
the share of off-beat onsets that lie on triplets, and whether its 8ths are swung. Triplets are
performances with half or more on triplets; swung are others with swung 8ths; the rest is
straight. The thresholds of ``music.rhythm.feel`` were chosen on the training split alone.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import tarfile
from collections import Counter
from pathlib import Path
from typing import Any

from bridge.errors import BridgeError
from bridge.music.rhythm.feel import FeelKind, feel_of
from bridge.music.smf.read import song_from

TRIPLE_SHARE = 0.5
"""Share of onsets on triplets from which a performance counts as triplets."""
INFO = "groove/info.csv"


def measure(archive: Path, table: Path) -> dict[str, dict[str, Any]]:
    """Split -> ``right`` (share of performances of 4/4 beats whose feel is found), ``each`` (the
    same by feel), ``count``."""
    with table.open() as file:
        rows = {row["file"]: row for row in csv.DictReader(file, delimiter="\t")}
    with tarfile.open(archive) as tar:
        info = tar.extractfile(INFO)
        assert info is not None
        listed = csv.DictReader(io.StringIO(info.read().decode()))
        splits = {row["midi_filename"]: row["split"] for row in listed}
        found: dict[str, Counter[tuple[str, str]]] = {}
        for member in tar:
            row = rows.get(member.name.removeprefix("groove/"))
            content = tar.extractfile(member) if row is not None else None
            if row is None or content is None or not is_beat(row):
                continue
            try:
                song = song_from(content.read())
            except BridgeError:
                continue
            kind = feel_of(note.tick for track in song.tracks for note in track.notes).kind
            counts = found.setdefault(splits[row["file"]], Counter())
            counts[label(row), kind.value] += 1
    return {split: _figures(counts) for split, counts in found.items()}


def is_beat(row: dict[str, str]) -> bool:
    """True for a groove in 4/4 (not a fill) that was counted."""
    return row["type"] == "beat" and row["time_signature"] == "4-4" and bool(row["triplet_share"])


def label(row: dict[str, str]) -> str:
    """The feel of a performance by its row of the table."""
    if float(row["triplet_share"]) >= TRIPLE_SHARE:
        return FeelKind.TRIPLETS.value
    return (FeelKind.SWUNG if row["swung_8ths"] == "1" else FeelKind.STRAIGHT).value


def _figures(counts: Counter[tuple[str, str]]) -> dict[str, Any]:
    total = Counter[str]()
    for (true, _), count in counts.items():
        total[true] += count
    right = sum(count for (true, said), count in counts.items() if true == said)
    each = {name: round(counts[name, name] / count, 4) for name, count in sorted(total.items())}
    return {"right": round(right / total.total(), 4), "each": each, "count": total.total()}


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(prog="python -m tools.evaluate.feel")
    parser.add_argument("grooves", type=Path)
    parser.add_argument("metres", type=Path)
    args = parser.parse_args()
    print(json.dumps(measure(args.grooves, args.metres), indent=2))


if __name__ == "__main__":
    main()

"""Lead sheets from a folder of data: one JSON object a line. Reads files."""

from __future__ import annotations

import hashlib
import json
import lzma
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.errors import MidiFileError
from bridge.listening.chord_symbol import ChordSymbol, parse_symbol
from bridge.music.grid import FOUR_FOUR
from bridge.music.notes import Note

TEST_DIGITS = "01"
"""Last hex digits of a test tune's SHA-1."""
VALIDATION_DIGITS = "2"


@dataclass(frozen=True)
class Lead:
    """A tune in 4/4: its melody, and a chord for each beat (None: none). ``piano`` are the notes
    of both hands where they were played; ``key`` as its source names it (empty: unknown)."""

    name: str
    bars: int
    melody: tuple[Note, ...]
    chords: tuple[ChordSymbol | None, ...]
    piano: tuple[Note, ...] = ()
    key: str = ""
    bpm: float = 120.0


def read_leads(path: Path) -> Iterator[Lead]:
    """The leads of a file, ``.jsonl`` or ``.jsonl.xz``. MidiFileError where it is missing."""
    opened = lzma.open if path.suffix == ".xz" else open
    try:
        with opened(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield _lead(json.loads(line))
    except OSError as exc:
        raise MidiFileError(f"{path}: {exc.strerror}: give the folder that holds leads/") from exc


def _lead(record: dict[str, Any]) -> Lead:
    melody = record.get("melody") or record.get("notes") or []
    return Lead(
        name=record["id"],
        bars=record["nb"],
        melody=tuple(_note(*row[:3]) for row in melody),
        chords=tuple(_chord(name) for name in record["beats"]),
        piano=tuple(_note(*row) for row in record.get("piano", ()) if row[0] >= 0),
        key=record.get("key") or "",
        bpm=float(record.get("bpm") or 120.0),
    )


def _note(start: float, pitch: int, length: float, velocity: int = 96) -> Note:
    """A note from steps."""
    ticks = max(1, round(length * FOUR_FOUR.ticks_per_step))
    return Note(round(start * FOUR_FOUR.ticks_per_step), pitch, ticks, max(1, min(127, velocity)))


def _chord(name: str) -> ChordSymbol | None:
    try:
        return parse_symbol(name)
    except ValueError:
        return None


def split_of(name: str) -> str:
    """``test``, ``validation`` or ``train``: by the hash of the tune's name."""
    digit = hashlib.sha1(name.encode()).hexdigest()[-1]
    if digit in TEST_DIGITS:
        return "test"
    return "validation" if digit in VALIDATION_DIGITS else "train"

"""Render lead sheets with MMA (Musical MIDI Accompaniment): bass and drums of a groove.

MMA is a program of its own (Debian package ``mma``, GPL-2.0-or-later); it is called once for a
tune, with one section a groove. A table of its library (``mma-grooves.tsv``) says which groove
is in which metre and how many MMA beats its bar has.
"""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bridge.errors import BridgeError
from bridge.music.grid import TICKS_PER_BEAT
from bridge.music.notes import Note
from bridge.music.smf import midi_file
from bridge.music.smf.gm_programs import DRUM_CHANNEL
from bridge.music.smf.song import Song
from bridge.music.tokens import drum_of_pitch
from bridge.music.trio_windows import BASS_PROGRAMS

Classes = npt.NDArray[np.int64]
BASS_NAMES = re.compile(r"bass|walk", re.IGNORECASE)
PARTIAL_SECTION = re.compile(r"intro|end|fill|break", re.IGNORECASE)
"""Grooves that are parts of a form, not something that a band plays for a while."""
SECONDS = 240
MOST_BARS = 4000


@dataclass(frozen=True)
class Groove:
    """A groove of MMA's library: ``library:Name``, the metre that it is in, and the number of
    MMA beats (quarter notes of its MIDI file) in one of its bars. ``swung``: it is straight in the
    library and played with MMA's swing, which puts every off-beat on a triplet."""

    name: str
    metre: str
    beats: float
    swung: bool = False


@dataclass(frozen=True)
class Rendered:
    """Bass and drums of a tune in one groove: notes in ticks of the tune's own bars, drums as
    (tick, drum 0..8)."""

    groove: str
    bass: tuple[Note, ...]
    drums: tuple[tuple[int, int], ...]
    ticks_per_bar: int


class MmaError(Exception):
    """MMA did not render a tune; the message is its own."""


def read_grooves(table: Path) -> list[Groove]:
    """The grooves of a table that have bass and drums and can be played for a whole tune."""
    with table.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    return [
        Groove(
            row["groove"],
            row["time_signature"],
            float(row["mma_beats_a_bar"]),
            row.get("feel_triplet") == "with SwingMode",
        )
        for row in rows
        if row["has_bass"] == row["has_drums"] == "yes"
        and row["role"] == "main"
        and not PARTIAL_SECTION.search(row["groove"])
    ]


def render(beats: Sequence[str], bars: int, grooves: Sequence[Groove]) -> list[Rendered]:
    """Render ``bars`` bars of chords (``beats``: equally many names a bar, "z" for none) in each
    groove; all grooves need bars of equally many MMA beats. MmaError where MMA refuses."""
    length = grooves[0].beats
    lines = chord_lines(beats, bars, length)
    text = ["Tempo 120"]
    for groove in grooves:
        text += [f"SwingMode {'On' if groove.swung else 'Off'}", f"Groove {groove.name}", *lines]
    song = _run("\n".join(text) + "\n")
    size = round(length * TICKS_PER_BEAT)
    section = size * bars
    return [_cut(song, groove.name, i * section, section, size) for i, groove in enumerate(grooves)]


def chord_lines(beats: Sequence[str], bars: int, length: float) -> list[str]:
    """A line of MMA a bar: each new chord with the MMA beat (from 1) that it begins on."""
    per_bar = len(beats) // bars
    lines, last = [], "C"
    for bar in range(bars):
        names, row = [], beats[bar * per_bar : (bar + 1) * per_bar]
        for slot, name in enumerate(row):
            if slot and name == row[slot - 1]:
                continue
            place = 1 + slot * length / per_bar
            names.append(name if place == 1 else f"{name}@{place:g}")
            last = name
        lines.append(" ".join(names) or last)
    return lines


def _run(text: str) -> Song:
    """Call MMA on a text and read its MIDI file."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "tune.mma"), Path(folder, "tune.mid")
        source.write_text(text, encoding="utf-8")
        if shutil.which("mma") is None:
            raise MmaError("MMA is missing: apt-get install mma")
        done = subprocess.run(
            ["mma", "-w", "-m", str(MOST_BARS), str(source), "-f", str(target)],
            capture_output=True, text=True, timeout=SECONDS, check=False,
        )  # fmt: skip
        if not target.exists():
            raise MmaError((done.stdout + done.stderr).strip()[-200:])
        try:
            return midi_file.read(str(target))
        except BridgeError as exc:
            raise MmaError(str(exc)) from exc


def _cut(song: Song, groove: str, start: int, ticks: int, bar: int) -> Rendered:
    """The notes of one section, from its own beginning on."""
    bass: list[Note] = []
    drums: list[tuple[int, int]] = []
    for track in song.tracks:
        is_drums = track.channel == DRUM_CHANNEL
        if not is_drums and not (BASS_NAMES.match(track.name) or track.program in BASS_PROGRAMS):
            continue
        for note in track.notes:
            tick = note.tick - start
            # MMA humanises its notes by a few ticks: one just before the section is its first.
            if not -bar // 48 <= tick < ticks - bar // 48:
                continue
            tick = max(tick, 0)
            drum = drum_of_pitch(note.pitch) if is_drums else None
            if drum is not None:
                drums.append((tick, drum))
            elif not is_drums:
                bass.append(Note(tick, note.pitch, note.length, note.velocity))
    return Rendered(groove, tuple(sorted(bass, key=lambda n: n.tick)), tuple(drums), bar)

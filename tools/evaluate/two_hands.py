"""Choose the costs of a chord change on validation tunes played by simulated pianists.

``python -m tools.evaluate.two_hands DATA [--pieces N]`` prints, for each cost, the shares of beats
whose root, chord and bass are right, and the changes of chord relative to the true number. DATA is
a folder with lead sheets in leads/ and metres/.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path

from tqdm import tqdm

from bridge.listening.chord_features import beat_features, places
from bridge.listening.chord_reader import CHANGE, Change, read_features
from bridge.listening.chord_symbol import ChordSymbol
from bridge.listening.live_chord import CAUTION, Caution, LiveChord, heard_at
from bridge.music.grid import Metre
from bridge.music.notes import Note
from tools.data.piano.playing import Playing, play
from tools.data.piano.sheets import LEAST_NOTES, PASSAGE_BARS, sheets

CHANGES = (
    CHANGE,
    *(
        Change(0.5 * s, s, 1.7 * s, quality)
        for s in (0.0, 0.4, 0.8, 1.2, 2.0)
        for quality in (0.2, 0.5, 1.0)
    ),
)
CAUTIONS = (
    CAUTION,
    *(Caution(quality) for quality in (0.0, 0.4, 1.5)),
    *(Caution(sure=sure) for sure in (0.0, 0.3, 0.5, 0.6)),
)
MOMENT = 0.13
"""Share of a beat after which it is read live."""
MEMORY_BEATS = 8
Chords = Sequence[ChordSymbol | None]


@dataclass
class Marks:
    """Counts of beats read right, and of changes of chord."""

    beats: int = 0
    right: list[int] = field(default_factory=lambda: [0, 0, 0])
    changes: list[int] = field(default_factory=lambda: [0, 0])

    def add(self, heard: Chords, true: Chords) -> None:
        """Count the beats of a piece."""
        for one, other in zip(heard, true, strict=True):
            if other is None:
                continue
            self.beats += 1
            if one is not None:
                hits = (one.root == other.root, one.cls == other.cls,
                        one.bass_note == other.bass_note)  # fmt: skip
                self.right = [n + hit for n, hit in zip(self.right, hits, strict=True)]
        for which, chords in enumerate((heard, true)):
            self.changes[which] += sum(a != b for a, b in pairwise(chords))

    def shares(self) -> dict[str, float]:
        """The shares right, and heard changes relative to true ones."""
        names = ("root", "with_third", "bass")
        found = {name: n / self.beats for name, n in zip(names, self.right, strict=True)}
        found["changes"] = self.changes[0] / max(1, self.changes[1])
        return {name: round(value, 4) for name, value in found.items()}


def playings(data: Path, split: str, pieces: int) -> Iterator[tuple[Playing, Metre]]:
    """Tunes of a split, played; evenly spread over the sources."""
    found = list(sheets(data, split))
    for number, (sheet, metre, _) in enumerate(tqdm(found[:: max(1, len(found) // pieces)])):
        playing = play(sheet.passage(0, PASSAGE_BARS), number)
        if len(playing.notes) >= LEAST_NOTES:
            yield playing, metre


def whole(playing: Playing, metre: Metre, change: Change) -> Chords:
    """The chords of a piece that is known to its end."""
    count = len(playing.chords)
    features = beat_features(playing.notes, 0, count)
    return read_features(features, places(metre, 0, count), change)


def live(playing: Playing, metre: Metre, caution: Caution) -> Chords:
    """The chords heard a moment after each beat."""
    length = metre.ticks_per_beat
    notes = [
        Note(round(start * length), int(pitch), max(1, round((end - start) * length)))
        for start, end, pitch in playing.notes
    ]
    heard, found = LiveChord(), []
    for beat in range(len(playing.chords)):
        tick = round((beat + MOMENT) * length)
        since = tick - MEMORY_BEATS * length
        known = [_until(n, tick) for n in notes if n.tick <= tick and n.end > since]
        heard = heard_at(heard, known, tick, metre, caution=caution)
        found.append(heard.chord)
    return found


def _until(note: Note, tick: int) -> Note:
    return Note(note.tick, note.pitch, min(note.end, tick + 1) - note.tick)


def main(arguments: list[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="folder of lead sheets")
    parser.add_argument("--pieces", type=int, default=100, help="tunes, about")
    args = parser.parse_args(arguments)
    wholes = {change: Marks() for change in CHANGES}
    lives = {caution: Marks() for caution in CAUTIONS}
    for playing, metre in playings(args.data, "validation", args.pieces):
        for change, marks in wholes.items():
            marks.add(whole(playing, metre, change), playing.chords)
        for caution, marks in lives.items():
            marks.add(live(playing, metre, caution), playing.chords)
    for change, marks in wholes.items():
        print(json.dumps({"hearing": "whole", "change": asdict(change), **marks.shares()}))
    for caution, marks in lives.items():
        print(json.dumps({"hearing": "live", "caution": asdict(caution), **marks.shares()}))


if __name__ == "__main__":
    main()

"""Collect melodies without chords, for ``tools.train.chord_reader``.

``python -m tools.data.build_melodies --out FILE`` reads the collections of fiddle and fife tunes
that come with the ``music21`` package and are in the public domain: O'Neill's Music of Ireland
(1903), Ryan's Mammoth Collection (1883), Aird's Airs (1782 to 1803). The rights of the corpus's
other folders are less clear. Tunes in 4/4, 2/2 or 2/4 (two bars become one) are kept, on the grid
of sixteenths.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from bridge.music.grid import SLOTS_PER_BAR
from bridge.music.tokens import pitch_to_class

COLLECTIONS = ("oneills1850", "ryansMammoth", "airdsAirs")
METRES = {"4/4": 4.0, "2/2": 4.0, "2/4": 2.0}
SUFFIXES = {".abc", ".xml", ".mxl"}
SHORTEST, LONGEST = 4, 160
FEWEST_NOTES = 20
STEPS_PER_QUARTER = 4
LOWEST, HIGHEST = 21, 108


def scores(collections: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """Every tune of the collections, by name; files that music21 cannot read are skipped."""
    import music21

    root = Path(music21.__file__).parent / "corpus"
    files = [f for name in collections for f in sorted((root / name).glob("*"))]
    for path in tqdm([f for f in files if f.suffix in SUFFIXES], unit="file"):
        try:
            read = music21.converter.parse(path)
        except Exception as exc:  # its parsers raise many kinds
            tqdm.write(f"{path.name}: skipped ({type(exc).__name__})")
            continue
        tunes = list(read.scores) if isinstance(read, music21.stream.Opus) else [read]
        for number, tune in enumerate(tunes):
            yield f"{path.parent.name}/{path.name}:{number}", tune


def melody(score: Any) -> npt.NDArray[np.uint8] | None:
    """The first part as classes [T], T whole bars, a pickup at the end of the first bar.

    None for another metre, a change of metre, and a tune too short, too long or out of range.
    """
    part = score.parts[0] if score.parts else score
    metres = {sign.ratioString for sign in part.recurse().getElementsByClass("TimeSignature")}
    if len(metres) != 1 or not metres <= METRES.keys():
        return None
    try:
        part = part.expandRepeats()
    except Exception:  # inconsistent repeats: keep the tune as written
        warnings.warn(f"{score}: repeats left as they are", stacklevel=1)
    first = part.getElementsByClass("Measure")[0].highestTime
    wait = METRES["4/4"] - first if first < METRES[metres.pop()] else 0.0
    bars = int(np.ceil((part.highestTime + wait) / METRES["4/4"]))
    if not SHORTEST <= bars <= LONGEST:
        return None
    line = np.zeros(bars * SLOTS_PER_BAR, np.uint8)
    for note in part.flatten().notes:
        if not note.duration.quarterLength:
            continue  # a grace note
        pitch = max(p.midi for p in note.pitches)
        start = round(float(note.offset + wait) * STEPS_PER_QUARTER)
        end = start + round(float(note.duration.quarterLength) * STEPS_PER_QUARTER)
        if not LOWEST <= pitch <= HIGHEST:
            return None
        if start < len(line):
            line[start] = pitch_to_class(pitch)
        if end < len(line):
            line[end] = 1
    return line if (line > 1).sum() >= FEWEST_NOTES else None


def main(arguments: list[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="the .npz to write")
    parser.add_argument(
        "--collections", nargs="+", default=COLLECTIONS, help="folders of music21's corpus"
    )
    args = parser.parse_args(arguments)
    lines, names = [], []
    for name, score in scores(tuple(args.collections)):
        try:
            line = melody(score)
        except Exception as exc:  # a broken score; music21 raises many kinds
            tqdm.write(f"{name}: skipped ({type(exc).__name__})")
            continue
        if line is not None:
            lines.append(line)
            names.append(name)
    if not lines:
        raise SystemExit("no melody found: is music21 installed with its corpus?")
    np.savez_compressed(
        args.out,
        notes=np.concatenate(lines),
        lengths=np.array([len(line) for line in lines]),
        names=np.array(names),
    )
    print(f"{len(lines)} melodies, {sum(map(len, lines)) // SLOTS_PER_BAR} bars: {args.out}")


if __name__ == "__main__":
    main()

"""Count the tables of :mod:`bridge.listening.key_finder`.

``python -m tools.train.key_tables LEADS`` prints them.

From the training tunes of leads that name a key: the share of each chord (two a bar) by its kind
and of each melody pitch class relative to the tonic, and of the first chord, in major and in minor,
over the first four full bars.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from bridge.cli.bench.ears.leads import Lead, read_leads, split_of
from bridge.listening.key_finder import ChordKind, is_minor, kind_of
from bridge.music.grid import FOUR_FOUR
from bridge.music.key import Key, KeyMode

FILES = (
    "songs-bbloomf", "openhymnal", "leadsheets-neonscribe", "oldtime-rjl20", "tuneworks",
    "openscore-lieder", "carols-bbloomf",
)  # fmt: skip
BARS = 4
PRIOR = 0.5
"""Added to each count, so that nothing is impossible."""
USUAL_WEIGHT = 3.0
"""Chords for which the usual share of a kind among its triads counts at each degree."""


def key_of(lead: Lead) -> Key | None:
    """The key that a lead names: Dorian counts as minor, Mixolydian as major; None without one."""
    if not lead.key:
        return None
    text = lead.key.replace("dor", "m").replace("mix", "")
    return Key.parse(text)


def opening(lead: Lead) -> tuple[int, int]:
    """The first and the last but one tick of the first four full bars of a lead."""
    ticks = FOUR_FOUR.ticks
    first = min(n.tick for n in lead.melody) // ticks
    late = min(n.tick for n in lead.melody) % ticks > ticks // 4
    start = (first + late) * ticks
    return start, start + BARS * ticks


def count(folder: Path) -> dict[str, np.ndarray]:
    """The tables as shares: ``chords`` [2, kinds * 12], ``first`` [2, 24], ``tones`` [2, 12]."""
    triads, first = np.full((2, 24), PRIOR), np.full((2, 24), PRIOR)
    kinds = np.full((2, len(ChordKind), 12), PRIOR)
    tones = np.full((2, 12), PRIOR)
    for name in FILES:
        for lead in read_leads(folder / f"{name}.jsonl"):
            key = key_of(lead)
            if key is None or split_of(lead.name) != "train" or not lead.melody:
                continue
            mode = int(key.mode is KeyMode.MINOR)
            start, end = opening(lead)
            heard = lead.chords[start // 960 : end // 960 : 2]
            places = [(c.cls - 1) // 12 * 12 + (c.root - key.tonic) % 12 for c in heard if c]
            for place in places:
                triads[mode, place] += 1
            for chord in heard:
                if chord:
                    kinds[mode, kind_of(chord), (chord.root - key.tonic) % 12] += 1
            for place in places[:1]:
                first[mode, place] += 1
            for note in lead.melody:
                if start <= note.tick < end:
                    tones[mode, (note.pitch - key.tonic) % 12] += note.length / 960
    tables = {"chords": by_kind(triads, kinds), "first": first, "tones": tones}
    return {name: t / t.sum(axis=1, keepdims=True) for name, t in tables.items()}


def by_kind(triads: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """[2, kinds * 12]: counts of triads [2, 24], divided among the kinds of each."""
    minor = np.array([is_minor(kind) for kind in ChordKind])
    whole = np.stack([kinds[:, ~minor].sum(axis=1), kinds[:, minor].sum(axis=1)], axis=1)
    whole = whole[:, minor.astype(int)]
    usual = kinds.sum(axis=2, keepdims=True) / whole.sum(axis=2, keepdims=True)
    share = (kinds + USUAL_WEIGHT * usual) / (whole + USUAL_WEIGHT)
    return (triads.reshape(2, 2, 12)[:, minor.astype(int)] * share).reshape(2, -1)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("leads", type=Path, help="folder of lead sheets (.jsonl)")
    for name, table in count(parser.parse_args().leads).items():
        print(f"{name}:")
        for row in table:
            print("    (" + ", ".join(f"{value:.4f}" for value in row) + "),")


if __name__ == "__main__":
    main()

"""Measure an exported model on a split: ``python -m tools.evaluate --help``.

Everything goes through the ONNX graphs, at temperature 0 unless stated otherwise. The test split is
for reporting; choices are made on the validation split.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from bridge.live.live_session import facts_of
from bridge.model.loading import load
from bridge.music.grid import SLOTS_PER_BAR
from tools.data.augment import with_mistakes
from tools.data.build_dataset import Sources, build
from tools.data.dataset import (
    SPLITS,
    Batch,
    Dataset,
    IntArray,
    Windows,
    pitch_class,
    root_of,
    turned,
)
from tools.data.sizes import HALVES, STEPS, TRACKS
from tools.evaluate.page import write_page
from tools.evaluate.tunes import score_tunes, tunes_of
from tools.export.runtime import ExportedModel, Floats

MAJOR_SCALE = (0, 2, 4, 5, 7, 9, 11)
MAJOR, MINOR = (0, 2, 4, 5, 7, 9, 10, 11), (0, 2, 3, 5, 7, 8, 9, 10)
"""Intervals of a chord's scale from its root: major with both sevenths, minor both sixths."""
LAST_BAR = STEPS - SLOTS_PER_BAR
# "Ode to Joy" as (MIDI pitch, length in steps), in C major.
DEMO = [(64, 4), (64, 4), (65, 4), (67, 4), (67, 4), (65, 4), (64, 4), (62, 4)]
DEMO += [(60, 4), (60, 4), (62, 4), (64, 4), (64, 6), (62, 2), (62, 8)]


PIECE_FIGURES = ("recon", "drums_style", "empty")
"""Figures that need no chord labels."""


class Tally:
    """Named shares: counts of hits and of tries."""

    def __init__(self) -> None:
        self.right: dict[str, float] = {}
        self.total: dict[str, float] = {}

    def add(self, name: str, right: Any, where: Any = None) -> None:
        """Count booleans, only those ``where`` is true if it is given."""
        hits = np.asarray(right)
        mask = np.ones(hits.shape, bool) if where is None else np.asarray(where)
        self.right[name] = self.right.get(name, 0) + float((hits & mask).sum())
        self.total[name] = self.total.get(name, 0) + float(mask.sum())

    def shares(self) -> dict[str, float]:
        """All shares, 0..1."""
        return {n: round(self.right[n] / max(self.total[n], 1), 4) for n in self.right}


def in_harmony(bass: IntArray, chords: IntArray) -> Any:
    """True [N, 64] where a bass class is in its half bar's chord's scale (chords [N, 8]), or is no
    note, or there is no chord."""
    over = np.repeat(chords, STEPS // HALVES, axis=1)
    interval = (pitch_class(bass) - root_of(over)) % 12
    inside = np.where(over >= 13, np.isin(interval, MINOR), np.isin(interval, MAJOR))
    return inside | (over == 0) | (bass < 2)


def score_batch(tally: Tally, model: ExportedModel, batch: Batch) -> None:
    """Add a batch of windows to the tally."""
    tokens, chords = batch.tokens, batch.chords
    count = len(tokens)
    mu, _ = model.encode(tokens, chords)
    again = model.decode(mu, chords=chords).reshape(count, STEPS, 3)
    for i, track in enumerate(TRACKS):
        tally.add(f"recon.{track}", again[..., i] == tokens[..., i])
        sounding = (again[..., i] > 0) | (tokens[..., i] > 0)
        tally.add(f"recon_events.{track}", again[..., i] == tokens[..., i], sounding)
    style = model.style_of(batch.style_bass, batch.style_drums)
    melody = tokens[..., 0]
    guess = partial(model.guess, style=style, phase=batch.phase)
    whole = guess(melody)
    ahead = guess(melody, heard=LAST_BAR)
    given = guess(melody, chords=chords)
    rough = guess(with_mistakes(melody, np.random.default_rng(0)))
    _score_roots(tally, chords, whole.chord_logits, ahead.chord_logits)
    downbeat = chords[:, ::2]
    roots, known = root_of(downbeat), downbeat > 0
    real = tokens[:, ::SLOTS_PER_BAR, 1]
    tally.add("bass_root_real", pitch_class(real) == roots, known & (real >= 2))
    tally.add("bass_root_tonic", roots == 0, known)
    for name, found, bars in (
        ("heard", whole, (0, 1, 2, 3)),
        ("next", ahead, (3,)),
        ("given", given, (0, 1, 2, 3)),
        ("rough", rough, (0, 1, 2, 3)),
    ):
        over = chords if name == "given" else found.chord_logits.argmax(-1)
        band = model.decode(found.mu, bars, chords=over)
        first, want, sure = band[:, :, 0, 1], roots[:, bars], known[:, bars]
        tally.add(f"bass_root_{name}", pitch_class(first) == want, sure & (first >= 2))
        tally.add(f"bass_downbeat_{name}", first >= 2)
        if name in ("heard", "next"):
            steps = [b * SLOTS_PER_BAR + s for b in bars for s in range(SLOTS_PER_BAR)]
            drums = band[..., 2].reshape(count, -1)
            suffix = "" if name == "heard" else "_next"
            tally.add(f"drums_style{suffix}", drums == tokens[:, steps, 2])
        if name == "heard":
            bass = band[..., 1].reshape(count, STEPS)
            sounding = (bass >= 2) & np.repeat(chords > 0, STEPS // HALVES, axis=1)
            tally.add("bass_in_harmony", in_harmony(bass, chords), sounding)
            tally.add("empty_bass_bars", ~(band[..., 1] >= 2).any(2))
            tally.add("empty_drum_bars", ~(band[..., 2] > 0).any(2))
    sounds = tokens[..., 1] >= 2
    labelled = np.repeat(chords > 0, STEPS // HALVES, axis=1)
    tally.add("bass_in_harmony_real", in_harmony(tokens[..., 1], chords), sounds & labelled)
    tally.add("empty_drum_bars_real", ~(tokens[..., 2].reshape(count, 4, -1) > 0).any(2))
    copied = turned(batch.style_drums, -batch.style_phase)
    tally.add("drums_style_copied", copied == tokens[..., 2])
    in_phase = turned(batch.style_drums, -batch.phase)
    tally.add("drums_style_copied_in_phase", in_phase == tokens[..., 2])


def _score_roots(tally: Tally, chords: IntArray, whole: Floats, ahead: Floats) -> None:
    """Count the downbeat roots that the chord head names.

    ``whole``: bars with context on both sides; ``heard``: the last bar, heard; ``next``: the last
    bar, not yet heard.
    """
    truth = chords[:, ::2]
    for name, logits, bars in (
        ("whole", whole, slice(1, 3)),
        ("heard", whole, slice(3, 4)),
        ("next", ahead, slice(3, 4)),
    ):
        named = logits.argmax(-1)[:, ::2][:, bars]
        want = truth[:, bars]
        right = (named > 0) & (root_of(named) == root_of(want))
        tally.add(f"chord_root_{name}", right, want > 0)


def demo_melody() -> IntArray:
    """The demo tune's first four bars as classes [1, 64]."""
    line = np.zeros((1, STEPS), np.int64)
    at = 0
    for pitch, length in DEMO:
        line[0, at] = pitch - 19
        at += length
    return line


def score_styles(model: ExportedModel, melodies: IntArray) -> dict[str, Any]:
    """Distinct drum bars of the presets on melodies [N, 64] (the fewest over the melodies)."""
    names = model.style_names
    twenty, every = [], []
    key_notes = notes = 0
    for melody in melodies:
        lines = np.repeat(melody[None], len(names), axis=0)
        bars = model.decode(model.guess(lines, model.styles, heard=LAST_BAR).mu, (3,))[:, 0]
        drums = [tuple(bar[:, 2]) for bar in bars]
        twenty.append(len(set(drums[:20])))
        every.append(len(set(drums)))
    lines = np.repeat(demo_melody(), len(names), axis=0)
    bass = model.decode(model.guess(lines, model.styles).mu)[..., 1]
    sounding = bass[bass >= 2]
    notes, key_notes = len(sounding), int(np.isin(pitch_class(sounding), MAJOR_SCALE).sum())
    return {
        "styles": len(names),
        "distinct_styles": min(twenty),
        "distinct_styles_all": min(every),
        "demo_bass_in_key": round(key_notes / max(notes, 1), 4),
        "demo_bass_notes": notes,
    }


def score_variation(model: ExportedModel, batch: Batch) -> dict[str, float]:
    """Share of bass and drum steps that change as a sample leaves the mean code."""
    style = model.style_of(batch.style_bass, batch.style_drums)
    guess = model.guess(batch.tokens[..., 0], style, heard=LAST_BAR, phase=batch.phase)
    still = model.decode(guess.mu, (3,))[..., 1:]
    push = np.random.default_rng(0).normal(size=guess.mu.shape).astype(np.float32)
    out = {}
    for amount in (0.0, 0.25, 0.5, 0.75, 1.0):
        moved = model.decode(guess.mu + amount * guess.sigma * push, (3,))[..., 1:]
        out[str(amount)] = round(float((moved != still).mean()), 4)
    return out


def milliseconds(act: Callable[[], object], repeats: int = 200) -> dict[str, float]:
    """p50 and p99 of a call in milliseconds, after ten calls to warm up."""
    for _ in range(10):
        act()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        act()
        times.append(1000 * (time.perf_counter() - start))
    p50, p99 = np.percentile(times, [50, 99])
    return {"p50": round(float(p50), 2), "p99": round(float(p99), 2)}


def score_speed(model: ExportedModel) -> dict[str, dict[str, float]]:
    """Milliseconds of each graph, on one thread of this machine."""
    melody, style = demo_melody(), model.styles[:1]
    codes = model.guess(melody, style).mu + 0.1 * np.arange(50, dtype=np.float32)[:, None]
    turn = cycle(codes[:, None])  # the last decoded code is kept
    return {
        "surrogate_ms": milliseconds(lambda: model.guess(melody, style)),
        "decode_bar_ms": milliseconds(lambda: model.decode(next(turn), (3,), 0.5)),
        "decode_window_ms": milliseconds(lambda: model.decode(next(turn), (0, 1, 2, 3), 0.5)),
    }


def evaluate(model: ExportedModel, windows: Windows, count: int, seed: int = 0) -> dict[str, Any]:
    """All figures on ``count`` windows drawn from a split."""
    rng = np.random.default_rng(seed)
    chosen = rng.choice(len(windows), size=min(count, len(windows)), replace=False)
    tally = Tally()
    parts = [chosen[i : i + 128] for i in range(0, len(chosen), 128)]
    batch = windows.batch(parts[0], rng)
    for part in tqdm(parts, desc="evaluate", unit="batch"):
        batch = windows.batch(part, rng)
        score_batch(tally, model, batch)
    melodies = np.concatenate([demo_melody(), batch.tokens[:7, :, 0]])
    return {
        "windows": len(chosen),
        **tally.shares(),
        **score_styles(model, melodies),
        "variation": score_variation(model, batch),
        "speed": score_speed(model),
    }


def evaluate_tunes(
    folder: Path, data: Dataset, split: str, count: int, seed: int = 0
) -> dict[str, float]:
    """Figures of ``tools.evaluate.tunes`` on ``count`` tunes drawn from a split.

    ``next`` is the first time round, as the band itself heard it.
    """
    tunes = list(tunes_of(data, split))
    order = np.random.default_rng(seed).permutation(len(tunes))[:count]
    found = score_tunes(load(folder), facts_of(str(folder)), [tunes[i] for i in order])
    return {"tunes": len(order), **found}


def evaluate_pieces(model: Path, folder: Path, count: int, seed: int = 0) -> dict[str, Any]:
    """Figures on real pieces, a folder of MIDI files that no training used.

    Reconstruction, and the share of steps in which the surrogate's drums agree with the pieces'
    own.
    """
    data = build(Sources(midi=[folder]))
    data = replace(data, split=np.full_like(data.split, SPLITS.index("test")))
    windows, rng = Windows(data, "test"), np.random.default_rng(seed)
    chosen = rng.choice(len(windows), size=min(count, len(windows)), replace=False)
    tally, runtime = Tally(), ExportedModel(model)
    for start in range(0, len(chosen), 128):
        score_batch(tally, runtime, windows.batch(chosen[start : start + 128], rng))
    kept = {k: v for k, v in tally.shares().items() if k.startswith(PIECE_FIGURES)}
    return {"pieces": {"tunes": len(data.lead_names), "windows": len(chosen), **kept}}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.evaluate", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of trio.npz")
    parser.add_argument("--model", type=Path, required=True, help="exported model folder")
    parser.add_argument("--split", choices=SPLITS, default="test")
    parser.add_argument("--windows", type=int, default=3000, help="number of windows to draw")
    parser.add_argument(
        "--tunes", type=int, default=60, help="number of whole tunes to play (0: none)"
    )
    parser.add_argument(
        "--pieces", type=Path, help="folder of MIDI files (whole trios) to measure on too"
    )
    parser.add_argument("--json", action="store_true", help="print JSON only")
    parser.add_argument("--page", type=Path, help="also write a page with plots to this folder")
    parser.add_argument("--out", type=Path, help="also write the JSON to this file")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    data = Dataset.load(args.data)
    figures: dict[str, Any] = {
        "split": args.split,
        **evaluate(ExportedModel(args.model), Windows(data, args.split), args.windows, args.seed),
    }
    if args.tunes:
        figures |= evaluate_tunes(args.model, data, args.split, args.tunes, args.seed)
    if args.pieces:
        figures |= evaluate_pieces(args.model, args.pieces, args.windows, args.seed)
    text = json.dumps(figures, indent=2)
    if args.out:
        args.out.write_text(text + "\n", encoding="utf-8")
    if args.page:
        write_page(figures, args.page)
    if args.json:
        print(text)
        return
    for name, value in figures.items():
        print(f"{name:24} {value}")


if __name__ == "__main__":
    main()

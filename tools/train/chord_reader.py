"""Train the chord reader.

``python -m tools.train.chord_reader --data DIR --out DIR [--melodies FILE]``

It reads a melody, as far as it was heard, and names the chords under it and of the next bar. Lead
sheets teach the first networks. These label the melodies without chords
(``tools.data.build_melodies``), which they read whole; the second networks learn from both and hear
only a part. Each network is kept in ``--out`` when it is done, and the same command continues after
it. ``--start DIR`` trains the networks of another run further.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from tqdm import trange

from bridge.music.chord_features import HALF_BAR, half_bars
from bridge.music.chords import CHORD_CLASSES
from bridge.music.grid import SLOTS_PER_BAR
from bridge.music.key import estimate_key
from tools.data.dataset import (
    MELODY_PART,
    SPLITS,
    Dataset,
    IntArray,
    class_weights,
    transpose,
)
from tools.network.checkpoints import load_state, save_state
from tools.network.chord_reader_net import SOUNDS, TINY, ChordReader, ChordReaders, HarmonyConfig
from tools.train.averaged_steps import AveragedSteps, Pace

Floats = npt.NDArray[np.float32]
SMOOTHING = 0.05
"""Share of a label that is spread over all chords, since lead sheets differ in their choice."""
NEXT_WEIGHT = 3.0
UNLABELLED_WEIGHT = 0.2
WRITTEN = {
    "nottingham", "openewld", "leadsheets-neonscribe", "oldtime-rjl20", "tuneworks",
}  # fmt: skip
"""Sources whose chords people wrote; the others' were inferred. Each kind is half of all batches.
"""
LOOK_AHEAD = 2
"""Number of half bars named beyond the part that was heard."""
MELODY_WEIGHT = 0.5


@dataclass(frozen=True)
class Tune:
    """A melody and its chords, in the tune's own key.

    ``line`` [T] classes; ``chords`` [T / 8, 25] as distributions; ``known`` [T / 8] is true where a
    chord is labelled; ``shift`` is the number of semitones to the common key.
    """

    line: IntArray
    chords: Floats
    known: npt.NDArray[np.bool_]
    shift: int


# --- data -------------------------------------------------------------------------------


def labelled(data: Dataset, split: str, sources: Collection[str] | None = None) -> list[Tune]:
    """The lead sheets of a split, each once; of ``sources`` only, or of all."""
    eye = np.eye(CHORD_CLASSES, dtype=np.float32)
    tunes = []
    for lead in np.flatnonzero(data.split == SPLITS.index(split)):
        pieces = np.flatnonzero((data.lead == lead) & (data.parts & MELODY_PART > 0))
        wanted = sources is None or str(data.source[lead]) in sources
        if not len(pieces) or not wanted:
            continue
        first, length = data.starts[pieces[0]], int(data.lengths[pieces[0]])
        length -= length % SLOTS_PER_BAR
        line = data.melody[first : first + length].astype(np.int64)
        start = data.chord_starts[lead]
        chords = data.chords[start : start + length // HALF_BAR].astype(np.int64)
        told = eye[chords] * (1 - SMOOTHING) + SMOOTHING / CHORD_CLASSES
        tunes.append(Tune(line, told, chords > 0, int(data.shift[lead])))
    return tunes


def move_chords(chords: Floats, semitones: int) -> Floats:
    """Chord distributions [H, 25] moved by semitones."""
    none, major, minor = chords[:, :1], chords[:, 1:13], chords[:, 13:]
    moved = [none, np.roll(major, semitones, 1), np.roll(minor, semitones, 1)]
    return np.concatenate(moved, axis=1)


@torch.no_grad()
def label(model: ChordReaders, path: Path) -> list[Tune]:
    """Melodies of ``tools.data.build_melodies``, labelled with the networks' chords."""
    tunes = []
    with np.load(path, allow_pickle=False) as arrays:
        lines = np.split(arrays["notes"].astype(np.int64), np.cumsum(arrays["lengths"])[:-1])
    model.eval()
    for whole in lines:
        line = whole[: len(whole) // SLOTS_PER_BAR * SLOTS_PER_BAR]
        shift = estimate_key(class_weights(line)).shift
        rows = half_bars(transpose(line, shift), np.ones(len(line)))
        chords = model(torch.from_numpy(rows[None]))[0].exp().numpy()
        told = np.ones(len(chords), bool)
        tunes.append(Tune(line, move_chords(chords, -shift), told, shift))
    return tunes


@dataclass(frozen=True)
class Example:
    """Features and targets of one stretch of a tune, for each half bar, and their weights."""

    features: Floats
    chords: Floats
    weight: Floats
    sounds: Floats
    unheard: Floats


def example(tune: Tune, config: HarmonyConfig, rng: np.random.Generator) -> Example:
    """A stretch of a tune, heard in part, with a player's mistakes.

    It begins at any bar. A quarter is heard whole, the rest up to a random bar or up to half a bar
    less. A third is in the key found in the heard part alone.
    """
    bars = len(tune.line) // SLOTS_PER_BAR
    length = min(bars, config.bars)
    first = int(rng.integers(0, bars - length + 1))
    steps = slice(first * SLOTS_PER_BAR, (first + length) * SLOTS_PER_BAR)
    halves = slice(2 * first, 2 * (first + length))
    line = tune.line[steps]
    until = length if rng.random() < 0.25 else int(rng.integers(1, length + 1))
    cut = until * SLOTS_PER_BAR - (int(rng.integers(1, 6)) if rng.random() < 0.4 else 0)
    shift = tune.shift
    if rng.random() < 0.35 and until >= 2:
        shift = estimate_key(class_weights(line[:cut])).shift
    line = transpose(line, shift)
    heard = (np.arange(len(line)) < cut).astype(np.float32)
    if rng.random() < 0.3:
        heard *= np.repeat(rng.random(2 * length) > 0.12, HALF_BAR)
    end = min(2 * length, 2 * until + LOOK_AHEAD)
    known = tune.known[halves][:end]
    weight = np.where(known, 1.0, UNLABELLED_WEIGHT)
    weight[2 * until :] *= NEXT_WEIGHT
    plain = half_bars(line, np.ones(len(line)))[:end, : HALF_BAR * SOUNDS]
    return Example(
        features=half_bars(with_mistakes(line, rng), heard)[:end],
        chords=move_chords(tune.chords[halves], shift)[:end],
        weight=weight.astype(np.float32),
        sounds=plain.reshape(end, HALF_BAR, SOUNDS).mean(1),
        unheard=1 - heard.reshape(-1, HALF_BAR).mean(1)[:end],
    )


def with_mistakes(line: IntArray, rng: np.random.Generator) -> IntArray:
    """A copy of the melody in which, in two cases of five, notes are missing or wrong."""
    if rng.random() > 0.4:
        return line
    draw, level = rng.random(len(line)), rng.uniform(0.01, 0.08)
    notes = line >= 2
    out = np.where(notes & (draw < level), 0, line)
    wrong = notes & (draw > 1 - level / 2)
    out[wrong] = np.clip(out[wrong] + rng.choice([-2, -1, 1, 2], int(wrong.sum())), 2, 89)
    return out


def batch(tunes: Sequence[Tune], config: HarmonyConfig, rng: np.random.Generator) -> list[Tensor]:
    """Random examples as five tensors, aligned at the ends that are asked for."""
    chosen = [
        example(tunes[int(rng.integers(len(tunes)))], config, rng) for _ in range(config.batch)
    ]
    longest = max(len(one.features) for one in chosen)

    def padded(name: str) -> Tensor:
        rows = [getattr(one, name) for one in chosen]
        wide = [np.pad(r, [(longest - len(r), 0)] + [(0, 0)] * (r.ndim - 1)) for r in rows]
        return torch.from_numpy(np.stack(wide).astype(np.float32))

    return [padded(name) for name in ("features", "chords", "weight", "sounds", "unheard")]


# --- training ---------------------------------------------------------------------------


def loss_of(model: ChordReader, parts: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Cross entropies: of the chords, and of the sounds of the unheard half bars."""
    features, chords, weight, sounds, unheard = parts
    named, sung = model(features)
    chord = (-(torch.log_softmax(named, -1) * chords).sum(-1) * weight).sum() / weight.sum()
    melody = (-(torch.log_softmax(sung, -1) * sounds).sum(-1) * unheard).sum()
    return chord, melody / unheard.sum().clamp(min=1)


def train(
    pools: Sequence[Sequence[Tune]],
    config: HarmonyConfig,
    seed: int,
    title: str,
    start: Path | None = None,
) -> ChordReader:
    """Train one network, from the weights of file ``start`` on or from random ones; returns its
    weights averaged over the last steps.

    Each batch is drawn from one of the pools in turn.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    model = ChordReader(config)
    if start is not None:
        model.load_state_dict(load_state(start))
    training = AveragedSteps(model, Pace(config.steps, config.lr, config.warmup, config.ema))
    for step in (bar := trange(config.steps, desc=title, unit="batch", mininterval=10)):
        chord, melody = loss_of(model, batch(pools[step % len(pools)], config, rng))
        training.advance(chord + MELODY_WEIGHT * melody)
        bar.set_postfix(chord=f"{chord.item():.3f}", melody=f"{melody.item():.3f}", refresh=False)
    training.finish()
    return model.eval()


def load_or_train(
    path: Path,
    pools: Sequence[Sequence[Tune]],
    config: HarmonyConfig,
    seed: int,
    start: Path | None = None,
) -> ChordReader:
    """The network of ``path``, trained now (from ``start`` on) if it is not there."""
    if path.exists():
        model = ChordReader(config)
        model.load_state_dict(load_state(path))
        return model.eval()
    model = train(pools, config, seed, path.stem, start)
    save_state(path, model.state_dict())
    return model


# --- figures ----------------------------------------------------------------------------


def scores(model: ChordReaders, tunes: Sequence[Tune], bars: int) -> dict[str, float]:
    """Shares of downbeat roots named: with the whole tune heard, up to the bar itself, and of
    the bar after what was heard (hearing at most ``bars`` bars)."""
    right = dict.fromkeys(("whole", "heard", "next"), 0)
    total = dict.fromkeys(right, 0)
    model.eval()
    for tune in tunes:
        line = transpose(tune.line, tune.shift)
        truth = move_chords(tune.chords, tune.shift)[::2].argmax(-1)
        for name, named in read_tune(model, line, bars).items():
            told = tune.known[::2].copy()
            told[0] &= name != "next"
            same = (named - 1) % 12 == (truth - 1) % 12
            right[name] += int((same & told).sum())
            total[name] += int(told.sum())
    return {name: round(right[name] / max(total[name], 1), 4) for name in right}


@torch.no_grad()
def read_tune(model: nn.Module, line: IntArray, bars: int) -> dict[str, IntArray]:
    """The downbeat chord (1..24) of every bar, read in the three ways of :func:`scores`."""
    count = len(line) // SLOTS_PER_BAR
    whole = model(torch.from_numpy(half_bars(line, np.ones(len(line)))[None]))[0]
    out = {"whole": whole[::2, 1:].argmax(-1).numpy() + 1}
    for name, ahead in (("heard", 0), ("next", 1)):
        groups: dict[int, list[int]] = {}
        for bar in range(count):
            groups.setdefault(min(bar + 1, bars), []).append(bar)
        named = np.zeros(count, np.int64)
        for length, ends in groups.items():
            cuts = [slice((b + 1 - length) * SLOTS_PER_BAR, (b + 1) * SLOTS_PER_BAR) for b in ends]
            heard = np.ones(length * SLOTS_PER_BAR)
            heard[len(heard) - ahead * SLOTS_PER_BAR :] = 0
            rows = np.stack([half_bars(line[cut], heard) for cut in cuts])
            logits = model(torch.from_numpy(rows))[:, -2, 1:]
            named[ends] = logits.argmax(-1).numpy() + 1
        out[name] = named
    return out


def main(arguments: list[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of trio.npz")
    parser.add_argument("--out", type=Path, required=True, help="folder of the networks")
    parser.add_argument(
        "--melodies",
        type=Path,
        action="append",
        default=[],
        help="melodies of tools.data.build_melodies; may be given again",
    )
    parser.add_argument("--nets", type=int, default=3, help="number of networks that vote")
    parser.add_argument("--steps", type=int, help="batches for each network of the first round")
    parser.add_argument(
        "--more", type=float, default=2.0, help="length of the second round, relative to the first"
    )
    parser.add_argument("--start", type=Path, help="folder of first networks to train further")
    parser.add_argument("--lr", type=float, help="largest learning rate")
    parser.add_argument("--config", choices=("full", "tiny"), default="full")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(arguments)
    torch.set_num_threads(args.threads)
    config = TINY if args.config == "tiny" else HarmonyConfig()
    given = {"steps": args.steps, "lr": args.lr}
    config = replace(config, **{name: value for name, value in given.items() if value})
    args.out.mkdir(parents=True, exist_ok=True)
    data = Dataset.load(args.data)
    inferred = set(data.source.tolist()) - WRITTEN
    sheets = [tunes for of in (WRITTEN, inferred) if (tunes := labelled(data, "train", of))]
    valid = labelled(data, "valid")
    began = time.monotonic()
    nets = [
        load_or_train(
            args.out / f"first{i}.pt",
            sheets,
            config,
            args.seed + i,
            args.start and args.start / f"first{i}.pt",
        )
        for i in range(args.nets)
    ]
    figures = {"first": scores(ChordReaders(nets), valid, config.bars)}
    print(json.dumps(figures))
    if args.melodies:
        more = [tune for path in args.melodies for tune in label(ChordReaders(nets), path)]
        longer = replace(config, steps=int(config.steps * args.more))
        pools = [*sheets, more]
        nets = [
            load_or_train(args.out / f"second{i}.pt", pools, longer, args.seed + 100 + i)
            for i in range(args.nets)
        ]
        figures["second"] = scores(ChordReaders(nets), valid, config.bars)
        figures["melodies"] = {"tunes": len(more)}
    figures["minutes"] = {"this run": round((time.monotonic() - began) / 60, 1)}
    text = json.dumps(figures, indent=2)
    (args.out / "harmony.json").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()

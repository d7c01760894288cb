"""Train the network that names chords from both hands.

``python -m tools.train.two_hands DATA OUT`` writes its tables (.npz). DATA is a folder with lead
sheets in leads/ (4/4) and metres/. The training tunes are played by simulated pianists
(:mod:`tools.data.piano.playing`); ``--examples FILE`` keeps what they played, and the same command
goes on with it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from tqdm import tqdm, trange

from bridge.listening.chord_features import (
    GROUPS,
    ROUNDING,
    Floats32,
    beat_features,
    context,
    pitch_classes,
    places,
)
from bridge.listening.chord_net import Hearing, scaled
from bridge.listening.chord_reader import STATES
from bridge.music.grid import METRES, Metre
from tools.data.piano.playing import Sheet, play
from tools.data.piano.sheets import LEAST_NOTES, PASSAGE_BARS, sheets
from tools.data.piano.songs import invented
from tools.network.two_hands_net import TwoHandsNet
from tools.train.averaged_steps import AveragedSteps, Pace

INVENTED = {"4/4": 1400, "3/4": 150, "6/8": 100}
"""Songs made up in each metre, in one round."""
BATCH, RATE, WARMUP, AVERAGE = 256, 2e-3, 100, 0.998
BASS_WEIGHT = 0.5
_INDEX = {(state.root, state.quality): index for index, state in enumerate(STATES)}
Ints = npt.NDArray[np.int64]


# --- examples ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Examples:
    """Beats of pieces, one after another: N beats in all.

    ``whole`` [N, WIDTH] are the features of each beat, ``begun`` those of a beat that is heard to
    a random place in it; ``chord`` [N] (-1: none) and ``bass`` [N] its chord and bass note;
    ``place`` [N, 3]; ``lengths`` the beats of each piece.
    """

    whole: npt.NDArray[np.float16]
    begun: npt.NDArray[np.float16]
    chord: Ints
    bass: Ints
    place: npt.NDArray[np.float16]
    lengths: Ints


def played(data: Path, split: str, rounds: float, seed: int) -> Examples:
    """The tunes of a split as simulated pianists play them."""
    rng = np.random.default_rng(seed)
    found: list[tuple[Floats32, Floats32, list[int], list[int], Floats32]] = []
    written = list(sheets(data, split))
    often = [(sheet, metre, int(rng.poisson(rounds * times))) for sheet, metre, times in written]
    share = rounds if split == "train" else rounds / 16
    often += [(sheet, metre, 1) for sheet, metre in _invented(share, rng)]
    for sheet, metre, times in tqdm(often, desc=split, mininterval=10):
        for _ in range(times):
            bars = len(sheet.chords) // sheet.beats
            first = int(rng.integers(0, max(1, bars - PASSAGE_BARS + 1)))
            playing = play(sheet.passage(first, PASSAGE_BARS), int(rng.integers(1 << 62)))
            if len(playing.notes) < LEAST_NOTES:
                continue
            count = len(playing.chords)
            chords = [-1 if c is None else _INDEX[c.root, c.quality] for c in playing.chords]
            basses = [-1 if c is None else c.bass_note for c in playing.chords]
            begun = np.stack([begun_beat(playing.notes, b, _cut(rng)) for b in range(count)])
            whole = beat_features(playing.notes, 0, count)
            found.append((whole, begun, chords, basses, places(metre, 0, count)))
    whole, begun, chord, bass, place = (
        np.concatenate(column) for column in zip(*found, strict=True)
    )
    return Examples(
        whole.astype(np.float16), begun.astype(np.float16), chord, bass, place.astype(np.float16),
        np.array([len(one[2]) for one in found]),
    )  # fmt: skip


def _invented(rounds: float, rng: np.random.Generator) -> Iterator[tuple[Sheet, Metre]]:
    """Songs that are made up, in each metre."""
    for name, songs in INVENTED.items():
        metre = METRES[name]
        for _ in range(round(songs * rounds)):
            seed, compound = int(rng.integers(1 << 62)), metre.steps_per_beat == 6
            yield invented(metre.beats, seed, compound=compound), metre


def _cut(rng: np.random.Generator) -> float:
    """The share of a beat that is heard: mostly just what was struck with it."""
    return float(rng.uniform(0.08, 0.3) if rng.random() < 0.75 else rng.uniform(0.3, 0.95))


def begun_beat(notes: npt.NDArray[np.float64], beat: int, cut: float) -> Floats32:
    """The features of a beat that is heard for a share of it; keys that are down then are held."""
    known = notes[: np.searchsorted(notes[:, 0], beat + cut, side="right")]
    known = known[known[:, 1] > beat - ROUNDING].copy()
    known[known[:, 1] > beat + cut, 1] = beat + 1
    return beat_features(known, beat, 1)[0]


class Batches:
    """Windows of examples, at random or all in turn."""

    def __init__(self, examples: Examples, hearing: Hearing) -> None:
        self.examples, self.hearing = examples, hearing
        ends = np.cumsum(examples.lengths)
        self.end = np.repeat(ends, examples.lengths)
        self.start = np.repeat(ends - examples.lengths, examples.lengths)
        self.named = np.flatnonzero(examples.chord >= 0)
        pieces = np.split(examples.whole.astype(np.float32), ends[:-1])
        ahead = hearing is Hearing.WHOLE
        self.around = scaled(
            np.concatenate([context(pitch_classes(p), ahead=ahead) for p in pieces])
        )

    def of(self, beats: Ints) -> tuple[tuple[Tensor, Tensor, Tensor], Tensor, Tensor]:
        """Inputs, chords and basses of some beats."""
        examples, past = self.examples, self.hearing.past
        around = beats[:, None] + np.arange(-past, self.hearing.future + 1)
        there = (around >= self.start[beats][:, None]) & (around < self.end[beats][:, None])
        around = np.clip(around, 0, len(examples.whole) - 1)
        seen = examples.whole[around].astype(np.float32)
        if self.hearing is Hearing.LIVE:
            seen[:, past] = examples.begun[beats]
        ones = there[..., None].astype(np.float32)
        rest = np.concatenate([seen[..., GROUPS * 12 :], examples.place[around], ones], -1) * ones
        inputs = (seen[..., : GROUPS * 12] * ones, rest.astype(np.float32), self.around[beats])
        pitches, others, usual = (torch.from_numpy(array) for array in inputs)
        chord, bass = examples.chord[beats], examples.bass[beats]
        return (pitches, others, usual), torch.from_numpy(chord), torch.from_numpy(bass)


# --- training ---------------------------------------------------------------------------


def loss_of(net: TwoHandsNet, batches: Batches, beats: Ints) -> Tensor:
    """Cross entropies of the chord, of its root, and of the bass."""
    inputs, chord, bass = batches.of(beats)
    chords, basses = net(*inputs)
    logs = torch.log_softmax(chords, -1)
    roots = torch.logsumexp(logs.unflatten(1, (-1, 12)), 1)
    named = nn.functional.nll_loss(logs, chord) + nn.functional.nll_loss(roots, chord % 12)
    return named + BASS_WEIGHT * nn.functional.cross_entropy(basses, bass)


@torch.no_grad()
def scores(net: TwoHandsNet, batches: Batches) -> dict[str, float]:
    """Shares of roots, chords and basses right."""
    net.eval()
    right, named = np.zeros(3), batches.named
    for first in range(0, len(named), BATCH):
        inputs, chord, bass = batches.of(named[first : first + BATCH])
        chords, basses = net(*inputs)
        roots = torch.softmax(chords, -1).unflatten(1, (-1, 12)).sum(1).argmax(-1)
        hits = (roots == chord % 12, chords.argmax(-1) == chord, basses.argmax(-1) == bass)
        right += [int(hit.sum()) for hit in hits]
    net.train()
    shares = right / max(1, len(named))
    return {n: round(float(s), 4) for n, s in zip(("root", "chord", "bass"), shares, strict=True)}


def train(
    examples: Examples, valid: Examples, hearing: Hearing, steps: int, seed: int
) -> TwoHandsNet:
    """Train a network; returns its weights averaged over the last steps."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    net, batches, checks = TwoHandsNet(hearing), Batches(examples, hearing), Batches(valid, hearing)
    training = AveragedSteps(net, Pace(steps, RATE, WARMUP, AVERAGE))
    for step in (bar := trange(steps, desc=hearing.value, unit="batch", mininterval=10)):
        chosen = batches.named[rng.integers(len(batches.named), size=BATCH)]
        training.advance(loss_of(net, batches, chosen))
        if step % 1000 == 999:
            bar.write(json.dumps({"step": step + 1, **scores(net, checks)}))
    training.finish()
    print(json.dumps({"hearing": hearing, **scores(net, checks)}), flush=True)
    return net.eval()


def main(arguments: list[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="folder of lead sheets")
    parser.add_argument("out", type=Path, help="file of tables to write")
    parser.add_argument("--examples", type=Path, help="file that keeps what was played")
    parser.add_argument("--rounds", type=float, default=4.0, help="times that all is played")
    parser.add_argument("--steps", type=int, default=8000, help="batches of each network")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(arguments)
    torch.set_num_threads(args.threads)
    valid = played(args.data, "validation", 0.5, args.seed + 1)
    examples = _kept(args.examples) or played(args.data, "train", args.rounds, args.seed)
    if args.examples and not args.examples.exists():
        np.savez(args.examples, **vars(examples))
    print(f"{len(examples.lengths)} pieces, {len(examples.chord)} beats", flush=True)
    tables: dict[str, npt.NDArray[np.float16]] = {}
    for hearing in Hearing:
        tables |= train(examples, valid, hearing, args.steps, args.seed).tables(hearing)
        np.savez_compressed(args.out, **tables)


def _kept(path: Path | None) -> Examples | None:
    """The examples of a file; None where there is none."""
    if path is None or not path.exists():
        return None
    with np.load(path, allow_pickle=False) as arrays:
        return Examples(**dict(arrays.items()))


if __name__ == "__main__":
    main()

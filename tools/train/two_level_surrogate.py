"""Train the surrogate of a two-level model: ``python -m tools.train.two_level_surrogate``.

The model itself stays as it is. A row is a window and a reference: four bars of the same piece, or
of the same groove in another piece, that begin where the groove does.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as fn
from tqdm import tqdm

from bridge.music.chords import CHORD_CLASSES
from bridge.music.grid import SLOTS_PER_BAR
from bridge.offline.reconstruct import events_kept
from tools.data.augment import given_chords, heard_masks, with_mistakes
from tools.data.dataset import SPLITS, Dataset, IntArray, turned
from tools.data.sizes import BARS, PHASES
from tools.data.window_batches import (
    MASKS,
    BatchMaker,
    Floats,
    Lines,
    Pool,
    Rng,
    WindowSource,
    chosen,
    varied_voices,
)
from tools.network.checkpoints import CHECKPOINT, load_state, load_vae, save_state
from tools.network.surrogate_net import TwoLevelSurrogate, style_codes
from tools.network.two_level import BASS, DRUMS, Normal, TwoLevelVae, likeliest
from tools.train.trainer import LOG
from tools.train.two_level import step_nats

WEIGHTS = {
    "rendered 4/4": 0.3, "3/4": 0.11, "6/8": 0.11, "12/8": 0.11, "real": 0.12, "drummers": 0.25
}  # fmt: skip
"""Shares of the pools. There are few real pieces: with more of them they are learned by heart, and
other pieces are copied less well."""
NATS_WEIGHT = 0.03
"""Weight of a nat of the notes beside a step that is not as in the window.

Nats alone make a cautious band: where pieces differ, the likeliest single hits are none.
"""
CODE_WEIGHT = 0.02
"""Weight of a nat of the codes, which teach only how far the codes may lie from the guess."""
CHORD_WEIGHT = 0.5
SAME_PIECE = 0.6
VARIED, ITSELF = 0.5, 0.2
"""Shares of the training's rows with drums that nobody played, and whose reference is the window
itself."""


@dataclass(frozen=True)
class Asked:
    """Inputs of the surrogate and what is to come out, N rows.

    ``tokens`` [N, 64, 3] of the window, ``there`` [N, 3]; ``reference`` [N, 64, 3] of the style,
    turned to begin with the same bar of the groove;
    ``melody``, ``heard`` [N, 64] as it was heard; ``chords`` [N, 8], ``given`` [N, 8, 25];
    ``phase``, ``metre`` [N].
    """

    tokens: IntArray
    there: Floats
    reference: IntArray
    melody: IntArray
    heard: Floats
    chords: IntArray
    given: Floats
    phase: IntArray
    metre: IntArray


class ReferenceDrawer:
    """Draws windows with references from the pools of a split."""

    def __init__(self, maker: BatchMaker) -> None:
        self.source, self.data = maker.source, maker.source.data
        self.pools = {**maker.trios, "drummers": maker.singles[2]["groove"]}
        data = self.data
        self.aligned = np.maximum((data.lengths // SLOTS_PER_BAR - BARS) // PHASES + 1, 0)
        usable = np.flatnonzero(self.aligned > 0)
        split = data.split[data.lead[usable]]
        usable = usable[split == SPLITS.index(maker.source.split)]
        usable = usable[data.parts[usable] & 6 == 6]
        self.by_groove = usable[np.argsort(data.groove[usable], kind="stable")]
        grooves = data.groove[self.by_groove]
        count = len(data.groove_names) + 1
        self.first = np.searchsorted(grooves, np.arange(count))

    def draw(self, count: int, rng: Rng, rough: float = 1.0) -> Asked:
        """``count`` rows of all pools by their weights."""
        names = [name for name in WEIGHTS if len(self.pools[name].start)]
        share = np.array([WEIGHTS[name] for name in names])
        sizes = rng.multinomial(count, share / share.sum())
        drawn = [
            various(self.rows(self.pools[name], name, int(size), rng, rough), rng)
            for name, size in zip(names, sizes, strict=True)
            if size
        ]
        fields = [vars(one) for one in drawn]
        return Asked(**{name: np.concatenate([f[name] for f in fields]) for name in fields[0]})

    def rows(self, pool: Pool, name: str, count: int, rng: Rng, rough: float = 1.0) -> Asked:
        """``count`` rows of one pool."""
        index = rng.integers(0, len(pool.start), count)
        start, metre, piece = pool.start[index], pool.metre[index], pool.piece[index]
        begin = self.data.starts[piece]
        tokens = self.source.tokens(start)
        whole = name != "drummers"
        there = np.tile(np.array([whole, whole, True], np.float32), (count, 1))
        heard = heard_masks(count, rng) * there[:, :1]
        melody = with_mistakes(tokens[..., 0], rng, rough) * (heard > 0)
        halves = start[:, None] + SLOTS_PER_BAR // 2 * np.arange(2 * BARS)
        chords = self.source.lines.chords[halves].astype(np.int64)
        phase = (start - begin) // SLOTS_PER_BAR % PHASES
        reference = self.source.tokens(self._references(start, piece, whole, rng))
        lines = [turned(reference[..., part], -phase) for part in range(reference.shape[-1])]
        return Asked(
            tokens=tokens,
            there=there,
            reference=np.stack(lines, -1),
            melody=melody.astype(np.int64),
            heard=heard.astype(np.float32),
            chords=chords,
            given=given_chords(chords, rng),
            phase=phase,
            metre=metre,
        )

    def _references(self, start: IntArray, piece: IntArray, whole: bool, rng: Rng) -> IntArray:
        """First slots of windows at phase 0, of the same piece or groove; not the window itself
        where there is another."""
        other = piece.copy()
        if whole:
            groove = self.data.groove[piece]
            low, high = self.first[groove], self.first[groove + 1]
            far = (rng.random(len(piece)) > SAME_PIECE) & (high > low)
            picked = low + (rng.random(len(piece)) * (high - low)).astype(np.int64)
            other = np.where(
                far, self.by_groove[np.minimum(picked, len(self.by_groove) - 1)], piece
            )
        number = (rng.random(len(piece)) * self.aligned[other]).astype(np.int64)
        found = self.data.starts[other] + number * PHASES * SLOTS_PER_BAR
        again = (number + 1) % np.maximum(self.aligned[other], 1)
        return np.where(
            found == start, self.data.starts[other] + again * PHASES * SLOTS_PER_BAR, found
        )


def various(asked: Asked, rng: Rng) -> Asked:
    """Some rows get drums that nobody played, window and reference alike, so that the unheard of is
    copied; a few have the window itself as their reference."""
    both = np.concatenate([asked.tokens, asked.reference], axis=1)
    varied = varied_voices(both[..., DRUMS], asked.metre, rng)
    rows = chosen(len(both), VARIED, rng)[:, None]
    both[..., DRUMS] = np.where(rows, varied, both[..., DRUMS])
    tokens, reference = np.split(both, 2, axis=1)
    itself = chosen(len(tokens), ITSELF, rng)[:, None, None]
    return replace(asked, tokens=tokens, reference=np.where(itself, tokens, reference))


def answered(
    model: TwoLevelVae, net: TwoLevelSurrogate, asked: Asked
) -> tuple[Normal, Normal, Tensor, list[Tensor], Tensor]:
    """The surrogate's coarse and fine codes, chord logits, bass and drums logits, and metres."""
    metre = fn.one_hot(torch.from_numpy(asked.metre), len(MASKS)).float()
    there = torch.from_numpy(asked.there)
    style = style_codes(model, torch.from_numpy(asked.reference), there, metre)
    if net.training:
        style = style + 0.05 * torch.randn_like(style)
    coarse, fine, named = net(
        torch.from_numpy(asked.melody),
        torch.from_numpy(asked.heard),
        style,
        torch.from_numpy(asked.given),
        torch.from_numpy(asked.phase),
        metre,
    )
    contexts = model.contexts_of(coarse.mu, metre)
    codes = fine.mu.split([model.config.fine_bass, model.config.fine_drums], -1)
    flag = torch.ones(len(style), BARS)
    logits = [
        model.write(part, contexts[part], codes[i], flag, metre)
        for i, part in enumerate((BASS, DRUMS))
    ]
    return coarse, fine, named, logits, metre


def loss_of(
    model: TwoLevelVae, net: TwoLevelSurrogate, asked: Asked
) -> tuple[Tensor, dict[str, float]]:
    """Steps of the window's bass and drums that are missed, and nats."""
    coarse, fine, named, logits, metre = answered(model, net, asked)
    tokens, there = torch.from_numpy(asked.tokens), torch.from_numpy(asked.there)
    mask = torch.from_numpy(np.tile(MASKS[asked.metre], (1, BARS)))
    own, details = model.encode(tokens * there[:, None].long(), there, metre)
    total, parts = torch.zeros(()), {}
    for part, found, name in zip((BASS, DRUMS), logits, ("bass", "drums"), strict=True):
        nats = step_nats(part, found, tokens[..., part]) * mask * there[:, part, None]
        missed = (1 - (-nats).exp()).sum(1).mean()
        parts[name] = missed
        total = total + missed + NATS_WEIGHT * nats.sum(1).mean()
    nats = surprise(coarse, own).mean()
    size = model.config.fine_bass
    low, high = (
        Normal(fine.mu[..., cut], fine.log_sigma[..., cut])
        for cut in (slice(0, size), slice(size, None))
    )
    nats = nats + (surprise(low, details[BASS]).sum(-1) * there[:, 1]).mean()
    nats = nats + surprise(high, details[DRUMS]).sum(-1).mean()
    chords = torch.from_numpy(asked.chords).flatten()
    chord = fn.cross_entropy(named.reshape(-1, CHORD_CLASSES), chords, ignore_index=0)
    total = total + CODE_WEIGHT * nats + CHORD_WEIGHT * chord
    parts |= {"nats": nats, "chord": chord, "loss": total}
    return total, {name: value.item() for name, value in parts.items()}


def surprise(guess: Normal, true: Tensor) -> Tensor:
    """Nats of ``true`` under a guess, up to a constant, summed over the last axis; only the
    guess's spread learns from them."""
    z = (true - guess.mu.detach()) * (-guess.log_sigma).exp()
    return (0.5 * z.square() + guess.log_sigma).sum(-1)


@torch.no_grad()
def check(
    model: TwoLevelVae, net: TwoLevelSurrogate, drawer: ReferenceDrawer, count: int = 500
) -> dict[str, float]:
    """By pool: share of steps in which the drums agree with the window's, all steps and those with
    an event; the same of the reference copied in phase; bass events kept, downbeat on the root."""
    net.eval()
    found: dict[str, float] = {}
    for name, pool in drawer.pools.items():
        if not len(pool.start):
            continue
        asked = drawer.rows(pool, name, count, np.random.default_rng(5), rough=0.0)
        _, _, _, logits, _ = answered(model, net, asked)
        tokens = torch.from_numpy(asked.tokens)
        mask = torch.from_numpy(np.tile(MASKS[asked.metre], (1, BARS)))
        bass, drums = (
            likeliest(part, found_logits).flatten(1)
            for part, found_logits in zip((BASS, DRUMS), logits, strict=True)
        )
        copied = torch.from_numpy(asked.reference[..., DRUMS])
        for label, line in (("drums", drums * mask), ("copied", copied)):
            found[f"{name}.{label}"] = (line == tokens[..., DRUMS])[mask].float().mean().item()
            kept = events_kept(tokens[..., DRUMS].numpy(), line.numpy())
            found[f"{name}.{label}.events"] = kept
        if name != "drummers":
            sounding = bass[:, ::SLOTS_PER_BAR] >= 2
            root = ((bass[:, ::SLOTS_PER_BAR] + 19) % 12 == 0) & sounding
            found[f"{name}.root"] = (root.sum() / sounding.sum().clamp(min=1)).item()
            real = tokens[:, ::SLOTS_PER_BAR, BASS]
            own = ((real + 19) % 12 == 0) & (real >= 2)
            found[f"{name}.root.own"] = (own.sum() / (real >= 2).sum().clamp(min=1)).item()
    net.train()
    return {name: round(value, 4) for name, value in found.items()}


def main(arguments: list[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of trio.npz")
    parser.add_argument("--model", type=Path, required=True, help="folder of the two-level run")
    parser.add_argument("--out", type=Path, required=True, help="folder of checkpoint and log")
    parser.add_argument("--minutes", type=float, default=20, help="planned minutes in all")
    parser.add_argument("--every", type=float, default=2, help="minutes between checks")
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--lr", type=float, default=6e-4)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(arguments)
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    data = Dataset.load(args.data)
    lines = Lines.of(data)
    train, valid = (
        ReferenceDrawer(BatchMaker(WindowSource(data, lines, split)))
        for split in ("train", "valid")
    )
    model = load_vae(args.model)
    net = TwoLevelSurrogate(model.config)
    optimiser = torch.optim.AdamW(net.parameters(), args.lr, weight_decay=1e-2)
    args.out.mkdir(parents=True, exist_ok=True)
    step, elapsed = 0, 0.0
    if (args.out / CHECKPOINT).exists():
        state = load_state(args.out / CHECKPOINT)
        net.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        step, elapsed = state["step"], state["elapsed"]
    rng = np.random.default_rng((step, args.seed))
    began, noted = time.monotonic() - elapsed, time.monotonic()
    bar = tqdm(initial=step, unit="batch", mininterval=20)
    while elapsed < 60 * args.minutes:
        rate = args.lr * max(0.01, 1 - elapsed / (60 * args.minutes))
        for group in optimiser.param_groups:
            group["lr"] = rate * min(1.0, (step + 1) / 100)
        total, parts = loss_of(model, net, train.draw(args.batch, rng))
        optimiser.zero_grad(set_to_none=True)
        total.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        step += 1
        bar.update()
        elapsed = time.monotonic() - began
        if time.monotonic() - noted > 60 * args.every or elapsed >= 60 * args.minutes:
            row = {"step": step, "minutes": round(elapsed / 60, 2), "parts": parts}
            row["valid"] = check(model, net, valid)
            with (args.out / LOG).open("a", encoding="utf-8") as log:
                log.write(json.dumps(row) + "\n")
            state = {"model": net.state_dict(), "optimiser": optimiser.state_dict()}
            save_state(args.out / CHECKPOINT, {**state, "step": step, "elapsed": elapsed})
            noted = time.monotonic()
    bar.close()


if __name__ == "__main__":
    main()

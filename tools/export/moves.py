"""Moves of the code that knobs choose from (see ``bridge.latent.steering``).

Many candidates are tried on training codes, and a greedy choice keeps those that together leave the
smallest cost; for such a measure the greedy choice is close to the best (Nemhauser, Wolsey and
Fisher, "An analysis of approximations for maximizing submodular set functions", 1978).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from bridge.latent.analysis import spearman
from bridge.latent.steering import MOVE_COST, Steering, costs, exchanges, squared_lengths
from bridge.music.attributes import ATTRIBUTES, measure
from bridge.music.grid import SLOTS_PER_BAR
from tools.data.dataset import IntArray, Windows
from tools.data.sizes import BARS
from tools.export.runtime import ExportedModel

Floats = npt.NDArray[np.floating]
NAMES: Final = tuple(ATTRIBUTES)
KEPT: Final = 24
"""Number of moves in the model folder, the first of which is none: a knob decodes this many bars.
"""
REACH: Final = 1.5
"""Change that a full turn asks for, in deviations of the attribute over bars."""
OWN: Final = 9.0
"""Weight of the attribute that is asked for; :data:`RARE` times that for one absent from most bars.
"""
RARE: Final = 4.0
SELDOM: Final = 0.5
"""Share of bars without an attribute from which on it counts as rare."""
SURE: Final = 0.93
LOUDER: Final = 1.6
"""Below this correlation with its knob, :func:`settle` multiplies an attribute's weight by
:data:`LOUDER`."""
TURNS: Final = (-1.0, -0.5, 0.5, 1.0)
KNOB: Final = np.linspace(-1, 1, 7)
SETTLING: Final = 4
STEP: Final = 0.4
FREE: Final = 0.1
"""Rounds of :func:`settle`, its correction as a share of the correlation, and the correlation that
it leaves uncorrected."""
SETTLING_KNOB: Final = np.linspace(-1, 1, 5)
BAR: Final = BARS - 1
"""The bar that is decoded: the last of the window, as in live accompaniment."""


@dataclass(frozen=True)
class Sample:
    """Codes [N, Z], the melodies of their last bars [N, 16], the real trios [N, 64, 3]."""

    codes: Floats
    melody: IntArray
    tokens: IntArray

    def first(self, count: int) -> Sample:
        """The first ``count`` entries."""
        return Sample(self.codes[:count], self.melody[:count], self.tokens[:count])


def draw(model: ExportedModel, windows: Windows, count: int, seed: int) -> Sample:
    """Codes as they occur in use.

    In turn: of real trios by the encoder, and by the surrogate of melodies in their own or a
    preset's style.
    """
    rng = np.random.default_rng(seed)
    batch = windows.random(count, rng)
    style = model.style_of(batch.style_bass, batch.style_drums)
    preset = model.styles[rng.integers(0, len(model.styles), count)]
    style = np.where((rng.random(count) < 0.5)[:, None], style, preset).astype(np.float32)
    codes = model.encode(batch.tokens, batch.chords)[0].copy()
    guess = model.guess(batch.tokens[..., 0], style, chords=batch.chords, phase=batch.phase)
    codes[1::2] = guess.mu[1::2]
    return Sample(codes, batch.tokens[:, BAR * SLOTS_PER_BAR :, 0], batch.tokens)


def decoded(model: ExportedModel, codes: Floats, melody: IntArray) -> IntArray:
    """The last bars [N, 16, 3] decoded from codes [N, Z], with the given melodies [N, 16]."""
    parts = [model.decode(codes[i : i + 128], (BAR,)) for i in range(0, len(codes), 128)]
    tokens = np.concatenate(parts)[:, 0]
    tokens[..., 0] = melody
    return tokens


def spread_of(sample: Sample) -> npt.NDArray[np.float64]:
    """The standard deviation [A] of each attribute over real bars."""
    bars = sample.tokens[:, BAR * SLOTS_PER_BAR :]
    return np.asarray(np.maximum(measure(bars).std(axis=0), 1e-6))


def candidate_moves(
    sample: Sample, band: int, vectors: Floats, rng: np.random.Generator, each: int
) -> npt.NDArray[np.float64]:
    """Candidate moves [M, Z], the first of which is none.

    They lie along the directions [D, Z] and mixtures of them, from codes to others with a high or
    low attribute, and, longer, to codes that have a rare attribute. Lengths are shares of the
    codes' mean distance from their mean.
    """
    width = sample.codes.shape[1]
    codes = sample.codes[:, width - band :]
    far = float(np.linalg.norm(codes - codes.mean(axis=0), axis=1).mean())
    unit = _unit(vectors[:, width - band :])
    some = rng.standard_normal((10 * each, len(unit)))
    ways = [np.zeros((1, band))]
    ways += [turn * share * far * unit for turn in (-1, 1) for share in (0.18, 0.3, 0.43)]
    ways.append(_unit(some @ unit) * far * rng.uniform(0.12, 0.49, (len(some), 1)))
    values = measure(sample.tokens)
    tie = 1e-6 * rng.random(len(values))
    tenth = max(1, len(values) // 12)
    for column in values.T:
        order = np.argsort(column + tie)
        for end in (order[:tenth], order[-tenth:]):
            there = codes[rng.choice(end, each)] - codes[rng.integers(0, len(codes), each)]
            ways.append(_unit(there) * far * rng.uniform(0.18, 0.61, (each, 1)))
        if (column == 0).mean() > SELDOM:
            much = codes[order[-tenth:]]
            there = np.concatenate([much.mean(axis=0)[None], much[rng.choice(len(much), each)]])
            there = _unit(there - codes.mean(axis=0))
            ways += [share * far * there for share in (0.43, 0.61, 0.79)]
    moves = np.concatenate(ways)
    return np.concatenate([np.zeros((len(moves), width - band)), moves], axis=1)


def _unit(rows: Floats) -> Floats:
    size = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(size > 0, size, 1.0))


def try_moves(model: ExportedModel, sample: Sample, moves: Floats) -> IntArray:
    """The bars [N, M, 16, 3] of every code after every move."""
    pairs = zip(sample.codes, sample.melody, strict=True)
    return np.stack([
        decoded(model, code + moves, melody)
        for code, melody in tqdm(pairs, total=len(sample.codes), desc="moves")
    ])  # fmt: skip


def weights_of(tokens: IntArray) -> npt.NDArray[np.float64]:
    """The weights [A] of attributes that are asked for."""
    values = measure(tokens)
    rare = (values == 0).mean(axis=0) > SELDOM
    return np.where(rare, OWN * RARE, OWN)


def choose(moves: Floats, tried: IntArray, reach: Floats, weights: Floats, kept: int) -> list[int]:
    """Indices of the moves with the smallest total cost, the first of them 0 (none).

    The cost is summed over all codes tried [N, M, 16, 3], attributes and turns; for each the best
    voice of a bar is taken.
    """
    asked = np.repeat(np.eye(len(reach)), len(TURNS), axis=0) * np.tile(TURNS, len(reach))[:, None]
    parts = [_wished(bars, asked, reach, weights) for bars in tqdm(tried, desc="choice")]
    cost = np.concatenate(parts) + MOVE_COST * squared_lengths(moves)  # [N * W, M]
    best, chosen = cost[:, 0].copy(), [0]
    while len(chosen) < min(kept, len(moves)):
        gain = np.maximum(best[:, None] - cost, 0.0).sum(axis=0)
        chosen.append(int(gain.argmax()))
        best = np.minimum(best, cost[:, chosen[-1]])
    return chosen


def _wished(bars: IntArray, asked: Floats, reach: Floats, weights: Floats) -> Floats:
    """The cost [W, M] of each wish with the best exchange of one voice of the bars [M, 16, 3]."""
    mixed = exchanges(bars[0], bars)
    found = measure(mixed.reshape(-1, *bars.shape[1:]))
    change = (found - measure(bars[:1])) / reach
    cost = [costs(change - wish, wish != 0, weights) for wish in asked]
    return np.stack(cost).reshape(len(asked), len(mixed), len(bars)).min(axis=1)


def find_moves(
    model: ExportedModel, sample: Sample, vectors: Floats, band: int,
    *, codes: int = 60, each: int = 12, kept: int = KEPT, seed: int = 0,
) -> dict[str, np.ndarray]:  # fmt: skip
    """``reach`` [D], ``weights`` [D], ``moves`` [K, Z] and ``aims`` [D, D], for
    ``directions.npz``; they are tried on the first ``codes`` of the sample."""
    moves = candidate_moves(sample, band, vectors, np.random.default_rng(seed), each)
    tried = try_moves(model, sample.first(codes), moves)
    reach = REACH * spread_of(sample)
    weights = weights_of(sample.tokens[:, BAR * SLOTS_PER_BAR :])
    chosen = choose(moves, tried, reach, weights, kept)
    steering = Steering(NAMES, reach, weights, moves[chosen].astype(np.float32))
    aims, weights = settle(steering, tried[:, chosen])
    return {"reach": reach, "weights": weights, "moves": steering.moves, "aims": aims}


def settle(
    steering: Steering, tried: IntArray
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Aims [D, D] and weights [D] that make each knob move its own attribute and no other.

    Over all codes whose bars [N, K, 16, 3] were tried, an attribute that still correlates with
    another's knob gets a small opposite aim, in a few rounds.
    """
    width = len(steering.names)
    aims, weights = np.eye(width), steering.weights
    for _ in tqdm(range(SETTLING), desc="aims"):
        turned = replace(steering, aims=aims, weights=weights)
        order = np.stack([
            orders(turn(turned, own, SETTLING_KNOB, tried)) for own in range(width)
        ])  # fmt: skip
        weights = np.where(np.diag(order) < SURE, LOUDER * weights, weights)
        drag = order * (1.0 - np.eye(width))
        aims = aims - STEP * np.where(np.abs(drag) > FREE, drag, 0.0)
    return aims, weights


def turn(steering: Steering, own: int, knob: Floats, tried: IntArray) -> npt.NDArray[np.float64]:
    """The attributes [N, K, A] of the bars that knob number ``own`` gives at positions ``knob``
    [K]."""
    values = np.zeros((len(knob), len(steering.names)))
    values[:, own] = knob
    return np.stack([
        measure(np.stack([steering.steer(row, bars)[0] for row in values]), steering.names)
        for bars in tried
    ])  # fmt: skip


def orders(values: Floats) -> npt.NDArray[np.float64]:
    """The mean over codes of each attribute's Spearman correlation [A] with the knob, of values [N,
    K, A]."""
    return np.asarray(spearman(np.moveaxis(values, 1, 2)).mean(axis=0))


def judge(
    model: ExportedModel, windows: Windows, arrays: dict[str, np.ndarray], count: int = 200
) -> dict[str, Any]:
    """The effect of each knob on held-out codes.

    For every attribute: ``order``, the mean over codes of its Spearman correlation with the knob at
    one code; ``change``, the mean change from end to end in deviations. ``curve`` is the Spearman
    correlation of the mean over codes.
    """
    names = tuple(str(name) for name in arrays["names"])
    steering = Steering(names, arrays["reach"], arrays["weights"], arrays["moves"], arrays["aims"])
    sample = draw(model, windows, max(count, 1000), 1)
    spread = spread_of(sample)
    tried = try_moves(model, sample.first(count), steering.moves.astype(np.float64))
    out: dict[str, Any] = {}
    for own, name in enumerate(names):
        values = turn(steering, own, KNOB, tried)
        order = orders(values)
        change = (values[:, -1] - values[:, 0]).mean(axis=0) / spread
        out[name] = {
            "curve": round(float(spearman(values.mean(axis=0).T)[own]), 3),
            "order": {k: round(float(v), 3) for k, v in zip(names, order, strict=True)},
            "change": {k: round(float(v), 2) for k, v in zip(names, change, strict=True)},
        }
    return out

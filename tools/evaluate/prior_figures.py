"""Compare sequences of the prior with real ones, for their section of a model's card."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

import onnx
from bridge.latent.paths import walk
from bridge.latent.prior import MAX_WINDOWS, Prior, PriorSpace, sample_codes
from tools.export.runtime import open_graph

Floats = npt.NDArray[np.float32]
COUNTS: Final = (1, 2, 4, 8, 16, 32, 64)
"""Numbers of denoising steps that are compared."""
LENGTH: Final = 16
SEQUENCES: Final = 250
LAGS: Final = (1, 2, 4, 8)
SECTION: Final = "prior"
"""Name of the section in CARD.md."""


class Source(Protocol):
    """Real sequences of codes (see ``tools.train.prior.PieceCodes``)."""

    codes: Floats

    def draw(self, count: int, length: int, rng: np.random.Generator) -> Floats:
        """Draw ``count`` sequences [N, L, Z] of ``length`` codes."""


def prior_of(graph: onnx.ModelProto, space: PriorSpace) -> Prior:
    """A prior of a graph in memory."""
    session = open_graph(graph.SerializeToString())

    def denoise(x: Floats, given: Floats, level: Floats) -> Floats:
        out: Floats = session.run(None, {"x": x, "given": given, "level": level})[0]
        return out

    return Prior(space, denoise)


def frechet(first: Floats, second: Floats) -> float:
    """The Fréchet distance of two sets of vectors [N, Z] by mean and covariance (0: the same)."""
    a, b = first.astype(np.float64), second.astype(np.float64)
    apart = a.mean(0) - b.mean(0)
    one, two = np.cov(a.T), np.cov(b.T)
    values, vectors = np.linalg.eigh(one)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    both = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ two @ root), 0)).sum()
    return float(apart @ apart + np.trace(one) + np.trace(two) - 2 * both)


def autocorrelation(sequences: Floats, mean: Floats, lag: int) -> float:
    """Similarity (-1..1) of codes ``lag`` windows apart, in sequences [N, L, Z]."""
    away = sequences - mean
    return float((away[:, :-lag] * away[:, lag:]).sum(-1).mean() / (away**2).sum(-1).mean())


def compared(made: Floats, real: Floats, mean: Floats) -> dict[str, Any]:
    """Distances of sequences [N, L, Z] from real ones, and their autocorrelation."""
    width = real.shape[-1]
    scale = float((real - mean).reshape(-1, width).var(axis=0).sum())
    flat, goal = made.reshape(-1, width), real.reshape(-1, width)
    steps, goal_steps = np.diff(made, axis=1), np.diff(real, axis=1)
    return {
        "codes": frechet(flat, goal) / scale,
        "moves": frechet(steps.reshape(-1, width), goal_steps.reshape(-1, width)) / scale,
        "autocorrelation": {lag: autocorrelation(made, mean, lag) for lag in LAGS},
    }


def figures(
    graph: onnx.ModelProto, space: PriorSpace, train: Source, test: Source, seed: int = 0
) -> dict[str, Any]:
    """Everything that the card says, over sequences of 16 windows."""
    rng = np.random.default_rng(seed)
    prior = prior_of(graph, space)
    real = test.draw(SEQUENCES, LENGTH, rng)
    rows: dict[str, dict[str, Any]] = {
        "real": compared(test.draw(SEQUENCES, LENGTH, rng), real, space.mean),
        "train": compared(train.draw(SEQUENCES, LENGTH, rng), real, space.mean),
    }
    for steps in COUNTS:
        begun = time.perf_counter()
        made = np.stack(
            [sample_codes(prior, LENGTH, [seed, i], steps=steps) for i in range(SEQUENCES)]
        )
        took = (time.perf_counter() - begun) / SEQUENCES
        rows[f"steps {steps}"] = compared(made, real, space.mean) | {"ms": took * 1000}
    for name, draw in RIVALS.items():
        rows[name] = compared(draw(space, rng), real, space.mean)
    made = np.stack([sample_codes(prior, LENGTH, [seed, i]) for i in range(64)])
    return {
        "rows": rows,
        "given": continuing(prior, test, rng),
        "nearest": {"prior": nearest(made, train.codes), "test": nearest(real[:64], train.codes)},
    }


def continuing(prior: Prior, test: Source, rng: np.random.Generator) -> dict[str, float]:
    """Squared errors of continuations of real sequences, as shares of the variance.

    Of 12 real windows the prior continues 4: the mean of 8 samples, the likeliest one, and for
    comparison the last window repeated and the mean of all music.
    """
    real = test.draw(120, LENGTH, rng)
    begin = real.copy()
    begin[:, 12:] = np.nan
    scale = float(((real[:, 12:] - prior.space.mean) ** 2).mean())

    def error(guess: Floats) -> float:
        return float(((guess - real[:, 12:]) ** 2).mean()) / scale

    sequences = np.stack([
        [sample_codes(prior, LENGTH, [i, k], given=row)[12:] for k in range(8)]
        for i, row in enumerate(begin)
    ])  # fmt: skip
    likely = np.stack(
        [sample_codes(prior, LENGTH, 0, given=row, temperature=0)[12:] for row in begin]
    )
    return {
        "mean of 8": error(sequences.mean(axis=1)),
        "likeliest": error(likely),
        "last again": error(np.repeat(real[:, 11:12], 4, axis=1)),
        "mean": 1.0,
    }


def nearest(sequences: Floats, codes: Floats, among: int = 20000) -> float:
    """Mean distance of the codes of sequences [N, L, Z] from the nearest training code."""
    picked = codes[:: max(1, len(codes) // among)].astype(np.float32)
    flat = sequences.reshape(-1, codes.shape[-1])
    squares = (picked**2).sum(-1)
    found = [
        np.sqrt(np.maximum(0, (part**2).sum(-1)[:, None] - 2 * part @ picked.T + squares).min(-1))
        for part in np.array_split(flat, max(1, len(flat) // 256))
    ]
    return float(np.concatenate(found).mean())


def _independent(space: PriorSpace, rng: np.random.Generator) -> Floats:
    drawn = rng.standard_normal((SEQUENCES, LENGTH, len(space.spread)))
    return space.codes(drawn.astype(np.float32))


def _walked(restlessness: float) -> Callable[[PriorSpace, np.random.Generator], Floats]:
    def draw(space: PriorSpace, rng: np.random.Generator) -> Floats:
        starts = rng.standard_normal((SEQUENCES, len(space.spread))).astype(np.float32)
        rows = [
            walk(start, LENGTH, seed, restlessness=restlessness)
            for seed, start in enumerate(starts)
        ]
        return space.codes(np.stack(rows))

    return draw


RIVALS: Final = {
    "independent": _independent,
    "walk 0.15": _walked(0.15),
    "walk 0.5": _walked(0.5),
}
_NAMES: Final = {
    "real": "real ones, another draw",
    "train": "sequences of the training tunes",
    "independent": "independent draws (same mean and covariance)",
    "walk 0.15": "random walk, restlessness 0.15",
    "walk 0.5": "random walk, restlessness 0.5",
}


def card_section(found: dict[str, Any]) -> str:
    """The figures as a section of CARD.md."""
    lines = [
        "## Prior over phrases",
        "",
        f"`prior.onnx` ({found['kilobytes']} kB, {found['weights']:,} weights, half precision): "
        "a latent diffusion model over sequences of up to "
        f"{MAX_WINDOWS} codes, a code every four bars; a transformer of "
        f"{found['config']['layers']} layers over principal components (`prior.npz`). Trained "
        f"{found['minutes']:g} minutes on one thread ({found['step']:,} batches) on codes of the "
        "training tunes; a tune shorter than a sequence is played round again. Loss "
        f"{found['loss_train']:.3f} on training tunes, {found['loss_valid']:.3f} on the "
        "validation tunes.",
        "",
        f"{SEQUENCES} sequences of {LENGTH} windows against as many of the test tunes. Distances "
        "are Fréchet distances of means and covariances, of codes and of their moves from window "
        "to window, as shares of the variance of codes; r is the autocorrelation of codes.",
        "",
        "| sequences | codes | moves | " + " | ".join(f"r {lag}" for lag in LAGS) + " | ms |",
        "|---" * (len(LAGS) + 4) + "|",
    ]
    for name, row in found["rows"].items():
        title = _NAMES.get(name, f"prior, {name.removeprefix('steps ')} steps")
        r = " | ".join(f"{value:.2f}" for value in row["autocorrelation"].values())
        took = f"{row['ms']:.0f}" if "ms" in row else ""
        lines.append(f"| {title} | {row['codes']:.3f} | {row['moves']:.3f} | {r} | {took} |")
    given, near = found["given"], found["nearest"]
    lines += [
        "",
        "Going on from 12 real windows, the squared error of the next four, as a share of their "
        f"variance: the mean of 8 sequences {given['mean of 8']:.2f}, the likeliest one "
        f"(temperature 0) {given['likeliest']:.2f}, the last window again "
        f"{given['last again']:.2f}, the mean of all music 1. Sampled codes lie "
        f"{near['prior']:.2f} from the nearest training code, those of test tunes "
        f"{near['test']:.2f}.",
    ]
    return "\n".join(lines)

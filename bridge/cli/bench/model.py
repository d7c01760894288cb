"""``latent-bridge bench model``: milliseconds from a melody to the next bar.

The floor is the time of the multiplications alone. The multiply-adds of the graphs' matrix
products are counted while they run (two operations each) and divided by the rate at which
numpy, on one thread of this machine, multiplies two large float32 matrices: the highest rate
known for this core. A model that plays one bar cannot reach the floor: it multiplies vectors
and small matrices, reads every weight for a few products, and draws 48 classes one after the
other. The distance from the floor is the room for improvement.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click
import numpy as np
from msgspec import structs

from bridge.cli.shared.model_options import MODEL_NAME
from bridge.cli.shared.options import JSON, LIBRARY_FOLDER
from bridge.errors import ModelError
from bridge.model.answering.answer import answer
from bridge.model.contract import (
    CHORD_CLASSES,
    CHORDS_PER_BAR,
    DRUMMER_WIDTH,
    TRACKS,
    ModelSpec,
    Trio,
)
from bridge.model.library import find
from bridge.model.messages import Request
from bridge.model.worker.child import FAKE, load_model
from bridge.music.chord_features import BARS_BEFORE, half_bars
from bridge.music.tokens import MELODY_CLASSES

Feed = dict[str, Any]
ONE_THREAD: Final = dict.fromkeys(
    (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "VECLIB_MAXIMUM_THREADS",
        "BLIS_NUM_THREADS",
    ),
    "1",
)
"""Environment of one thread. numpy's libraries read it while they load: use a new process."""
_RATE: Final = """
import time
import numpy as np
n = 512
a = np.random.default_rng(0).standard_normal((n, n)).astype(np.float32)
a @ a
best = 1e9
for _ in range(20):
    begun = time.perf_counter()
    a @ a
    best = min(best, time.perf_counter() - begun)
print(2 * n**3 / best)
"""


@click.command()
@click.option(
    "--runs", default=200, show_default=True, type=click.IntRange(10), help="Number of runs."
)
@MODEL_NAME
@LIBRARY_FOLDER
@JSON
def bench_model(runs: int, model: str, library: Path | None, as_json: bool) -> None:
    """Measure the milliseconds of the model on one thread, and their arithmetic floor.

    harmony: the chords of a window and what was played before it. surrogate: a melody to a
    code. decode bar, decode window: a code to one bar, to all bars. feel: how its drums are
    hit. chords given: a request to its answer by surrogate, decoder and feel. melody to bar:
    the same where the chords have to be heard first.

    The floor is the multiplications alone: those of the graphs' matrix products, counted
    while they run, at the rate of a large float32 matrix product in numpy on one thread here.
    """
    if model == FAKE:
        raise ModelError("the fake model has no graphs to count: name a model of the library")
    trio = load_model(model, library)
    times = measure(trio, runs)
    rate = matrix_rate()
    floors = {
        name: round(2 * products / rate * 1000, 4)
        for name, products in count_products(find(model, library), trio.spec).items()
    }
    report = {
        **times,
        "floor_ms": floors["melody_to_bar"],
        "floors_ms": floors,
        "matrix_gflops": round(rate / 1e9, 1),
        "runs": runs,
    }
    if as_json:
        click.echo(json.dumps(report))
    else:
        _print(trio, times, floors, rate, runs)


def measure(trio: Trio, runs: int) -> dict[str, dict[str, float]]:
    """Median and 99th percentile of each part, in milliseconds; the parts take turns."""
    spec = trio.spec
    feeds = example_feeds(spec)
    one, window = feeds["decode_bar"], feeds["decode_window"]
    style = tuple(feeds["surrogate"]["style"][0].tolist())
    melody = tuple(feeds["surrogate"]["melody"][0].tolist())
    bar = melody[: spec.steps_per_bar]
    request = Request(
        generation=0,
        target_bar=0,
        bars=(spec.bars - 1,),
        melody=melody,
        heard=(1,) * spec.steps,
        style=style,
        before=bar * BARS_BEFORE,
    )
    given = structs.replace(request, chords=(1,) * (spec.bars * CHORDS_PER_BAR))
    parts: dict[str, Callable[[], object]] = {
        "harmony_ms": lambda: trio.harmony(**feeds["harmony"]),
        "surrogate_ms": lambda: trio.surrogate(**feeds["surrogate"]),
        "decode_bar_ms": lambda: trio.decode(**one),
        "decode_window_ms": lambda: trio.decode(**window),
        "feel_ms": lambda: trio.feel(**feeds["feel"]),
        "chords_given_ms": lambda: answer(trio, given),
        "melody_to_bar_ms": lambda: answer(trio, request),
    }
    seconds: dict[str, list[float]] = {name: [] for name in parts}
    for _ in range(runs):
        for name, part in parts.items():
            begun = time.perf_counter()
            part()
            seconds[name].append(time.perf_counter() - begun)
    return {name: summary(values) for name, values in seconds.items()}


def summary(seconds: list[float]) -> dict[str, float]:
    """Median and 99th percentile, in milliseconds."""
    return {
        "p50": round(statistics.median(seconds) * 1000, 3),
        "p99": round(float(np.quantile(seconds, 0.99)) * 1000, 3),
    }


def example_feeds(spec: ModelSpec) -> dict[str, Feed]:
    """Inputs of each part: a melody and codes of plausible size, always the same."""
    rng = np.random.default_rng(0)

    def code(bars: int) -> Feed:
        shape = (1, bars, spec.steps_per_bar, len(TRACKS))
        return {
            "z": rng.standard_normal((1, spec.latent), dtype=np.float32),
            "bars": np.arange(bars),
            "temperature": 0.5,
            "noise": rng.random(shape, dtype=np.float32),
            "chords": np.zeros((1, halves), np.int64),
        }

    halves = spec.bars * CHORDS_PER_BAR
    melody = np.where(
        np.arange(spec.steps) % 4 == 0, rng.integers(2, MELODY_CLASSES, spec.steps), 0
    )
    surrogate = {
        "melody": melody[None].astype(np.int64),
        "heard": np.ones((1, spec.steps), np.float32),
        "style": np.zeros((1, spec.style), np.float32),
        "chords": np.zeros((1, halves, CHORD_CLASSES), np.float32),
        "phase": np.zeros(1, np.int64),
    }
    heard = (BARS_BEFORE + spec.bars) * spec.steps_per_bar
    return {
        "harmony": {"features": half_bars(np.resize(melody, heard), np.ones(heard))[None]},
        "surrogate": surrogate,
        "decode_bar": code(1),
        "decode_window": code(spec.bars),
        "feel": {
            "drums": np.full((1, spec.steps_per_bar), 5),
            "tempo": np.full(1, 120, np.float32),
            "drummer": np.zeros((1, DRUMMER_WIDTH), np.float32),
        },
    }


def count_products(folder: Path, spec: ModelSpec) -> dict[str, int]:
    """The multiply-adds of each part."""
    from bridge.model.runtime import multiply_adds

    found = {}
    for name, feed in example_feeds(spec).items():
        found[name] = 0
        graph = "decoder" if name.startswith("decode") else name
        if graph in spec.graphs:
            taken = spec.graphs[graph].inputs
            told = {"metre": np.zeros(1, np.int64)} if "metre" in taken else {}
            arrays = told | {k: np.asarray(v, np.float32) if k == "temperature" else v
                      for k, v in feed.items() if k in taken}  # fmt: skip
            found[name] = multiply_adds(folder, graph, arrays)
    given = found["surrogate"] + found["decode_bar"] + found["feel"]
    return {**found, "chords_given": given, "melody_to_bar": given + found["harmony"]}


def matrix_rate() -> float:
    """Operations a second of a 512 x 512 float32 product on one thread: the best of twenty."""
    done = subprocess.run(
        [sys.executable, "-c", _RATE],
        env={**os.environ, **ONE_THREAD},
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


def _print(
    trio: Trio, times: dict[str, dict[str, float]], floors: dict[str, float], rate: float, runs: int
) -> None:
    click.echo(f"{trio.spec.name}, one thread, {runs} runs each, milliseconds")
    click.echo(f"{'':<16} {'p50':>8} {'p99':>8} {'floor':>8}")
    for key, value in times.items():
        name = key.removesuffix("_ms")
        line = f"{name.replace('_', ' '):<16} {value['p50']:8.2f} {value['p99']:8.2f}"
        click.echo(f"{line} {floors[name]:8.3f}")
    click.echo(
        "floor: the graphs' multiply-adds, counted while they run, two operations each, at the\n"
        f"{rate / 1e9:.0f} GFLOP/s that numpy reaches here with large float32 matrices on one "
        "thread;\nno memory access, no sampling, nothing that waits for the step before."
    )

"""Time our graphs and magenta.js side by side: ``python -m tools.parity --bench``.

Each round asks every program once, so that other load on the machine affects all of them; the
figure is the median over the rounds. Both are timed from arrays in memory to arrays in memory,
without note sequences; ours has one thread, tfjs-node as many as TensorFlow takes.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from bridge.model import library
from bridge.model.answering.answer import answer
from bridge.model.loading import load
from bridge.model.messages import Request
from tools.parity.magenta import Magenta
from tools.parity.our_graphs import OurGraphs, random_windows
from tools.parity.random_checkpoint import make

NAMES = ("mel_2bar_small", "trio_4bar")
NODE = "tfjs-node"
ROUNDS = 7
OURS_A_ROUND = 5
BAND = "trio_4bar"
AIMS = {"cpu": 20.0, NODE: 3.0}


def _ms(work: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


def _ours(ours: OurGraphs, windows: Any, z: Any) -> dict[str, Callable[[], Any]]:
    """The four timed operations, by our graphs."""
    latent = ours.family.latent

    def interpolate() -> Any:
        ends = ours.encode(windows[:2])
        weights = np.linspace(0, 1, 8)[:, None]
        return ours.decode(ends[0] + weights * (ends[1] - ends[0]))

    def sample() -> Any:
        return ours.decode(np.random.default_rng(1).normal(size=(4, latent)), 0.5)

    return {
        "encode": lambda: ours.encode(windows[:1]),
        "decode": lambda: ours.decode(z[:1]),
        "sample(4)": sample,
        "interpolate(8)": interpolate,
    }


def _theirs(peer: Magenta, windows: Any, z: Any) -> dict[str, Callable[[], float]]:
    """The four timed operations by magenta.js; each returns its milliseconds."""
    one, two, code = windows[:1].tolist(), windows[:2].tolist(), z[:1].tolist()

    def asked(do: str, **more: Any) -> Callable[[], float]:
        return lambda: float(peer.ask(do, **more)["ms"])

    return {
        "encode": asked("encode", windows=one),
        "decode": asked("decode", z=code),
        "sample(4)": asked("sample", count=4),
        "interpolate(8)": asked("interpolate", windows=two, count=8),
    }


def _next_bar() -> Callable[[], Any] | None:
    """The next bar of the shipped model from a melody; None if the model is not installed."""
    found = library.folders().get(library.DEFAULT)
    if found is None:
        return None
    model = load(found)
    spec = model.spec
    request = Request(
        generation=1,
        target_bar=0,
        bars=(0,),
        melody=tuple(np.random.default_rng(2).integers(0, 90, spec.steps).tolist()),
        heard=(1,) * spec.steps,
        style=(0.0,) * spec.style,
    )
    return lambda: answer(model, request)


def bench(
    folder: Path, names: Sequence[str], manifests: Path | None, as_json: bool, rounds: int = ROUNDS
) -> int:
    """Time the families ``names``; prints a table or JSON. Returns 1 if an aim is missed."""
    backends = ["", *([NODE] if (folder / "node_modules" / "@tensorflow" / NODE).is_dir() else [])]
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as stack:
        root = Path(scratch)
        peers = [stack.enter_context(Magenta(folder, root, backend)) for backend in backends]
        for name in names or NAMES:
            rows += _family(peers, backends, root, name, manifests, rounds)
    print(json.dumps({"machine": machine(), "rows": rows}, indent=1) if as_json else table(rows))
    missed = [r for r in rows for peer, aim in AIMS.items() if r.get(f"times {peer}", aim) < aim]
    return 1 if missed else 0


def _family(
    peers: Sequence[Magenta],
    backends: Sequence[str],
    root: Path,
    name: str,
    manifests: Path | None,
    rounds: int,
) -> list[dict[str, Any]]:
    checkpoint = make(name, root / name, manifests)
    ours = OurGraphs(checkpoint)
    windows = random_windows(ours.family, 2, 1)
    z = np.random.default_rng(1).normal(size=(1, ours.family.latent)).astype(np.float32)
    for peer in peers:
        peer.load(name)
    mine = _ours(ours, windows, z)
    theirs = [_theirs(peer, windows, z) for peer in peers]
    rows = [
        _row(f"`{name}` {what}", mine[what], [t[what] for t in theirs], backends, rounds)
        for what in mine
    ]
    following = _next_bar()
    if name == BAND and following is not None:
        both = [lambda t=t: t["encode"]() + t["decode"]() for t in theirs]
        title = f"our `{library.DEFAULT}`, melody to next bar; `{name}` encode and decode"
        rows.append(_row(title, following, both, backends, rounds))
    return rows


def _row(
    title: str,
    mine: Callable[[], Any],
    theirs: Sequence[Callable[[], float]],
    backends: Sequence[str],
    rounds: int,
) -> dict[str, Any]:
    """Medians of one operation; the first round warms up and does not count."""
    ours: list[float] = []
    others: list[list[float]] = [[] for _ in theirs]
    for turn in range(rounds + 1):
        here = [_ms(mine) for _ in range(OURS_A_ROUND)]
        there = [work() for work in theirs]
        if turn:
            ours += here
            for times, ms in zip(others, there, strict=True):
                times.append(ms)
    row: dict[str, Any] = {"what": title, "ours": median(ours)}
    for backend, times in zip(backends, others, strict=True):
        name = backend or "cpu"
        row[name] = median(times)
        row[f"times {name}"] = row[name] / row["ours"]
    print(f"{title}: {row}", file=sys.stderr)
    return row


def table(rows: Sequence[dict[str, Any]]) -> str:
    """The rows as a Markdown table."""
    lines = [
        "| ms, median | ours | magenta.js, plain CPU | | tfjs-node | |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        cells = [row["what"], f"{row['ours']:.1f}"]
        for peer in AIMS:
            cells += (
                [f"{row[peer]:.0f}", f"{row[f'times {peer}']:.0f}x"] if peer in row else ["", ""]
            )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, "", machine()])


def machine() -> str:
    """The number of processors and the load average."""
    load_average = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    return f"{os.cpu_count()} processors, load average {load_average:.1f}"

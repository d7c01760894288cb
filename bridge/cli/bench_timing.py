"""``latent-bridge bench timing``: how late notes leave, under three loads side by side.

The real engine plays a hit on every 16th of drums and bass at 140 BPM into an output that
does nothing, and notes by how much each message left after its time:

* ``idle``: nothing else runs;
* ``loaded``: a screen drawing 30 frames a second and models decoding without pause, each in
  a process of its own, one model a core, so that every core is taken;
* ``single_process``: one screen and one model as threads in the engine's own process.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import click

from bridge.cli.load import LOADS
from bridge.cli.rig import facts_of
from bridge.midi.ports import MemoryOut
from bridge.model.contract import BarTokens, Request, Result, WorkerReady
from bridge.model.worker import FAKE
from bridge.music.notes import Part
from bridge.session.engine import Engine
from bridge.session.messages import Quit, Start
from bridge.session.realtime import request_realtime
from bridge.session.state import Answered, Setup, State, Told, first_state

BPM = 140.0
WARM_UP_SECONDS = 2.0
MESSAGES_KEPT = 1_000_000


@click.command()
@click.option("--seconds", default=10.0, show_default=True, help="How long each load is played.")
@click.option("--model", default="trio-4bar", show_default=True, help="The model that decodes.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def bench_timing(seconds: float, model: str, as_json: bool) -> None:
    """Lateness of sent notes in microseconds: idle, loaded, and all in one process."""
    figures: dict[str, Any] = {"bpm": BPM, "seconds": seconds, "cores": os.cpu_count()}
    steps = (("idle", nothing), ("loaded", loaded), ("single_process", in_threads))
    for name, load in steps:
        if not as_json:
            click.echo(f"{name} ...", err=True)
        with load(model):
            late, granted = measure(seconds)
        figures[name] = {"late_us": percentiles(late), "messages": len(late)}
        figures["priority"] = granted
    if as_json:
        click.echo(json.dumps(figures))
        return
    click.echo(f"Notes late, in microseconds ({figures['priority']}):")
    for name, _ in steps:
        late_us = figures[name]["late_us"]
        click.echo(
            f"  {name:<15} p50 {late_us['p50']:>8.0f}   p99 {late_us['p99']:>8.0f}"
            f"   max {late_us['max']:>8.0f}"
        )


def percentiles(late: list[float]) -> dict[str, float]:
    """Median, 99th percentile and maximum of seconds, in microseconds."""
    late = sorted(late)
    return {
        "p50": round(late[len(late) // 2] * 1e6, 1),
        "p99": round(late[len(late) * 99 // 100] * 1e6, 1),
        "max": round(late[-1] * 1e6, 1),
    }


# --- the engine ---------------------------------------------------------------------------


def measure(seconds: float) -> tuple[list[float], str]:
    """Play on the real engine; lateness of each message in seconds, and the priority had."""
    engine: Engine

    def ask(request: Request) -> None:
        engine.post(Answered(time.monotonic(), dense_answer(request)))

    engine = Engine(bench_state(), {part: MemoryOut(part.value) for part in Part}, ask=ask)
    engine.lateness = type(engine.lateness)(maxlen=MESSAGES_KEPT)
    granted: list[str] = []

    def run() -> None:
        granted.append(request_realtime())
        engine.run()

    thread = threading.Thread(target=run, name="engine")
    thread.start()
    engine.post(Answered(time.monotonic(), WorkerReady("bench", 0.0)))
    time.sleep(0.1)
    engine.post(Told(time.monotonic(), Start()))
    time.sleep(seconds)
    engine.post(Told(time.monotonic(), Quit()))
    thread.join()
    return list(engine.lateness), granted[0]


def bench_state() -> State:
    """A stopped session at 140 BPM with a small model's facts."""
    return first_state(Setup(bpm=BPM), facts_of(FAKE))


def dense_answer(request: Request) -> Result:
    """A bar with a hit on every 16th in drums (two drums at once) and bass."""
    bar = BarTokens(
        melody=(0,) * 16,
        bass=tuple(20 + step % 4 for step in range(16)),
        drums=tuple(0b101 if step % 4 == 0 else 0b110 for step in range(16)),
    )
    return Result(request.generation, request.target_bar, (bar,), (), (1,) * 8, 0.0)


# --- loads --------------------------------------------------------------------------------


@contextmanager
def nothing(model: str) -> Iterator[None]:
    """No load."""
    yield


@contextmanager
def loaded(model: str) -> Iterator[None]:
    """A screen and a model a core, each in a process of its own."""
    with ExitStack() as stack:
        for load in ["screen", *["model"] * (os.cpu_count() or 1)]:
            stack.enter_context(_process(load, model))
        time.sleep(WARM_UP_SECONDS)
        yield


@contextmanager
def _process(load: str, model: str) -> Iterator[None]:
    command = [sys.executable, "-m", "bridge.cli.load", load, "--model", model]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        assert child.stdin is not None
        child.stdin.close()
        try:
            child.wait(5)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


@contextmanager
def in_threads(model: str) -> Iterator[None]:
    """The same work as threads beside the engine."""
    stop = threading.Event()
    threads = [
        threading.Thread(target=load, args=(stop.is_set, model), daemon=True)
        for load in LOADS.values()
    ]
    for thread in threads:
        thread.start()
    time.sleep(WARM_UP_SECONDS)
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(5)

"""``latent-bridge bench timing``: lateness of sent notes, under several loads.

The real engine plays a hit on every 16th of drums and bass at 140 BPM into an output that
does nothing, and records how long after its time each message was sent:

* ``idle``: nothing else runs; ``normal``: the same without real-time priority;
* ``loaded``: a screen drawing 30 frames a second and models decoding without pause, each in
  a process of its own, one model a core, so that every core is taken;
* ``single_process``: one screen and one model as threads in the engine's own process.

Meanwhile ten keys a second are played; ``thru_us`` is the time from the arrival of a key to
its output (``bench thru`` measures this alone).

Beside each load runs a bare process (``wakeup``) with the engine's priority and deadlines
halfway between the engine's: ``wake_us`` is how late the machine wakes it, ``floor_us`` how late
it would send a note. ``floor_ratio`` compares the engine's p99 with the floor's.
``stolen_cores`` is the processor time, in cores, that a virtual machine's host gave to others.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final

import click

from bridge.cli.bench.load import LOADS
from bridge.cli.bench.wakeup import Floor, bare
from bridge.cli.shared.file_types import Number
from bridge.cli.shared.options import JSON
from bridge.live.engine import Engine
from bridge.live.live_session import facts_of
from bridge.midi.ports import MemoryOut, Out
from bridge.model.messages import BarTokens, Request, Result, WorkerReady
from bridge.model.worker.child import FAKE
from bridge.music.notes import Part
from bridge.session.messages.commands import Quit, Start
from bridge.session.new_session import first_state
from bridge.session.state.events import Answered, CommandReceived, MidiIn
from bridge.session.state.session_state import State
from bridge.session.state.setup import Setup, Thru
from bridge.system.clock import monotonic_seconds
from bridge.system.cpu_latency import CpuLatencyHold
from bridge.system.realtime import NORMAL, fine_timer, request_realtime

BPM = 140.0
STEP_SECONDS = 60 / BPM / 4
"""From one 16th to the next."""
WARM_UP_SECONDS = 2.0
MESSAGES_KEPT = 1_000_000
MESSAGES_A_SECOND = 20


@dataclass(frozen=True)
class Measured:
    """Lateness of notes and time from key to thru, in seconds, and the conditions.

    ``late`` leaves out the first hit, which is due when Start arrives, and the note-offs of
    Quit. ``granted`` is the priority, ``floor`` the result of the bare process, ``stolen`` the
    processor time that a host gave to others, in cores.
    """

    late: list[float]
    thru: list[float]
    granted: str
    floor: Floor
    stolen: float


@click.command()
@click.option("--seconds", type=Number(min=0), default=20.0, show_default=True,
              help="Seconds for each load.")  # fmt: skip
@click.option("--model", default="trio-4bar", show_default=True, help="The model that decodes.")
@JSON
def bench_timing(seconds: float, model: str, as_json: bool) -> None:
    """Measure the lateness of sent notes in microseconds: idle, loaded, and in one process."""
    figures = figures_of(tuple(LOAD_TABLE), seconds, model, quiet=as_json)
    if as_json:
        click.echo(json.dumps(figures))
        return
    click.echo(f"Notes late, in microseconds ({figures['priority']}):")
    _table(figures, "late_us")
    click.echo("A bare process beside it, at its deadlines:")
    _table(figures, "floor_us")
    click.echo("Key in to thru out, in microseconds:")
    _table(figures, "thru_us")
    click.echo(f"In one process p99 is {figures['single_process_ratio']:g} times that of loaded.")


@click.command()
@click.option("--seconds", type=Number(min=0), default=20.0, show_default=True,
              help="Seconds for each load.")  # fmt: skip
@click.option("--model", default="trio-4bar", show_default=True, help="The model that decodes.")
@JSON
def bench_thru(seconds: float, model: str, as_json: bool) -> None:
    """Measure the time from a key in to the same key out, in microseconds: idle and loaded."""
    figures = figures_of(("idle", "loaded"), seconds, model, quiet=as_json)
    if as_json:
        click.echo(json.dumps(figures))
        return
    click.echo(f"Key in to thru out, in microseconds ({figures['priority']}):")
    _table(figures, "thru_us")


def figures_of(names: Sequence[str], seconds: float, model: str, *, quiet: bool) -> dict[str, Any]:
    """The figures of each load by name; ``quiet`` prints no progress."""
    figures: dict[str, Any] = {"bpm": BPM, "seconds": seconds, "cores": os.cpu_count()}
    for name in names:
        if not quiet:
            click.echo(f"{name} ...", err=True)
        load, realtime = LOAD_TABLE[name]
        with load(model):
            measured = measure(seconds, realtime=realtime)
        figures[name] = {
            "late_us": percentiles(measured.late),
            "thru_us": percentiles(measured.thru),
            "wake_us": percentiles(measured.floor.woke),
            "floor_us": percentiles(measured.floor.late),
            "messages": len(measured.late),
            "keys": len(measured.thru),
        }
        figures[name]["stolen_cores"] = round(measured.stolen, 3)
        floor = figures[name]["floor_us"]["p99"]
        figures[name]["floor_ratio"] = round(figures[name]["late_us"]["p99"] / max(floor, 0.1), 1)
        if realtime:
            figures["priority"] = measured.granted
    if {"loaded", "single_process"} <= set(names):
        one, split = (figures[n]["late_us"]["p99"] for n in ("single_process", "loaded"))
        figures["single_process_ratio"] = round(one / split, 1)
    return figures


def _table(figures: dict[str, Any], key: str) -> None:
    for name in LOAD_TABLE:
        if name in figures:
            row = figures[name][key]
            click.echo(
                f"  {name:<15} p50 {row['p50']:>8.0f}   p99 {row['p99']:>8.0f}"
                f"   max {row['max']:>8.0f}"
            )


def percentiles(late: list[float]) -> dict[str, float]:
    """Median, 99th percentile and maximum of seconds, in microseconds; of nothing, zeros."""
    late = sorted(late) or [0.0]
    return {
        "p50": round(late[len(late) // 2] * 1e6, 1),
        "p99": round(late[len(late) * 99 // 100] * 1e6, 1),
        "max": round(late[-1] * 1e6, 1),
    }


def stolen_seconds() -> float:
    """Processor seconds since start in which a virtual machine's host ran others in its place.

    Linux only ("steal" in proc(5)); 0 elsewhere.
    """
    try:
        first = Path("/proc/stat").read_text().splitlines()[0].split()
        return int(first[8]) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError, ValueError):
        return 0.0


# --- the engine ---------------------------------------------------------------------------


@dataclass
class TimedOut(MemoryOut):
    """An output that records the time of each message."""

    times: list[float] = field(default_factory=list)

    def send(self, message: bytes) -> None:
        """Record the time of a message (monotonic seconds)."""
        self.times.append(monotonic_seconds())
        super().send(message)


def measure(seconds: float, *, realtime: bool = True) -> Measured:
    """Play on the real engine for ``seconds``, with keys from another thread."""
    engine: Engine

    def ask(request: Request) -> None:
        engine.post(Answered(monotonic_seconds(), dense_answer(request)))

    thru = TimedOut(Part.MELODY.value)
    outs: dict[Part, Out] = {part: MemoryOut(part.value) for part in Part}
    hold = CpuLatencyHold().hold if realtime else None
    engine = Engine(bench_state(), {**outs, Part.MELODY: thru}, ask=ask, awake=hold)
    engine.lateness = type(engine.lateness)(maxlen=MESSAGES_KEPT)
    granted = [NORMAL]

    def run() -> None:
        if realtime:
            granted.append(request_realtime())
        else:
            fine_timer()
        engine.run()

    def play() -> None:
        if realtime:
            request_realtime()  # as input threads have it: see raise_helpers
        pressed.extend(_press_keys(engine, seconds))

    pressed: list[float] = []
    thread = threading.Thread(target=run, name="engine")
    with bare(realtime=realtime) as beside:
        thread.start()
        engine.post(Answered(monotonic_seconds(), WorkerReady("bench", 0.0)))
        time.sleep(0.1)
        start, stolen = monotonic_seconds(), stolen_seconds()
        engine.post(CommandReceived(start, Start()))
        beside.begin(start + STEP_SECONDS / 2, STEP_SECONDS)
        player = threading.Thread(target=play, name="player")
        player.start()
        player.join()
        taken = (stolen_seconds() - stolen) / (monotonic_seconds() - start)
        scheduled = list(engine.lateness)[1:]  # the first is due when Start is heard
        engine.post(CommandReceived(monotonic_seconds(), Quit()))
        thread.join()
    late = [out - key for key, out in zip(pressed, thru.times, strict=False)]
    return Measured(scheduled, late, granted[-1], beside.floor, taken)


def _press_keys(engine: Engine, seconds: float) -> list[float]:
    """Press and release one key repeatedly, at uneven times; the time of each message."""
    chance = Random(1)
    end = monotonic_seconds() + seconds
    pressed: list[float] = []
    while monotonic_seconds() < end:
        for message in (bytes((0x90, 60, 90)), bytes((0x80, 60, 0))):
            time.sleep(chance.uniform(0.5, 1.5) / MESSAGES_A_SECOND)
            pressed.append(monotonic_seconds())
            engine.post(MidiIn(pressed[-1], message))
    return pressed


def bench_state() -> State:
    """A stopped session at 140 BPM, a bar of count-in, with a small model's facts."""
    setup = Setup(bpm=BPM, count_in_bars=1, thru=Thru.ALL)
    return first_state(setup, facts_of(FAKE))


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
    command = [sys.executable, "-m", "bridge.cli.bench.load", load, "--model", model]
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


LOAD_TABLE: Final = {
    "idle": (nothing, True),
    "normal": (nothing, False),
    "loaded": (loaded, True),
    "single_process": (in_threads, True),
}
"""Load -> the context that makes it, and whether the engine requests real-time priority."""

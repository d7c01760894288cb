"""Peers on a JACK server that nobody here wrote, and an echo to measure JACK itself by."""

from __future__ import annotations

import contextlib
import gc
import os
import re
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from jackserver import wait_for

ECHO = """
import contextlib, os, sys, time
from bridge.midi.drivers import choose_driver
from bridge.midi.midi_systems import SYSTEMS
with contextlib.suppress(OSError, AttributeError):
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(20))
driver, jack = choose_driver(), SYSTEMS["jack"]
heard = driver.opener("input", jack, "Echo In")
heard.ignore_types(timing=False)
heard.open_virtual_port("in")
out = driver.opener("output", jack, "Echo Out")
out.open_virtual_port("out")
print("ready", flush=True)
while True:
    got = heard.get_message()
    if got is None:
        time.sleep(0.0005)
    elif got[0] == [0xF8]:
        out.send_message([0xF8])
"""


def needed(*programs: str) -> list[pytest.MarkDecorator]:
    """Marks of a module that needs these programs."""
    missing = [p for p in programs if shutil.which(p) is None]
    hint = "apt-get install jackd2 jack-midi-clock klick fluidsynth timgm6mb-soundfont aubio-tools"
    return [
        pytest.mark.integration,
        pytest.mark.skipif(bool(missing), reason=f"no {', '.join(missing)} here: {hint}"),
    ]


@contextmanager
def running(
    command: Sequence[str], output: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A program that runs meanwhile; what it prints goes to ``output``."""
    target = output.open("wb") if output else subprocess.DEVNULL
    child = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=target, stderr=subprocess.DEVNULL
    )
    try:
        yield child
    finally:
        if child.poll() is None:
            child.terminate()
        try:
            child.wait(5)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        if output:
            target.close()  # type: ignore[union-attr]


@contextmanager
def echo(folder: Path) -> Iterator[None]:
    """A program that sends each clock back at once, as fast as rtmidi and JACK let it."""
    said = folder / "echo"
    with running([sys.executable, "-c", ECHO], said):
        wait_for(lambda: b"ready" in said.read_bytes(), "the echo")
        yield


@contextmanager
def attentive() -> Iterator[None]:
    """Let this process miss as few of JACK's cycles as may be: a callback of ours must not
    wait for the interpreter while the thread that has it waits for a core."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    gc.disable()
    fifo = False
    with contextlib.suppress(OSError, AttributeError):
        # Reset on fork: the programs that we start are to run as they would anywhere.
        policy = os.SCHED_FIFO | os.SCHED_RESET_ON_FORK
        os.sched_setscheduler(0, policy, os.sched_param(1))
        fifo = True
    try:
        yield
    finally:
        sys.setswitchinterval(interval)
        gc.enable()
        if fifo:
            os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


class Line(NamedTuple):
    """The line through a master's clocks: when clock ``k`` truly was."""

    first: float
    period: float

    def off(self, at: float, every: int = 1, phase: int = 0) -> float:
        """Seconds from the nearest of each ``every``-th clock (from clock ``phase`` on)."""
        clocks = (at - self.first) / self.period - phase
        return (clocks - every * round(clocks / every)) * self.period


def numbered(times: Sequence[float]) -> list[int]:
    """The numbers of clocks, from 0. Some may be missing: a listener written in Python
    misses a cycle of JACK's now and then on a busy machine."""
    usual = statistics.median(b - a for a, b in pairwise(times))
    numbers: list[int] = []
    for k, at in enumerate(times):
        back = max(0, k - 4)  # over a few clocks one that is early or late does not matter
        before = numbers[back] if numbers else 0
        numbers.append(before + round((at - times[back]) / usual))
    return numbers


def line_of(times: Sequence[float]) -> Line:
    """The least-squares line through clocks of a steady tempo."""
    fit = statistics.linear_regression(numbered(times), times)
    return Line(fit.intercept, fit.slope)


def tempo_of(times: Sequence[float]) -> float:
    """BPM: the middle one of all stretches of four beats, for JACK's time stands still where a
    busy machine makes it skip a cycle."""
    at = dict(zip(numbered(times), times, strict=True))
    stretches = [at[k + 96] - at[k] for k in at if k + 96 in at]
    return 4 * 60 / statistics.median(stretches)


class Dump(NamedTuple):
    """What ``jack_mclk_dump -n`` heard: (frame, what) for transport, frames of clocks."""

    said: list[tuple[int, str]]
    clocks: list[int]


def read_dump(text: str) -> Dump:
    """Parse its lines."""
    said: list[tuple[int, str]] = []
    clocks: list[int] = []
    for line in text.splitlines():
        frame = int(found[1]) if (found := re.search(r"@ (\d+)", line)) else 0
        if match := re.match(r"EVENT \(0x..\) (\w+)", line):
            said.append((frame, match[1]))
        elif match := re.match(r"POS \(0x(\w+)\)", line):
            said.append((frame, f"position {int(match[1], 16)}"))
        elif line.startswith("CLK"):
            clocks.append(frame)
    return Dump(said, clocks)

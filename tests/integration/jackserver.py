"""A JACK server of our own, and waiting for what it does."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

PERIOD = 128
RATE = 48_000
PATIENCE = 10.0


@dataclass
class JackServer:
    """A jackd with the dummy driver; ``environment`` is what its clients need."""

    name: str
    process: subprocess.Popen[bytes]
    environment: dict[str, str]


def start_jackd(
    name: str, environment: dict[str, str], period: int = PERIOD
) -> subprocess.Popen[bytes]:
    """Start a server with ``period`` frames a cycle and wait until it answers."""
    options = f"--port-max 128 -d dummy -r {RATE} -p {period}".split()
    process = subprocess.Popen(
        ["jackd", "--realtime", "--name", name, *options],
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    waited = subprocess.run(
        ["jack_wait", "-s", name, "-w", "-t", str(int(PATIENCE))],
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=2 * PATIENCE,
        check=False,
    )
    if waited.returncode or process.poll() is not None:
        stop_jackd(name, process)
        pytest.skip("jackd is installed but does not start here")
    return process


def stop_jackd(name: str, process: subprocess.Popen[bytes]) -> None:
    """Stop a server by its pid, and remove what it leaves in shared memory."""
    process.terminate()
    try:
        process.wait(PATIENCE)  # a server that is killed stays in the table of eight
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for left in Path("/dev/shm").glob(f"*{name}*"):
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)


MOST_SLIP = 0.0015
"""So far (seconds) JACK's time may leave the system's while grids are compared."""


def blame_the_machine(request: pytest.FixtureRequest, reason: str) -> None:
    """Not our fault: have the test run once more, and then leave it."""
    if getattr(request.node, "execution_count", 2) < 2:
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def excused(request: pytest.FixtureRequest, frames: Callable[[], int]) -> Iterator[None]:
    """What fails in here counts only if jackd's own time went as the system's did meanwhile.

    The dummy driver loses time where the machine does not let it run, and our notes, which go
    by the system's clock, then lie off every grid that JACK's time gives. ``frames`` is its
    frame time now."""
    ended = threading.Event()
    slips: list[float] = []

    def watch() -> None:
        while not ended.wait(0.05):
            before, frame, after = time.monotonic(), frames(), time.monotonic()
            if after - before < MOST_SLIP / 2:
                slips.append(frame / RATE - before)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    except AssertionError as error:
        ended.set()
        watcher.join()
        slip = max(slips, default=0.0) - min(slips, default=0.0)
        if slip > MOST_SLIP:
            detail = str(error).splitlines()[0] if str(error) else "a comparison failed"
            blame_the_machine(request, f"jackd lost {1000 * slip:.1f} ms here ({detail})")
        raise
    finally:
        ended.set()
        watcher.join()


def wait_for(condition: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    """Wait until something holds; fail, saying what did not, when it takes too long."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"waited {seconds:g} s, but not: {what}")
        time.sleep(0.02)

"""A JACK server of our own, and waiting for what it does."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Sized
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest
from jackwatch import RATE, Watcher

PATIENCE = 40.0
"""Seconds, reached only where a test is about to fail; the machine may stand still for some."""


class Cycle(NamedTuple):
    """How a server runs: frames a period, and whether it waits for all its clients before it
    goes on (``--sync``), so that one which the machine held up loses no message."""

    frames: int
    sync: bool = False


STEADY = Cycle(1024, sync=True)
"""For tests of what arrives: hardly any machine is too busy for it."""
FINE, FINEST = Cycle(128), Cycle(64)
"""For tests of when it arrives."""


@dataclass
class JackServer:
    """A jackd with the dummy driver; ``environment`` is what its clients need."""

    name: str
    process: subprocess.Popen[bytes]
    environment: dict[str, str]
    watcher: Watcher
    cycle: Cycle = STEADY

    @property
    def held_up(self) -> bool:
        """Whether messages may be lost or late that no program is to blame for. Asked once the
        test has failed: it ends the watch."""
        tally = self.watcher.tally
        return tally.lost > 0 if self.cycle.sync else tally.held_up


def start_jackd(
    name: str, environment: dict[str, str], cycle: Cycle = STEADY
) -> subprocess.Popen[bytes]:
    """Start a server and wait until it answers."""
    sync = ["--sync"] * cycle.sync
    options = f"--port-max 128 -d dummy -r {RATE} -p {cycle.frames}".split()
    process = subprocess.Popen(
        ["jackd", "--realtime", *sync, "--name", name, *options],
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    end = time.monotonic() + PATIENCE
    while not (running := is_running(name, environment)):
        if process.poll() is not None or time.monotonic() > end:
            break
        time.sleep(0.03)
    if not running:
        stop_jackd(name, process)
        pytest.skip("jackd is installed but does not start here")
    return process


def is_running(name: str, environment: dict[str, str]) -> bool:
    """Whether the server answers."""
    asked = subprocess.run(
        ["jack_wait", "-s", name, "-c"],
        env={**os.environ, **environment},
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    return asked.stdout.split(b"\n")[0].strip() == b"running"


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


def wait_for(condition: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    """Wait until something holds; fail, saying what did not, when it takes too long."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"waited {seconds:g} s, but not: {what}")
        time.sleep(0.02)


def wait_for_all(heard: Sized, count: int, seconds: float = PATIENCE / 2) -> None:
    """Wait until there are ``count`` of them, or none has come for so long: what is missing is
    lost then, and the test's to complain of."""
    least, end = 0, time.monotonic() + seconds
    while len(heard) < count and time.monotonic() < end:
        if len(heard) > least:
            least, end = len(heard), time.monotonic() + seconds
        time.sleep(0.02)

"""A JACK server of our own, and waiting for what it does."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable
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


def wait_for(condition: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    """Wait until something holds; fail, saying what did not, when it takes too long."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"waited {seconds:g} s, but not: {what}")
        time.sleep(0.02)

"""Whether a JACK server loses time, and what becomes of a test that fails on one that does.

``python jackwatch.py NAME`` is a client of no ports, in a process of its own: it says ``ready``
once it is connected, watches until its input ends, and then prints what it saw as one line of
JSON. A server that stops and comes back under its name is watched again; its absence does not
count."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Generator
from dataclasses import asdict, dataclass
from functools import cached_property

import pytest

RATE = 48_000
EVERY = 0.05
"""Seconds between two looks."""
MOST_SLIP = 0.0015
"""So far (seconds) JACK's time may leave the system's before the server counts as held up."""
FIXTURE = "jack"
"""Tests that ask for the fixture of this name run on a watched server."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What a watcher saw: cycles that JACK reported lost, and by how much (seconds) its time
    left the system's; ``servers`` is how often it found a server."""

    xruns: int = 0
    slip: float = 0.0
    servers: int = 0

    @property
    def held_up(self) -> bool:
        """Whether messages may be lost or late that no program is to blame for: what is sent in
        a cycle that jackd gives up is gone, whoever wrote the client."""
        return self.xruns > 0 or self.slip > MOST_SLIP

    def __str__(self) -> str:
        return f"{self.xruns} lost cycles, its time off by {1000 * self.slip:.1f} ms"


# --- the program ------------------------------------------------------------------------


class Watched:
    """One connection to a server."""

    def __init__(self, name: str) -> None:
        import jack

        self.xruns = 0
        self.gone = False
        self._least, self._most = float("inf"), float("-inf")
        self._client = jack.Client("Watch", servername=name, no_start_server=True)
        self._client.set_shutdown_callback(self._shut_down)
        self._client.set_xrun_callback(self._count)
        self._client.activate()

    def _shut_down(self, *_: object) -> None:
        self.gone = True

    def _count(self, *_: object) -> None:
        self.xruns += 1

    def look(self) -> None:
        """Compare JACK's time with the system's. A look that was itself held up is no look."""
        before, frame, after = time.monotonic(), self._client.frame_time, time.monotonic()
        if after - before < MOST_SLIP / 5 and not self.gone:
            ahead = frame / RATE - before
            self._least, self._most = min(self._least, ahead), max(self._most, ahead)

    @property
    def slip(self) -> float:
        """Between the two looks that differ most."""
        return max(0.0, self._most - self._least)


def watch(name: str) -> Tally:
    """Watch the server ``name`` until standard input ends."""
    import jack

    xruns, slip, servers = 0, 0.0, 0
    now: Watched | None = None
    while not select.select([sys.stdin], [], [], EVERY)[0]:
        if now is None:
            try:
                now = Watched(name)
            except jack.JackError:
                continue
            servers += 1
            print("ready", flush=True)
        now.look()
        if now.gone:  # and never closed: that may hang once the server is gone
            xruns, slip, now = xruns + now.xruns, max(slip, now.slip), None
    if now is not None:
        xruns, slip = xruns + now.xruns, max(slip, now.slip)
    return Tally(xruns, slip, servers)


# --- its other end ----------------------------------------------------------------------


class Watcher:
    """Starts the program, and asks it once."""

    def __init__(self, name: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # a Ctrl+C is for the tests
        )

    def wait_until_ready(self, seconds: float) -> bool:
        """Wait until it watches. False if it does not come to it."""
        assert self._process.stdout is not None
        readable = select.select([self._process.stdout], [], [], seconds)[0]
        return bool(readable) and self._process.stdout.readline() == b"ready\n"

    @cached_property
    def tally(self) -> Tally:
        """Ends the watch. Nothing seen if the watcher is lost: then what failed has failed."""
        try:
            said = self._process.communicate(timeout=30)[0].splitlines()
            return Tally(**json.loads(said[-1]))
        except (subprocess.TimeoutExpired, IndexError, ValueError, TypeError):
            self._process.kill()
            self._process.wait()
            return Tally()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """The last try of a test that fails while its server loses time shows nothing about us: it
    becomes a skip that says so. On a server that kept its time it stays a failure."""
    report = yield
    server = getattr(item, "funcargs", {}).get(FIXTURE)
    if server is None or not report.failed or not is_last_try(item):
        return report
    if server.held_up:
        why = str(getattr(report.longrepr, "reprcrash", None) or report.longrepr).splitlines()[0]
        path, line, _ = item.location
        report.outcome = "skipped"
        report.longrepr = (
            path,
            line or 0,
            f"jackd itself lost time ({server.watcher.tally}): {why}",
        )
    return report


def is_last_try(item: pytest.Item) -> bool:
    """Whether pytest-rerunfailures will not run it again."""
    marker = item.get_closest_marker("flaky")
    reruns = marker.kwargs.get("reruns", 0) if marker else 0
    return int(getattr(item, "execution_count", 1)) > reruns


if __name__ == "__main__":
    print(json.dumps(asdict(watch(sys.argv[1]))), flush=True)
    os._exit(0)  # whatever JACK's own threads are waiting for

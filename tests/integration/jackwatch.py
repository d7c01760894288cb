"""Watch a JACK server for disturbances of what it delivers, and excuse a test that fails on one
that does.

``python jackwatch.py NAME`` is a client in a process of its own: it says ``ready`` once it is
connected, watches until its input ends, and then prints what it saw as one line of JSON. It sends a
number a cycle to itself, through JACK: what is wrong with this echo is wrong with no program's
stream alone. (Its ports are audio, so that no test finds them among those for MIDI.) A server that
stops and comes back under its name is watched again; its absence does not count.
"""

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
MOST_NUMBER = 1 << 20
"""The highest number of the echo: a sample, a 32-bit float, holds it exactly."""
FIXTURE = "jack"
"""Tests that ask for the fixture of this name run on a watched server."""


@dataclass(frozen=True, slots=True)
class Tally:
    """A watcher's counts: cycles that JACK reported lost, and by how much (seconds) its time
    left the system's; ``servers`` is how often it found a server. Of the echo: how many numbers
    did not come back in their turn, and the longest pause (seconds) that JACK made in it."""

    xruns: int = 0
    slip: float = 0.0
    servers: int = 0
    lost: int = 0
    pause: float = 0.0

    @property
    def held_up(self) -> bool:
        """True if messages may be lost or late that no program is to blame for: the echo was
        disturbed, too, or JACK's time itself. A lost cycle alone, somewhere, excuses nothing."""
        return self.lost > 0 or self.pause > MOST_SLIP or self.slip > MOST_SLIP

    def __str__(self) -> str:
        return (
            f"{self.lost} numbers of its echo lost, pauses of {1000 * self.pause:.1f} ms in it; "
            f"its time off by {1000 * self.slip:.1f} ms; {self.xruns} lost cycles"
        )


# --- the program ------------------------------------------------------------------------


class Echo:
    """The numbers that come back of those sent, one a cycle."""

    def __init__(self) -> None:
        self.lost = 0
        self.pause = 0.0
        self._sent = 0
        self._closed = False
        self._frame = 0

    def cycle(self, frame: int, frames: int, heard: int) -> int:
        """A cycle of so many ``frames`` that began at ``frame`` brought the number ``heard`` (0:
        the loop is not closed yet); the number to send in it."""
        if self._closed:
            self.lost += heard != self._sent
            self.pause = max(self.pause, abs(frame - self._frame - frames) / RATE)
        self._closed = self._closed or heard > 0
        self._frame = frame
        self._sent = self._sent % MOST_NUMBER + 1
        return self._sent


class Watched:
    """One connection to a server."""

    def __init__(self, name: str) -> None:
        import jack

        self.xruns = 0
        self.gone = False
        self.echo = Echo()
        self._least, self._most = float("inf"), float("-inf")
        self._client = jack.Client("Watch", servername=name, no_start_server=True)
        self._client.set_shutdown_callback(self._shut_down)
        self._client.set_xrun_callback(self._count)
        self._in = self._client.inports.register("echo in")
        self._out = self._client.outports.register("echo out")
        self._client.set_process_callback(self._process)
        self._client.activate()
        self._client.connect(self._out, self._in)

    def _process(self, frames: int) -> None:
        heard = memoryview(self._in.get_buffer()).cast("B").cast("f")
        sent = memoryview(self._out.get_buffer()).cast("B").cast("f")
        sent[0] = self.echo.cycle(self._client.last_frame_time, frames, int(heard[0]))

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

    def added_to(self, before: Tally) -> Tally:
        """The counts of this watch and of the one before."""
        return Tally(
            before.xruns + self.xruns,
            max(before.slip, self.slip),
            before.servers + 1,
            before.lost + self.echo.lost,
            max(before.pause, self.echo.pause),
        )


def watch(name: str) -> Tally:
    """Watch the server ``name`` until standard input ends."""
    import jack

    seen = Tally()
    now: Watched | None = None
    while not select.select([sys.stdin], [], [], EVERY)[0]:
        if now is None:
            try:
                now = Watched(name)
            except jack.JackError:
                continue
            print("ready", flush=True)
        now.look()
        if now.gone:  # and never closed: that may hang once the server is gone
            seen, now = now.added_to(seen), None
    return seen if now is None else now.added_to(seen)


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
    """The last try of a test that fails while its server disturbs its own echo shows nothing about
    us: it becomes a skip that says so. On a server that delivered its own it stays a failure."""
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
            f"jackd disturbed its own echo ({server.watcher.tally}): {why}",
        )
    return report


def is_last_try(item: pytest.Item) -> bool:
    """True if pytest-rerunfailures will not run it again."""
    marker = item.get_closest_marker("flaky")
    reruns = marker.kwargs.get("reruns", 0) if marker else 0
    return int(getattr(item, "execution_count", 1)) > reruns


if __name__ == "__main__":
    print(json.dumps(asdict(watch(sys.argv[1]))), flush=True)
    os._exit(0)  # whatever JACK's own threads are waiting for

"""Wake-up latency of this machine: a bare process beside the engine of ``bench timing``.

``python -m bridge.cli.bench.wakeup`` waits for two numbers on its standard input (the first
deadline in monotonic seconds, and seconds between deadlines), then waits for one deadline
after the other as the engine does (asleep until shortly before, then spinning) and does
nothing else, until its standard input closes. It then prints, as JSON, how late it woke and by
how much it missed its deadlines. The engine cannot do better than this.
"""

from __future__ import annotations

import argparse
import gc
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from bridge.cli.bench.load import until_closed
from bridge.live.engine import SPIN_SECONDS
from bridge.system.clock import monotonic_seconds
from bridge.system.realtime import fine_timer, request_realtime

ANSWER_SECONDS: Final = 10.0
"""Longest wait for the result of the bare process."""


@dataclass
class Floor:
    """Seconds by which the bare process woke late, and by which it missed its deadlines."""

    woke: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)


def wait_and_note(
    first: float,
    every: float,
    over: Callable[[], bool],
    clock: Callable[[], float] = monotonic_seconds,
    sleep: Callable[[float], None] = time.sleep,
) -> Floor:
    """Wait for deadlines from ``first`` on, ``every`` seconds, until ``over()``.

    A deadline that has passed before its wait could begin is left out.
    """
    floor, due = Floor(), first
    while not over():
        left = due - SPIN_SECONDS - clock()
        if left > 0:
            sleep(left)
            floor.woke.append(clock() - (due - SPIN_SECONDS))
            while (now := clock()) < due:
                pass
            floor.late.append(now - due)
        due += every
    return floor


class Bare:
    """The bare process, as a child; its result is in ``floor`` once it has ended."""

    def __init__(self, *, realtime: bool) -> None:
        command = [sys.executable, "-m", "bridge.cli.bench.wakeup"]
        command += ["--realtime"] if realtime else []
        self.floor = Floor()
        self._child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._child.stdout is not None
        self._child.stdout.readline()  # wait until it is ready

    def begin(self, first: float, every: float) -> None:
        """Start the waits, for deadlines from ``first`` (monotonic seconds) on."""
        assert self._child.stdin is not None
        self._child.stdin.write(f"{first} {every}\n")
        self._child.stdin.flush()

    def end(self) -> None:
        """Stop the process and read its result."""
        try:
            output, _ = self._child.communicate(timeout=ANSWER_SECONDS)
            self.floor = Floor(**json.loads(output or "{}"))
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()


@contextmanager
def bare(*, realtime: bool) -> Iterator[Bare]:
    """Run a bare process during a measurement."""
    beside = Bare(realtime=realtime)
    try:
        yield beside
    finally:
        beside.end()


def main() -> None:
    """Run until the parent closes our standard input."""
    parser = argparse.ArgumentParser(prog="python -m bridge.cli.bench.wakeup")
    parser.add_argument("--realtime", action="store_true")
    options = parser.parse_args()
    print("ready", flush=True)
    order = sys.stdin.readline().split()
    if len(order) != 2:  # the parent has ended, or measures nothing
        return
    closed = until_closed()
    if options.realtime:
        request_realtime()
    else:
        fine_timer()
    gc.disable()
    floor = wait_and_note(float(order[0]), float(order[1]), closed)
    print(json.dumps({"woke": floor.woke, "late": floor.late}))


if __name__ == "__main__":
    main()

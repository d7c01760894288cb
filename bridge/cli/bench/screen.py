"""``latent-bridge bench screen``: the screen's processor time, and its bytes to the terminal.

The screen runs in a process of its own on a pseudo-terminal, and is sent the snapshots of a
session that was really played (:mod:`bridge.live.recorded_session`), thirty a second.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from bridge.cli.shared.file_types import Number
from bridge.cli.shared.options import JSON
from bridge.live.recorded_session import START, recorded
from bridge.session.messages.commands import Command
from bridge.session.messages.settings_messages import Preferences
from bridge.session.messages.snapshot import FromEngine, Goodbye, Snapshot
from bridge.system.clock import monotonic_seconds
from bridge.system.ipc import CHANNEL, Channel, reap

SIZES: Final = ((80, 24), (120, 40), (200, 60))
"""Columns and rows that are measured."""
GOODBYE_SECONDS: Final = 10.0
LONGEST_START_SECONDS: Final = 90.0
FIRST_PICTURE_BYTES: Final = 3000
"""Fewer are written before the first picture: the terminal's modes."""
WARM_UP_SECONDS: Final = 4.0
"""Seconds of starting and first drawing that are not measured."""
SNAPSHOTS_PER_SECOND: Final = 30


@click.command()
@click.option("--seconds", default=10.0, show_default=True, type=Number(1, 600),
              help="Seconds that are measured at each size.")  # fmt: skip
@click.option("--fps", default=30, show_default=True, type=click.IntRange(1, 60),
              help="Most pictures a second.")  # fmt: skip
@click.option("--size", "sizes", multiple=True, metavar="COLUMNSxROWS",
              help="Size of the window; more than once for several.  "
                   "[default: 80x24, 120x40, 200x60]")  # fmt: skip
@click.option("--model", default="trio-4bar", show_default=True, help="The model of the band.")
@JSON
def bench_screen(
    seconds: float, fps: int, sizes: tuple[str, ...], model: str, as_json: bool
) -> None:
    """Measure what the screen costs while a band plays: the share of a core, and the KiB a second
    that it writes to the terminal."""
    if sys.platform == "win32":
        raise click.ClickException("this bench needs a pseudo-terminal, which Windows lacks")
    wanted = [_size(text) for text in sizes] or list(SIZES)
    shots = recorded(START + WARM_UP_SECONDS + seconds, model=model, fps=SNAPSHOTS_PER_SECOND)
    figures = {f"{w}x{h}": measure(shots, (w, h), fps, seconds) for w, h in wanted}
    if as_json:
        click.echo(json.dumps(figures))
        return
    for size, found in figures.items():
        cpu = found["cpu_percent"]
        share = "unknown" if cpu is None else f"{cpu:5.1f} % of a core"
        click.echo(f"{size:<8} {share}   {found['kib_per_second']:6.1f} KiB a second")


def _size(text: str) -> tuple[int, int]:
    columns, _, rows = text.partition("x")
    if not (columns.isdecimal() and rows.isdecimal()):
        raise click.UsageError(f"--size {text}: write it as in 120x40")
    return int(columns), int(rows)


def measure(
    shots: Sequence[Snapshot], size: tuple[int, int], fps: int, seconds: float
) -> dict[str, float | None]:
    """Show the snapshots on a terminal of this size: ``cpu_percent`` of one core (None where the
    system does not tell) and ``kib_per_second``."""
    import pty
    import termios

    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (size[1], size[0]))
    ours, theirs = multiprocessing.Pipe(duplex=True)
    env = {
        **os.environ, CHANNEL: str(theirs.fileno()), "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
    }  # fmt: skip
    child = subprocess.Popen(
        [sys.executable, "-m", "bridge.ui"],
        env=env, stdin=slave, stdout=slave, stderr=slave, pass_fds=[theirs.fileno()],
    )  # fmt: skip
    theirs.close()
    os.close(slave)
    written = [0]
    reader = threading.Thread(target=_count, args=(master, written), daemon=True)
    reader.start()
    channel: Channel[FromEngine, Any] = Channel(ours, Command)
    try:
        channel.send(Preferences(fps=fps))
        channel.send(msgspec.structs.replace(shots[0], at=monotonic_seconds()))
        _wait_for_picture(written)
        return _played(shots, channel, child.pid, written, seconds)
    finally:
        with contextlib.suppress(EOFError):
            channel.send(Goodbye())
        reap(child, GOODBYE_SECONDS)
        os.close(master)


def _count(master: int, written: list[int]) -> None:
    """Read what is drawn, as a terminal does, and count it."""
    while True:
        try:
            if select.select([master], [], [], 1.0)[0]:
                written[0] += len(os.read(master, 65536))
        except (OSError, ValueError):
            return


def _wait_for_picture(written: list[int]) -> None:
    """Wait until the screen has started and has drawn itself."""
    end = time.monotonic() + LONGEST_START_SECONDS
    while written[0] < FIRST_PICTURE_BYTES and time.monotonic() < end:
        time.sleep(0.05)


def _played(
    shots: Sequence[Snapshot], channel: Channel[FromEngine, Any], pid: int, written: list[int],
    seconds: float,
) -> dict[str, float | None]:  # fmt: skip
    """Send the snapshots in time; the figures of all but the first seconds."""
    begun = monotonic_seconds()
    measured_from = START + WARM_UP_SECONDS
    before: tuple[int, float | None, float] | None = None
    for shot in shots:
        due = begun + shot.at
        time.sleep(max(0.0, due - monotonic_seconds()))
        channel.send(msgspec.structs.replace(shot, at=due))
        if before is None and shot.at >= measured_from:
            before = written[0], cpu_seconds(pid), monotonic_seconds()
    if before is None:
        return {"cpu_percent": None, "kib_per_second": 0.0}
    passed = monotonic_seconds() - before[2]
    after = cpu_seconds(pid)
    cpu = None if after is None or before[1] is None else 100 * (after - before[1]) / passed
    return {
        "cpu_percent": None if cpu is None else round(cpu, 1),
        "kib_per_second": round((written[0] - before[0]) / 1024 / passed, 1),
    }


def cpu_seconds(pid: int) -> float | None:
    """The processor time of a process so far, in user and system mode; None where /proc is not."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

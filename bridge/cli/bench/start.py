"""``latent-bridge bench start``: time from the command to the first screen and first note.

The first frame is the first picture in the terminal, the live screen the first that shows the
engine's state, the first note the first note-on that the demo sends.
"""

from __future__ import annotations

import json
import os
import select
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping

import click

from bridge.cli.shared.options import JSON
from bridge.system.clock import monotonic_seconds

FIRST_FRAME = b"Latent Bridge"
"""Text that shows that something has been drawn."""
LIVE_SCREEN = "●".encode()
"""Text of the screen alone, not of the picture before it."""
LONGEST_SECONDS = 60.0
"""Longest wait for the first screen or note."""
SILENT = ["play", "--in", "none", "--out", "none"]


@click.command()
@click.option(
    "--runs", default=3, show_default=True, type=click.IntRange(1), help="Number of runs."
)
@click.option("--model", default="trio-4bar", show_default=True, help="The model to start with.")
@JSON
def bench_start(runs: int, model: str, as_json: bool) -> None:
    """Measure the milliseconds from the start of the process to first screen and first note.

    first frame is the first picture in the terminal, live screen the screen itself, first note
    the first that `latent-bridge demo` sends.
    """
    times: dict[str, list[float]] = {}
    for _ in range(runs):
        for name, seconds in {**first_frames(model), "first_note_ms": first_note(model)}.items():
            times.setdefault(name, []).extend([] if seconds is None else [seconds])
    figures = {name: summary(some) if some else None for name, some in times.items()}
    if as_json:
        click.echo(json.dumps(figures))
        return
    for name, values in figures.items():
        text = f"median {values['p50']:.0f}   longest {values['max']:.0f}" if values else "no pty"
        click.echo(f"{name.removesuffix('_ms').replace('_', ' '):<12} ms   {text}")


def summary(seconds: list[float]) -> dict[str, float]:
    """Median and longest, in milliseconds."""
    return {
        "p50": round(statistics.median(seconds) * 1000, 1),
        "max": round(max(seconds) * 1000, 1),
    }


def first_frames(model: str) -> dict[str, float | None]:
    """Start the program on a pseudo-terminal; seconds until its first picture, and until the screen
    itself. None where there are no pseudo-terminals (Windows), or nothing came.
    """
    marks = {"first_frame_ms": FIRST_FRAME, "live_screen_ms": LIVE_SCREEN}
    if sys.platform == "win32":
        return dict.fromkeys(marks)
    import pty
    import termios

    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (40, 120))
    begun = time.monotonic()
    child = subprocess.Popen(
        [sys.executable, "-m", "bridge", *SILENT, "--model", model],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm-256color"},
    )
    os.close(theirs)
    try:
        return _seen(ours, begun, marks)
    finally:
        child.terminate()
        _drain(ours, child)
        os.close(ours)


def _seen(terminal: int, begun: float, marks: Mapping[str, bytes]) -> dict[str, float | None]:
    """The seconds since ``begun`` at which each mark appeared on the terminal."""
    seen: dict[str, float | None] = dict.fromkeys(marks)
    text = b""
    while None in seen.values() and time.monotonic() - begun < LONGEST_SECONDS:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                text += os.read(terminal, 65536)
            except OSError:
                break
            now = time.monotonic() - begun
            seen |= {n: now for n, mark in marks.items() if seen[n] is None and mark in text}
    return seen


def _drain(terminal: int, child: subprocess.Popen[bytes]) -> None:
    """Read what the program writes while it ends, so that a full terminal does not block it."""
    end = time.monotonic() + 5
    while child.poll() is None and time.monotonic() < end:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                os.read(terminal, 65536)
            except OSError:
                break
    if child.poll() is None:
        child.kill()
    child.wait()


def first_note(model: str) -> float | None:
    """Start the demo, without sound and screen; seconds until the first note leaves."""
    begun = monotonic_seconds()
    child = subprocess.run(
        [sys.executable, "-m", "bridge.cli.bench.first_note", model],
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
        check=False,
    )
    return float(child.stdout) - begun if child.returncode == 0 and child.stdout else None

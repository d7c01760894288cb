"""``latent-bridge bench start``: time from the command to the first screen and first note."""

from __future__ import annotations

import json
import os
import select
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import click

from bridge.cli.shared.options import JSON
from bridge.midi.ports import MemoryOut
from bridge.music.notes import Part
from bridge.session.messages.commands import Quit, Start
from bridge.session.state.setup import Setup

FIRST_FRAME = b"Latent Bridge"
"""Text that shows that the screen has been drawn."""
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
    """Measure the milliseconds from the start of the process to first screen and first note."""
    figures: dict[str, dict[str, float] | None] = {}
    for name, measure in (("first_frame_ms", first_frame), ("first_note_ms", first_note)):
        times = [t for t in (measure(model) for _ in range(runs)) if t is not None]
        figures[name] = summary(times) if times else None
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


def first_frame(model: str) -> float | None:
    """Start the program on a pseudo-terminal; seconds until it has drawn its name.

    None where there are no pseudo-terminals (Windows).
    """
    if sys.platform == "win32":
        return None
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
        return _seen(ours, begun)
    finally:
        child.terminate()
        _drain(ours, child)
        os.close(ours)


def _seen(terminal: int, begun: float) -> float | None:
    text = b""
    while time.monotonic() - begun < LONGEST_SECONDS:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                text += os.read(terminal, 65536)
            except OSError:
                return None
            if FIRST_FRAME in text:
                return time.monotonic() - begun
    return None


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
    """Start a headless session that plays at once; seconds until its first note."""
    begun = time.monotonic()
    child = subprocess.run(
        [sys.executable, "-m", "bridge.cli.bench.start", model],
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
        check=False,
    )
    return float(child.stdout) - begun if child.returncode == 0 and child.stdout else None


@dataclass
class FirstNote(MemoryOut):
    """An output that records the time of the first note-on, and then ends the session."""

    at: float | None = None
    heard: Callable[[], None] = lambda: None

    def send(self, message: bytes) -> None:
        """Take one message."""
        if self.at is None and message[0] & 0xF0 == 0x90:
            self.at = time.monotonic()
            self.heard()


def main(model: str) -> None:
    """The child process: print the time of the first note (monotonic seconds)."""
    from bridge.live.live_session import LiveSession

    out = FirstNote("first note")
    session = LiveSession(setup=Setup(), model=model, outs=dict.fromkeys(Part, out), realtime=False)
    out.heard = lambda: session.tell(Quit())
    session.when_ready(Start())
    session.run()
    print(out.at)


if __name__ == "__main__":
    main(sys.argv[1])

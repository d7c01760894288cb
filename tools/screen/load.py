"""Measure the screen's processor time: run it under tmux with a made-up engine.

    python -m tools.screen.load [--size 120x40] [--seconds 15] [--stopped]

Prints the share of one core that the screen's process took, as JSON. Needs tmux and /proc. With
``--engine`` it is the made-up engine itself: it spawns the screen as the real one does and sends
thirty snapshots a second.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from bridge.session.messages.commands import Command, Quit
from bridge.session.messages.snapshot import Goodbye
from bridge.system.ipc import Mailbox, read_into, spawn
from bridge.ui.sample_session import snapshot_at

RATE = 30


def engine(running: bool, note: Path) -> int:
    """Feed a screen until it quits; write its process id to ``note``."""
    child, channel = spawn("bridge.ui", [], Command)
    note.write_text(str(child.pid), encoding="utf-8")
    mailbox = Mailbox(channel)
    quits: list[bool] = []

    def take(command: object) -> None:
        if isinstance(command, Quit):
            quits.append(True)

    read_into(channel, take, lambda: quits.append(True))
    start = time.monotonic()
    while not quits and child.poll() is None:
        now = time.monotonic()
        beat = (now - start) * 112 / 60 - 4 if running else 12.0
        mailbox.post(snapshot_at(beat, now, running))
        time.sleep(1 / RATE)
    mailbox.close()
    if child.poll() is None:
        channel.send(Goodbye())
    return child.wait(timeout=5)


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(size: str, seconds: float, running: bool) -> dict[str, object]:
    """Start tmux with the made-up engine, wait, and measure for ``seconds``."""
    width, height = size.split("x")
    note = Path(f"/tmp/screen_load.{os.getpid()}")
    socket = f"screen-load-{os.getpid()}"
    command = [sys.executable, __file__, "--engine", str(note)]
    command += [] if running else ["--stopped"]
    tmux = ["tmux", "-L", socket]
    subprocess.run(
        [*tmux, "-f", "/dev/null", "new-session", "-d", "-x", width, "-y", height,
         f"env COLORTERM=truecolor TERM=tmux-256color {' '.join(command)}"],
        check=True,
    )  # fmt: skip
    try:
        time.sleep(8)
        pid = int(note.read_text(encoding="utf-8"))
        before, began = cpu_seconds(pid), time.monotonic()
        time.sleep(seconds)
        used, passed = cpu_seconds(pid) - before, time.monotonic() - began
        text = subprocess.run(
            [*tmux, "capture-pane", "-p"], check=True, capture_output=True, text=True
        ).stdout
        subprocess.run([*tmux, "send-keys", "C-q"], check=True)
        time.sleep(2)
        left = Path(f"/proc/{pid}").exists()
    finally:
        subprocess.run([*tmux, "kill-server"], check=False, capture_output=True)
        note.unlink(missing_ok=True)
    print(text, file=sys.stderr)
    return {"size": size, "running": running, "share_of_core": round(used / passed, 3),
            "quits_cleanly": not left}  # fmt: skip


def main() -> int:
    """Read the arguments; measure, or be the engine."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--size", default="120x40", help="columns x rows")
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--stopped", action="store_true")
    parser.add_argument("--engine", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.engine:
        return engine(not args.stopped, args.engine)
    print(json.dumps(measure(args.size, args.seconds, not args.stopped)))
    return 0


if __name__ == "__main__":
    sys.exit(main())

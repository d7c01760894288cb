"""Lines that ``play`` prints without a screen: at the start, when something changes, at the end."""

from __future__ import annotations

import contextlib
import sys
import time

import click

from bridge.files.settings import Settings
from bridge.live.devices.take_writer import TakeWriter
from bridge.live.live_session import LiveSession
from bridge.session.messages.snapshot import Snapshot
from bridge.session.messages.status import WorkerState


class Reporter:
    """Prints a line on stderr for each change; called with each snapshot."""

    def __init__(self) -> None:
        self._last: tuple[str, WorkerState | None, bool, str, str] = ("", None, False, "", "")

    def show(self, snapshot: Snapshot) -> None:
        """Print what has changed since the last snapshot."""
        message, worker, running, style, section = self._last
        now = snapshot.form.section if snapshot.form and snapshot.running else ""
        if snapshot.worker is not worker:
            self._print(f"model {snapshot.model}: {snapshot.worker.value}")
        if snapshot.message != message and snapshot.message:
            self._print(snapshot.message)
        if snapshot.running is not running:
            self._print("playing" if snapshot.running else "stopped")
        elif snapshot.style != style and style:
            self._print(f"style {snapshot.style}")
        if now != section and now:
            self._print(f"section {now}")
        self._last = (snapshot.message, snapshot.worker, snapshot.running, snapshot.style, now)

    def _print(self, line: str) -> None:
        click.echo(f"{time.strftime('%H:%M:%S')}  {line}", file=sys.stderr)


def banner(session: LiveSession, settings: Settings) -> str:
    """The style, tempo, start and ports of a session, as two lines."""
    state = session.engine.state
    ins = ", ".join(port.name for _, port in session.engine.ins) or "none"
    outs = ", ".join(f"{part.value} on {out.name}" for part, out in session.outs.items())
    begin = "starts with your first key" if settings.start == "key" else "starts at once"
    if state.setup.link:
        begin += ", in step with Ableton Link"
    if state.setup.clock:
        begin = f"follows the clock of {state.setup.clock}"
    clocks = "".join(f"; clock to {out.name}" for out in session.clock_outs)
    return (
        f"Latent Bridge: {state.band.style}, {state.clock.metre.name}, "
        f"{state.clock.line.bpm:g} BPM, {settings.mode}; {begin}.\n"
        f"Listening on {ins}; {outs}{clocks}. Ctrl+C stops."
    )


def say_last(line: str, recording: TakeWriter | None) -> None:
    """Print ``line`` (empty: none), and what was kept and where. A terminal that was closed is no
    fault."""
    kept = "" if recording is None else recording.farewell()
    with contextlib.suppress(OSError):
        for text in filter(None, (line, kept)):
            click.echo(text)


def farewell(session: LiveSession) -> str:
    """Counts of notes and bars, and the latest note, as one line."""
    counts = session.engine.state.counters
    late = sorted(session.engine.lateness)
    state = session.engine.state
    heard = state.sync.source.status(state.clock.metre)
    clock = f"; clock: {heard.missed} made up, {heard.doubled} doubled" if heard else ""
    worst = f", latest {late[-1] * 1000:.1f} ms late" if late else ""
    load = session.sound.load if session.sound else None
    sound = (
        f" Sound: {load.delay_ms:.0f} ms behind, {load.share:.0%} of the time, {load.gaps} gaps."
        if load
        else ""
    )
    return (
        f"Heard {counts.notes_in} notes, played {counts.notes_out}{worst}; "
        f"{counts.bars_generated} bars generated, {counts.bars_repeated} repeated{clock}.{sound}"
    )

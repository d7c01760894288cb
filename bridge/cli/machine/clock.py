"""``latent-bridge clock``: how good the MIDI clock on a port is."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

import click
from msgspec.structs import asdict

from bridge.errors import PortError
from bridge.midi.rtmidi_ports import VIRTUAL_NAMES, Backend
from bridge.session.messages.status import ClockStatus
from bridge.session.sync.clock_status import ClockListener

WAIT_SECONDS = 0.1
LINE_SECONDS = 1.0
"""Between two lines where there is no terminal to draw one line again and again."""
UNKNOWN = "-"
CLEAR_TO_END = "\x1b[K"


@click.command()
@click.argument("port", required=False)
@click.option("--virtual", is_flag=True, help="Open an input of our own to connect to.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object at the end.")
@click.option("--seconds", type=click.FloatRange(min=0), help="End after this long.")
@click.option("--backend", default="", help="MIDI system: alsa, jack, coremidi or winmm.")
def clock(
    port: str | None, virtual: bool, as_json: bool, seconds: float | None, backend: str
) -> None:
    """Measure the MIDI clock that arrives on the input PORT, until Ctrl+C.

    Shows tempo, jitter (deviation, and what 99 of 100 clocks keep within), drift in parts per
    million over the last minute, clocks that are missing, and the transport messages with
    their positions (bar.beat.sixteenth). PORT is any clear part of a name that `latent-bridge
    ports` lists. With --virtual it is the name of a port of our own. [default there: Latent
    Bridge Clock]
    """
    if port is None and not virtual:
        raise click.UsageError("give a PORT of `latent-bridge ports`, or --virtual")
    name = port or VIRTUAL_NAMES["clock"]
    with Backend.choose(backend) as system:
        heard: SimpleQueue[tuple[float, bytes]] = SimpleQueue()
        opened = system.open_in(name, lambda at, data: heard.put((at, data)), virtual=virtual)
        click.echo(f"listening to {opened.name} ({system.name}); Ctrl+C ends", err=True)
        show = Show(silent=as_json, terminal=sys.stdout.isatty())
        ear = listen(heard, show, seconds)
    show.end()
    if as_json:
        click.echo(json.dumps({"port": opened.name} | asdict(ear.status()), indent=2))
    if not ear.meter.clocks:
        raise PortError(
            f"no clock came on {opened.name!r}: switch MIDI clock (sync) on for it in the DAW "
            "or device, and look what it sends with `latent-bridge monitor`"
        )


def listen(
    heard: SimpleQueue[tuple[float, bytes]],
    show: Show,
    seconds: float | None,
    clock: Callable[[], float] = time.monotonic,
) -> ClockListener:
    """Hear messages until the time is up or Ctrl+C comes; what was heard."""
    ear = ClockListener()
    end = None if seconds is None else clock() + seconds
    with contextlib.suppress(KeyboardInterrupt):
        while end is None or clock() < end or not heard.empty():
            try:
                ear = ear.hear(*heard.get(timeout=WAIT_SECONDS))
            except Empty:
                ear = ear.at(clock())
            show(ear, clock())
    return ear


@dataclass
class Show:
    """Writes what an ear hears: transport messages as lines, the reading below them: drawn
    again in its place on a ``terminal``, else as a line each second."""

    silent: bool
    terminal: bool
    write: Callable[[str], object] = field(default=lambda text: click.echo(text, nl=False))
    _drawn: str = ""
    _said: tuple[float, ...] = ()
    _next: float = 0.0

    def __call__(self, ear: ClockListener, now: float) -> None:
        """Show what is new."""
        if self.silent:
            return
        said = ear.meter.notices
        for each in said:
            if each.second > (self._said[-1] if self._said else float("-inf")):
                self._erase()
                self.write(f"{time.strftime('%H:%M:%S')}  {each}\n")
                self._drawn = ""
        self._said = tuple(each.second for each in said)
        text = line(ear.status())
        if self.terminal and text != self._drawn:
            self.write(f"\r{text}{CLEAR_TO_END}")
            self._drawn = text
        elif not self.terminal and now >= self._next:
            self.write(f"{text}\n")
            self._next = now + LINE_SECONDS

    def end(self) -> None:
        """Leave the terminal's line."""
        if self._drawn:
            self.write("\n")

    def _erase(self) -> None:
        if self.terminal:
            self.write(f"\r{CLEAR_TO_END}")


def line(status: ClockStatus) -> str:
    """A reading as one line whose fields never move."""
    lost = "lost" if status.lost else status.motion
    return (
        f"{_number(status.bpm or None, '7.2f', 7)} bpm"
        f"  jitter sd {_number(status.jitter_sd_ms, '6.2f', 6)} ms"
        f"  p99 {_number(status.jitter_p99_ms, '6.2f', 6)} ms"
        f"  drift {_number(status.drift_ppm, '+6.0f', 6)} ppm"
        f"  missed {status.missed:<4} {lost:<7}"
    )


def _number(value: float | None, form: str, width: int) -> str:
    return f"{UNKNOWN:>{width}}" if value is None else f"{value:{form}}"

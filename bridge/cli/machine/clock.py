"""``latent-bridge clock``: measures the MIDI clock that arrives on a port."""

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

from bridge.cli.shared.options import END_AFTER, JSON, METRE, MIDI_BACKEND, VIRTUAL_INPUT
from bridge.errors import PortError
from bridge.midi.rtmidi_ports import VIRTUAL_NAMES, Backend
from bridge.music.grid import FOUR_FOUR, METRES, Metre
from bridge.session.messages.status import ClockStatus
from bridge.session.sync.clock_status import TWICE_ADVICE, ClockListener
from bridge.system.clock import monotonic_seconds

WAIT_SECONDS = 0.1
"""Longest wait for a message, so that Ctrl+C is prompt."""
LINE_SECONDS = 1.0
"""Time between two lines where there is no terminal on which one line can be redrawn."""
UNKNOWN = "-"
CLEAR_TO_END = "\x1b[K"


@click.command()
@click.argument("port", required=False)
@VIRTUAL_INPUT
@METRE
@JSON
@END_AFTER
@MIDI_BACKEND
def clock(
    port: str | None,
    virtual: bool,
    metre: str | None,
    as_json: bool,
    seconds: float | None,
    backend: str,
    midi_driver: str,
) -> None:
    """Measure the MIDI clock that arrives on the input PORT, until Ctrl+C.

    Shows tempo, jitter (deviation, and 99th percentile), drift in parts per
    million over the last minute, missing clocks, and the transport messages with
    their positions (bar.beat.sixteenth, in bars of --metre). PORT is any clear part
    of a name that `latent-bridge ports` lists. With --virtual it is the name of a port
    of our own. [default there: Latent Bridge Clock]
    """
    if port is None and not virtual:
        raise click.UsageError("give a PORT of `latent-bridge ports`, or --virtual")
    name = port or VIRTUAL_NAMES["clock"]
    with Backend.choose(backend, midi_driver) as system:
        heard: SimpleQueue[tuple[float, bytes]] = SimpleQueue()
        opened = system.open_in(name, lambda at, data: heard.put((at, data)), virtual=virtual)
        click.echo(f"listening to {opened.name} ({system.name}); Ctrl+C ends", err=True)
        bars = METRES[metre or FOUR_FOUR.name]
        show = Show(silent=as_json, terminal=sys.stdout.isatty(), metre=bars)
        listener = listen(heard, show, seconds)
    show.end()
    if as_json:
        click.echo(json.dumps({"port": opened.name} | asdict(listener.status(bars)), indent=2))
    if not listener.meter.clocks:
        raise PortError(
            f"no clock came on {opened.name!r}: switch MIDI clock (sync) on for it in the DAW "
            "or device, and look what it sends with `latent-bridge monitor`"
        )


def listen(
    heard: SimpleQueue[tuple[float, bytes]],
    show: Show,
    seconds: float | None,
    clock: Callable[[], float] = monotonic_seconds,
) -> ClockListener:
    """Follow the messages in ``heard`` for ``seconds`` (None: until Ctrl+C); the reading."""
    listener = ClockListener()
    end = None if seconds is None else clock() + seconds
    with contextlib.suppress(KeyboardInterrupt):
        while end is None or clock() < end or not heard.empty():
            try:
                listener = listener.hear(*heard.get(timeout=WAIT_SECONDS))
            except Empty:
                listener = listener.at(clock())
            show(listener, clock())
    return listener


@dataclass
class Show:
    """Writes transport messages as lines, and below them the clock's reading.

    The reading is redrawn in its place on a ``terminal``, else written each second.
    """

    silent: bool
    terminal: bool
    metre: Metre = FOUR_FOUR
    write: Callable[[str], object] = field(default=lambda text: click.echo(text, nl=False))
    _drawn: str = ""
    _shown: tuple[float, ...] = ()
    _next: float = 0.0
    _twice: bool = False

    def __call__(self, listener: ClockListener, now: float) -> None:
        """Write the messages and the reading that have changed since the last call."""
        if self.silent:
            return
        recent = listener.meter.notices
        for each in recent:
            if each.second > (self._shown[-1] if self._shown else float("-inf")):
                self._above(each.text(self.metre))
        self._shown = tuple(each.second for each in recent)
        twice = bool(listener.follower.twice)
        if twice and not self._twice:
            self._above(f"the clock comes twice: {TWICE_ADVICE}")
        self._twice = twice
        text = line(listener.status())
        if self.terminal and text != self._drawn:
            self.write(f"\r{text}{CLEAR_TO_END}")
            self._drawn = text
        elif not self.terminal and now >= self._next:
            self.write(f"{text}\n")
            self._next = now + LINE_SECONDS

    def end(self) -> None:
        """End the line that is redrawn."""
        if self._drawn:
            self.write("\n")

    def _above(self, text: str) -> None:
        """Write a line of its own above the reading."""
        if self.terminal:
            self.write(f"\r{CLEAR_TO_END}")
        self.write(f"{time.strftime('%H:%M:%S')}  {text}\n")
        self._drawn = ""


def line(status: ClockStatus) -> str:
    """A reading as one line with fields of constant width."""
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

"""Compare Python's MIDI drivers on a running JACK server.

    python -m tools.evaluate.midi_drivers [DRIVER ...] [--count 2000] [--load] [--own-jack]

Each driver that can be imported sends through a virtual output of its own to a virtual input of its
own, joined by JACK. A row tells what came of it: messages
lost, the delay from send to receipt in ms (median, 99 in 100, longest), cycles that JACK lost, the
time that opening and closing a port takes, and what JACK calls the ports. The JACK server is the
environment's (``JACK_DEFAULT_SERVER``); needs JACK-Client.
"""

from __future__ import annotations

import argparse
import ctypes
import importlib
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, Protocol

POLL = 0.001
"""Seconds between two reads of a driver whose messages are fetched."""
LOAD_ITEMS = 3000
Heard = Callable[[float, bytes], None]


class Pair(Protocol):
    """A virtual output and a virtual input of one driver."""

    def send(self, message: bytes) -> None: ...  # noqa: D102

    def close(self) -> None: ...  # noqa: D102


class PolledPair:
    """A pair whose input is read by a thread of ours, as the program does under JACK."""

    def __init__(self, out: Any, read: Callable[[], bytes | None], heard: Heard) -> None:
        self._out, self._read, self._heard = out, read, heard
        self._closing = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._closing:
            while (message := self._read()) is not None:
                self._heard(time.monotonic(), message)
            time.sleep(POLL)

    def send(self, message: bytes) -> None:
        """Send one message."""
        self._out.send_message(list(message))

    def close(self) -> None:
        """Stop reading; the ports close with the objects."""
        self._closing = True
        self._thread.join()


def _bytes(event: Any) -> bytes | None:
    return bytes(event[0]) if event else None


def _python_rtmidi(library: Any, heard: Heard) -> Pair:
    into = library.MidiIn(rtapi=library.API_UNIX_JACK, name="Compare In")
    into.ignore_types(sysex=False, timing=False, active_sense=False)
    into.open_virtual_port("in")
    out = library.MidiOut(rtapi=library.API_UNIX_JACK, name="Compare Out")
    out.open_virtual_port("out")
    return PolledPair(out, lambda: _bytes(into.get_message()), heard)


def _supriya_midi(library: Any, heard: Heard) -> Pair:
    jack = library.RtMidiAPI.UNIX_JACK
    into = library.MidiIn(jack, "Compare In")
    into.ignore_types(sysex=False, timing=False, active_sense=False)
    into.open_virtual_port("in")
    out = library.MidiOut(jack, "Compare Out")
    out.open_virtual_port("out")
    return PolledPair(out, lambda: _bytes(into.get_message()), heard)


def _rtmidi2(library: Any, heard: Heard) -> Pair:
    into = library.MidiIn("Compare In", api=library.API_UNIX_JACK)
    into.ignore_types(False, False, False)
    into.open_virtual_port("in")
    out = library.MidiOut("Compare Out", api=library.API_UNIX_JACK)
    out.open_virtual_port("out")
    return PolledPair(out, lambda: ((m := into.get_message()) and bytes(m)) or None, heard)


def _pylibremidi(library: Any, heard: Heard) -> Pair:
    settings = library.InputConfiguration()
    settings.ignore_sysex = settings.ignore_timing = settings.ignore_sensing = False
    settings.on_raw_data = lambda data, _: heard(time.monotonic(), bytes(data))
    into = library.MidiIn(settings, library.API.JACK_MIDI)
    into.open_virtual_port("in")
    out = library.MidiOut(library.OutputConfiguration(), library.API.JACK_MIDI)
    out.open_virtual_port("out")

    return PolledPair(out, lambda: into.poll(), heard)


DRIVERS: dict[str, tuple[str, Callable[[Any, Heard], Pair]]] = {
    "python-rtmidi": ("rtmidi", _python_rtmidi),
    "supriya-midi": ("supriya_midi", _supriya_midi),
    "rtmidi2": ("rtmidi2", _rtmidi2),
    "pylibremidi": ("pylibremidi", _pylibremidi),
}
"""Package -> (the module to import, what opens its two ports)."""


@contextmanager
def python_load() -> Iterator[None]:
    """A thread that holds the interpreter lock as much as it can."""
    ended = threading.Event()

    def work() -> None:
        while not ended.is_set():
            sorted(range(LOAD_ITEMS), key=lambda n: -n)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def compare(package: str, count: int, pause: float, load: bool) -> str:
    """One row of the table for a driver; the error, where it does not come to figures."""
    import jack

    module, opened = DRIVERS[package]
    client = jack.Client("Compare", no_start_server=True)
    lost_cycles: list[float] = []
    client.set_xrun_callback(lost_cycles.append)
    client.activate()
    heard: list[tuple[float, bytes]] = []
    before = {port.name for port in client.get_ports(is_midi=True)}
    try:
        library = importlib.import_module(module)
        began = time.monotonic()
        pair = opened(library, lambda at, message: heard.append((at, message)))
        opening = time.monotonic() - began
        ours = [p for p in client.get_ports(is_midi=True) if p.name not in before]
        source = next(p for p in ours if p.is_output)
        sink = next(p for p in ours if p.is_input)
        client.connect(source, sink)
        time.sleep(0.2)
        lost_cycles.clear()
        sent = []
        with python_load() if load else nullcontext():
            for n in range(count):
                sent.append((time.monotonic(), bytes((0x90, n % 128, 1 + n // 128 % 127))))
                pair.send(sent[-1][1])
                time.sleep(pause)
            time.sleep(0.3)
        pair.close()
        names = f"{source.name} -> {sink.name}"
    except Exception as error:
        return f"{package:<14} {type(error).__name__}: {error}"
    finally:
        client.deactivate()
        client.close()
    arrivals = {message: at for at, message in heard}
    delays = sorted(1000 * (arrivals[m] - at) for at, m in sent if m in arrivals)
    lost = count - len(delays)
    if not delays:
        return f"{package:<14} all {count} lost   {names}"
    p99 = delays[int(0.99 * (len(delays) - 1))]
    return (
        f"{package:<14} lost {lost:4d}   ms {statistics.median(delays):5.2f} {p99:5.2f} "
        f"{delays[-1]:5.2f}   lost cycles {len(lost_cycles):3d}   "
        f"open {1000 * opening:5.0f} ms   {names}"
    )


def main() -> None:
    """Print a row for each driver."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("drivers", nargs="*", default=list(DRIVERS), metavar="DRIVER")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--pause", type=float, default=0.002, help="seconds between messages")
    parser.add_argument("--load", action="store_true", help="a second thread computes meanwhile")
    parser.add_argument("--own-jack", action="store_true", help="use the wheel's JACK library")
    arguments = parser.parse_args()
    if not arguments.own_jack:
        ctypes.CDLL("libjack.so.0", ctypes.RTLD_GLOBAL)
    print(f"Python {sys.version.split()[0]}, {sys.platform}")
    for package in arguments.drivers:
        print(compare(package, arguments.count, arguments.pause, arguments.load), flush=True)


if __name__ == "__main__":
    main()

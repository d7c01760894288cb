"""MIDI ports through RtMidi, by one of the drivers of :mod:`bridge.midi.drivers`.

Names of our virtual ports, such as ``Latent Bridge Drums``, in other programs:

========= ==================================== =========================================
system    name shown                           tool that lists it
========= ==================================== =========================================
alsa      Latent Bridge:Latent Bridge Drums    ``aconnect -l``
jack      Latent Bridge Drums:out              ``jack_lsp`` (RtMidi makes a client a port)
coremidi  Latent Bridge Drums                  Audio MIDI Setup
winmm     none: make one with loopMIDI         loopMIDI, or ``latent-bridge ports``
========= ==================================== =========================================

Ports are listed, chosen and named by their labels (see :mod:`bridge.midi.port_names`).

A port chosen by name is watched: once a second the names are read; when the device has gone
the port says so (``connected``) and opens again by itself when it is back. Losing it
for less than the poll may go unseen. Under JACK a server that ends and starts again counts
as everything unplugged and plugged in.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Sequence
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Final, TypeVar

from bridge.errors import NameUnknown, PortError
from bridge.midi.drivers import Driver, Event, choose_driver
from bridge.midi.midi_systems import (
    BY_PLATFORM,
    LINUX_SYSTEMS,
    SYSTEMS,
    jack_server_id,
    silence_jack,
    stderr_silenced,
)
from bridge.midi.port_names import Listed, Remembered, listed, match_port
from bridge.midi.ports import Gone, In, Out, Receiver
from bridge.system.clock import monotonic_seconds
from bridge.system.thread_priority import try_fifo

PRODUCT: Final = "Latent Bridge"
VIRTUAL_NAMES: Final = {
    role: f"{PRODUCT} {role.replace('_', ' ').title()}"
    for role in ("in", "drums", "bass", "melody", "click", "clock", "clock_out")
}
"""Role -> name of its virtual port; fixed, because DAWs store settings by it."""

MAX_MESSAGE_BYTES: Final = 256
"""Bytes; longer system exclusive messages are dropped on arrival, since no code reads them."""
POLL_SECONDS: Final = 1.0
READ_SECONDS: Final = 0.001
READER_PRIORITY: Final = 21
"""SCHED_FIFO priority of the JACK reader thread. With both cores busy the greatest delay of a time
stamp was 3.7 ms with it and 7 to 8 ms without."""
JACK_DRAIN_SECONDS: Final = 0.02
"""Wait before closing under JACK, which sends once a period, so that the last messages get out."""
ENVIRONMENT: Final = "LATENT_BRIDGE_MIDI"


_NO_VIRTUAL: Final = (
    "Windows has no virtual ports of its own: make a loopback named {name!r} in Windows MIDI "
    "Services (or a port in loopMIDI), and give that name instead of 'virtual'"
)
_KINDS: Final = ("input", "output")


class Backend:
    """One MIDI system of this machine: lists, opens and watches its ports.

    A context manager. PortError, with what to do, when it cannot be opened.
    """

    def __init__(self, name: str, driver: Driver, *, poll: float = POLL_SECONDS) -> None:
        self.name = name
        self.system = SYSTEMS[name]
        self.driver = driver
        self._poll = poll
        self._lock = threading.Lock()
        self._lists: dict[str, Any] = {}
        self._ports: list[_Port] = []
        self._lost: list[Any] = []
        self._closing = threading.Event()
        self._watcher: threading.Thread | None = None
        self.names("input")
        self._server = jack_server_id() if name == "jack" else ""
        if name == "jack":
            silence_jack()

    @classmethod
    def choose(cls, name: str = "", driver: str = "", *, poll: float = POLL_SECONDS) -> Backend:
        """The MIDI system called ``name`` (alsa, jack, coremidi, winmm); if empty, the one
        in the environment's LATENT_BRIDGE_MIDI; else the platform's. On Linux that is ALSA
        if its sequencer opens, else JACK if a server runs. ``driver`` is that of
        :func:`~bridge.midi.drivers.choose_driver`.

        NameUnknown for another name; PortError, with the remedy, when none opens.
        """
        name = (name or os.environ.get(ENVIRONMENT, "")).casefold()
        if name and name not in SYSTEMS:
            raise NameUnknown("MIDI system", name, SYSTEMS)
        chosen = choose_driver(driver)
        candidates = (name,) if name else BY_PLATFORM.get(sys.platform, LINUX_SYSTEMS)
        failures = []
        for candidate in candidates:
            try:
                return cls(candidate, chosen, poll=poll)
            except PortError as error:
                failures.append(str(error))
        raise PortError("; or ".join(failures))

    @property
    def virtual_ports(self) -> bool:
        """True if the system can create virtual ports."""
        return self.system.virtual_ports

    def inputs(self) -> list[str]:
        """Names of the input ports."""
        return self.names("input")

    def outputs(self) -> list[str]:
        """Names of the output ports."""
        return self.names("output")

    def names(self, what: str) -> list[str]:
        """The names of the ``input`` or ``output`` ports. PortError when the system fails."""
        return [port.label for port in self.listed(what)]

    def listed(self, what: str) -> tuple[Listed, ...]:
        """The ``input`` or ``output`` ports. PortError when the system fails."""
        with self._lock:
            try:
                if what not in self._lists:
                    self._lists[what] = self.device(what, f"{PRODUCT} list")
                return self.listed_by(self._lists[what])
            except PortError:
                raise
            except Exception as error:
                self._lists.pop(what, None)
                raise PortError(f"MIDI ({self.name}): {error}; {self.system.remedy}") from error

    def open_in(self, name: str, receiver: Receiver, *, virtual: bool = False) -> In:
        """Open the input that matches ``name``, or a ``virtual`` one of that name.

        ``receiver`` gets (monotonic seconds, message) in the MIDI system's own thread.
        PortError when it does not exist, is ambiguous, or is refused.
        """
        return self._open(HardwareIn(self, name, virtual, receiver))

    def open_out(self, name: str, *, virtual: bool = False, minimum_gap: float = 0.0) -> Out:
        """Open the output that matches ``name``, or a ``virtual`` one of that name.

        ``minimum_gap`` (seconds between messages) is for cheap interfaces that lose messages sent
        together. PortError when it does not exist, is ambiguous, or is refused.
        """
        return self._open(HardwareOut(self, name, virtual, minimum_gap))

    def close(self) -> None:
        """Close every port and stop watching. Idempotent."""
        self._closing.set()
        if self._watcher is not None and self._watcher is not threading.current_thread():
            self._watcher.join()
        for port in list(self._ports):
            port.close()
        self._dispose_lost()
        with self._lock:
            lists, self._lists = self._lists, {}
        for enumerator in lists.values():
            _dispose(enumerator)

    def __enter__(self) -> Backend:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.close()

    # --- for ports ------------------------------------------------------------------------

    def device(self, what: str, client: str) -> Any:
        """A new device of the driver, not yet open. PortError with the remedy."""
        try:
            with stderr_silenced():
                return self.driver.opener(what, self.system, client)
        except LookupError as error:
            raise PortError(
                f"{self.driver.package} knows no {self.name} on this machine: leave --backend out"
            ) from error
        except Exception as error:
            raise PortError(self.system.remedy) from error

    @property
    def fetches(self) -> bool:
        """True if messages are fetched by a thread of ours: always under JACK, whose cycle a
        callback would hold up, and with a driver that may not call back."""
        return self.name == "jack" or not self.driver.calls_back

    def listed_by(self, device: Any) -> tuple[Listed, ...]:
        """The ports that a device lists, in the order of their indices."""
        return listed(map(str, device.get_ports()), self.system.decoration)

    def discard(self, device: Any) -> None:
        """Close a lost device at the next poll, because another thread may be sending on it."""
        self._lost.append(device)

    def forget(self, port: _Port) -> None:
        """Stop watching ``port``."""
        with contextlib.suppress(ValueError):
            self._ports.remove(port)

    def _open(self, port: PortT) -> PortT:
        if port.virtual and not self.virtual_ports:
            raise PortError(_NO_VIRTUAL.format(name=port.name))
        try:
            port.connect(self.listed(port.what))
        except PortError:
            raise
        except Exception as error:
            raise PortError(
                f"MIDI {port.what} {port.name!r} does not open ({error}); if another program "
                "holds it, close it there"
            ) from error
        self._ports.append(port)
        if self._watcher is None:
            self._watcher = threading.Thread(target=self._watch, name="midi watcher", daemon=True)
            self._watcher.start()
        return port

    # --- the watcher ----------------------------------------------------------------------

    def _watch(self) -> None:
        while not self._closing.wait(self._poll):
            self._dispose_lost()
            if self.name == "jack" and jack_server_id() != self._server:
                self._lose_all()
                self._server = jack_server_id()
            if self._server or self.name != "jack":
                self._check_all()

    def _check_all(self) -> None:
        try:
            ports = {what: self.listed(what) for what in _KINDS}
        except PortError:
            ports = dict.fromkeys(_KINDS, ())
        for port in list(self._ports):
            port.check(ports[port.what])

    def _lose_all(self) -> None:
        """Give up all devices after the JACK server has ended: none of them works any more."""
        with self._lock:
            self._lost += self._lists.values()
            self._lists = {}
        for port in list(self._ports):
            port.lose()

    def _dispose_lost(self) -> None:
        while self._lost:
            _dispose(self._lost.pop())


class _Port:
    """Base of inputs and outputs: a device, its name, and reconnection."""

    what = "input"
    client_port = "in"

    def __init__(self, backend: Backend, name: str, virtual: bool) -> None:
        self.backend = backend
        self.name = name
        self.virtual = virtual
        self.device: Any = None
        self.connected = False
        self.on_gone: Gone = lambda: None
        self._seen = False
        self._memory: Remembered | None = None
        self._doubtful = False

    def connect(self, ports: Sequence[Listed]) -> None:
        """Open the device, or the virtual port. PortError, or whatever the driver raises."""
        jack = self.backend.name == "jack"
        if self.virtual:
            device = self.backend.device(self.what, self.name if jack else PRODUCT)
            self.prepare(device)
            device.open_virtual_port(self.client_port if jack else self.name)
        else:
            port = self._memory.port if self._memory else self._choose(ports)
            device = self.backend.device(self.what, f"{PRODUCT} Device" if jack else PRODUCT)
            index = self.backend.listed_by(device).index(port)
            self._remember(Remembered.of(port, ports))
            self.prepare(device)
            device.open_port(index, self.client_port if jack else f"{PRODUCT} {self.client_port}")
        self.device, self.connected = device, True

    def prepare(self, device: Any) -> None:
        """Hook: prepare a device before it opens."""

    def _choose(self, ports: Sequence[Listed]) -> Listed:
        """The port that the name given means."""
        label = match_port(self.name, [port.label for port in ports], self.what)
        return next(port for port in ports if port.label == label)

    def _remember(self, memory: Remembered) -> None:
        self._memory, self.name = memory, memory.port.label

    def check(self, ports: Sequence[Listed]) -> None:
        """Lose or find the device by what is there now; called by the watcher only."""
        if self._memory is None:
            here = True
        else:
            before = self._memory.port
            found, memory = self._memory.find(ports)
            here = found is not None
            if not here and memory.doubtful(ports):
                self._doubtful = True  # some of its name are away: this one may still be there
                return
            if found is not None and (found.raw != before.raw or self._doubtful):
                self.lose()
            self._doubtful = False
            self._remember(memory)
        seen, self._seen = self._seen, here
        if self.connected and not here:
            self.lose()
        elif here and not self.connected:
            self.lose()
            if self.backend.name == "jack" and not self.virtual and not seen:
                return  # its client may not be active yet, and RtMidi hides that JACK refused
            with contextlib.suppress(Exception):  # not yet: the next poll tries again
                self.connect(ports)

    def lose(self) -> None:
        """Give up a device that has gone."""
        device, self.device, self.connected = self.device, None, False
        if device is not None:
            self.backend.discard(device)
            self.on_gone()

    def close(self) -> None:
        """Close for good. Idempotent."""
        self.backend.forget(self)
        device, self.device, self.connected = self.device, None, False
        if device is not None:
            self.before_closing()
            _dispose(device)
            self.on_gone()

    def before_closing(self) -> None:
        """Hook: called before a working device is closed."""


PortT = TypeVar("PortT", bound=_Port)


class HardwareIn(_Port):
    """An :class:`~bridge.midi.ports.In` through RtMidi.

    Under JACK a thread of ours polls RtMidi's queue: a callback would run in JACK's process cycle
    and wait for the interpreter lock, and a late cycle loses or repeats messages (measured: 2 in
    30,000 with both cores busy). So it is with a driver that may not call back. Else RtMidi calls.
    """

    def __init__(self, backend: Backend, name: str, virtual: bool, receiver: Receiver) -> None:
        super().__init__(backend, name, virtual)
        self._receiver = receiver
        self._reader: threading.Thread | None = None
        self._closing = False

    def prepare(self, device: Any) -> None:
        """Receive all messages, also clock, active sensing and sysex."""
        device.ignore_types(sysex=False, timing=False, active_sense=False)
        if not self.backend.fetches:
            device.set_callback(_deliver, self._receiver)
        elif self._reader is None:
            self._reader = threading.Thread(target=self._read, name="midi reader", daemon=True)
            self._reader.start()

    def _read(self) -> None:
        try_fifo(READER_PRIORITY)
        while not self._closing:
            device = self.device
            while device is not None and (event := device.get_message()) is not None:
                _deliver(event, self._receiver)
            time.sleep(READ_SECONDS)

    def close(self) -> None:
        """Stop reading, then close for good."""
        self._closing = True
        reader, self._reader = self._reader, None
        if reader is not None and reader is not threading.current_thread():
            reader.join()
        super().close()


def _deliver(event: Event, receiver: Receiver) -> None:
    """Stamp a message and hand it to the receiver, in the thread that got it, without a lock."""
    message = event[0]
    if len(message) <= MAX_MESSAGE_BYTES:
        receiver(monotonic_seconds(), bytes(message))


class HardwareOut(_Port):
    """An :class:`~bridge.midi.ports.Out` through RtMidi. ``dropped`` counts messages lost without
    a device."""

    what = "output"
    client_port = "out"

    def __init__(self, backend: Backend, name: str, virtual: bool, minimum_gap: float) -> None:
        super().__init__(backend, name, virtual)
        self.dropped = 0
        self._gap = minimum_gap
        self._queue: SimpleQueue[bytes | None] = SimpleQueue()
        self._pacer: threading.Thread | None = None
        if minimum_gap > 0:
            self._pacer = threading.Thread(target=self._pace, name="midi pacer", daemon=True)
            self._pacer.start()

    def send(self, message: bytes) -> None:
        """Send one complete message now, or queue it where a minimum gap is set. Never raises."""
        if self._pacer is not None:
            self._queue.put(message)
        else:
            self._send(message)

    def _send(self, message: bytes) -> None:
        device = self.device
        if device is None:
            self.dropped += 1
            return
        try:
            device.send_message(message)
        except Exception:  # any error of the driver: the watcher opens the port again
            self.dropped += 1
            self.connected = False

    def _pace(self) -> None:
        while (message := self._queue.get()) is not None:
            self._send(message)
            time.sleep(self._gap)

    def close(self) -> None:
        """Send the queued messages, then close for good."""
        pacer, self._pacer = self._pacer, None
        if pacer is not None:
            self._queue.put(None)
            pacer.join()
        super().close()

    def before_closing(self) -> None:
        """Wait until the last note-offs are sent."""
        if self.backend.name == "jack":
            time.sleep(JACK_DRAIN_SECONDS)


def _dispose(device: Any) -> None:
    """Close a device in the order that does not hang jackd."""
    for step in ("cancel_callback", "close_port", "delete"):
        with contextlib.suppress(Exception):
            getattr(device, step)()

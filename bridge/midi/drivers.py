"""The Python packages through which MIDI systems are reached, and the choice of one.

Both bind RtMidi, so what they open (a :class:`Device`) is used alike. python-rtmidi is the usual
one; it has wheels up to Python 3.12. supriya-midi has them from 3.11 on. docs/drivers.md compares
them with others and says what was measured.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final, Protocol

from bridge.errors import NameUnknown, PortError
from bridge.midi.midi_systems import MidiSystem, share_jack_library

DRIVER_ENVIRONMENT: Final = "LATENT_BRIDGE_MIDI_DRIVER"
MODULES: Final = {
    "python-rtmidi": "bridge.midi.rtmidi_driver",
    "supriya-midi": "bridge.midi.supriya_driver",
}
"""Package -> our module that imports it. The first that is installed is taken."""
Event = tuple[Sequence[int], float]
"""(The bytes of one message, seconds since the one before)."""


class Device(Protocol):
    """An input or output of RtMidi: it lists ports and opens one of them, or a virtual one."""

    def get_ports(self) -> Sequence[str]:
        """The names of the ports, in the system's order."""

    def open_port(self, index: int, name: str) -> object:
        """Open the port at ``index`` of the list, under a ``name`` of its own."""

    def open_virtual_port(self, name: str) -> object:
        """Open a port that other programs connect to."""

    def close_port(self) -> None:
        """Close what is open."""

    def delete(self) -> None:
        """Give up the object, and its virtual port with it."""


class InputDevice(Device, Protocol):
    """An input of RtMidi."""

    def ignore_types(self, *, sysex: bool, timing: bool, active_sense: bool) -> None:
        """Leave out kinds of messages."""

    def get_message(self) -> Event | None:
        """The oldest message that waits; None when none does."""

    def set_callback(self, function: Callable[[Event, Any], None], data: Any) -> None:
        """Call ``function(event, data)`` for each message, in a thread of RtMidi."""


class OutputDevice(Device, Protocol):
    """An output of RtMidi."""

    def send_message(self, message: bytes) -> None:
        """Send one complete message."""


@dataclass(frozen=True, slots=True)
class Driver:
    """A package that reaches MIDI systems.

    ``opener(kind, system, client)`` makes an ``input`` or ``output`` of a system under a client's
    name; LookupError when the package was built without that system, and whatever the package
    raises when the system does not open. ``calls_back`` is False for a package whose callbacks may
    not be used: then messages are fetched by a thread of ours.
    """

    package: str
    calls_back: bool
    opener: Callable[[str, MidiSystem, str], Any]


def choose_driver(name: str = "") -> Driver:
    """The driver called ``name``; if empty, the one in the environment's
    LATENT_BRIDGE_MIDI_DRIVER; else the first of the table that is installed.

    NameUnknown for another name; PortError, with the remedy, when it cannot be imported.
    """
    name = name or os.environ.get(DRIVER_ENVIRONMENT, "")
    if name and name not in MODULES:
        raise NameUnknown("MIDI driver", name, MODULES)
    os.environ.setdefault("JACK_NO_START_SERVER", "1")  # a probe must not start a server
    share_jack_library()
    failures: list[ImportError] = []
    for package in (name,) if name else MODULES:
        try:
            found: Driver = import_module(MODULES[package]).load()
            return found
        except ImportError as error:
            failures.append(error)
    raise PortError(_remedy(failures)) from failures[0]


def installed() -> tuple[str, ...]:
    """The packages of the table that are installed, in its order."""
    return tuple(package for package in MODULES if version(package))


def version(package: str) -> str:
    """The version of a package of the table; empty where it is not installed."""
    from importlib import metadata  # slow, and for doctor alone

    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _remedy(failures: Sequence[ImportError]) -> str:
    """One line on why no driver could be imported, and what to do."""
    problems = " / ".join(dict.fromkeys(map(str, failures)))
    if "libasound" in problems:
        return (
            "MIDI needs libasound.so.2: `sudo apt-get install libasound2` (newer systems: "
            "libasound2t64; Fedora: `sudo dnf install alsa-lib`)"
        )
    return f"MIDI needs {' or '.join(MODULES)} ({problems}): pip install --upgrade latent-bridge"

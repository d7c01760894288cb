"""The MIDI driver supriya-midi: the only module that imports it.

Its messages are fetched, never called back: its calls keep the interpreter lock (its binding of
RtMidi, version 26.10b4, releases it nowhere), and closing a port waits for RtMidi's thread, which
would wait for the lock in a callback.
"""

from __future__ import annotations

from typing import Any, Final

from bridge.midi.drivers import Driver
from bridge.midi.midi_systems import MidiSystem

PACKAGE: Final = "supriya-midi"
_KINDS: Final = {"input": "MidiIn", "output": "MidiOut"}


def load() -> Driver:
    """Import the package. ImportError when it is not there, or a library that it needs."""
    import supriya_midi

    return driver_of(supriya_midi)


def driver_of(library: Any) -> Driver:
    """The driver of an imported ``supriya_midi``."""

    def opened(kind: str, system: MidiSystem, client: str) -> Any:
        api = library.RtMidiAPI[system.api]
        if api not in library.get_compiled_apis():
            raise LookupError(system.api)
        device = getattr(library, _KINDS[kind])(api, client)
        device.get_port_count()  # under JACK it is made without a server, too; this fails then
        return device

    return Driver(PACKAGE, False, opened)

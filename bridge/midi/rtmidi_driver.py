"""The MIDI driver python-rtmidi: the only module that imports it."""

from __future__ import annotations

from typing import Any, Final

from bridge.midi.drivers import Driver
from bridge.midi.midi_systems import MidiSystem

PACKAGE: Final = "python-rtmidi"
_KINDS: Final = {"input": "MidiIn", "output": "MidiOut"}


def load() -> Driver:
    """Import the package. ImportError when it is not there, or a library that it needs."""
    import rtmidi

    return driver_of(rtmidi)


def driver_of(library: Any) -> Driver:
    """The driver of an imported ``rtmidi``."""

    def opened(kind: str, system: MidiSystem, client: str) -> Any:
        api = getattr(library, f"API_{system.api}")
        if api not in library.get_compiled_api():
            raise LookupError(system.api)
        return getattr(library, _KINDS[kind])(rtapi=api, name=client)

    return Driver(PACKAGE, True, opened)

"""Opening the ports that a session was asked for, or the best there is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bridge.config import VIRTUAL, Settings
from bridge.errors import PortError
from bridge.midi.hardware import VIRTUAL_NAMES, Backend
from bridge.midi.ports import In, MemoryOut, Out, Receiver
from bridge.music.notes import Part

NO_PORT = "none"
SYNTHS = ("microsoft gs wavetable", "fluid", "timidity", "simplesynth", "general midi")
"""Parts of the names of software synthesizers that play General MIDI as they are."""
OpenIn = Callable[[Receiver], In]


@dataclass(frozen=True)
class Ports:
    """Opened outputs, how to open the input, and what to close at the end."""

    outs: dict[Part, Out]
    open_in: OpenIn | None
    open_clock: OpenIn | None
    close: Callable[[], None]
    note: str = ""


def names_ports(flags: Mapping[str, Any]) -> bool:
    """Whether the command line asks for a port, so that doing without is no answer."""
    return any(flags[name] for name in ("in_", "melody", "bass", "drums", "out", "clock"))


def open_ports(settings: Settings, backend: str, *, clock: str = "", required: bool) -> Ports:
    """Open the ports of the settings. Where there is no MIDI and nobody asked for a port by
    name, the screen's keys still play, silently, and the note says why."""
    if not clock and all(wanted == NO_PORT for wanted in settings.ports.values()):
        return Ports(_silent(), None, None, lambda: None)
    try:
        system = Backend.choose(backend)
    except PortError as error:
        if required:
            raise
        return Ports(_silent(), None, None, lambda: None, f"no MIDI: {error}")
    note = ""
    try:
        if not system.virtual_ports:
            settings, note = nearest_ports(settings, system)
        return replace(_open_with(system, settings, clock), note=note)
    except PortError as error:
        system.close()
        if required:
            raise
        return Ports(_silent(), None, None, lambda: None, str(error))
    except BaseException:
        system.close()
        raise


def nearest_ports(settings: Settings, system: Backend) -> tuple[Settings, str]:
    """Where there are no virtual ports (Windows): play on a software synthesizer if there is
    one, listen to the input if there is just one; the settings so changed, and a line that
    says what was chosen."""
    synths = [o for o in system.outputs() if any(name in o.casefold() for name in SYNTHS)]
    inputs = system.inputs()
    out = synths[0] if synths else NO_PORT
    listening = inputs[0] if len(inputs) == 1 else NO_PORT
    ports = {
        role: wanted if wanted != VIRTUAL else listening if role == "in" else out
        for role, wanted in settings.ports.items()
    }
    note = f"playing on {out}, listening to {listening}: --out and --in choose others"
    return replace(settings, ports=ports), note


def _open_with(system: Backend, settings: Settings, clock: str) -> Ports:
    outs: dict[Part, Out] = {}
    by_name: dict[str, Out] = {}
    for part in Part:
        wanted = settings.ports[part.value]
        name = VIRTUAL_NAMES[part.value] if wanted == VIRTUAL else wanted
        if wanted == NO_PORT:
            outs[part] = MemoryOut("none", connected=False)
        else:
            if name not in by_name:
                by_name[name] = system.open_out(name, virtual=wanted == VIRTUAL)
            outs[part] = by_name[name]
    return Ports(
        outs,
        _opener(system, settings.ports["in"], "in"),
        _opener(system, clock, "clock") if clock else None,
        system.close,
    )


def _opener(system: Backend, wanted: str, role: str) -> OpenIn | None:
    """How to open an input: by name, or as our own; None for none."""
    if wanted == NO_PORT:
        return None
    virtual = wanted == VIRTUAL
    name = VIRTUAL_NAMES[role] if virtual else wanted
    return lambda receiver: system.open_in(name, receiver, virtual=virtual)


def _silent() -> dict[Part, Out]:
    return {part: MemoryOut("none", connected=False) for part in Part}

"""Open the MIDI ports of a session: those of the settings, or the nearest that exist."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bridge.errors import PortError
from bridge.files.settings import DRUMS_PORT, NO_PORT, SOUND, VIRTUAL, Settings
from bridge.live.devices.offsets import CLOCK_OUT, refuse_feedback
from bridge.midi.port_names import match_port, one_port
from bridge.midi.ports import In, MemoryOut, Out, Receiver
from bridge.midi.rtmidi_ports import VIRTUAL_NAMES, Backend
from bridge.music.notes import Part

SYNTHS = ("microsoft gs wavetable", "fluid", "timidity", "simplesynth", "general midi")
"""Parts of the names of General MIDI software synthesizers."""
_PORT_FLAGS = ("in_", "melody", "bass", "drums", "out", "clock", "clock_out", "listen", "click")
_NO_DEVICE = ("", NO_PORT, SOUND, VIRTUAL)
OpenIn = Callable[[Receiver], In]


@dataclass(frozen=True)
class Ports:
    """The open outputs of a session, and functions that open the input, the clock's input and
    further ports (None: there is none) and that close all; ``open_master`` opens the input of
    another clock, ``open_clock_out`` another output of ours. ``click`` is the metronome's output
    (None: that of the drums). ``note`` is a line for the player; ``inputs`` and ``outputs`` list
    the ports of the machine."""

    outs: dict[Part, Out]
    open_in: OpenIn | None
    open_clock: OpenIn | None
    close: Callable[[], None]
    note: str = ""
    clock_outs: tuple[Out, ...] = ()
    open_out: Callable[[str], Out] | None = None
    open_other: Callable[[str], OpenIn] | None = None
    open_master: Callable[[str], OpenIn] | None = None
    open_clock_out: Callable[[str], Out] | None = None
    click: Out | None = None
    inputs: Callable[[], list[str]] = list
    outputs: Callable[[], list[str]] = list


def names_ports(flags: Mapping[str, Any]) -> bool:
    """True if the command line names a port, so that a missing port is an error."""
    return any(flags.get(n) not in (None, (), "", SOUND, DRUMS_PORT) for n in _PORT_FLAGS)


def open_ports(
    settings: Settings, backend: str, driver: str = "", *, required: bool, sounding: bool = False
) -> Ports:
    """Open the ports of the settings, on the MIDI system and by the driver of these names.

    If that is not possible, PortError if ``required``; else silent outputs, and ``note`` gives
    the reason. ``sounding``: the program's own sound is on, so no synthesizer is looked for.
    """
    wanted = (*settings.ports.values(), settings.clock or NO_PORT, *settings.clock_out)
    if all(name in (NO_PORT, SOUND) for name in wanted):
        return Ports(_silent(), None, None, lambda: None)
    try:
        system = Backend.choose(backend, driver)
    except PortError as error:
        if required:
            raise
        return Ports(_silent(), None, None, lambda: None, f"no MIDI: {error}")
    note = ""
    try:
        if not system.virtual_ports:
            settings, note = nearest_ports(settings, system, sounding=sounding)
        return replace(_open_with(system, settings), note=note)
    except PortError as error:
        system.close()
        if required:
            raise
        return Ports(_silent(), None, None, lambda: None, str(error))
    except BaseException:
        system.close()
        raise


def nearest_ports(
    settings: Settings, system: Backend, *, sounding: bool = False
) -> tuple[Settings, str]:
    """The settings for a system without virtual ports (Windows), and a line about the choice: the
    output is the first software synthesizer (``sounding``: our own sound), the input is the only
    one there is; ``none`` if there is no such port."""
    synths = [o for o in system.outputs() if any(name in o.casefold() for name in SYNTHS)]
    inputs = system.inputs()
    out = SOUND if sounding else synths[0] if synths else NO_PORT
    listening = inputs[0] if len(inputs) == 1 else NO_PORT
    ports = {
        role: wanted if wanted != VIRTUAL else listening if role == "in" else out
        for role, wanted in settings.ports.items()
    }
    note = f"playing on {out}, listening to {listening}: --out and --in choose others"
    return replace(settings, ports=ports), note


def _open_with(system: Backend, settings: Settings) -> Ports:
    by_name: dict[str, Out] = {}

    def open_out(wanted: str, role: str) -> Out:
        """The output of a name; the same name gives the same output."""
        if wanted in (NO_PORT, SOUND):
            return MemoryOut(wanted, connected=False)
        name = VIRTUAL_NAMES[role] if wanted == VIRTUAL else wanted
        if name not in by_name:
            by_name[name] = system.open_out(
                name, virtual=wanted == VIRTUAL, minimum_gap=settings.minimum_gap_ms / 1000
            )
        return by_name[name]

    outs = {part: open_out(settings.ports[part.value], part.value) for part in Part}
    clicks = settings.metronome.port
    click = None if clicks == DRUMS_PORT else open_out(clicks, "click")
    clock_outs = tuple(open_out(wanted, CLOCK_OUT) for wanted in settings.clock_out)
    refuse_one_clock_port(settings.clock, settings.clock_out, clock_outs, system.inputs)
    if settings.ports["in"] not in _NO_DEVICE and not settings.one_port:
        played = match_port(settings.ports["in"], system.inputs(), "input")
        refuse_echo(played, _devices((settings.ports[part.value], outs[part]) for part in Part))
    return Ports(
        outs,
        _opener(system, settings.ports["in"], "in"),
        _opener(system, settings.clock, "clock") if settings.clock else None,
        system.close,
        clock_outs=clock_outs,
        open_out=lambda name: open_out(name, ""),
        open_other=lambda name: _other_opener(system, name),
        open_master=lambda name: _opening(system, name, "clock"),
        open_clock_out=lambda name: open_out(name, CLOCK_OUT),
        click=click,
        inputs=system.inputs,
        outputs=system.outputs,
    )


def _devices(outs: Iterable[tuple[str, Out]]) -> list[str]:
    """The names of the outputs that other programs or devices own, of (what was asked for,
    the output): our own virtual ones are no port that sends back."""
    return [out.name for wanted, out in outs if wanted not in _NO_DEVICE]


def refuse_one_clock_port(
    followed: str, sent_to: Iterable[str], outs: Iterable[Out], inputs: Callable[[], list[str]]
) -> None:
    """PortError if our clock would go to the port whose clock is ``followed``, or there is no such
    port; ``outs`` are the outputs that were opened for the names ``sent_to``."""
    if followed not in _NO_DEVICE:
        devices = _devices(zip(sent_to, outs, strict=True))
        refuse_feedback(match_port(followed, inputs(), "input"), devices)


def refuse_echo(played: str, outputs: Iterable[str]) -> None:
    """PortError if one of the outputs is the port that the player's notes come from."""
    if any(one_port(played, name) for name in outputs):
        raise PortError(
            f"{played!r} is input and output at once: if it sends back what it receives, notes "
            "go round for ever; choose another --in or --out, or give --one-port for a device "
            "that does not send them back"
        )


def _opener(system: Backend, wanted: str, role: str) -> OpenIn | None:
    """A function that opens an input by name or as a virtual port; None for ``none``."""
    return None if wanted == NO_PORT else _opening(system, wanted, role)


def _opening(system: Backend, wanted: str, role: str) -> OpenIn:
    virtual = wanted == VIRTUAL
    name = VIRTUAL_NAMES[role] if virtual else wanted
    return lambda receiver: system.open_in(name, receiver, virtual=virtual)


def _other_opener(system: Backend, wanted: str) -> OpenIn:
    """A function that opens the input of another track, by a part of its name. A virtual one is
    named after what is asked for."""
    if wanted.startswith(VIRTUAL):
        name = f"{VIRTUAL_NAMES['in']} {wanted.removeprefix(VIRTUAL).strip(':') or 'track'}"
        return lambda receiver: system.open_in(name, receiver, virtual=True)
    return lambda receiver: system.open_in(wanted, receiver, virtual=False)


def _silent() -> dict[Part, Out]:
    return {part: MemoryOut("none", connected=False) for part in Part}

"""Ports and clocks changed on the screen while the band plays, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final, Protocol

from bridge.errors import PortError
from bridge.files.settings import NO_PORT, SOUND, VIRTUAL
from bridge.live.devices.ableton_link import Peer
from bridge.live.devices.offsets import offsets_of
from bridge.live.devices.own_sound import missing
from bridge.live.devices.ports import OpenIn, Ports, refuse_one_clock_port
from bridge.live.devices.settings_desk import Devices, SettingsDesk
from bridge.midi.ports import MemoryOut, Out
from bridge.midi.routed_out import RoutedOut
from bridge.midi.rtmidi_ports import VIRTUAL_NAMES
from bridge.music.notes import Part
from bridge.sound.output import Sound

NO_SOUND: Final = "all parts began on ports that you chose: it can be heard from the next start on"
NO_VIRTUAL: Final = "a virtual port is made at the start: choose it, and start again"
NO_MIDI: Final = "no MIDI system is open: see `latent-bridge doctor`"


def routed(ports: Ports) -> dict[Part, RoutedOut]:
    """The outputs of the parts, each of which can be led elsewhere."""
    return {part: RoutedOut(out) for part, out in ports.outs.items()}


def offer_ports(
    desk: SettingsDesk,
    ports: Ports,
    outs: Mapping[Part, RoutedOut],
    sound: Sound | None,
    listen_to: Callable[[OpenIn | None], None],
) -> None:
    """Have the settings page change the ports of a session at once, and say what is wrong."""
    first = {part: out.target for part, out in outs.items()}

    def output(part: Part, name: str) -> None:
        began_so = name == desk.settings.ports[part.value]
        found = first[part] if began_so else _output(name, part, first[part], ports, sound)
        outs[part].lead_to(found, keep=True)

    for part in outs:
        desk.applied[f"ports.{part.value}"] = partial(output, part)
    desk.applied["ports.in"] = lambda name: listen_to(_input(name, ports))
    desk.devices = Devices(
        lambda: _of_others(ports.inputs()), lambda: _of_others(ports.outputs()), ports.note
    )
    desk.notes = lambda: _measured(sound)
    desk.trouble = lambda: _trouble(desk, ports, outs, sound)


def _of_others(names: list[str]) -> list[str]:
    """The ports that are not our own virtual ones: what we play is no input of ours."""
    return [name for name in names if not name.startswith(tuple(VIRTUAL_NAMES.values()))]


class BeLed(Protocol):
    """Has another clock lead: ``LiveSession.be_led``."""

    def __call__(
        self, clock: str = "", open_in: OpenIn | None = None, peer: Peer | None = None
    ) -> None:
        """That of the port named ``clock``, of the Link session of ``peer``, or our own."""


def offer_clocks(
    desk: SettingsDesk,
    ports: Ports,
    be_led: BeLed,
    enter_link: Callable[[], Peer],
    send_clock_to: Callable[[Sequence[Out], Sequence[float]], None],
) -> None:
    """Have the settings page change the clock that leads, and the output that ours goes to, at
    once. ``enter_link`` makes a peer of the Link session."""
    sent = list(ports.clock_outs)

    def follow(name: str) -> None:
        if name in ("", NO_PORT):
            be_led()
        elif ports.open_master is None:
            raise PortError(NO_MIDI)
        else:
            refuse_one_clock_port(name, desk.settings.clock_out, sent, ports.inputs)
            be_led(clock_name(name), ports.open_master(name))

    def send(name: str) -> None:
        wanted = (name,) if name not in ("", NO_PORT) else ()
        if wanted and ports.open_clock_out is None:
            raise PortError(NO_MIDI)
        outs = [] if ports.open_clock_out is None else [ports.open_clock_out(n) for n in wanted]
        refuse_one_clock_port(desk.settings.clock, wanted, outs, ports.inputs)
        sent[:] = outs
        send_clock_to(outs, offsets_of(replace(desk.settings, clock_out=wanted)).clock_outs)

    desk.applied["clock"] = follow
    desk.applied["clock_out"] = send
    desk.applied["link"] = lambda on: be_led(peer=enter_link()) if on else be_led()


def clock_name(wanted: str) -> str:
    """The name of a port whose clock is followed: its own, or what was asked for."""
    return VIRTUAL_NAMES["clock"] if wanted == VIRTUAL else wanted


def _output(name: str, part: Part, first: Out, ports: Ports, sound: Sound | None) -> Out:
    """The output of a name. PortError where it cannot be opened."""
    if name == NO_PORT:
        return MemoryOut(NO_PORT, connected=False)
    if name == SOUND:
        if sound is None:
            raise PortError(NO_SOUND)
        return sound.out(part)
    if name == VIRTUAL:
        if isinstance(first, MemoryOut):
            raise PortError(NO_VIRTUAL)
        return first
    if ports.open_out is None:
        raise PortError(NO_MIDI)
    return ports.open_out(name)


def _input(name: str, ports: Ports) -> OpenIn | None:
    """The opener of an input by name; None for no input. PortError without a MIDI system."""
    if name == NO_PORT:
        return None
    if name == VIRTUAL and ports.open_in is not None:
        return ports.open_in
    if ports.open_other is None:
        raise PortError(NO_MIDI)
    return ports.open_other(name)


def _measured(sound: Sound | None) -> dict[str, str]:
    """The latency of the own sound, as its device tells it."""
    if sound is None or sound.opened is None:
        return {}
    opened = sound.opened
    whole = opened.delay_ms + opened.buffer_ms
    text = f"{opened.device}: a key is heard {whole:.0f} ms later; shorter is sooner heard"
    return {"sound.block_ms": text}


def _trouble(
    desk: SettingsDesk, ports: Ports, outs: Mapping[Part, RoutedOut], sound: Sound | None
) -> dict[str, str]:
    """What is wrong now, by the key of the setting, with what to do."""
    found: dict[str, str] = {}
    for part, out in outs.items():
        key = f"ports.{part.value}"
        wanted = desk.settings.ports[part.value]
        if ports.note and wanted not in (SOUND, NO_PORT):
            found[key] = ports.note
        elif not out.connected and wanted not in (SOUND, NO_PORT):
            found[key] = f"{out.name} is not there: plug it in, and it connects by itself"
    if ports.note and desk.settings.ports["in"] != NO_PORT:
        found["ports.in"] = ports.note
    if lacking := missing():
        found["sound.play"] = f"{lacking[0]} is missing: pip install 'latent-bridge[sound]'"
    elif sound is not None and sound.failed:
        found["sound.play"] = f"no sound: {sound.failed}"
    return found

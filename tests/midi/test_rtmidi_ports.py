"""rtmidi ports without hardware: a fake rtmidi, and manual calls of the watcher's checks."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from bridge.errors import NameUnknown, PortError
from bridge.midi import drivers, midi_systems, rtmidi_driver, rtmidi_ports
from bridge.midi.rtmidi_ports import (
    MAX_MESSAGE_BYTES,
    VIRTUAL_NAMES,
    Backend,
    HardwareIn,
    HardwareOut,
)


class FakeDevice:
    """An rtmidi input or output; ``world`` is the list of ports that are plugged in."""

    def __init__(self, world: list[str], log: list[str], **_: Any) -> None:
        self.world, self.log = world, log
        self.sent: list[bytes] = []
        self.opened, self.index = "", -1
        self.callback: tuple[Any, Any] | None = None
        self.broken = False

    def get_ports(self) -> list[str]:
        return list(self.world)

    def open_port(self, index: int, name: str) -> None:
        self.opened, self.index = self.world[index], index

    def open_virtual_port(self, name: str) -> None:
        self.opened = f"virtual {name}"

    def ignore_types(self, **kinds: bool) -> None:
        assert not any(kinds.values())

    def set_callback(self, function: Any, data: Any) -> None:
        self.callback = (function, data)

    def send_message(self, message: bytes) -> None:
        if self.broken:
            raise OSError("gone")
        self.sent.append(message)

    def cancel_callback(self) -> None:
        self.log.append("cancel_callback")

    def close_port(self) -> None:
        self.log.append("close_port")

    def delete(self) -> None:
        self.log.append("delete")


class FakeRtmidi(SimpleNamespace):
    """The module ``rtmidi`` with one system that works."""

    def __init__(self, api: str = "LINUX_ALSA", works: bool = True) -> None:
        super().__init__(world=["Piano:Piano MIDI 1 20:0"], log=[], works=works)
        for number, system in enumerate(midi_systems.SYSTEMS.values(), 1):
            setattr(self, f"API_{system.api}", number)
        self.good = getattr(self, f"API_{api}")

    def get_compiled_api(self) -> list[int]:
        return [self.API_LINUX_ALSA, self.API_UNIX_JACK, self.API_MACOSX_CORE, self.API_WINDOWS_MM]

    def make(self, rtapi: int, name: str) -> FakeDevice:
        if not self.works or rtapi != self.good:
            raise OSError("error creating sequencer client object")
        return FakeDevice(self.world, self.log)

    MidiIn = MidiOut = make


def backend(library: FakeRtmidi, name: str = "alsa") -> Backend:
    """A backend whose watcher sleeps for ever: tests call ``_check_all``."""
    return Backend(name, rtmidi_driver.driver_of(library), poll=3600.0)


@pytest.fixture
def library() -> FakeRtmidi:
    return FakeRtmidi()


@pytest.fixture
def alsa(library: FakeRtmidi) -> Iterator[Backend]:
    with backend(library) as made:
        yield made


def test_an_input_is_stamped_with_monotonic_seconds(alsa: Backend) -> None:
    heard: list[tuple[float, bytes]] = []
    port = alsa.open_in("Piano", lambda at, message: heard.append((at, message)))
    assert isinstance(port, HardwareIn)
    assert port.name == "Piano:Piano MIDI 1"
    function, receiver = port.device.callback
    before = time.monotonic()
    function(([0x90, 60, 100], 0.0), receiver)
    assert heard[0][1] == b"\x90\x3c\x64"
    assert before <= heard[0][0] <= time.monotonic()


def test_long_sysex_is_dropped_where_it_arrives(alsa: Backend) -> None:
    heard: list[bytes] = []
    port = alsa.open_in("Piano", lambda _, message: heard.append(message))
    assert isinstance(port, HardwareIn)
    function, receiver = port.device.callback
    function(([0xF0] * (MAX_MESSAGE_BYTES + 1), 0.0), receiver)
    function(([0xF0] * MAX_MESSAGE_BYTES, 0.0), receiver)
    assert [len(message) for message in heard] == [MAX_MESSAGE_BYTES]


def test_an_input_says_once_that_its_device_is_gone(alsa: Backend, library: FakeRtmidi) -> None:
    gone: list[str] = []
    port = alsa.open_in("Piano", lambda *_: None)
    port.on_gone = lambda: gone.append(port.name)
    alsa._check_all()
    assert gone == []
    library.world.clear()
    alsa._check_all()
    alsa._check_all()
    assert gone == ["Piano:Piano MIDI 1"]
    library.world.append("Piano:Piano MIDI 1 24:0")
    alsa._check_all()
    assert port.connected
    port.close()
    port.close()
    assert len(gone) == 2


def test_an_unplugged_output_swallows_and_comes_back_under_its_new_number(
    alsa: Backend, library: FakeRtmidi
) -> None:
    port = alsa.open_out("Piano")
    assert isinstance(port, HardwareOut)
    library.world.clear()
    alsa._check_all()
    assert not port.connected
    port.send(b"\xf8")
    assert port.dropped == 1
    library.world += ["Organ:Organ 20:0", "Piano:Piano MIDI 1 24:0"]
    alsa._check_all()
    assert port.connected
    assert (port.name, port.device.opened) == ("Piano:Piano MIDI 1", "Piano:Piano MIDI 1 24:0")
    port.send(b"\xfa")
    assert port.device.sent == [b"\xfa"]


def test_when_two_of_the_name_come_back_neither_is_guessed(
    alsa: Backend, library: FakeRtmidi
) -> None:
    port = alsa.open_out("Piano")
    library.world[:] = ["Piano:Piano MIDI 1 24:0", "Piano:Piano MIDI 1 28:0"]
    alsa._check_all()
    assert not port.connected


def test_ports_are_listed_and_named_without_what_the_system_appends(
    alsa: Backend, library: FakeRtmidi
) -> None:
    library.world[:] = ["Piano:Piano 20:0", "MPK:MPK 24:0", "MPK:MPK 28:0"]
    assert alsa.inputs() == alsa.outputs() == ["Piano:Piano", "MPK:MPK#1", "MPK:MPK#2"]
    second = alsa.open_out("MPK#2")
    assert isinstance(second, HardwareOut)
    assert second.device.opened == "MPK:MPK 28:0"


@pytest.fixture
def twins() -> Iterator[tuple[FakeRtmidi, Backend, list[HardwareOut]]]:
    """Two devices of one name on a Mac, which shows nothing else of them, and both opened."""
    library = FakeRtmidi("MACOSX_CORE")
    library.world[:] = ["MPK", "Organ", "MPK"]
    with backend(library, "coremidi") as made:
        outs = [made.open_out(name) for name in ("MPK#1", "MPK#2")]
        yield library, made, [out for out in outs if isinstance(out, HardwareOut)]


def indices(outs: list[HardwareOut]) -> list[int]:
    return [out.device.index for out in outs]


def test_two_devices_of_one_name_are_opened_by_their_places(
    twins: tuple[FakeRtmidi, Backend, list[HardwareOut]],
) -> None:
    assert indices(twins[2]) == [0, 2]


def test_while_one_of_two_like_devices_is_away_what_works_is_not_cut_off(
    twins: tuple[FakeRtmidi, Backend, list[HardwareOut]],
) -> None:
    """Which of them it is cannot be told; when both are there, both are opened anew."""
    library, made, outs = twins
    before = [out.device for out in outs]
    library.world[:] = ["Organ", "MPK"]
    made._check_all()
    assert [out.device for out in outs] == before
    assert all(out.connected for out in outs)
    library.world[:] = ["Organ", "MPK", "MPK"]
    made._check_all()
    assert indices(outs) == [1, 2]
    assert [out.name for out in outs] == ["MPK#1", "MPK#2"]
    assert not set(map(id, before)) & {id(out.device) for out in outs}


def test_when_all_of_one_name_are_away_their_ports_are_lost(
    twins: tuple[FakeRtmidi, Backend, list[HardwareOut]],
) -> None:
    library, made, outs = twins
    library.world[:] = ["Organ"]
    made._check_all()
    assert not any(out.connected for out in outs)
    library.world[:] = ["MPK"]
    made._check_all()
    assert not any(out.connected for out in outs), "one of two: not guessed"
    library.world[:] = ["MPK", "MPK"]
    made._check_all()
    assert indices(outs) == [0, 1]


def test_on_windows_a_port_is_opened_by_its_exact_name_and_found_at_another_position() -> None:
    library = FakeRtmidi("WINDOWS_MM")
    library.world[:] = ["Latent Bridge Clock Out 0", "Latent Bridge Clock 1"]
    with backend(library, "winmm") as winmm:
        port = winmm.open_in("Latent Bridge Clock", lambda _at, _message: None)
        assert isinstance(port, HardwareIn)
        assert (port.name, port.device.index) == ("Latent Bridge Clock", 1)
        library.world[:] = ["Latent Bridge Clock 0"]
        winmm._check_all()
        assert (port.connected, port.name, port.device.index) == (True, "Latent Bridge Clock", 0)


def test_a_send_that_fails_is_counted_and_the_port_opened_again(alsa: Backend) -> None:
    port = alsa.open_out("Piano")
    assert isinstance(port, HardwareOut)
    port.device.broken = True
    port.send(b"\xf8")
    assert (port.connected, port.dropped) == (False, 1)
    alsa._check_all()
    port.send(b"\xfa")
    assert port.connected
    assert port.device.sent == [b"\xfa"]


def test_a_list_that_fails_loses_the_ports_and_nothing_else(
    alsa: Backend, library: FakeRtmidi, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = alsa.open_out("Piano")
    with monkeypatch.context() as patch:
        patch.setattr(FakeDevice, "get_ports", lambda self: 1 / 0)
        alsa._check_all()
    assert not port.connected
    alsa._check_all()
    assert port.connected


def test_devices_are_closed_in_the_order_that_does_not_hang_jackd(library: FakeRtmidi) -> None:
    with backend(library) as made:
        port = made.open_in("Piano", lambda _at, _m: None)
        port.close()
        assert library.log == ["cancel_callback", "close_port", "delete"]
        port.close()
    assert library.log.count("delete") == 2, "the port once, the list once"


def test_a_minimum_gap_keeps_the_order_and_closing_waits_for_the_last(alsa: Backend) -> None:
    port = alsa.open_out("Piano", minimum_gap=0.0001)
    assert isinstance(port, HardwareOut)
    device = port.device
    messages = [bytes((0x90, n, 1)) for n in range(20)]
    for message in messages:
        port.send(message)
    port.close()
    assert device.sent == messages


def test_virtual_ports_have_their_exact_names(alsa: Backend) -> None:
    port = alsa.open_out(VIRTUAL_NAMES["drums"], virtual=True)
    assert isinstance(port, HardwareOut)
    assert port.device.opened == "virtual Latent Bridge Drums"
    assert list(VIRTUAL_NAMES.values()) == [
        "Latent Bridge In",
        "Latent Bridge Drums",
        "Latent Bridge Bass",
        "Latent Bridge Melody",
        "Latent Bridge Click",
        "Latent Bridge Clock",
        "Latent Bridge Clock Out",
    ]


def test_windows_says_where_to_get_virtual_ports() -> None:
    with (
        backend(FakeRtmidi("WINDOWS_MM"), "winmm") as winmm,
        pytest.raises(PortError, match=r"'Latent Bridge Drums' in Windows MIDI Services"),
    ):
        winmm.open_out(VIRTUAL_NAMES["drums"], virtual=True)


def test_under_jack_a_port_that_is_back_is_opened_at_the_second_look() -> None:
    """Its client registers it before it is active, and until then JACK refuses to join it."""
    library = FakeRtmidi("UNIX_JACK")
    with backend(library, "jack") as jack:
        port = jack.open_out("Piano")
        world, library.world[:] = list(library.world), []
        jack._check_all()
        assert not port.connected
        library.world += world
        jack._check_all()
        assert not port.connected
        jack._check_all()
        assert port.connected


# --- choosing -----------------------------------------------------------------------------


def _install(patch: pytest.MonkeyPatch, library: FakeRtmidi) -> None:
    patch.setattr(rtmidi_ports, "choose_driver", lambda _: rtmidi_driver.driver_of(library))


@pytest.fixture
def linux(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv(rtmidi_ports.ENVIRONMENT, raising=False)
    monkeypatch.delenv(drivers.DRIVER_ENVIRONMENT, raising=False)
    monkeypatch.setattr(rtmidi_ports, "jack_server_id", lambda: "")
    return monkeypatch


@pytest.mark.parametrize(("api", "name"), [("LINUX_ALSA", "alsa"), ("UNIX_JACK", "jack")])
def test_on_linux_alsa_is_taken_if_it_opens_else_jack(
    linux: pytest.MonkeyPatch, api: str, name: str
) -> None:
    _install(linux, FakeRtmidi(api))
    with Backend.choose() as chosen:
        assert (chosen.name, chosen.virtual_ports) == (name, True)


def test_the_environment_chooses_and_a_name_given_outranks_it(linux: pytest.MonkeyPatch) -> None:
    linux.setenv(rtmidi_ports.ENVIRONMENT, "jack")
    _install(linux, FakeRtmidi("UNIX_JACK"))
    with Backend.choose() as chosen:
        assert chosen.name == "jack"
    with pytest.raises(PortError, match="snd-seq"):
        Backend.choose("alsa")


def test_where_nothing_opens_both_remedies_are_told(linux: pytest.MonkeyPatch) -> None:
    _install(linux, FakeRtmidi(works=False))
    with pytest.raises(PortError, match=r"modprobe snd-seq.*jackd -d"):
        Backend.choose()


def test_an_unknown_system_gets_the_nearest_name(linux: pytest.MonkeyPatch) -> None:
    with pytest.raises(NameUnknown, match="'alsa'"):
        Backend.choose("alsaa")

"""The choice of a MIDI driver, and what each makes of the systems, with fakes of the packages."""

from __future__ import annotations

import ctypes
import sys
from types import ModuleType, SimpleNamespace
from typing import Any, ClassVar

import pytest

from bridge.errors import NameUnknown, PortError
from bridge.midi import drivers, midi_systems, rtmidi_ports, supriya_driver
from bridge.midi.drivers import DRIVER_ENVIRONMENT, MODULES, choose_driver, installed
from bridge.midi.midi_systems import SYSTEMS
from bridge.midi.rtmidi_ports import READ_SECONDS, Backend


class Refuses:
    """A finder that does not find some modules, and says why."""

    def __init__(self, **problems: str) -> None:
        self.problems = problems

    def find_spec(self, name: str, path: Any = None, target: ModuleType | None = None) -> None:
        if name in self.problems:
            raise ImportError(self.problems[name])


@pytest.fixture
def unset(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.delenv(DRIVER_ENVIRONMENT, raising=False)
    return monkeypatch


def refuse(patch: pytest.MonkeyPatch, **problems: str) -> None:
    for name in problems:
        patch.delitem(sys.modules, name, raising=False)
    patch.setattr(sys, "meta_path", [Refuses(**problems), *sys.meta_path])


def stand_in(patch: pytest.MonkeyPatch, *packages: str) -> None:
    """Make these packages the ones that are installed."""
    modules = {"python-rtmidi": "rtmidi", "supriya-midi": "supriya_midi"}
    for package, module in modules.items():
        if package in packages:
            patch.setitem(sys.modules, module, ModuleType(module))
        else:
            refuse(patch, **{module: f"No module named {module!r}"})


def test_the_first_driver_that_is_installed_is_taken(unset: pytest.MonkeyPatch) -> None:
    stand_in(unset, "supriya-midi")
    assert choose_driver().package == "supriya-midi"
    stand_in(unset, "python-rtmidi", "supriya-midi")
    assert choose_driver().package == "python-rtmidi"


def test_the_environment_chooses_the_driver_and_a_name_outranks_it(
    unset: pytest.MonkeyPatch,
) -> None:
    stand_in(unset, *MODULES)
    unset.setenv(DRIVER_ENVIRONMENT, "supriya-midi")
    assert choose_driver().package == "supriya-midi"
    assert choose_driver("python-rtmidi").package == "python-rtmidi"


def test_an_unknown_driver_gets_the_nearest_name(unset: pytest.MonkeyPatch) -> None:
    with pytest.raises(NameUnknown, match="'python-rtmidi'"):
        choose_driver("python-rtmid")


@pytest.mark.parametrize(
    ("problem", "remedy"),
    [
        ("libasound.so.2: cannot open shared object file", "apt-get install libasound2"),
        ("No module named 'rtmidi'", "pip install"),
    ],
)
def test_drivers_that_cannot_be_imported_say_what_to_do(
    unset: pytest.MonkeyPatch, problem: str, remedy: str
) -> None:
    refuse(unset, rtmidi=problem, supriya_midi="No module named 'supriya_midi'")
    with pytest.raises(PortError, match=remedy):
        choose_driver()


def test_installed_names_the_packages_that_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drivers, "version", lambda package: "1"[: package == "supriya-midi"])
    assert installed() == ("supriya-midi",)


# --- supriya-midi -------------------------------------------------------------------------


class FakeInput:
    """An input of supriya_midi under JACK; ``waiting`` are the messages in its queue."""

    def __init__(self, api: int, client: str) -> None:
        self.api, self.client = api, client
        self.waiting: list[tuple[list[int], float]] = []

    def get_port_count(self) -> int:
        if not FakeSupriya.server:
            raise OSError("JACK server not running?")
        return 1

    def get_ports(self) -> list[str]:
        return ["Keys:out"]

    def ignore_types(self, **kinds: bool) -> None:
        assert not any(kinds.values())

    def open_port(self, index: int, name: str) -> FakeInput:
        self.waiting.append(([0x90, 60, 100], 0.0))
        return self

    def get_message(self) -> tuple[list[int], float] | None:
        return self.waiting.pop(0) if self.waiting else None

    def set_callback(self, *_: object) -> None:
        raise AssertionError("its callbacks would deadlock when a port is closed")


class FakeSupriya(SimpleNamespace):
    """The module ``supriya_midi``, built with ALSA and JACK."""

    server = True
    RtMidiAPI: ClassVar[Any] = {
        system.api: number for number, system in enumerate(SYSTEMS.values())
    }
    MidiIn = MidiOut = FakeInput

    @staticmethod
    def get_compiled_apis() -> list[int]:
        return [0, 1]


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeSupriya:
    monkeypatch.setattr(FakeSupriya, "server", True)
    return FakeSupriya()


@pytest.mark.parametrize("system", ["alsa", "jack"])
def test_its_messages_are_fetched_on_every_system(fake: FakeSupriya, system: str) -> None:
    heard: list[bytes] = []
    with Backend(system, supriya_driver.driver_of(fake), poll=3600.0) as made:
        port = made.open_in("Keys", lambda _, message: heard.append(message))
        assert made.fetches
        port.close()  # joins the reader, which has read by then, or reads once more
    assert heard in ([], [b"\x90\x3c\x64"])
    assert READ_SECONDS < 0.01


def test_a_system_that_does_not_answer_fails_where_it_is_made(
    fake: FakeSupriya, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeSupriya, "server", False)
    with pytest.raises(PortError, match="no JACK server runs"):
        Backend("jack", supriya_driver.driver_of(fake))


def test_a_package_built_without_a_system_says_so(fake: FakeSupriya) -> None:
    with pytest.raises(PortError, match="supriya-midi knows no winmm"):
        Backend("winmm", supriya_driver.driver_of(fake))


# --- JACK's library -----------------------------------------------------------------------


def test_the_systems_jack_library_is_loaded_for_all_before_a_driver_is(
    unset: pytest.MonkeyPatch,
) -> None:
    """A wheel's own may speak another protocol than the server."""
    loaded: list[tuple[str, int]] = []
    unset.setattr(sys, "platform", "linux")
    unset.setattr(midi_systems, "ctypes", SimpleNamespace(
        CDLL=lambda *arguments: loaded.append(arguments), RTLD_GLOBAL=ctypes.RTLD_GLOBAL
    ))  # fmt: skip
    stand_in(unset, "supriya-midi")
    choose_driver()
    assert loaded == [("libjack.so.0", ctypes.RTLD_GLOBAL)]


def test_a_system_without_a_jack_library_uses_the_drivers(unset: pytest.MonkeyPatch) -> None:
    def absent(*_: object) -> None:
        raise OSError("libjack.so.0: cannot open shared object file")

    unset.setattr(sys, "platform", "linux")
    unset.setattr(midi_systems, "ctypes", SimpleNamespace(CDLL=absent, RTLD_GLOBAL=0))
    stand_in(unset, "python-rtmidi")
    assert choose_driver().package == "python-rtmidi"


LISTENING = "0: 00000002 00000000 00010000 0001 01 {inode} {path}\n"


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (("/run/user/1000/pipewire-0", "/dev/shm/jack_default_0_0"), "2"),
        (("/run/user/1000/pipewire-0",), "1"),
        (("/dev/shm/jack_other_0_0",), ""),
    ],
)
def test_a_server_of_jack_goes_before_pipewire(
    monkeypatch: pytest.MonkeyPatch, paths: tuple[str, ...], expected: str
) -> None:
    text = "".join(LISTENING.format(inode=n, path=p) for n, p in enumerate(paths, 1))
    for name in ("JACK_DEFAULT_SERVER", "PIPEWIRE_REMOTE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(midi_systems, "Path", lambda _: SimpleNamespace(read_text=lambda **_: text))
    assert rtmidi_ports.jack_server_id() == expected

"""Settings chosen on the screen: kept beside the settings file, applied where that can be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.errors import ConfigError, PortError
from bridge.files.settings import LAYOUTS, Settings, read_settings
from bridge.live.devices.ableton_link import FakeLink, FakeNetwork, Peer
from bridge.live.devices.port_changes import offer_clocks, offer_ports, routed
from bridge.live.devices.ports import OpenIn, Ports
from bridge.live.devices.settings_desk import SettingsDesk
from bridge.midi.ports import MemoryIn, MemoryOut, Out
from bridge.music.notes import Part
from bridge.session.messages.commands import Command, SetOffset, SetThru
from bridge.session.messages.listings import Listing
from bridge.session.messages.setting_forms import SETTING_FORMS
from bridge.session.messages.settings_messages import (
    ChooseSetting,
    ListSettings,
    Preferences,
    SettingsList,
)
from bridge.ui.keys.layouts import LAYOUTS as KEY_LAYOUTS


@pytest.fixture
def desk(tmp_path: Path) -> SettingsDesk:
    return SettingsDesk(Settings(), tmp_path / "settings.yaml")


def test_a_choice_wins_over_the_settings_file_which_stays_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text("# mine\nscreen: {layout: fr, fps: 20}\nbpm: 90\n", encoding="utf-8")
    desk = SettingsDesk(read_settings(path), path)
    desk.choose("screen.layout", "de")
    desk.choose("split", 54)
    again = read_settings(path)
    assert (again.screen.layout, again.screen.fps, again.split, again.bpm) == ("de", 20, 54, 90)
    assert path.read_text(encoding="utf-8").startswith("# mine\nscreen: {layout: fr")
    (tmp_path / "chosen.yaml").unlink()
    assert read_settings(path).screen.layout == "fr"


def test_what_is_wrong_is_refused_and_not_kept(desk: SettingsDesk, tmp_path: Path) -> None:
    for key, value in (("screen.layout", "qq"), ("screen.fps", 0), ("nothing", 1)):
        with pytest.raises(ConfigError, match=key):
            desk.choose(key, value)
    assert not (tmp_path / "chosen.yaml").exists()


def test_a_wrong_choices_file_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text("bpm: 90\n", encoding="utf-8")
    (tmp_path / "chosen.yaml").write_text("split: 54\nscreen: {layout: xx}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"chosen.yaml:2: .*layout"):
        read_settings(path)


def test_thru_is_applied_at_once_and_the_screen_is_told(desk: SettingsDesk) -> None:
    told: list[Command] = []
    shown: list[Listing] = []
    desk.serve(told.append)
    desk.answer(ListSettings(), shown.append)
    desk.answer(ChooseSetting("thru", "all"), shown.append)
    assert told == [SetThru("all")]
    first, preferences, second = shown
    assert isinstance(first, SettingsList)
    assert isinstance(preferences, Preferences)
    assert isinstance(second, SettingsList)
    values = {row.key: row for row in second.rows}
    assert values["thru"].value == "all"
    assert not values["thru"].later
    assert values["link"].later
    assert set(values) == set(SETTING_FORMS)


def test_an_offset_is_applied_at_once_and_kept(desk: SettingsDesk, tmp_path: Path) -> None:
    told: list[Command] = []
    desk.serve(told.append)
    (tmp_path / "settings.yaml").write_text("bpm: 90\n", encoding="utf-8")
    desk.choose("offsets_ms.drums", -12.0)
    assert told == [SetOffset(Part.DRUMS, -12.0)]
    assert read_settings(tmp_path / "settings.yaml").offsets_ms["drums"] == -12.0
    row = {row.key: row for row in desk.rows()}["offsets_ms.drums"]
    assert (row.value, row.step, row.later) == (-12.0, 1, False)


def test_the_layouts_of_the_settings_are_those_of_the_piano() -> None:
    assert tuple(KEY_LAYOUTS) == LAYOUTS
    assert SETTING_FORMS["screen.layout"].choices == LAYOUTS


class System:
    """Ports of a machine that is made up."""

    def __init__(self) -> None:
        self.opened: dict[str, MemoryOut] = {}
        self.listened: list[OpenIn | None] = []

    def open_out(self, name: str) -> Out:
        if name not in self.outputs():
            raise PortError(f"there is no output {name!r}")
        return self.opened.setdefault(name, MemoryOut(name))

    def outputs(self) -> list[str]:
        return ["TR-8S", "Synth"]

    def ports(self) -> Ports:
        outs: dict[Part, Out] = {part: MemoryOut(f"Latent Bridge {part}") for part in Part}
        inputs = ["Keys", "Latent Bridge Drums:out"]
        return Ports(outs, None, None, lambda: None, open_out=self.open_out,
                     inputs=lambda: inputs, outputs=self.outputs)  # fmt: skip


def test_a_port_is_changed_while_a_note_sounds_and_the_page_says_what_is_wrong(
    desk: SettingsDesk,
) -> None:
    system = System()
    ports = system.ports()
    outs = routed(ports)
    offer_ports(desk, ports, outs, None, system.listened.append)
    out = outs[Part.DRUMS]
    out.send(b"\x99\x24\x64")
    desk.choose("ports.drums", "TR-8S")
    out.send(b"\x99\x26\x64")
    out.send(b"\x89\x24\x00")
    assert [m for m in system.opened["TR-8S"].sent if m[0] & 0xF0 == 0x90] == [b"\x99\x26\x64"]
    first = ports.outs[Part.DRUMS]
    assert isinstance(first, MemoryOut)
    assert first.sent[-1] == b"\x89\x24\x00", "the note ends where it began"
    rows = {row.key: row for row in desk.rows()}
    assert rows["ports.drums"].value == "TR-8S"
    assert {"virtual", "sound", "none", "TR-8S", "Synth"} <= set(rows["ports.drums"].choices)
    assert rows["ports.in"].choices == ("virtual", "none", "Keys"), "not our own drums"
    system.opened["TR-8S"].connected = False
    row = {row.key: row for row in desk.rows()}["ports.drums"]
    assert row.wrong
    assert "plug it in" in row.advice
    shown: list[Listing] = []
    desk.answer(ListSettings(), shown.append)
    desk.answer(ChooseSetting("ports.drums", "nothing"), shown.append)
    listing = shown[-1]
    assert isinstance(listing, SettingsList)
    assert "no output 'nothing'" in listing.message
    assert desk.settings.ports["drums"] == "TR-8S"


def test_the_clock_is_changed_at_once_and_a_second_master_is_given_up(
    desk: SettingsDesk, tmp_path: Path
) -> None:
    led: list[tuple[str, bool, bool]] = []

    def be_led(clock: str = "", open_in: OpenIn | None = None, peer: Peer | None = None) -> None:
        led.append((clock, open_in is not None, peer is not None))

    def open_master(name: str) -> OpenIn:
        if name == "Mine":
            raise PortError("none is sent back to it")
        return lambda receiver: MemoryIn(name, receiver)

    inputs = ["DAW", "Mine"]
    ports = replace(System().ports(), open_master=open_master, inputs=lambda: inputs)
    offer_clocks(desk, ports, be_led, lambda: Peer(FakeLink(FakeNetwork())), lambda *_: None)
    (tmp_path / "settings.yaml").write_text("bpm: 90\n", encoding="utf-8")
    for key, value in (("clock", "DAW"), ("link", True), ("clock", "virtual"), ("clock", "")):
        desk.choose(key, value)
        again = read_settings(tmp_path / "settings.yaml")
        assert not (again.link and again.clock), "two masters would stop the next start"
        assert {row.key: row.later for row in desk.rows()}[key] is False
    assert led == [
        ("DAW", True, False), ("", False, True), ("Latent Bridge Clock", True, False),
        ("", False, False),
    ]  # fmt: skip
    with pytest.raises(PortError, match="sent back"):
        desk.choose("clock", "Mine")
    assert desk.settings.clock == ""


def test_our_clock_is_sent_elsewhere_at_once_but_never_to_the_master(
    desk: SettingsDesk, tmp_path: Path
) -> None:
    sent: list[tuple[list[str], list[float]]] = []

    def send(outs: Sequence[Out], offsets: Sequence[float]) -> None:
        sent.append(([out.name for out in outs], list(offsets)))

    system = System()
    ports = replace(
        system.ports(), open_clock_out=system.open_out, inputs=lambda: ["TR-8S", "Keys"],
        open_master=lambda name: lambda receiver: MemoryIn(name, receiver),
    )  # fmt: skip
    (tmp_path / "settings.yaml").write_text("offsets_ms: {clock_out: -5}\n", encoding="utf-8")
    desk.settings = read_settings(tmp_path / "settings.yaml")
    offer_clocks(desk, ports, lambda *_: None, lambda: Peer(FakeLink(FakeNetwork())), send)
    offer_ports(desk, ports, routed(ports), None, system.listened.append)
    desk.choose("clock_out", "TR-8S")
    assert sent == [(["TR-8S"], [-0.005])]
    assert read_settings(tmp_path / "settings.yaml").clock_out == ("TR-8S",)
    row = {row.key: row for row in desk.rows()}["clock_out"]
    assert (row.value, row.later) == ("TR-8S", False)
    assert {"", "virtual", "TR-8S", "Synth"} <= set(row.choices)
    with pytest.raises(PortError, match="none is sent back"):
        desk.choose("clock", "TR-8S")
    desk.choose("clock", "Keys")
    desk.choose("clock_out", "")
    assert sent[1:] == [([], [])]
    assert read_settings(tmp_path / "settings.yaml").clock_out == ()
    desk.choose("clock", "TR-8S")
    with pytest.raises(PortError, match="none is sent back"):
        desk.choose("clock_out", "TR-8S")
    assert desk.settings.clock_out == ()

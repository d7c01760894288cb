"""The choice of ports that the player left open, and the line about it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from bridge.errors import PortError
from bridge.files.settings import VIRTUAL, Settings
from bridge.live.devices.ports import NO_PORT, Ports, nearest_ports, open_ports
from bridge.midi.port_names import match_port
from bridge.midi.ports import MemoryOut
from bridge.midi.rtmidi_ports import Backend
from bridge.music.notes import Part


@dataclass
class Lists:
    """A backend's lists of names."""

    ins: list[str] = field(default_factory=list)
    outs: list[str] = field(default_factory=list)

    def inputs(self) -> list[str]:
        """Input names."""
        return self.ins

    def outputs(self) -> list[str]:
        """Output names."""
        return self.outs


def chosen(lists: Any, settings: Settings | None = None) -> tuple[Settings, str]:
    """The ports taken."""
    return nearest_ports(settings or Settings(), lists)


def test_windows_plays_on_its_own_synth_and_listens_to_the_only_keyboard() -> None:
    """No virtual ports: the wavetable synth sounds at once."""
    settings, note = chosen(Lists(["MPK mini"], ["MPK mini", "Microsoft GS Wavetable Synth 0"]))
    assert settings.ports["drums"] == settings.ports["bass"] == "Microsoft GS Wavetable Synth 0"
    assert settings.ports["in"] == "MPK mini"
    assert "Microsoft GS Wavetable Synth 0" in note
    assert "MPK mini" in note


def test_of_two_keyboards_none_is_guessed() -> None:
    """Two inputs: none is opened, and the line asks."""
    settings, note = chosen(Lists(["A", "B"], []))
    assert settings.ports["in"] == settings.ports["drums"] == NO_PORT
    assert "--in" in note


def test_a_port_chosen_in_the_settings_stays() -> None:
    """Only what was left to us is changed."""
    ports = {"in": "virtual", "melody": "virtual", "bass": "Minitaur", "drums": "virtual"}
    settings, _ = chosen(Lists([], ["FLUID Synth (1)"]), Settings(ports=ports))
    assert settings.ports["bass"] == "Minitaur"
    assert settings.ports["drums"] == "FLUID Synth (1)"


def test_without_any_port_no_midi_system_is_needed() -> None:
    """``--in none --out none``: nothing is opened, nothing complains."""
    ports = open_ports(Settings(ports=dict.fromkeys(Settings().ports, NO_PORT)), "", required=True)
    assert ports.open_in is None
    assert not ports.note
    assert not any(out.connected for out in ports.outs.values())


def test_the_minimum_gap_of_the_settings_is_every_outputs(monkeypatch: pytest.MonkeyPatch) -> None:
    """In seconds, for the parts and for the clocks we send."""
    gaps: dict[str, float] = {}

    class System(Lists):
        """Notes how its outputs are opened."""

        name = "alsa"
        virtual_ports = True

        def open_out(self, name: str, *, virtual: bool, minimum_gap: float) -> MemoryOut:
            """A port in memory."""
            gaps[name] = minimum_gap
            return MemoryOut(name)

        def close(self) -> None:
            """Nothing to close."""

    monkeypatch.setattr(Backend, "choose", lambda *_: System())
    ports = {"in": "none", "melody": "none", "bass": "Minitaur", "drums": "virtual"}
    open_ports(Settings(ports=ports, clock_out=("TR-8S",), minimum_gap_ms=2.0), "", required=True)
    assert gaps == dict.fromkeys(("Minitaur", "Latent Bridge Drums", "TR-8S"), 0.002)


class Devices(Lists):
    """A MIDI system whose ports are lists of names; outputs are in memory."""

    name = "coremidi"
    virtual_ports = True

    def open_out(self, name: str, *, virtual: bool, minimum_gap: float) -> MemoryOut:
        """The one that is meant, or one of our own."""
        return MemoryOut(name if virtual else match_port(name, self.outs, "output"))

    def close(self) -> None:
        """Nothing to close."""


LOOP = Devices(["IAC Bus 1", "MPK#1", "MPK#2"], ["IAC Bus 1", "MPK#1", "MPK#2", "Synth"])


def opened(monkeypatch: pytest.MonkeyPatch, input_name: str, **changes: Any) -> Ports:
    """The ports opened for an input and changes of the settings."""
    monkeypatch.setattr(Backend, "choose", lambda *_: LOOP)
    settings = Settings(ports={**Settings().ports, "in": input_name, **changes.pop("ports", {})})
    return open_ports(replace(settings, **changes), "", required=True)


def test_one_port_as_input_and_output_is_refused_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A loopback: notes would come back for ever."""
    with pytest.raises(PortError, match="'IAC Bus 1' is input and output at once") as caught:
        opened(monkeypatch, "iac", ports={"bass": "IAC Bus"})
    assert "--one-port" in str(caught.value)
    assert "--out" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_device_that_sends_nothing_back_may_be_both(monkeypatch: pytest.MonkeyPatch) -> None:
    """A digital piano, when the player says so."""
    ports = opened(monkeypatch, "MPK#1", ports={"melody": "MPK#1"}, one_port=True)
    assert ports.outs[Part.MELODY].name == "MPK#1"


def test_two_ports_of_one_name_are_told_apart_by_their_numbers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One to play on, the other to be heard on."""
    assert opened(monkeypatch, "MPK#1", ports={"drums": "MPK#2"}).outs[Part.DRUMS].name == "MPK#2"


def test_our_own_virtual_ports_are_never_one_with_a_named_port(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another Latent Bridge's drums are what we listen to; our own have the same name."""
    monkeypatch.setattr(LOOP, "ins", ["Latent Bridge Drums", "Latent Bridge Clock Out"])
    ports = opened(
        monkeypatch, "Latent Bridge Drums", clock="Latent Bridge Clock Out", clock_out=(VIRTUAL,)
    )
    assert ports.outs[Part.DRUMS].name == "Latent Bridge Drums"
    assert opened(monkeypatch, VIRTUAL).open_in is not None

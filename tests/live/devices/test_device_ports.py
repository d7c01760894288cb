"""The choice of ports that the player left open, and the line about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from bridge.files.settings import NO_PORT, Settings
from bridge.live.devices.ports import nearest_ports, open_ports
from bridge.midi.ports import MemoryOut
from bridge.midi.rtmidi_ports import Backend


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

    monkeypatch.setattr(Backend, "choose", lambda name: System())
    ports = {"in": "none", "melody": "none", "bass": "Minitaur", "drums": "virtual"}
    open_ports(Settings(ports=ports, clock_out=("TR-8S",), minimum_gap_ms=2.0), "", required=True)
    assert gaps == dict.fromkeys(("Minitaur", "Latent Bridge Drums", "TR-8S"), 0.002)

"""``latent-bridge ports``: the names to give to the other commands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from bridge.cli import main
from bridge.midi.drivers import Driver
from bridge.midi.midi_systems import SYSTEMS
from bridge.midi.port_names import listed
from bridge.midi.rtmidi_ports import Backend


@dataclass
class Machine:
    """A MIDI system with ports as it lists them itself."""

    name: str
    raws: list[str]

    @property
    def virtual_ports(self) -> bool:
        return SYSTEMS[self.name].virtual_ports

    def inputs(self) -> list[str]:
        return [port.label for port in listed(self.raws, SYSTEMS[self.name].decoration)]

    outputs = inputs

    driver = Driver("python-rtmidi", True, lambda *_: None)


def shown(monkeypatch: pytest.MonkeyPatch, machine: Machine) -> None:
    @contextmanager
    def choose(name: str, driver: str) -> Iterator[Machine]:
        yield machine

    monkeypatch.setattr(Backend, "choose", choose)


def test_ports_lists_the_names_to_give_and_numbers_those_of_one_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown(monkeypatch, Machine("coremidi", ["MPK", "Organ", "MPK"]))
    assert main(["ports"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert [line.strip() for line in said if line.startswith("  ")] == 2 * [
        "MPK#1",
        "Organ",
        "MPK#2",
    ]


def test_ports_leaves_the_positions_of_windows_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown(monkeypatch, Machine("winmm", ["Latent Bridge Clock 0", "Latent Bridge Clock Out 1"]))
    assert main(["ports", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["inputs"] == facts["outputs"] == ["Latent Bridge Clock", "Latent Bridge Clock Out"]
    assert facts["virtual_ports"] is False

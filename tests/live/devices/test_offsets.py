"""Clock outputs and their offsets; no clock is sent back to the one that is followed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click
import pytest

from bridge.cli.live.play_plan import setup_of
from bridge.errors import NameUnknown, PortError
from bridge.files.settings import Settings
from bridge.live.devices.offsets import offsets_of, refuse_feedback
from bridge.live.devices.ports import _open_with
from bridge.midi.ports import MemoryOut
from bridge.music.notes import Part

PORTS = {"in": "virtual", "melody": "none", "bass": "Minitaur", "drums": "TR-8S"}
SETTINGS = Settings(ports=PORTS, clock_out=("TR-8S", "virtual"))


class System:
    """A MIDI system with two devices, each of them in and out."""

    name = "alsa"

    def inputs(self) -> list[str]:
        return ["TR-8S:TR-8S MIDI 1 20:0", "Minitaur:Minitaur MIDI 1 24:0"]

    outputs = inputs

    def open_out(self, name: str, *, virtual: bool = False, minimum_gap: float = 0.0) -> MemoryOut:
        listed = {short.split(":")[0]: short for short in self.inputs()}
        return MemoryOut(name if virtual else listed[name])


def opened(settings: Settings) -> Any:
    """The ports opened for some settings."""
    system: Any = System()
    system.close = lambda: None
    return _open_with(system, settings)


def test_without_offsets_nothing_is_shifted() -> None:
    offsets = offsets_of(SETTINGS)
    assert set(offsets.parts.values()) == {0.0}
    assert offsets.clock == 0.0
    assert offsets.clock_outs == (0.0, 0.0)


def test_a_port_is_shifted_with_all_that_goes_there() -> None:
    """Its notes and its clock; other outputs are not."""
    offsets = offsets_of(SETTINGS, ["tr-8s=-12"])
    assert offsets.parts == {Part.MELODY: 0.0, Part.BASS: 0.0, Part.DRUMS: -0.012}
    assert offsets.clock_outs == (-0.012, 0.0)


def test_a_clock_shares_the_offset_of_the_part_on_its_port() -> None:
    offsets = offsets_of(replace(SETTINGS, offsets_ms={"drums": 7.5}))
    assert offsets.clock_outs == (0.0075, 0.0)


def test_parts_and_clocks_are_shifted_by_their_names() -> None:
    offsets = offsets_of(SETTINGS, ["bass=5", "clock=-3", "clock-out=20"])
    assert offsets.parts[Part.BASS] == 0.005
    assert offsets.clock == -0.003
    assert offsets.clock_outs == (0.02, 0.02)


def test_the_session_gets_them_in_seconds() -> None:
    setup = setup_of(replace(SETTINGS, clock="DAW"), ["TR-8S=10"])
    assert setup.offsets[Part.DRUMS] == 0.01
    assert setup.clock_outs == (0.01, 0.0)
    assert setup.clock == "DAW"


@pytest.mark.parametrize("text", ["drums", "=3", "drums=soon", "drums=501", "drums=nan"])
def test_what_is_no_offset_is_said_to_be_none(text: str) -> None:
    with pytest.raises(click.BadParameter, match="--offset"):
        offsets_of(SETTINGS, [text])


def test_an_output_that_is_not_used_cannot_be_shifted() -> None:
    with pytest.raises(NameUnknown, match="did you mean 'tr-8s'"):
        offsets_of(SETTINGS, ["TR8S=1"])


def test_clock_and_drums_on_one_device_share_its_port() -> None:
    ports = opened(SETTINGS)
    assert ports.clock_outs[0] is ports.outs[Part.DRUMS]
    assert ports.clock_outs[1].name == "Latent Bridge Clock Out"


def test_no_clock_goes_back_to_the_port_that_is_followed() -> None:
    with pytest.raises(PortError, match="none is sent back") as caught:
        opened(replace(SETTINGS, clock="tr-8s"))
    assert "\n" not in str(caught.value)
    assert len(opened(replace(SETTINGS, clock="Minitaur")).clock_outs) == 2


def test_only_the_same_port_of_its_name_is_refused_as_feedback() -> None:
    with pytest.raises(PortError, match="none is sent back"):
        refuse_feedback("loopMIDI Port", ["Synth", "loopMIDI Port"])
    refuse_feedback("loopMIDI Port", ["loopMIDI Port 1"])
    refuse_feedback("Clock#1", ["Clock#2"])
    refuse_feedback("", ["loopMIDI Port"])

"""Feedback to controllers: the choice of the output, and the messages sent to it."""

from __future__ import annotations

from pathlib import Path

from bridge.controllers.bindings import ControlState
from bridge.controllers.mapping_file import read_mapping
from bridge.errors import PortError
from bridge.live.devices.controller_lights import ControllerLights
from bridge.live.live_session import facts_of
from bridge.midi.ports import MemoryOut, Out
from bridge.model.worker.child import FAKE
from bridge.music.notes import Part
from bridge.session import core
from bridge.session.messages import commands as m
from bridge.session.new_session import first_state
from bridge.session.state.events import CommandReceived, Remapped
from bridge.session.state.setup import Setup

MAPPING = """\
name: Lights
match: My port
bindings:
  - cc: 20
    channel: 1
    target: swing
    feedback: true
  - note: 36
    channel: 10
    target: mute drums
    feedback: true
    on: 21
"""


class Desk:
    """A session with a controller that shows values, without threads."""

    def __init__(self, folder: Path, text: str = MAPPING, outputs: str = "My port") -> None:
        self.path = folder / "lights.yaml"
        self.path.write_text(text)
        bindings = ControlState(read_mapping(self.path).bindings)
        self.state = first_state(Setup(), facts_of(FAKE), bindings)
        self.out = MemoryOut(outputs)
        self.asked: list[str] = []
        self.said: list[str] = []
        self.reflector = ControllerLights(
            lambda: self.state, lambda: self.path, self.open, self.said.append, "My port"
        )

    def open(self, name: str) -> Out:
        self.asked.append(name)
        if name not in self.out.name:
            raise PortError(f"no MIDI output named {name!r}")
        return self.out

    def tell(self, command: m.Command, at: float) -> None:
        self.state, _ = core.step(self.state, CommandReceived(at, command))

    def turn(self, at: float) -> list[bytes]:
        before = len(self.out.sent)
        self.reflector.turn(at)
        return self.out.sent[before:]


def test_values_and_lights_are_shown_and_follow(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    assert desk.turn(0.0) == [b"\xb0\x14\x00", b"\x99\x24\x00"]
    desk.tell(m.SetControl("swing", 1.0), 0.5)
    desk.tell(m.Mute(Part.DRUMS, True), 0.5)
    assert desk.turn(1.0) == [b"\xb0\x14\x7f", b"\x99\x24\x15"]
    assert desk.turn(2.0) == []


def test_at_the_end_the_lights_go_out(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.tell(m.Mute(Part.DRUMS, True), 0.0)
    desk.turn(0.0)
    desk.reflector.close()
    assert desk.out.sent[-1] == b"\x99\x24\x00"


def test_a_controller_plugged_in_again_is_shown_all_again(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    first = desk.turn(0.0)
    desk.out.connected = False
    assert desk.turn(1.0) == []
    desk.out.connected = True
    assert desk.turn(2.0) == first


def test_what_comes_straight_back_is_not_the_players(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    (knob, _) = desk.turn(1.0)
    assert not desk.reflector.hears(knob, 1.01)
    assert desk.reflector.hears(knob, 3.0)


def test_the_output_is_that_of_the_mapping_the_input_or_the_match(tmp_path: Path) -> None:
    named = MAPPING.replace("match: My port", "match: My port\nfeedback_port: Other")
    desk = Desk(tmp_path, named, "Other one")
    assert len(desk.turn(0.0)) == 2
    assert desk.asked == ["Other"]
    matched = Desk(tmp_path, MAPPING.replace("match: My port", "match: My p"), "My p 2")
    assert len(matched.turn(0.0)) == 2
    assert matched.asked == ["My port", "My p"]


def test_without_such_an_output_it_is_said_once(tmp_path: Path) -> None:
    desk = Desk(tmp_path, outputs="None of them")
    assert [desk.turn(0.0), desk.turn(1.0)] == [[], []]
    assert len(desk.said) == 1
    assert "no feedback to your controller" in desk.said[0]


def test_no_output_is_opened_for_a_mapping_without_feedback(tmp_path: Path) -> None:
    desk = Desk(tmp_path, MAPPING.replace("    feedback: true\n", "").replace("    on: 21\n", ""))
    desk.turn(0.0)
    assert desk.asked == []


def test_other_bindings_are_shown_anew(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.turn(0.0)
    only = desk.state.controllers.bindings.bindings[:1]
    desk.state, _ = core.step(desk.state, Remapped(1.0, only))
    assert desk.turn(1.0) == [b"\xb0\x14\x00"]

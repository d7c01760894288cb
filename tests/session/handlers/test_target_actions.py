"""Every listed target can be moved, learned, sent and shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from playing import FACTS, told

from bridge.controllers.bindings import Binding, Takeover
from bridge.controllers.catalog import CATALOG, MODE
from bridge.controllers.catalog_types import TargetKind
from bridge.controllers.control_sources import SourceKind
from bridge.controllers.targets import is_action, listed
from bridge.session import core
from bridge.session.handlers import osc_addresses
from bridge.session.handlers.target_actions import ACTIONS, NAMED, SWITCHES, command_of, known_of
from bridge.session.latent.point import goal
from bridge.session.messages import commands as m
from bridge.session.messages.arranger_commands import SetArranger, Solo, SwitchMetronome
from bridge.session.messages.code_commands import BackCode
from bridge.session.messages.ear_commands import SetHearing
from bridge.session.messages.status import ControlStatus, Timing
from bridge.session.recorder import Recorder
from bridge.session.snapshot import snapshot
from bridge.session.state.events import MidiIn, Remapped
from bridge.session.state.session_state import State

Make = Callable[..., State]


def test_there_is_something_to_do_for_every_target(session: Make) -> None:
    state = session()
    for target in listed(known_of(state)):
        command = command_of(state, 0.0, target, 1.0)
        assert command is not None, target
        switched = m.SetControl | m.Mute | m.Start | SetHearing | Solo
        switched |= SwitchMetronome | SetArranger
        assert isinstance(command, switched) or is_action(target)


def test_catalog_and_handlers_have_the_same_actions_switches_and_families_of_actions() -> None:
    assert not set(ACTIONS) & set(m.ACTIONS)
    assert {*ACTIONS, *m.ACTIONS} == set(CATALOG.names(TargetKind.ACTION))
    assert set(SWITCHES) == set(CATALOG.names(TargetKind.SWITCH))
    families = {f.prefix for f in CATALOG.families if f.pattern.kind is TargetKind.ACTION}
    assert set(NAMED) == families
    assert all(is_action(target) for target in (*ACTIONS, *m.ACTIONS))


@pytest.mark.parametrize(
    "name", ["mode:blues", "mute drumz", "neuron:17", "style:", "previus style"]
)
def test_a_name_that_is_no_target_gets_the_nearest(session: Make, name: str) -> None:
    state, effects = core.step(session(), told(0.0, m.MoveTarget(name, 1.0)))
    assert f"no target named {name!r}: did you mean" in state.message
    assert effects == []


def test_a_former_name_moves_what_it_moved(session: Make) -> None:
    state = session()
    assert command_of(state, 0.0, "back", 1.0) == BackCode()
    state, _ = core.step(state, told(0.0, m.Learn("back")))
    assert state.controllers.learn is not None
    assert state.controllers.learn.status.target == "previous sample"
    assert state.message == "the target 'back' is called 'previous sample' now"


def test_the_modes_of_the_list_are_the_modes_that_there_are() -> None:
    modes = [name for name in CATALOG.by_name if name.startswith(MODE)]
    assert modes == [MODE + mode for mode in m.Mode]
    assert [m.ACTIONS[name] for name in modes] == [m.SetMode(mode) for mode in m.Mode]


def test_osc_knows_the_whole_list_by_addresses_of_their_own(session: Make) -> None:
    state = session()
    names = osc_addresses.targets(state)
    assert set(listed(known_of(state))) <= set(names)
    assert len({osc_addresses.address_of(name) for name in names}) == len(names)
    for name in names:
        command = osc_addresses.command_for(names, osc_addresses.address_of(name), [0.25])
        assert command == m.MoveTarget(name, 0.25)


@pytest.mark.parametrize("number", [1, 16])
def test_a_neuron_is_moved_by_a_knob_by_osc_and_learned(session: Make, number: int) -> None:
    target = f"neuron:{number}"
    state = session()
    state = state.but(facts=replace(FACTS, neurons=(0, 1, 2) * 5 + (2,)))
    assert target in listed(known_of(state))
    state, _ = core.step(state, Remapped(0.0, (Binding(target, SourceKind.CC, 20),)))
    state, _ = core.step(state, MidiIn(0.1, bytes((0xB0, 20, 127)), "port"))
    assert state.band.controls[target] == 1.0
    assert goal(state.facts, state.band.controls)[state.facts.neurons[number - 1]] > 0
    state, _ = core.step(state, told(0.1, m.MoveTarget(target, 0.0)))
    assert state.band.controls[target] == -1.0
    state, _ = core.step(state, told(0.1, m.Learn(target)))
    assert state.controllers.learn is not None
    assert osc_addresses.values_of(state, 0.2)[f"/latent/neuron/{number}"] == 0.0
    state, _ = core.step(state, told(0.1, m.MoveTarget(target, 9.0)))
    assert state.band.controls[target] == 1.0


def test_a_knob_with_a_place_picks_a_neuron_up_in_the_middle_where_it_rests(session: Make) -> None:
    state = session()
    state = state.but(facts=replace(FACTS, neurons=(0, 1, 2)))
    knob = Binding("neuron:2", SourceKind.CC, 20, takeover=Takeover.PICKUP)
    state, _ = core.step(state, Remapped(0.0, (knob,)))
    shot = snapshot(state, 0.0, Recorder(120.0), (), Timing())
    assert ControlStatus("neuron:2", -1.0, 1.0, 0.0) in shot.controls
    assert shot.knobs[0].value == 0.5
    for at, value in enumerate((20, 40, 60, 70, 127)):
        state, _ = core.step(state, MidiIn(0.1 * at, bytes((0xB0, 20, value)), "port"))
        assert (state.band.controls.get("neuron:2", 0.0) != 0.0) is (value >= 60)
    assert state.band.controls["neuron:2"] == 1.0


def test_a_neuron_that_the_model_lacks_cannot_be_learned(session: Make) -> None:
    state, _ = core.step(session(), told(0.1, m.Learn("neuron:16")))
    assert state.controllers.learn is None
    assert "neuron:16" in state.message

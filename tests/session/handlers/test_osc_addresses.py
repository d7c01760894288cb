"""OSC: addresses, commands, and values sent back."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playing import run, told

from bridge.controllers.targets import check_target
from bridge.errors import NameUnknown
from bridge.session import core
from bridge.session.handlers import osc_addresses
from bridge.session.handlers.osc_addresses import (
    HAND_SECONDS,
    OscPeerView,
    address_of,
    command_for,
    hint_for,
)
from bridge.session.messages import commands as m
from bridge.session.messages.arranger_commands import StoreMemory
from bridge.session.state.session_state import State

Make = Callable[..., State]
KNOWN = (
    *("swing", "volume drums", "direction:density", "fill", "style:bossa nova", "anchor:a_b"),
    *("anchor:a # b", "save anchor", "tempo"),
)


@pytest.mark.parametrize(
    ("address", "arguments", "command"),
    [
        ("/latent/swing", [0.25], m.MoveTarget("swing", 0.25)),
        ("/latent/volume_drums", [1], m.MoveTarget("volume drums", 1.0)),
        ("/latent/direction/density", [0.5], m.MoveTarget("direction:density", 0.5)),
        ("/latent/direction/random/7", [0.5], m.MoveTarget("direction:random:7", 0.5)),
        ("/latent/style/2", [0.5], m.MoveTarget("style:2", 0.5)),
        ("/latent/fill", [], m.MoveTarget("fill", 1.0)),
        ("/latent/fill", [True], m.MoveTarget("fill", 1.0)),
        ("/latent/style/bossa_nova", [1.0], m.MoveTarget("style:bossa nova", 1.0)),
        ("/latent/style", ["bossa nova"], m.MoveTarget("style:bossa nova", 1.0)),
        ("/latent/anchor/a_b", [], m.MoveTarget("anchor:a_b", 1.0)),
        ("/latent/anchor/a___b", [], m.MoveTarget("anchor:a # b", 1.0)),
        ("/latent/save_anchor", ["mine"], m.SaveAnchor("mine")),
        ("/latent/save_anchor", [], m.MoveTarget("save anchor", 1.0)),
        ("/latent/set", ["anchor:a # b", 1.0], m.MoveTarget("anchor:a # b", 1.0)),
        ("/latent/value", ["tempo", 128.0], m.SetControl("tempo", 128.0)),
    ],
)
def test_an_address_means_a_target(
    address: str, arguments: list[object], command: m.Command
) -> None:
    assert command_for(KNOWN, address, arguments) == command


@pytest.mark.parametrize(
    ("address", "arguments"), [("/latent/back", []), ("/latent/set", ["back", 1.0])]
)
def test_a_former_name_means_the_target_and_gives_a_hint(
    address: str, arguments: list[object]
) -> None:
    assert command_for(KNOWN, address, arguments) == m.MoveTarget("previous sample", 1.0)
    assert hint_for(address, arguments) == "the target 'back' is called 'previous sample' now"
    assert hint_for("/latent/swing", [0.5]) == hint_for("/latent/set", ["swing", 0.5]) == ""


@pytest.mark.parametrize("address", ["/latent/swong", "/swing", "/latent/", "/", "/latent/swing/x"])
def test_an_unknown_address_gets_the_nearest(address: str) -> None:
    with pytest.raises(NameUnknown):
        command_for(KNOWN, address, [1.0])


@pytest.mark.parametrize(
    ("address", "arguments"),
    [
        ("/latent/swing", ["much"]), ("/latent/swing", [float("nan")]), ("/latent/set", [1.0]),
        ("/latent/swing", [float("inf")]), ("/latent/style", []), ("/latent/swing", [None]),
    ],
)  # fmt: skip
def test_arguments_that_make_no_sense_are_refused(address: str, arguments: list[object]) -> None:
    with pytest.raises(ValueError, match="has to be"):
        command_for(KNOWN, address, arguments)


def test_every_target_of_a_session_has_an_address_of_its_own_that_means_it(session: Make) -> None:
    targets = osc_addresses.targets(session())
    addresses = {address_of(target): target for target in targets}
    assert len(addresses) == len(targets)
    for address, target in addresses.items():
        check_target(target)
        assert command_for(targets, address, [1.0]) == m.MoveTarget(target, 1.0)


def test_what_changes_is_told_once(session: Make) -> None:
    state = session()
    knows, news = OscPeerView().news(osc_addresses.values_of(state, 0.0), 0.0)
    assert news["/latent/swing"] == state.band.control("swing")
    assert news["/latent/play"] == 0.0
    _, news = knows.news(osc_addresses.values_of(state, 1.0), 1.0)
    assert news == {}
    state, _ = core.step(state, told(1.0, m.SetControl("swing", 0.75)))
    _, news = knows.news(osc_addresses.values_of(state, 1.0), 1.0)
    assert news == {"/latent/swing": 0.75}


def test_what_came_is_not_sent_back_and_a_finger_is_not_fought(session: Make) -> None:
    state = session()
    knows, _ = OscPeerView().news(osc_addresses.values_of(state, 0.0), 0.0)
    command = command_for(KNOWN, "/latent/swing", [0.6])
    knows = knows.hear(command, 1.0)
    state, _ = core.step(state, told(1.0, command))
    assert knows.news(osc_addresses.values_of(state, 9.0), 9.0)[1] == {}
    state, _ = core.step(state, told(1.1, m.SetControl("swing", 0.1)))
    soon, later = 1.0 + HAND_SECONDS / 2, 1.0 + 2 * HAND_SECONDS
    assert knows.news(osc_addresses.values_of(state, soon), soon)[1] == {}
    assert knows.news(osc_addresses.values_of(state, later), later)[1] == {"/latent/swing": 0.1}


def test_a_target_moved_by_osc_moves_the_session(session: Make) -> None:
    state = session()
    for address, arguments in [("/latent/mute_drums", [1.0]), ("/latent/value", ["tempo", 150.0])]:
        command = command_for(osc_addresses.targets(state), address, arguments)
        state, _ = core.step(state, told(1.0, command))
    assert "drums" in state.band.muted
    assert state.clock.line.bpm == 150.0


@given(
    address=st.text(max_size=30).map(lambda text: f"/latent/{text}"),
    arguments=st.lists(
        st.floats() | st.text(max_size=5) | st.integers() | st.booleans() | st.none(), max_size=3
    ),
)
def test_whatever_comes_is_a_command_or_an_error_for_a_person(
    address: str, arguments: list[object]
) -> None:
    with contextlib.suppress(NameUnknown, ValueError):
        command_for(KNOWN, address, arguments)


def test_the_arranger_is_moved_and_told_by_osc(session: Make) -> None:
    state = session()
    known = osc_addresses.targets(state)
    meant = osc_addresses.command_for(known, "/latent/variation/C", [1.0])
    assert meant == m.MoveTarget("variation:C", 1.0)
    stored = osc_addresses.command_for(known, "/latent/store_memory", [3, "dawn"])
    assert stored == StoreMemory(3, "dawn")
    assert osc_addresses.command_for(known, "/latent/store_memory", []) == m.MoveTarget(
        "store memory", 1.0
    )
    events = [told(0, m.Start()), told(2.7, m.MoveTarget("variation:C", 1.0))]
    playing = run(state, events, 3.1).state
    values = osc_addresses.values_of(playing, 1.0 + 3.1)
    assert values["/latent/variation/now"] == "B"
    assert values["/latent/pending"] == "variation C 2"
    assert values["/latent/variation/C"] == 1.0

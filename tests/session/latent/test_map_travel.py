"""Travel on the map: the knobs that lead to a place lead there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bridge.live.live_session import facts_of
from bridge.session import core
from bridge.session.latent import map_travel, point
from bridge.session.messages import commands as m
from bridge.session.messages.latent_map import spot_of
from bridge.session.new_session import first_state
from bridge.session.state.events import CommandReceived
from bridge.session.state.session_state import State
from bridge.session.state.setup import Setup


@pytest.fixture(scope="module")
def state() -> State:
    facts = facts_of("trio-4bar")
    assert facts.known is not None
    code = tuple(map(float, facts.known.mean))
    first = first_state(Setup(), facts)
    return first.but(point=first.point.but(code=code))


def decoded_again(state: State) -> State:
    """The state after the code was decoded with the point where it is going to."""
    known, width = state.facts.known, state.facts.spec.latent
    assert known is not None
    code = known.mean + point.goal(state.facts, state.band.controls)[:width]
    return state.but(point=state.point.but(code=tuple(map(float, code))))


@pytest.mark.parametrize("spot", [(0.3, 0.2), (-0.25, 0.4), (0.0, -0.3)])
def test_the_band_arrives_at_the_place_whatever_else_is_turned(
    state: State, spot: tuple[float, float]
) -> None:
    known = state.facts.known
    assert known is not None
    at = 1.0
    plain = np.asarray(spot_of(known, state.point.code))
    for command in (m.GoToPlace(*spot), m.SetControl("direction:density", 0.3), m.GoToPlace(*spot)):
        state, _ = core.step(state, CommandReceived(at, command))
        at += 3.0
        if isinstance(command, m.GoToPlace):
            state = decoded_again(state)
    turned = [v for n, v in point.values_of(state.band.controls).items() if n.startswith("neuron")]
    arrived = np.asarray(spot_of(known, state.point.code))
    before, after = np.abs(plain - spot).max(), np.abs(arrived - spot).max()
    if max(map(abs, turned)) < 1.0:
        assert after < 0.02
    assert after < 0.6 * before
    assert ("as near as" in state.message) is bool(after > map_travel.REACHED)


def test_travelling_is_undone_like_any_move(state: State) -> None:
    state, _ = core.step(state, CommandReceived(1.0, m.GoToPlace(0.3, 0.1)))
    assert point.values_of(state.band.controls)
    state, _ = core.step(state, CommandReceived(3.0, m.UndoPoint()))
    assert not point.values_of(state.band.controls)


def test_without_a_map_it_says_so(state: State) -> None:
    bare = state.but(facts=replace(state.facts, known=None))
    assert map_travel.go_to(bare, 0.0, (0.0, 0.0)).message == map_travel.NO_MAP
    assert map_travel.going(bare) is None

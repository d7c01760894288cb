"""Travel on the map of the latent space: from a place to the knobs that lead there. Pure.

The map is a plane of principal axes through the latent space: a code z lies at P (z - mean). A
neuron's knob moves one dimension of the code, so the least turn v of the neurons' knobs that moves
the place by d solves P_N v = d, with the columns of P that the neurons are; v has bounds.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from bridge.controllers.catalog import NEURON_PREFIX
from bridge.latent.analysis import MAP_EXTENT, LatentStatistics
from bridge.session.latent.point import (
    NEURON_REACH,
    goal,
    place_at,
    remember_for_undo,
    values_of,
    with_values,
)
from bridge.session.messages.latent_map import NEAR, Spot, spot_of
from bridge.session.state.session_state import State

Vector = npt.NDArray[np.float64]
TARGET: Final = "place"
"""The name under which travelling is undone."""
REACHED: Final = 0.05
"""Distance on the map within which a place counts as reached."""
NO_MAP: Final = "this model has no map"


def go_to(state: State, at: float, spot: Spot) -> State:
    """The state with the point's knobs turned so that the band goes to a place on the map."""
    known = state.facts.known
    if known is None or not state.facts.neurons or not state.point.code:
        return state.say(NO_MAP if known is None else "play first: the band is nowhere yet")
    values = {
        name: value
        for name, value in values_of(state.band.controls).items()
        if not name.startswith(NEURON_PREFIX)
    }
    stays = _code_part(state, goal(state.facts, values))
    unmoved = _project(state, known) - known.axes @ (_offset_now(state) - stays)
    columns = known.axes[:, list(state.facts.neurons)] * NEURON_REACH
    wanted = np.asarray(spot, np.float64) * MAP_EXTENT - unmoved
    turn = _least_turn(columns, wanted)
    values |= {f"{NEURON_PREFIX}{n}": float(v) for n, v in enumerate(turn, 1) if abs(v) > 1e-3}
    state = with_values(remember_for_undo(state, at, TARGET), values)
    left = np.abs(wanted - columns @ turn).max() / MAP_EXTENT
    return state.say("on the way" if left < REACHED else "on the way, as near as its knobs lead")


def _least_turn(columns: Vector, move: Vector) -> Vector:
    """The least values [N] within -1..1 with ``columns`` [2, N] @ values = ``move`` [2], or as near
    to it as they reach: those at their end stay there, and the others take over the rest."""
    turn = np.zeros(columns.shape[1])
    free = np.ones(len(turn), bool)
    while free.any():
        rest = move - columns[:, ~free] @ turn[~free]
        turn[free] = np.linalg.pinv(columns[:, free]) @ rest
        over = free & (np.abs(turn) > 1.0)
        if not over.any():
            break
        turn[over] = np.sign(turn[over])
        free &= ~over
    return turn


def going(state: State) -> Spot | None:
    """The place that the band is on its way to; None while it is there, or there is no map."""
    known = state.facts.known
    if known is None or not state.point.code or not state.clock.running:
        return None
    goal_offset = _code_part(state, goal(state.facts, state.band.controls))
    away = known.axes @ (goal_offset - _offset_now(state))
    there = (_project(state, known) + away) / MAP_EXTENT
    x, y = (float(part) for part in np.clip(there, -1.0, 1.0))
    here = spot_of(known, state.point.code)
    if max(abs(x - here[0]), abs(y - here[1])) < NEAR:
        return None
    return round(x, 4), round(y, 4)


def _project(state: State, known: LatentStatistics) -> Vector:
    return np.asarray(known.project(state.point.code), np.float64)


def _code_part(state: State, point: npt.NDArray[np.floating]) -> Vector:
    """The offset of the code [Z] of a point."""
    return point[: state.facts.spec.latent].astype(np.float64)


def _offset_now(state: State) -> Vector:
    tick = state.clock.line.tick_at(state.clock.now)
    return place_at(state, tick)[0].astype(np.float64)

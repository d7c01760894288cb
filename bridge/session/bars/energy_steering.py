"""The band under the player's energy and in its variation: knobs of the latent point, loudness,
sparser hits. Pure.

``follow energy`` is the amount 0..1. At energy 0.5 and at amount 0, in variation B, nothing
changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from bridge.latent.space import Floats
from bridge.music.grid import Grid
from bridge.music.notes import Note, Part
from bridge.session.arranger import variations
from bridge.session.state.session_state import State

FOLLOW_ENERGY: Final = "follow energy"
STEERED: Final = ("density", "intensity")
"""Directions of the model that energy moves, where it has them."""
REACH: Final = 0.8
"""Place of those knobs at full energy and amount."""
QUIETEST, LOUDEST = 0.45, 1.3
"""Factors on velocity at energy 0 and 1."""
SPARSEST: Final = 0.75
"""Metrical weight that a note needs to be played at energy 0."""


def push_of(state: State) -> float:
    """The energy's push -1..1, times the amount: 0 leaves the band as it is."""
    amount = state.band.control(FOLLOW_ENERGY)
    return amount * (2.0 * state.ears.energy.level - 1.0) if amount else 0.0


def energy_point(state: State, bar: int) -> tuple[Floats, Floats]:
    """The offset [Z] of the code of ``bar``, and the values of the steered attributes [K]: those
    of the energy, and those of the variation."""
    directions = state.facts.directions
    push = REACH * push_of(state)
    named: dict[str, float] = {name: push for name in STEERED if push and name in directions.names}
    offset, asked = variations.influence(state, bar)
    if not named:
        return offset, asked
    return directions.offset(named) + offset, directions.asked(named) + asked


def loudness(state: State, bar: int) -> float:
    """The factor on the band's velocities in ``bar``."""
    push = push_of(state)
    energy = 1.0 + push * (LOUDEST - 1.0 if push > 0 else 1.0 - QUIETEST)
    return energy * variations.plan_at(state, bar).loud


def thinness(state: State, bar: int) -> float:
    """The push -1..0 by which the band's lightest notes are left out in ``bar``."""
    return max(-1.0, min(0.0, push_of(state)) - variations.plan_at(state, bar).thin)


def sparse(parts: Mapping[Part, Sequence[Note]], push: float, grid: Grid) -> dict[Part, list[Note]]:
    """Drums and bass without their lightest notes, the fewer the further ``push`` is below 0."""
    needed = -SPARSEST * push
    return {
        part: [n for n in notes if part is Part.MELODY or _weight(n.tick, grid) >= needed]
        for part, notes in parts.items()
    }


def _weight(tick: int, grid: Grid) -> float:
    """Metrical weight 0..1 of a note at a tick: bar lines, beats, 8ths, 16ths."""
    tick += grid.span_of(tick).metre.ticks_per_step // 2
    bar = grid.bar_of(tick)
    metre = grid.metre_of(bar)
    step = (tick - grid.bar_start(bar)) // metre.ticks_per_step
    if step == 0:
        return 1.0
    if step % metre.steps_per_beat == 0:
        return 0.8
    return 0.5 if step % metre.eighth_steps == 0 else 0.25

"""The four variations of a style: places in the latent space, knobs, loudness, seeds. Pure.

Each variation asks the model for its own music: knobs of density, intensity and complexity where
the model has them, and a place of its own near the style's. B is the style as it is. The bars of
a variation are counted from its beginning, and so are their seeds, so that the same variation
called again answers the same melody with the same band, as far as the player's energy does not
move it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from bridge.controllers.memories import Variation
from bridge.latent.space import Floats
from bridge.latent.walks import random_step
from bridge.session.arranger import passages
from bridge.session.state.session_state import State

SEED_STEP: Final = 7919
"""Difference of the seeds of neighbouring variations: a prime, so that no two bars share one."""


@dataclass(frozen=True, slots=True)
class VariationPlan:
    """What a variation asks for.

    ``knobs`` are values -1..1 of directions, where the model has them; ``distance`` is that of
    its place from the style's, in standard deviations of the prior. ``loud`` is a factor on
    velocities; ``thin`` (0..1) leaves out the metrically lightest notes, as little energy does.
    """

    knobs: Mapping[str, float] = field(default_factory=dict)
    distance: float = 0.0
    loud: float = 1.0
    thin: float = 0.0


PLANS: Final[Mapping[Variation, VariationPlan]] = {
    Variation.A: VariationPlan(
        {"density": -0.8, "intensity": -0.6, "complexity": -0.5}, 0.2, 0.82, 0.34
    ),
    Variation.B: VariationPlan(),
    Variation.C: VariationPlan({"density": 0.45, "intensity": 0.4, "complexity": 0.3}, 0.2, 1.06),
    Variation.D: VariationPlan({"density": 0.9, "intensity": 0.8, "complexity": 0.6}, 0.2, 1.14),
}


def variation_at(state: State, bar: int) -> tuple[Variation, int]:
    """The variation of ``bar``, and the bar that it is counted from; an intro is played as A."""
    arranger = state.arranger
    if passages.in_intro(arranger, bar) and arranger.passage is not None:
        return Variation.A, arranger.passage.since
    return arranger.variation, arranger.since


def plan_at(state: State, bar: int) -> VariationPlan:
    """What the variation of ``bar`` asks for."""
    return PLANS[variation_at(state, bar)[0]]


def since(state: State, bar: int) -> int:
    """The bar that the bars of the variation of ``bar`` are counted from; never after it."""
    return min(bar, variation_at(state, bar)[1])


def seed_of(state: State, bar: int) -> int:
    """The seed that the bars of the variation of ``bar`` share; B has the session's."""
    number = list(Variation).index(variation_at(state, bar)[0])
    usual = list(Variation).index(Variation.B)
    return state.setup.seed + SEED_STEP * ((number - usual) % len(Variation))


def influence(state: State, bar: int) -> tuple[Floats, Floats]:
    """The offset [Z] of the code and the values of the steered attributes [K] that the variation
    of ``bar`` adds."""
    facts, plan = state.facts, plan_at(state, bar)
    directions = facts.directions
    knobs = {name: value for name, value in plan.knobs.items() if name in directions.names}
    offset = directions.offset(knobs)
    if plan.distance:
        own = random_step(state.setup.seed, seed_of(state, bar), facts.spec.latent)
        offset = offset + plan.distance * own
    return np.asarray(offset, np.float32), directions.asked(knobs)

"""Knobs that ask for a musical attribute: which of a few moves of the code gives it. Pure.

A decoder answers to one straight move in as many ways as there are codes: no fixed vector
makes every bar denser. So a set of moves is tried on the very code that is to be played, and
the one is taken whose bar has the attributes asked for: those of the bar without a knob, plus
each knob's turn times its reach, and the others as they were.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from bridge.errors import ModelError

Floats = npt.NDArray[np.floating]
OWN: Final = 9.0
"""How much more the attributes that are asked for count than those that are to stay."""
HARMONY: Final = 1.0
"""What another bass pitch class at the bar's first bass note costs, in squared deviations."""
FAR: Final = 0.002
"""What a move costs for its squared length: of two as good, the nearer."""


@dataclass(frozen=True)
class Steering:
    """``names`` of D attributes, the change ``reach`` [D] that a full turn of each asks for
    (in the attribute's unit), and the ``moves`` [K, Z] to try, the first of which is none.

    ModelError where they do not match, a reach is not above 0, or the first move is one.
    """

    names: tuple[str, ...]
    reach: npt.NDArray[np.float64]
    moves: npt.NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.reach.shape != (len(self.names),) or not (self.reach > 0).all():
            raise ModelError(f"steering: no reach above 0 for each of {len(self.names)} names")
        if self.moves.ndim != 2 or len(self.moves) < 1 or self.moves[0].any():
            raise ModelError("steering: the first of its moves has to be none")

    def values(self, knobs: Mapping[str, float]) -> npt.NDArray[np.float64]:
        """Knobs -1..1 by name (clamped; unknown ones are left out) as a row [D]."""
        row = np.array([knobs.get(name, 0.0) for name in self.names], np.float64)
        return np.clip(row, -1.0, 1.0)

    def choose(
        self, values: npt.NDArray[np.float64], found: Floats, roots: npt.NDArray[np.int64]
    ) -> int:
        """The index of the move to take for knobs [D]: ``found`` [K, D] are the attributes of
        the bar after each move, ``roots`` [K] its first bass pitch class (-1: no bass)."""
        cost = costs(values, np.asarray(found, np.float64), roots, self.reach)
        return int((cost + FAR * (self.moves.astype(np.float64) ** 2).sum(axis=1)).argmin())


def costs(
    values: npt.NDArray[np.float64], found: Floats, roots: npt.NDArray[np.int64], reach: Floats
) -> npt.NDArray[np.float64]:
    """How far each of K moves is from what the knobs ask for, in squared reaches: [K]."""
    wrong = (found - found[0]) / reach - values
    weights = np.where(values != 0, OWN, 1.0)
    lost = (roots != roots[0]) & (roots[0] >= 0) & (roots >= 0)
    return np.asarray((weights * wrong**2).sum(axis=1) + HARMONY * lost)

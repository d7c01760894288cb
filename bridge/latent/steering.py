"""Knobs that ask for a musical attribute: which of a few moves of the code gives it. Pure.

A decoder answers to one straight move in as many ways as there are codes: no fixed vector
makes every bar denser. So a set of moves is tried on the very code that is to be played, and
each voice of the band (kick, snare, hi-hats, toms, cymbals, bass), in the whole bar or a half
of it, is taken from the move that, together with the others, gives the bar the attributes
asked for: those of the bar without a knob, plus each knob's turn times its reach, and the rest
as they were.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np
import numpy.typing as npt

from bridge.errors import ModelError
from bridge.music.attributes import ATTRIBUTES, BASS, DRUMS, first_bass_pitch_class, measure

Floats = npt.NDArray[np.floating]
Ints = npt.NDArray[np.int64]
ALL_DRUMS: Final = 511
VOICES: Final[tuple[tuple[int, bool], ...]] = (
    (ALL_DRUMS, True),
    (ALL_DRUMS, False),
    (0, True),
    (0b1, False),
    (0b10, False),
    (0b1100, False),
    (0b1110000, False),
    (0b110000000, False),
)
"""What may be taken from a move at once: bits of the drums, and whether the bass is: the whole
band, drums, bass, kick, snare, hi-hats, toms, cymbals."""
MAX_EXCHANGES: Final = 4
"""So many voices are exchanged at most."""
SPANS: Final = ((0.0, 1.0), (0.0, 0.5), (0.5, 1.0))
"""What part of the bar a voice may be taken from a move for."""
BASS_ROOT_COST: Final = 1.0
"""What another bass pitch class at the bar's first bass note costs, in squared reaches."""
CHOICES: Final = len(VOICES) * len(SPANS)
CHANGE_COST: Final = 1.0
"""What an attribute that is to stay costs for the first power of its change, beside the
square: small changes of many are worse than none."""
COST_DECIMALS: Final = 9
MOVE_COST: Final = 0.0004
"""What a move costs for its squared length: of two as good, the nearer."""


@dataclass(frozen=True)
class Steering:
    """``names`` of D attributes, the change ``reach`` [D] that a full turn of each asks for
    (in the attribute's unit), how much more each counts when it is asked for than when it is
    to stay (``weights`` [D]), and the ``moves`` [K, Z] to try, the first of which is none.
    ``aims`` [D, D] are what a full turn of a knob (a row) asks of every attribute, in reaches:
    1 of its own, and of the others little, against the way in which they would go with it
    (none where it is not given).

    ModelError where they do not match, a name is no attribute, a number is not above 0, or
    the first move is one.
    """

    names: tuple[str, ...]
    reach: npt.NDArray[np.float64]
    weights: npt.NDArray[np.float64]
    moves: npt.NDArray[np.float32]
    aims: npt.NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        for name in self.names:
            if name not in ATTRIBUTES:
                raise ModelError(f"steering: {name!r} is no attribute that can be measured")
        for what, row in (("reach", self.reach), ("weight", self.weights)):
            if row.shape != (len(self.names),) or not (row > 0).all():
                raise ModelError(f"steering: no {what} above 0 for each of its attributes")
        if self.moves.ndim != 2 or len(self.moves) < 1 or self.moves[0].any():
            raise ModelError("steering: the first of its moves has to be none")
        if self.aims is not None and self.aims.shape != (len(self.names),) * 2:
            raise ModelError("steering: no aims for each of its attributes")

    def values(self, knobs: Mapping[str, float]) -> npt.NDArray[np.float64]:
        """Knobs -1..1 by name (clamped; unknown ones are left out) as a row [D]."""
        row = np.array([knobs.get(name, 0.0) for name in self.names], np.float64)
        return np.clip(row, -1.0, 1.0)

    def steer(self, values: npt.NDArray[np.float64], tried: Ints) -> tuple[Ints, Ints]:
        """The bars [T, 3] for knobs [D], each voice from one of the ``tried`` [K, T, 3], what
        the K moves decode to; and the move [V] that each voice in each of :data:`SPANS` came
        from last.

        Greedy: of all exchanges of a voice for a move's the best is made, then the next, at
        most :data:`MAX_EXCHANGES`, until none makes it better.
        """
        best, picks = tried[0].copy(), np.zeros(CHOICES, np.int64)
        if not values.any():
            return best, picks
        far = np.tile(MOVE_COST * squared_lengths(self.moves), CHOICES)
        wanted = self._wanted(values, best)
        lowest = float(wanted(best[None])[0])
        for _ in range(MAX_EXCHANGES):
            bars = exchanges(best, tried).reshape(-1, *best.shape)
            other = np.flatnonzero((bars != best).any(axis=(1, 2)))
            if not len(other):
                break
            cost = wanted(bars[other]) + far[other]
            if not cost.min() < lowest:
                break
            lowest, chosen = float(cost.min()), int(other[cost.argmin()])
            best = bars[chosen]
            picks[chosen // len(tried)] = chosen % len(tried)
        return best, picks

    def _wanted(self, values: Floats, bar: Ints) -> Callable[[Ints], Floats]:
        """What any bars [N, T, 3] lack of what knobs [D] ask for of ``bar``: their costs [N]."""
        start = measure(bar[None], self.names)[0]
        root = int(first_bass_pitch_class(bar[None])[0])
        wish = values if self.aims is None else values @ self.aims

        def wanted(bars: Ints) -> Floats:
            wrong = (measure(bars, self.names) - start) / self.reach - wish
            roots = first_bass_pitch_class(bars)
            moved = (roots != root) & (roots >= 0) & (root >= 0)
            cost = costs(wrong, values != 0, self.weights) + BASS_ROOT_COST * moved
            # What differs by rounding alone is a tie, on every processor.
            return np.asarray(np.round(cost, COST_DECIMALS))

        return wanted

    def mean_move(self, picks: Ints) -> npt.NDArray[np.float32]:
        """The mean move [Z] of the voices that moved; none if none did."""
        used = self.moves[picks[picks > 0]]
        return np.asarray(used.mean(axis=0) if len(used) else self.moves[0], np.float32)


def exchanges(bar: Ints, tried: Ints) -> Ints:
    """``bar`` [T, 3] with each of the voices, in each of :data:`SPANS`, taken from each of
    ``tried`` [K, T, 3]: [V, K, T, 3]."""
    out = np.tile(bar, (CHOICES, len(tried), 1, 1))
    steps = len(bar)
    for number, ((bits, bass), (first, last)) in enumerate(product(VOICES, SPANS)):
        span = slice(round(first * steps), round(last * steps))
        if bass:
            out[number, :, span, BASS] = tried[:, span, BASS]
        kept = bar[span, DRUMS] & ~bits
        out[number, :, span, DRUMS] = kept | (tried[:, span, DRUMS] & bits)
    return out


def squared_lengths(moves: Floats) -> npt.NDArray[np.float64]:
    """The squared length of each move [K, Z]: [K]."""
    return np.asarray((moves.astype(np.float64) ** 2).sum(axis=1))


def costs(wrong: Floats, asked: npt.NDArray[np.bool_], weights: Floats) -> Floats:
    """How bad it is to be ``wrong`` [N, D] reaches off, for the attributes ``asked`` [D] for
    and for those that are to stay: [N]."""
    squared = np.where(asked, weights, 1.0) * wrong**2
    return np.asarray((squared + np.where(asked, 0.0, CHANGE_COST) * np.abs(wrong)).sum(axis=1))

"""Steer musical attributes of a bar by a search over moves of its code. Pure.

No fixed latent vector makes every bar denser: a decoder responds differently at each code. So a
set of moves is decoded for the current code, and each voice of the band (kick, snare, hi-hats,
toms, cymbals, bass), in the whole bar or half of it, is taken from one of the results. The search
looks for the attributes of the unsteered bar plus each knob's value times its reach, with all
other attributes unchanged.
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
"""Voices that can be exchanged, as (drum bits, bass): the whole band, drums, bass, kick, snare,
hi-hats, toms, cymbals."""
MAX_EXCHANGES: Final = 4
"""Most exchanges of a voice in one bar."""
SPANS: Final = ((0.0, 1.0), (0.0, 0.5), (0.5, 1.0))
"""Parts of the bar, as shares, in which a voice can be exchanged."""
BASS_ROOT_COST: Final = 1.0
"""Cost of a changed pitch class of the bar's first bass note, in squared reaches."""
CHOICES: Final = len(VOICES) * len(SPANS)
CHANGE_COST: Final = 1.0
"""Cost of a change by one reach of an attribute that is not asked for, added to its square, so
that small changes count too."""
COST_DECIMALS: Final = 9
MOVE_COST: Final = 0.0004
"""Cost per squared length of a move: of two equally good moves the shorter is taken."""


@dataclass(frozen=True)
class Steering:
    """Steering data of a model.

    ``names`` of D attributes; ``reach`` [D], the change at a knob value of 1, in the attribute's
    unit; ``weights`` [D], the factor on the cost of an attribute that is asked for; ``moves``
    [K, Z] to try, the first of which is zero. Row d of ``aims`` [D, D] is the change of every
    attribute, in reaches, that knob d asks for: 1 for its own, small values against side effects
    for the others (None: the identity).

    ModelError where shapes do not match, a name is not an attribute, a number is not above 0, or
    the first move is not zero.
    """

    names: tuple[str, ...]
    reach: npt.NDArray[np.float64]
    weights: npt.NDArray[np.float64]
    moves: npt.NDArray[np.float32]
    aims: npt.NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        for name in self.names:
            if name not in ATTRIBUTES:
                raise ModelError(f"steering: {name!r} is not a measurable attribute")
        for what, row in (("reach", self.reach), ("weight", self.weights)):
            if row.shape != (len(self.names),) or not (row > 0).all():
                raise ModelError(f"steering: no {what} above 0 for each of its attributes")
        if self.moves.ndim != 2 or len(self.moves) < 1 or self.moves[0].any():
            raise ModelError("steering: the first of its moves has to be zero")
        if self.aims is not None and self.aims.shape != (len(self.names),) * 2:
            raise ModelError("steering: no aims for each of its attributes")

    def values(self, knobs: Mapping[str, float]) -> npt.NDArray[np.float64]:
        """Knob values by name (clamped to -1..1; unknown names are ignored) as a row [D]."""
        row = np.array([knobs.get(name, 0.0) for name in self.names], np.float64)
        return np.clip(row, -1.0, 1.0)

    def steer(self, values: npt.NDArray[np.float64], tried: Ints) -> tuple[Ints, Ints]:
        """Choose each voice from one of the ``tried`` bars [K, T, 3], decoded from the K moves.

        ``values`` [D] are the knobs. Returns the bar [T, 3] and, for each voice and each of
        :data:`SPANS`, the index of the move it was last taken from [V]. Greedy search: the best
        exchange is made until none lowers the cost, at most :data:`MAX_EXCHANGES` times.
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
        """The cost function of bars [N, T, 3] -> [N], for knobs [D] and the unsteered ``bar``."""
        start = measure(bar[None], self.names)[0]
        root = int(first_bass_pitch_class(bar[None])[0])
        goal = values if self.aims is None else values @ self.aims

        def wanted(bars: Ints) -> Floats:
            wrong = (measure(bars, self.names) - start) / self.reach - goal
            roots = first_bass_pitch_class(bars)
            moved = (roots != root) & (roots >= 0) & (root >= 0)
            cost = costs(wrong, values != 0, self.weights) + BASS_ROOT_COST * moved
            # Rounded, so that ties are equal on every processor.
            return np.asarray(np.round(cost, COST_DECIMALS))

        return wanted

    def mean_move(self, picks: Ints) -> npt.NDArray[np.float32]:
        """The mean move [Z] of the exchanged voices; zeros if none was exchanged."""
        used = self.moves[picks[picks > 0]]
        return np.asarray(used.mean(axis=0) if len(used) else self.moves[0], np.float32)


def exchanges(bar: Ints, tried: Ints) -> Ints:
    """All single exchanges: ``bar`` [T, 3] with each voice in each of :data:`SPANS` taken from
    each of ``tried`` [K, T, 3]: [V, K, T, 3]."""
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
    """Squared lengths [K] of moves [K, Z]."""
    return np.asarray((moves.astype(np.float64) ** 2).sum(axis=1))


def costs(wrong: Floats, asked: npt.NDArray[np.bool_], weights: Floats) -> Floats:
    """Costs [N] of errors ``wrong`` [N, D] (in reaches); ``asked`` [D] marks the attributes that
    a knob asks for, the others should not change."""
    squared = np.where(asked, weights, 1.0) * wrong**2
    return np.asarray((squared + np.where(asked, 0.0, CHANGE_COST) * np.abs(wrong)).sum(axis=1))

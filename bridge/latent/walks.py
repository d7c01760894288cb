"""Walks through the latent space, bar by bar: the band's autopilot. Pure; reproducible by seed.

A :class:`Walk` is the specification, a :class:`WalkState` the position. :func:`next_step` moves it
by one bar, so that its pace can change at any time without a jump; :func:`trajectory` gives the
same points offline. Points are in standard deviations of the prior.

Noise comes from :func:`random_step`, whose first numbers are equal for any width, so that one seed
drives models of different sizes alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

import msgspec
import numpy as np

from bridge.errors import ModelError
from bridge.latent.paths import plane
from bridge.latent.space import Floats, checked, slerp

SEEDED_ANCHORS = 4
"""Anchors drawn from the seed where none are given."""
RESTLESSNESS = 0.15


class WalkKind(StrEnum):
    """Kinds of walks. ``value`` is the name in commands and files."""

    BROWNIAN = "brownian"
    ORBIT = "orbit"
    DRIFT = "drift"
    LISSAJOUS = "lissajous"
    ANCHORS = "anchors"
    MIMIC = "mimic"
    APART = "apart"
    PRIOR = "prior"


WALK_WORDS: Final[Mapping[str, str]] = {
    WalkKind.BROWNIAN: "wanders a little each bar",
    WalkKind.ORBIT: "circles round a place",
    WalkKind.DRIFT: "slowly off to one far place",
    WalkKind.LISSAJOUS: "sways between two colours",
    WalkKind.ANCHORS: "from place to place of yours",
    WalkKind.MIMIC: "stays near what you played",
    WalkKind.APART: "drums and bass each wander",
    WalkKind.PRIOR: "goes on as such music would",
}
"""A few words on each kind for a player: what is heard of it."""


@dataclass(frozen=True, slots=True)
class Walk:
    """The specification of a walk.

    ``bars`` (> 0) is the period of an orbit or figure, the duration of a drift, and the time
    from one anchor to the next. ``axes`` are the two directions [Z] of a Lissajous figure
    (empty: a random plane) and ``ratio`` the frequencies along them; ``target`` [Z] is the end
    of a drift (empty: a random point) and the centre of an orbit (empty: the origin);
    ``anchors`` are points [Z]. Random choices depend on ``seed`` (>= 0) alone.
    """

    kind: WalkKind
    seed: int = 1
    bars: float = 16.0
    axes: tuple[tuple[float, ...], ...] = ()
    ratio: tuple[int, int] = (3, 2)
    target: tuple[float, ...] = ()
    anchors: tuple[tuple[float, ...], ...] = ()

    def __post_init__(self) -> None:
        if not self.bars > 0:
            raise ModelError(f"a walk of {self.bars:g} bars: choose more than 0")
        if self.seed < 0:
            raise ModelError(f"seed {self.seed} is negative: choose 0 or more")
        if self.axes and len(self.axes) != 2:
            raise ModelError(f"{len(self.axes)} axes for a figure: give two")


@dataclass(frozen=True, slots=True)
class Pace:
    """The pace of one walker: ``restlessness`` 0..1 is the share of its point that is new at each
    bar, ``lean`` 0..1 the attraction to the other walker."""

    restlessness: float = RESTLESSNESS
    lean: float = 0.0


class WalkState(msgspec.Struct, frozen=True):
    """The position of a walk: its last ``bar``, the ``turns`` (periods) completed, and a point
    [Z] for each walker (one, or two for :attr:`WalkKind.APART`)."""

    bar: int
    turns: float
    points: tuple[Floats, ...]

    @property
    def point(self) -> Floats:
        """The first walker's point [Z]."""
        return self.points[0]


def random_step(seed: int, bar: int, width: int, voice: int = 0) -> Floats:
    """Standard normal noise [width] of a bar; depends on (seed, bar, voice) alone."""
    numbers = np.random.Generator(np.random.PCG64([seed, voice, bar & 0xFFFFFFFF]))
    return numbers.standard_normal(width).astype(np.float32)


def start_walk(walk: Walk, width: int) -> WalkState:
    """The state before bar 0: at the origin. ModelError for vectors that are not [width]."""
    voices = 2 if walk.kind is WalkKind.APART else 1
    for row in (*walk.axes, *walk.anchors, *((walk.target,) if walk.target else ())):
        checked([row], width)
    return WalkState(-1, 0.0, tuple(np.zeros(width, np.float32) for _ in range(voices)))


def next_step(walk: Walk, walker: WalkState, bar: int, paces: Sequence[Pace] = ()) -> WalkState:
    """The state at ``bar``, one step further; unchanged when it is at ``bar`` or later already.

    ``paces`` has one entry for each walker; missing ones are the default :class:`Pace`.
    """
    if bar <= walker.bar:
        return walker
    turns = walker.turns + 1.0 / walk.bars
    if walk.kind in _RANDOM:
        given = [*paces, *[Pace()] * (len(walker.points) - len(paces))]
        return WalkState(bar, turns, _random_walk_step(walk, walker.points, bar, given))
    point = _FIGURES[walk.kind](walk, turns, len(walker.point))
    return WalkState(bar, turns, (np.asarray(point, np.float32),))


def trajectory(walk: Walk, bars: int, width: int, paces: Sequence[Pace] = ()) -> Floats:
    """The points of the first ``bars`` (>= 1) bars of each walker: [walkers, bars, width]."""
    if bars < 1:
        raise ModelError(f"a walk over {bars} bars: choose 1 or more")
    walker, rows = start_walk(walk, width), []
    for bar in range(bars):
        walker = next_step(walk, walker, bar, paces)
        rows.append(np.stack(walker.points))
    return np.stack(rows, axis=1)


def point_at(walk: Walk, bar: int, width: int) -> Floats:
    """The first walker's point [Z] at a bar (>= 0) of a walk at the default pace. Earlier states
    are cached, so that the next bar is cheap."""
    walked = _walk_states(walk, width)
    while walked[-1].bar < bar:
        walked.append(next_step(walk, walked[-1], walked[-1].bar + 1))
    return walked[bar + 1].point


@lru_cache(maxsize=8)
def _walk_states(walk: Walk, width: int) -> list[WalkState]:
    return [start_walk(walk, width)]


# --- at random, held near the middle ------------------------------------------------------

_RANDOM = (WalkKind.BROWNIAN, WalkKind.MIMIC, WalkKind.APART)


def _random_walk_step(
    walk: Walk, points: Sequence[Floats], bar: int, paces: Sequence[Pace]
) -> tuple[Floats, ...]:
    """One step of an Ornstein-Uhlenbeck process for each walker, with attraction between two."""
    stepped = [
        _ou_step(point, pace.restlessness, random_step(walk.seed, bar, len(point), voice))
        for voice, (point, pace) in enumerate(zip(points, paces, strict=False))
    ]
    if len(stepped) < 2:
        return tuple(stepped)
    mine, other = stepped
    first, second = (min(1.0, max(0.0, pace.lean)) / 2 for pace in paces[:2])
    # At most half the distance each: two walkers with full lean meet in the middle.
    return mine + first * (other - mine), other + second * (mine - other)


def _ou_step(point: Floats, restlessness: float, push: Floats) -> Floats:
    kept = 1.0 - min(1.0, max(0.0, restlessness))
    return np.asarray(kept * point + np.sqrt(1.0 - kept * kept) * push, np.float32)


# --- figures ------------------------------------------------------------------------------


def _orbit(walk: Walk, turns: float, width: int) -> Floats:
    """A circle about the origin (or the target) in a random plane, at the prior's typical
    radius sqrt(width)."""
    first, second = plane(width, walk.seed)
    angle = 2.0 * np.pi * turns
    ring = np.sqrt(width) * (np.cos(angle) * first + np.sin(angle) * second)
    return np.asarray(ring + walk.target if walk.target else ring, np.float32)


def _lissajous(walk: Walk, turns: float, width: int) -> Floats:
    """A Lissajous figure: sines along both axes, with the frequencies ``ratio`` per period."""
    if walk.axes:
        first, second = (np.asarray(axis, np.float32) for axis in walk.axes)
    else:
        first, second = (np.sqrt(width) * axis for axis in plane(width, walk.seed))
    a, b = walk.ratio
    angle = 2.0 * np.pi * turns
    return np.asarray(np.sin(a * angle) * first + np.sin(b * angle) * second, np.float32)


def _drift(walk: Walk, turns: float, width: int) -> Floats:
    """A linear move from the origin to the target, where it stays."""
    target = walk.target or tuple(random_step(walk.seed, 0, width))
    return np.asarray(min(1.0, turns) * np.asarray(target), np.float32)


def _anchors(walk: Walk, turns: float, width: int) -> Floats:
    """Arcs from anchor to anchor and back to the first."""
    drawn = [random_step(walk.seed, n, width) for n in range(SEEDED_ANCHORS)]
    anchors = np.asarray(walk.anchors or drawn, np.float32)
    leg, share = divmod(turns, 1.0)
    here, there = int(leg) % len(anchors), (int(leg) + 1) % len(anchors)
    return slerp(anchors[here], anchors[there], share)


def _still(walk: Walk, turns: float, width: int) -> Floats:
    """Zeros: the model's prior chooses the codes, the walk only counts bars."""
    return np.zeros(width, np.float32)


_FIGURES = {
    WalkKind.PRIOR: _still,
    WalkKind.ORBIT: _orbit,
    WalkKind.LISSAJOUS: _lissajous,
    WalkKind.DRIFT: _drift,
    WalkKind.ANCHORS: _anchors,
}


def neuron(index: int, width: int, reach: float = 2.0) -> tuple[float, ...]:
    """The axis [Z] of one latent dimension (from 0) with the length ``reach``, in standard
    deviations."""
    if not 0 <= index < width:
        raise ModelError(f"no latent dimension {index}: choose 0 to {width - 1}")
    axis = np.zeros(width)
    axis[index] = reach
    return tuple(axis.tolist())

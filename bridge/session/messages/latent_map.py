"""The map of the latent space for the screen, its trail, and the attributes of bars. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import msgspec
import numpy as np

from bridge.latent.analysis import MAP_CELLS, MAP_EXTENT, LatentStatistics
from bridge.model.messages import BarTokens
from bridge.music.attributes import ATTRIBUTES, display_values

Spot = tuple[float, float]
"""A place on the map: x and y, -1..1 from edge to edge, y upwards."""
TRAIL: Final = 96
"""Places of the trail that are kept."""
LEVELS: Final = 9
"""The digit of the densest cell."""
NEAR: Final = 0.01
"""Two places nearer than this (in x and y) count as the same."""


class SpaceMap(msgspec.Struct, frozen=True):
    """The map: ``rows`` of digits 0..9, the top row first, for the density of training codes; and
    the ``places`` of the styles ``names``."""

    rows: tuple[str, ...]
    names: tuple[str, ...]
    places: tuple[Spot, ...]


class Attribute(msgspec.Struct, frozen=True, array_like=True):
    """A musical attribute of the bar that plays (``now``) and of the ``next`` one, as a share 0..1
    of its usual range; None if there is no such bar."""

    name: str
    now: float | None
    next: float | None


def map_of(known: LatentStatistics) -> SpaceMap:
    """The map of a latent space, made of its statistics."""
    dense = np.sqrt(np.asarray(known.density, np.float64))
    level = np.ceil(LEVELS * dense / max(float(dense.max()), 1e-9)).astype(int)
    assert level.shape == MAP_CELLS
    rows = tuple("".join(map(str, row)) for row in level)
    return SpaceMap(rows, known.place_names, tuple(_spot(place) for place in known.places))


def spot_of(known: LatentStatistics, code: Sequence[float]) -> Spot:
    """The place of a code [Z] on the map."""
    return _spot(known.project(code))


def _spot(place: np.ndarray) -> Spot:
    x, y = np.clip(np.asarray(place, np.float64) / MAP_EXTENT, -1.0, 1.0).tolist()
    return round(x, 4), round(y, 4)


def trailed(trail: tuple[Spot, ...], spot: Spot) -> tuple[Spot, ...]:
    """The trail with a place appended, unless that is the same as its last."""
    if trail and max(abs(a - b) for a, b in zip(trail[-1], spot, strict=True)) < NEAR:
        return trail
    return (*trail, spot)[-TRAIL:]


def attributes(now: BarTokens | None, then: BarTokens | None) -> tuple[Attribute, ...]:
    """The attributes of two bars (None: missing); empty if both are missing."""
    if now is None and then is None:
        return ()
    blank = (None,) * len(ATTRIBUTES)
    here = _shares(now.melody, now.bass, now.drums) if now else blank
    there = _shares(then.melody, then.bass, then.drums) if then else blank
    return tuple(Attribute(*row) for row in zip(ATTRIBUTES, here, there, strict=True))


@lru_cache(maxsize=16)  # called for each snapshot
def _shares(*tracks: tuple[int, ...]) -> tuple[float, ...]:
    found = display_values(
        np.stack([np.asarray(track, np.int64) for track in tracks], axis=-1)[None]
    )[0]
    return tuple(round(float(share), 4) for share in found)

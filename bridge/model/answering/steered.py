"""Apply steering (``latent.steering``) to a model: the moves to decode and the bars to choose.

Used live and offline alike, so that a knob has the same effect in both.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bridge.latent.directions import Directions
from bridge.model.contract import TRACKS, Floats, Ints, Trio


def directions_of(model: Trio) -> Directions:
    """The model's directions, with those that are steered marked as such."""
    found = Directions.of(model.directions, model.spec.latent)
    steering = model.steering
    steered = () if steering is None else steering.names
    return Directions(found.names, found.vectors, steered)


def moves_of(model: Trio, knobs: Mapping[str, float]) -> Floats:
    """The moves [K, Z] to decode: a single zero move unless a steered knob is turned."""
    steering = model.steering
    if steering is None or not steering.values(knobs).any():
        return np.zeros((1, model.spec.latent), np.float32)
    return steering.moves


def choose_bars(
    model: Trio, knobs: Mapping[str, float], tried: Ints, melody: Ints, heard: Ints
) -> tuple[Ints, Floats]:
    """Choose the bars [B, 16, 3] to play from those of all moves, ``tried`` [K, B, 16, 3]; also
    the mean move [Z] that they come from.

    Attributes are measured together with the player's ``melody`` [B, 16] where it was ``heard``
    [B, 16] (1), and with the model's own melody elsewhere.
    """
    steering = model.steering
    if steering is None or len(tried) == 1:
        return tried[0], np.zeros(model.spec.latent, np.float32)
    beside = tried.copy()
    beside[..., 0] = np.where(heard > 0, melody, tried[0, ..., 0])
    flat = beside.reshape(len(tried), -1, len(TRACKS))
    taken, picks = steering.steer(steering.values(knobs), flat)
    bars = taken.reshape(tried.shape[1:])
    bars[..., 0] = tried[0, ..., 0]
    return bars, steering.mean_move(picks)

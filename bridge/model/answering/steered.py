"""Knobs of a bar, where the model can be steered: the moves to decode, the bars to take.

What plays live and what is composed ask here alike: a knob does the same in both.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bridge.latent.directions import Directions
from bridge.model.contract import TRACKS, Floats, Ints, Trio


def directions_of(model: Trio) -> Directions:
    """The model's directions, those that it is steered by told from the plain vectors."""
    found = Directions.of(model.directions, model.spec.latent)
    steering = model.steering
    steered = () if steering is None else steering.names
    return Directions(found.names, found.vectors, steered)


def moves_of(model: Trio, knobs: Mapping[str, float]) -> Floats:
    """The moves [K, Z] of the code that are to be decoded: just none, unless a knob is turned."""
    steering = model.steering
    if steering is None or not steering.values(knobs).any():
        return np.zeros((1, model.spec.latent), np.float32)
    return steering.moves


def choose_bars(
    model: Trio, knobs: Mapping[str, float], tried: Ints, melody: Ints, heard: Ints
) -> tuple[Ints, Floats]:
    """Of the bars [K, B, 16, 3] that the moves gave, those [B, 16, 3] to play; and the mean
    move [Z] that they came from.

    The attributes are measured beside the ``melody`` [B, 16] that was ``heard`` [B, 16] (1),
    where one was, and beside the model's own elsewhere.
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

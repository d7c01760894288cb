"""Knobs of a request, where the model can be steered: the moves to decode, the bars to take."""

from __future__ import annotations

import numpy as np

from bridge.model.contract import TRACKS, Floats, Ints, Request, Trio


def moves_of(model: Trio, request: Request) -> Floats:
    """The moves [K, Z] of the code that are to be decoded: just none, unless a knob is turned."""
    steering = model.steering
    if steering is None or not steering.values(dict(request.knobs)).any():
        return np.zeros((1, model.spec.latent), np.float32)
    return steering.moves


def chosen(model: Trio, request: Request, tried: Ints) -> tuple[Ints, Floats]:
    """Of the bars [K, B, 16, 3] that the moves gave, those [B, 16, 3] to play; and the mean
    move [Z] that they came from.

    The attributes are measured beside the melody that was heard, where one was.
    """
    steering = model.steering
    if steering is None or len(tried) == 1:
        return tried[0], np.zeros(model.spec.latent, np.float32)
    size = model.spec.steps_per_bar
    steps = (np.asarray(request.bars)[:, None] * size + np.arange(size)).reshape(-1)
    flat = tried.reshape(len(tried), len(steps), len(TRACKS)).copy()
    heard = np.asarray(request.heard)[steps] > 0
    flat[:, heard, 0] = np.asarray(request.melody)[steps][heard]
    taken, picks = steering.mixed(steering.values(dict(request.knobs)), flat)
    bars = taken.reshape(tried.shape[1:])
    bars[..., 0] = tried[0, ..., 0]
    return bars, steering.moved(picks)

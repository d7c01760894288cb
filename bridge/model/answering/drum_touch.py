"""Touch of the drum hits of an answer: velocities and small delays. Pure."""

from __future__ import annotations

import numpy as np

from bridge.errors import ModelError
from bridge.model.contract import DRUMMER_WIDTH, Ints, Touch, Trio
from bridge.model.messages import Request
from bridge.music.grid import FOUR_FOUR, Metre
from bridge.music.tokens import decode_drums

Touches = tuple[tuple[int, int], ...]
MAX_OFFSET = 0.3
"""Largest offset in steps; greater ones are swing, which has its own setting."""


def touches(
    model: Trio, drums: Ints, request: Request, metre: Metre = FOUR_FOUR
) -> tuple[Touches, ...]:
    """(Velocity 1..127, delay in ticks) of each hit, for each bar of ``drums`` [K, 16 slots of
    ``metre``], in the order of ``tokens.decode_drums``; empty for a model without a touch network.

    ``request.drummer`` is the seed of the drummer's vector, constant during a session.
    """
    rng = np.random.Generator(np.random.PCG64(request.drummer))
    drummer = rng.standard_normal((1, DRUMMER_WIDTH), dtype=np.float32)
    count = len(drums)
    touch = model.feel(
        drums, np.full(count, request.tempo, np.float32), np.repeat(drummer, count, axis=0)
    )
    if touch is None:
        return ((),) * count
    return touches_of_hits(model.spec.name, drums, touch, metre)


def touches_of_hits(
    name: str, drums: Ints, touch: Touch, metre: Metre = FOUR_FOUR
) -> tuple[Touches, ...]:
    """The ``touch`` of bars of drum classes [K, 16] in the form of :func:`touches`. ModelError,
    naming the model, for values that are not finite."""
    if not (np.isfinite(touch.velocity).all() and np.isfinite(touch.offset).all()):
        raise ModelError(f"the model {name} gave a touch that is not finite")
    loud = np.clip(np.rint(127 * touch.velocity), 1, 127).astype(int)
    late = np.rint(np.clip(touch.offset, -MAX_OFFSET, MAX_OFFSET) * metre.ticks_per_step).astype(
        int
    )
    return tuple(
        tuple((int(loud[bar, s, d]), int(late[bar, s, d])) for s, d in decode_drums(drums[bar]))
        for bar in range(len(drums))
    )

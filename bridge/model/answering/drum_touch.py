"""How the drums of an answer are hit: velocities and small delays. Pure."""

from __future__ import annotations

import numpy as np

from bridge.errors import ModelError
from bridge.model.contract import DRUMMER_WIDTH, Ints, Touch, Trio
from bridge.model.messages import Request
from bridge.music.grid import TICKS_PER_STEP
from bridge.music.tokens import decode_drums

Touches = tuple[tuple[int, int], ...]
MAX_OFFSET = 0.3
"""Shares of a step: what lies farther off is swing, which is a setting of its own."""


def touches(model: Trio, drums: Ints, request: Request) -> tuple[Touches, ...]:
    """For each bar of ``drums`` [K, 16] its hits as (velocity 1..127, ticks late), in the order
    of ``tokens.decode_drums``; empty for a model that does not know.

    ``request.drummer`` seeds who plays: the same one all through a session.
    """
    rng = np.random.Generator(np.random.PCG64(request.drummer))
    who = rng.standard_normal((1, DRUMMER_WIDTH), dtype=np.float32)
    count = len(drums)
    touch = model.feel(
        drums, np.full(count, request.tempo, np.float32), np.repeat(who, count, axis=0)
    )
    if touch is None:
        return ((),) * count
    return touches_of_hits(model.spec.name, drums, touch)


def touches_of_hits(name: str, drums: Ints, touch: Touch) -> tuple[Touches, ...]:
    """What the model ``name`` says of bars [K, 16] of drum classes, as :func:`touches` gives it.
    ModelError for numbers that are not finite."""
    if not (np.isfinite(touch.velocity).all() and np.isfinite(touch.offset).all()):
        raise ModelError(f"the model {name} gave a touch that is not finite")
    loud = np.clip(np.rint(127 * touch.velocity), 1, 127).astype(int)
    late = np.rint(np.clip(touch.offset, -MAX_OFFSET, MAX_OFFSET) * TICKS_PER_STEP).astype(int)
    return tuple(
        tuple((int(loud[bar, s, d]), int(late[bar, s, d])) for s, d in decode_drums(drums[bar]))
        for bar in range(len(drums))
    )

"""Bars of one metre in the steps of another, while a change of metre is under way. Pure.

Beats fall where beats fall (``Metre.slots``): a bar of 4/4 gives its first three beats to 3/4 and
the first three steps of each beat to 12/8. So the band goes on until the model's bar is there.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bridge.model.messages import BarTokens
from bridge.music.grid import SLOTS_PER_BAR, Metre
from bridge.music.tokens import from_slots, to_slots
from bridge.session.state.bars import GeneratedBar


def refit(tokens: BarTokens, metre: Metre, to: Metre) -> BarTokens:
    """A bar's classes in the steps of ``to``; where steps are lost, the touch is too."""
    if metre.slots == to.slots:
        return tokens
    melody, bass, drums = (
        _classes(from_slots(_slots(line, metre), to))
        for line in (tokens.melody, tokens.bass, tokens.drums)
    )
    return BarTokens(melody, bass, drums)


def laid_out(bar: GeneratedBar) -> BarTokens:
    """A generated bar in 16 slots, as models have it."""
    tokens = bar.tokens
    if bar.metre.steps == SLOTS_PER_BAR:
        return tokens
    lines = (tokens.melody, tokens.bass, tokens.drums)
    melody, bass, drums = (_classes(_slots(line, bar.metre)) for line in lines)
    return BarTokens(melody, bass, drums)


def _slots(line: Sequence[int], metre: Metre) -> np.ndarray:
    """Classes of a bar (none: a bar of silence) in slots."""
    return to_slots(np.asarray(line or (0,) * metre.steps, np.int64), metre)


def _classes(line: np.ndarray) -> tuple[int, ...]:
    return tuple(line.tolist())

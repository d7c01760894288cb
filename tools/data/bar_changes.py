"""The change between neighbouring bars of drums, as drummers and composed pieces vary them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bridge.music.grid import SLOTS_PER_BAR
from bridge.music.tokens import DRUM_NAMES
from tools.data.dataset import IntArray
from tools.data.sizes import BARS


def bar_changes(drums: IntArray) -> npt.NDArray[np.float64]:
    """Windows of drums [N, 64] -> the changes between neighbouring bars of each (see
    :func:`changes_of`), all in one row."""
    return changes_of(drums.reshape(-1, BARS, SLOTS_PER_BAR))


def changes_of(bars: IntArray) -> npt.NDArray[np.float64]:
    """Bars of drums [..., K, 16] -> for each pair of neighbouring bars that are not both silent the
    hits that differ over the hits of either (0..1)."""
    bits = (bars[..., None] >> np.arange(len(DRUM_NAMES))) & 1
    one, two = bits[..., :-1, :, :], bits[..., 1:, :, :]
    either = (one | two).sum((-2, -1))
    differ = (one ^ two).sum((-2, -1))
    share: npt.NDArray[np.float64] = (differ / np.maximum(either, 1))[either > 0]
    return share

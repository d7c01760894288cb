"""One seeded walk through several models at once, a bar a step, off line. Pure.

A step depends on the seed and the bar alone, and its first numbers are the same for codes of
every width: models of different sizes take the same walk, each with its own music.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from bridge.errors import ModelError
from bridge.latent.walks import Pace, Walk, trajectory
from bridge.model.contract import Codec, check_metre
from bridge.model.windows import song_of
from bridge.music.grid import FOUR_FOUR, Metre
from bridge.music.smf.song import Song
from bridge.offline.codes import decoded, quiet
from bridge.session.latent.walks import NEEDS_A_PLAYER

MOST_BARS: Final = 1024
"""Greatest length of a walk."""


def pathway(
    codec: Codec,
    walk: Walk,
    bars: int,
    *,
    restlessness: float = 0.15,
    temperature: float = 0.0,
    bpm: float = 120.0,
    metre: Metre = FOUR_FOUR,
    progress: Callable[[int, int], None] = quiet,
) -> Song:
    """The music of a model along a walk of ``bars`` bars (1 to :data:`MOST_BARS`).

    Each bar is decoded at the walk's point; of the decoded window the bar is taken that would
    be played live. ``restlessness`` 0..1 is the share of the point that is new at each bar.
    ModelError for a walk that needs a player, too many bars, or a metre that the model lacks.
    """
    if walk.kind in NEEDS_A_PLAYER:
        raise ModelError(f"the walk {walk.kind.value} goes by what is played: choose another")
    if not 1 <= bars <= MOST_BARS:
        raise ModelError(f"a way of {bars} bars: choose 1 to {MOST_BARS}")
    spec = codec.spec
    check_metre(spec, metre.name)
    codec = codec.in_metre(metre.name)
    places = trajectory(walk, bars, spec.latent, [Pace(restlessness)])[0]
    windows = decoded(codec, places, temperature=temperature, seed=walk.seed, progress=progress)
    length = windows.shape[1] // spec.bars
    cut = [window[bar % spec.bars * length :][:length] for bar, window in enumerate(windows)]
    return song_of(replace(spec, bars=1), np.stack(cut), bpm=bpm, metre=metre)

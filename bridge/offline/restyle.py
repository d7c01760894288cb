"""The style of a performance: how its bass and drums play, for another melody to be played so.

Pure but for the model that is asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

import numpy as np

from bridge.errors import ModelError
from bridge.model.contract import Preset, Trio
from bridge.music.grid import TICKS_PER_BEAT, swing_delay
from bridge.music.melody_track import bar_origin
from bridge.music.notes import Note
from bridge.music.smf.song import Song, Track
from bridge.music.trio_windows import band_windows

HALF: Final = TICKS_PER_BEAT // 2
FULL_SWING: Final = swing_delay(2, 1.0)
"""Ticks from the straight off-beat 8th to the triplet."""
AROUND: Final = (HALF - 60, HALF + FULL_SWING + 60)
"""Where in a beat an onset counts as an off-beat 8th."""
SWINGS: Final = 0.25
"""A performance that swings less is taken for straight."""
ENOUGH: Final = 8
"""So many off-beats have to be heard to tell the swing."""


def style_from(trio: Trio, song: Song, name: str) -> Preset:
    """The style of a performance as a model hears it: the mean of its windows' vectors, its
    tempo, and its swing.

    MidiFileError when there is no band in it, or it is not in 4/4; ModelError for a model
    that hears no styles.
    """
    if not trio.spec.style:
        raise ModelError(f"the model {trio.spec.name} knows no styles: choose another (--model)")
    origin = bar_origin(song)
    swing = swing_of((n for t in song.tracks for n in t.notes), origin)
    straight = replace(song, tracks=tuple(straightened(t, origin, swing) for t in song.tracks))
    windows = band_windows(
        straight,
        trio.spec.bars,
        hop=trio.spec.phases or 2,  # each begins where a groove does
        common_key=trio.spec.common_key,
    )
    heard = trio.style_of(windows[..., 0], windows[..., 1])
    vector = np.asarray(heard, np.float64).mean(axis=0).astype(np.float32)
    if vector.shape != (trio.spec.style,) or not np.isfinite(vector).all():
        raise ModelError(f"the model {trio.spec.name} gave no style of it: try another piece")
    return Preset(name, vector, song.bpm, swing)


def nearest_style(trio: Trio, style: Preset) -> str:
    """The model's own style that is most like it; empty when it has none."""
    names = list(trio.presets)
    far = [float(((p.vector - style.vector) ** 2).sum()) for p in trio.presets.values()]
    return names[int(np.argmin(far))] if names else ""


def swing_of(notes: Iterable[Note], origin: int = 0) -> float:
    """How much a performance swings, 0..1: where its off-beat 8ths lie, on the whole."""
    places = [(n.tick - origin) % TICKS_PER_BEAT for n in notes]
    late = [place - HALF for place in places if AROUND[0] <= place <= AROUND[1]]
    if len(late) < ENOUGH:
        return 0.0
    amount = float(np.clip(np.median(late) / FULL_SWING, 0.0, 1.0))
    return round(amount, 3) if amount >= SWINGS else 0.0


def straightened(track: Track, origin: int, swing: float) -> Track:
    """A track whose swing is taken out, so that its off-beats lie on the grid."""
    if not swing:
        return track
    middle = HALF + FULL_SWING * swing

    def straight(tick: int) -> int:
        beat, place = divmod(tick - origin, TICKS_PER_BEAT)
        first = place < middle
        moved = (
            place * HALF / middle
            if first
            else HALF + (place - middle) * HALF / (TICKS_PER_BEAT - middle)
        )
        return origin + beat * TICKS_PER_BEAT + round(moved)

    notes = (
        replace(n, tick=straight(n.tick), length=max(1, straight(n.end) - straight(n.tick)))
        for n in track.notes
    )
    return replace(track, notes=tuple(sorted(notes)))

"""The style of a performance: its bass and drums as a style for another melody.

Pure except for the calls of the model.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

import numpy as np

from bridge.errors import ModelError
from bridge.model.contract import Preset, Trio, check_metre
from bridge.model.style_metres import nearest_in
from bridge.music.grid import FULL_SWING, TICKS_PER_BEAT
from bridge.music.notes import Note
from bridge.music.rhythm.song_bars import song_bars
from bridge.music.smf.song import Song, Track
from bridge.music.tokens import to_slots
from bridge.music.trio_windows import band_windows

HALF: Final = TICKS_PER_BEAT // 2
"""Ticks from a beat to the straight off-beat 8th."""
AROUND: Final = (HALF - 60, HALF + FULL_SWING + 60)
"""Range of ticks in a beat in which an onset counts as an off-beat 8th."""
SWINGS: Final = 0.25
"""Swing 0..1 below which a performance counts as straight."""
ENOUGH: Final = 8
"""Least number of off-beats that a swing can be measured from."""


def style_from(trio: Trio, song: Song, name: str) -> Preset:
    """The style of a performance: the mean of its windows' style vectors, its tempo and swing.

    MidiFileError for a song without a band; ModelError for a model without styles and for a metre
    that it lacks.
    """
    if not trio.spec.style:
        raise ModelError(f"the model {trio.spec.name} knows no styles: choose another (--model)")
    placed = song_bars(song)
    metre, origin = placed.metre, placed.origin
    check_metre(trio.spec, metre.name)
    trio = trio.in_metre(metre.name)
    swings = metre.swing_delay(metre.steps_per_beat // 2, 1.0) > 0
    swing = swing_of((n for t in song.tracks for n in t.notes), origin) if swings else 0.0
    straight = replace(song, tracks=tuple(straightened(t, origin, swing) for t in song.tracks))
    windows = band_windows(
        straight,
        trio.spec.bars,
        hop=trio.spec.phases or 2,  # each begins where a groove does
        common_key=trio.spec.common_key,
        placed=placed,
    )
    windows = to_slots(windows, metre, axis=1)
    heard = trio.style_of(windows[..., 0], windows[..., 1])
    vector = np.asarray(heard, np.float64).mean(axis=0).astype(np.float32)
    if vector.shape != (trio.spec.style,) or not np.isfinite(vector).all():
        raise ModelError(f"the model {trio.spec.name} gave no style of it: try another piece")
    return Preset(name, vector, song.bpm, swing, metre.name)


def nearest_style(trio: Trio, style: Preset) -> str:
    """The name of the model's style that is nearest to ``style``; empty if it has none."""
    return nearest_in(trio.presets, style, style.metre)


def swing_of(notes: Iterable[Note], origin: int = 0) -> float:
    """The swing 0..1 of a performance, from the median position of its off-beat 8ths."""
    places = [(n.tick - origin) % TICKS_PER_BEAT for n in notes]
    late = [place - HALF for place in places if AROUND[0] <= place <= AROUND[1]]
    if len(late) < ENOUGH:
        return 0.0
    amount = float(np.clip(np.median(late) / FULL_SWING, 0.0, 1.0))
    return round(amount, 3) if amount >= SWINGS else 0.0


def straightened(track: Track, origin: int, swing: float) -> Track:
    """The track without its swing: off-beats lie on the grid."""
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

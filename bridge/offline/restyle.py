"""The style of a performance: its bass and drums as a style for another melody.

Pure except for the calls of the model.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from bridge.errors import ModelError
from bridge.listening.harmony import hear
from bridge.model.answering.answer import bass_of_style
from bridge.model.contract import Ints, Preset, Trio, check_metre
from bridge.model.styles.style_metres import nearest_in
from bridge.music.chords import transpose_class
from bridge.music.grid import FULL_SWING, TICKS_PER_BEAT
from bridge.music.notes import Note
from bridge.music.rhythm.song_bars import SongBars, song_bars
from bridge.music.smf.song import Song, Track
from bridge.music.tokens import to_slots
from bridge.music.trio_windows import band_windows, most_typical

HALF: Final = TICKS_PER_BEAT // 2
"""Ticks from a beat to the straight off-beat 8th."""
AROUND: Final = (HALF - 60, HALF + FULL_SWING + 60)
"""Range of ticks in a beat in which an onset counts as an off-beat 8th."""
SWINGS: Final = 0.25
"""Swing 0..1 below which a performance counts as straight."""
ENOUGH: Final = 8
"""Least number of off-beats that a swing can be measured from."""


@dataclass(frozen=True)
class StyleBars:
    """The bars that a style is the code of: ``bass`` and ``drums`` classes [T] in slots of
    ``metre``, over ``chords`` [H] in the same key; tempo (BPM) and swing 0..1 of the performance.
    ``played`` is False for a bass that is another style's, since nobody played one."""

    bass: Ints
    drums: Ints
    chords: Ints
    metre: str
    bpm: float
    swing: float = 0.0
    played: bool = True


def style_from(trio: Trio, song: Song, name: str) -> Preset:
    """The style of a performance: of its most typical window.

    MidiFileError for a song without a band; ModelError for a model without styles and for a metre
    that it lacks.
    """
    return preset_of(trio, style_bars(trio, [song]), name)


def preset_of(trio: Trio, bars: StyleBars, name: str) -> Preset:
    """The style of these bars. ModelError where the model makes none of them."""
    told = trio.in_metre(bars.metre)
    rows = (row[np.newaxis] for row in (bars.bass, bars.drums, bars.chords))
    vector = told.style_of(*rows)[0]
    if vector.shape != (trio.spec.style,) or not np.isfinite(vector).all():
        raise ModelError(f"the model {trio.spec.name} gave no style of it: try another piece")
    return Preset(name, vector, bars.bpm, bars.swing, bars.metre)


def style_bars(trio: Trio, songs: Sequence[Song]) -> StyleBars:
    """The most typical four bars of one or more performances, in the metre that most of them have.

    Where nobody plays a bass, it is that of the style whose drums are nearest. Errors as in
    :func:`style_from`.
    """
    spec = trio.spec
    if not spec.style:
        raise ModelError(f"the model {spec.name} knows no styles: choose another (--model)")
    placed = [song_bars(song) for song in songs]
    metre = Counter(each.metre for each in placed).most_common(1)[0][0]
    check_metre(spec, metre.name)
    taken = [(s, p) for s, p in zip(songs, placed, strict=True) if p.metre == metre]
    swings = metre.swing_delay(metre.steps_per_beat // 2, 1.0) > 0
    notes = ((n, p.origin) for s, p in taken for t in s.tracks for n in t.notes)
    swing = swing_of((replace(n, tick=n.tick - at) for n, at in notes)) if swings else 0.0
    found = [_windows(trio, song, bars, swing) for song, bars in taken]
    bass, drums, chords = (np.concatenate(rows) for rows in zip(*found, strict=True))
    best = most_typical(bass, drums)
    bpm = float(np.median([song.bpm for song, _ in taken]))
    bars = StyleBars(bass[best], drums[best], chords[best], metre.name, bpm, swing)
    return bars if (bars.bass >= 2).any() else _with_bass(trio, bars)


def _windows(trio: Trio, song: Song, placed: SongBars, swing: float) -> tuple[Ints, Ints, Ints]:
    """Bass and drums [N, T] of a song's windows in slots, and their chords [N, H]."""
    spec, metre = trio.spec, placed.metre
    straight = tuple(straightened(t, placed.origin, swing) for t in song.tracks)
    windows = band_windows(
        replace(song, tracks=straight),
        spec.bars,
        hop=spec.phases or 2,  # each begins where a groove does
        common_key=spec.common_key,
        placed=placed,
    )
    pitched = [n for t in song.tracks if not t.is_drums for n in t.notes]
    count = int(windows.first_bars[-1]) + spec.bars
    halves = hear(pitched, placed.grid, placed.origin, count).halves if pitched else ()
    named = np.zeros(2 * count, np.int64)
    for half, chord in enumerate(halves):
        named[half] = 0 if chord is None else transpose_class(chord.cls, windows.shift)
    rows = 2 * windows.first_bars[:, None] + np.arange(2 * spec.bars)
    bass, drums = (to_slots(line, metre, axis=1) for line in (windows.bass, windows.drums))
    return bass, drums, named[rows]


def _with_bass(trio: Trio, bars: StyleBars) -> StyleBars:
    """The bars with the bass of the style whose drums are nearest to theirs."""
    told = trio.in_metre(bars.metre)
    near = nearest_in(trio.presets, preset_of(trio, bars, ""), bars.metre)
    if not near:
        return bars
    bass = bass_of_style(told, told.presets[near].vector[np.newaxis])[0]
    return replace(bars, bass=bass, chords=np.zeros_like(bars.chords), played=False)


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

"""Songs made up at random: progressions of popular music, and melodies over them. Seeded.

Lead sheets of folk tunes and of the 1920s have their own harmony; here chords come from the degrees
of a key with shares as they are usual in popular songs (de Clercq and Temperley 2011, "A corpus
analysis of rock harmony"), in loops of four or eight bars that vary.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from bridge.listening.chord_symbol import ChordSymbol, Quality
from tools.data.piano.playing import Event, Rng, Sheet

Q = Quality
BARS: Final = 16
_MAJOR: Final = (
    (0, Q.MAJOR, Q.MAJOR_SEVENTH, 0.23), (2, Q.MINOR, Q.MINOR_SEVENTH, 0.08),
    (4, Q.MINOR, Q.MINOR_SEVENTH, 0.06), (5, Q.MAJOR, Q.MAJOR_SEVENTH, 0.21),
    (7, Q.MAJOR, Q.SEVENTH, 0.19), (9, Q.MINOR, Q.MINOR_SEVENTH, 0.15),
    (10, Q.MAJOR, Q.MAJOR, 0.03), (2, Q.MAJOR, Q.SEVENTH, 0.015), (4, Q.MAJOR, Q.SEVENTH, 0.02),
    (5, Q.MINOR, Q.SIXTH, 0.015),
)  # fmt: skip
_MINOR: Final = (
    (0, Q.MINOR, Q.MINOR_SEVENTH, 0.26), (3, Q.MAJOR, Q.MAJOR_SEVENTH, 0.12),
    (5, Q.MINOR, Q.MINOR_SEVENTH, 0.13), (7, Q.MAJOR, Q.SEVENTH, 0.1),
    (7, Q.MINOR, Q.MINOR_SEVENTH, 0.05), (8, Q.MAJOR, Q.MAJOR_SEVENTH, 0.18),
    (10, Q.MAJOR, Q.SEVENTH, 0.14), (2, Q.DIMINISHED, Q.HALF_DIMINISHED, 0.02),
)  # fmt: skip
"""Degree in semitones, its triad, its chord of four tones, and its share."""
_SCALES: Final = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10))
_RHYTHMS: Final[tuple[tuple[float, ...], ...]] = (
    (0.0,), (0.0, 0.5), (0.5,), (), (0.0, 0.25, 0.5), (0.0, 0.75), (0.0, 0.25, 0.5, 0.75),
    (0.25, 0.75),
)  # fmt: skip
_THIRDS: Final[tuple[tuple[float, ...], ...]] = (
    (0.0,), (0.0, 2 / 3), (0.0, 1 / 3, 2 / 3), (), (2 / 3,), (1 / 3, 2 / 3),
)  # fmt: skip
_SUSPENDED: Final = 0.08
"""Share of the dominants that are suspended."""


def invented(beats: int, seed: int, *, compound: bool = False) -> Sheet:
    """A song of 16 bars of ``beats``, in C or C minor."""
    rng = np.random.default_rng(seed)
    minor = bool(rng.random() < 0.35)
    chords = _progression(beats, minor, rng)
    melody = _melody(chords, beats, minor, compound, rng)
    return Sheet(np.array(melody, float).reshape(-1, 3), chords, beats, compound)


def _progression(beats: int, minor: bool, rng: Rng) -> tuple[ChordSymbol, ...]:
    """A chord for each beat: a loop, with some of its chords exchanged each time."""
    table, length = _MINOR if minor else _MAJOR, int(rng.choice([4, 4, 8]))
    sevenths, varied = float(rng.uniform(0, 0.7)), float(rng.choice([0.05, 0.3]))
    often = float(rng.choice([0.05, 0.4, 0.9], p=[0.5, 0.3, 0.2]))
    parts = [_parts(beats, often, rng) for _ in range(length)]
    loop = [[_chord(table, sevenths, rng) for _ in bar] for bar in parts]
    found: list[ChordSymbol] = []
    for bar in range(BARS):
        for length_of, chord in zip(parts[bar % length], loop[bar % length], strict=True):
            exchanged = rng.random() < varied
            found += [_chord(table, sevenths, rng) if exchanged else chord] * length_of
    return tuple(found)


def _parts(beats: int, often: float, rng: Rng) -> list[int]:
    """The lengths (beats) of the chords of a bar."""
    if rng.random() > often or beats < 2:
        return [beats]
    if rng.random() < 0.12:
        return [1] * beats
    first = beats // 2 if rng.random() < 0.8 else max(1, beats - 1)
    return [first, beats - first]


def _chord(
    table: tuple[tuple[int, Quality, Quality, float], ...], sevenths: float, rng: Rng
) -> ChordSymbol:
    shares = np.array([share for *_, share in table])
    degree, triad, full, _ = table[int(rng.choice(len(table), p=shares / shares.sum()))]
    if degree == 7 and triad is Quality.MAJOR and rng.random() < _SUSPENDED:
        return ChordSymbol(degree, Quality.SUS4)
    return ChordSymbol(degree, full if rng.random() < sevenths else triad)


def _melody(
    chords: tuple[ChordSymbol, ...], beats: int, minor: bool, compound: bool, rng: Rng
) -> list[Event]:
    """A walk on the scale that is mostly in the chord on the beats."""
    rhythms, scale = _THIRDS if compound else _RHYTHMS, _SCALES[int(minor)]
    length = int(rng.choice([1, 2, 4])) * beats
    pattern = [rhythms[int(rng.integers(len(rhythms)))] for _ in range(length)]
    pitch, starts, pitches = int(rng.integers(64, 74)), list[float](), list[int]()
    for beat, chord in enumerate(chords):
        fresh = rng.random() < 0.25
        rhythm = rhythms[int(rng.integers(len(rhythms)))] if fresh else pattern[beat % length]
        for place in rhythm:
            on_beat = place == 0 and rng.random() < 0.7
            tones = chord.pitch_classes if on_beat else scale
            wanted = pitch + int(rng.integers(-4, 5))
            near = [p for p in range(wanted - 3, wanted + 4) if p % 12 in tones]
            pitch = min(84, max(57, int(rng.choice(near)) if near else wanted))
            starts.append(beat + place)
            pitches.append(pitch)
    ends = [*starts[1:], float(len(chords))]
    return [
        (start, min(end, start + 3), pitch)
        for start, end, pitch in zip(starts, ends, pitches, strict=False)
    ]

"""Accompaniments of a lead sheet in many textures, and human playing of them. Seeded.

They give any amount of music of two hands with true chords, to tune and to test the chord reader
with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from bridge.cli.bench.ears.leads import Lead
from bridge.listening.chord_symbol import ChordSymbol
from bridge.music.grid import TICKS_PER_BEAT
from bridge.music.notes import Note

BEAT: Final = TICKS_PER_BEAT
Texture = Callable[[ChordSymbol, int, int, np.random.Generator], list[Note]]
"""A chord, its first tick and its length in beats -> notes."""


def _at(pitch_class: int, low: int) -> int:
    """The pitch of a class from ``low`` up."""
    return low + (pitch_class - low) % 12


def _voiced(chord: ChordSymbol, low: int, inversion: int) -> list[int]:
    """Close position from ``low`` up, turned by ``inversion``."""
    tones = chord.pitch_classes
    turned = tones[inversion % len(tones) :] + tones[: inversion % len(tones)]
    pitches = [_at(turned[0], low)]
    for tone in turned[1:]:
        pitches.append(_at(tone, pitches[-1] + 1))
    return pitches


def _bass(chord: ChordSymbol, low: int = 36) -> int:
    return _at(chord.bass_note, low)


def block(chord: ChordSymbol, at: int, beats: int, rng: np.random.Generator) -> list[Note]:
    """Close chords with the bass an octave below, struck each two beats."""
    pitches = [_bass(chord), *_voiced(chord, 48, int(rng.integers(3)))]
    step = int(rng.choice([1, 2, 4]))
    return [
        Note(at + b * BEAT, p, min(step, beats - b) * BEAT - 40, 80)
        for b in range(0, beats, step)
        for p in pitches
    ]


def close(chord: ChordSymbol, at: int, beats: int, rng: np.random.Generator) -> list[Note]:
    """One close chord in the left hand, the bass note lowest."""
    pitches = _voiced(chord, 45, 0)
    while pitches[0] % 12 != chord.bass_note and chord.bass_note in chord.pitch_classes:
        pitches = sorted([*pitches[1:], pitches[0] + 12])
    if chord.bass_note not in chord.pitch_classes:
        pitches = [_bass(chord, 36), *pitches]
    return [Note(at, p, beats * BEAT - 60, 76) for p in pitches]


def shell(chord: ChordSymbol, at: int, beats: int, rng: np.random.Generator) -> list[Note]:
    """Bass, third (or what stands for it) and the last tone."""
    tones = chord.pitch_classes
    pitches = {_bass(chord, 40), _at(tones[1], 50), _at(tones[-1], 52)}
    return [Note(at, p, beats * BEAT - 60, 76) for p in sorted(pitches)]


def arpeggio(chord: ChordSymbol, at: int, beats: int, rng: np.random.Generator) -> list[Note]:
    """Broken chords in 8ths from the bass up; with a pedal the notes sound on."""
    low = _bass(chord, 36)
    line = [low, *[p for p in _voiced(chord, 43, 0) if p > low]][:4]
    line = [*line, *line[-2:0:-1]]
    pedal = rng.random() < 0.5
    half = BEAT // 2
    return [
        Note(at + k * half, line[k % len(line)], (beats * BEAT - k * half) if pedal else half, 70)
        for k in range(2 * beats)
    ]


def alberti(chord: ChordSymbol, at: int, beats: int, rng: np.random.Generator) -> list[Note]:
    """Low, high, middle, high in 8ths."""
    low, mid, high = sorted({*_voiced(chord, 48, 0)[:3], _voiced(chord, 48, 0)[0] + 12})[:3]
    order = (low, high, mid, high)
    half = BEAT // 2
    return [Note(at + k * half, order[k % 4], half, 70) for k in range(2 * beats)]


def stride(chord: ChordSymbol, at: int, beats: int, rng: np.random.Generator) -> list[Note]:
    """Bass on the strong beats (root, then fifth), chord on the weak ones."""
    bass = [_bass(chord, 33), _at((chord.root + 7) % 12, 33)]
    notes: list[Note] = []
    for b in range(beats):
        if b % 2 == 0:
            notes.append(Note(at + b * BEAT, bass[(b // 2) % 2], BEAT - 80, 88))
        else:
            notes += [Note(at + b * BEAT, p, BEAT // 2, 66) for p in _voiced(chord, 50, 1)]
    return notes


def walking(chord: ChordSymbol, at: int, beats: int, rng: np.random.Generator) -> list[Note]:
    """A walking left hand: root, chord tones, an approach note last; no chord above it."""
    tones = [_bass(chord, 36), *(_at(tone, 38) for tone in chord.pitch_classes[1:])]
    line = [tones[0], *rng.permutation(tones[1:]).tolist()]
    notes = [Note(at + b * BEAT, int(line[b % len(line)]), BEAT - 40, 84) for b in range(beats)]
    if beats > 2:
        notes[-1] = replace(notes[-1], pitch=notes[0].pitch + int(rng.choice([-2, -1, 1, 2, 5])))
    return notes


def pad(chord: ChordSymbol, at: int, beats: int, rng: np.random.Generator) -> list[Note]:
    """A wide, held chord that overlaps the next one a little."""
    pitches = [_bass(chord, 40), *_voiced(chord, 55, int(rng.integers(3)))]
    return [Note(at, p, beats * BEAT + int(rng.integers(0, BEAT // 3)), 60) for p in pitches]


def rootless(chord: ChordSymbol, at: int, beats: int, rng: np.random.Generator) -> list[Note]:
    """Octaves of the bass, and the chord without its root."""
    low = _bass(chord, 31)
    pitches = [low, low + 12, *[_at(t, 52) for t in chord.pitch_classes[1:]]]
    return [Note(at, p, beats * BEAT - 100, 74) for p in pitches]


def inverted(chord: ChordSymbol, at: int, beats: int, rng: np.random.Generator) -> list[Note]:
    """A close chord in any inversion, without a bass below it."""
    pitches = _voiced(chord, 45, int(rng.integers(len(chord.pitch_classes))))
    return [Note(at, p, beats * BEAT - 60, 76) for p in pitches]


TEXTURES: Final[dict[str, Texture]] = {
    each.__name__: each
    for each in (block, close, shell, arpeggio, alberti, stride, walking, pad, rootless, inverted)
}


def spans(chords: Sequence[ChordSymbol | None]) -> Iterator[tuple[int, int, ChordSymbol]]:
    """The stretches of one chord within a bar: first beat, beats, chord."""
    start = 0
    for beat in range(1, len(chords) + 1):
        ends = beat == len(chords) or chords[beat] != chords[start] or beat % 4 == 0
        if ends:
            chord = chords[start]
            if chord is not None:
                yield start, beat - start, chord
            start = beat


def accompanied(lead: Lead, texture: Texture, seed: int, *, melody: bool = True) -> list[Note]:
    """A lead with its chords in a texture below the melody (an octave up where it lies low)."""
    rng = np.random.default_rng(seed)
    notes = [n for s, b, c in spans(lead.chords) for n in texture(c, s * BEAT, b, rng)]
    if melody and lead.melody:
        low = min(n.pitch for n in lead.melody) < 60
        notes += [replace(n, pitch=min(127, n.pitch + 12 * low)) for n in lead.melody]
    return sorted(notes)


@dataclass(frozen=True)
class HumanPlaying:
    """Deviations of a player: time (sd in seconds), share of wrong notes, and right-hand runs
    across the split (share of bars)."""

    time_sd: float = 0.03
    wrong: float = 0.05
    runs: float = 0.1


def played(notes: Sequence[Note], bpm: float, human: HumanPlaying, seed: int) -> list[Note]:
    """Notes as a human plays them."""
    rng = np.random.default_rng(seed)
    ticks = human.time_sd * bpm / 60.0 * TICKS_PER_BEAT
    after: list[Note] = []
    for note in notes:
        moved = max(0, note.tick + round(float(rng.normal(0.0, ticks))))
        pitch = note.pitch
        if rng.random() < human.wrong:
            pitch = min(127, max(0, pitch + int(rng.choice([-2, -1, 1, 2]))))
        after.append(replace(note, tick=moved, pitch=pitch))
    end = max((n.end for n in notes), default=0)
    for bar in range(end // (4 * TICKS_PER_BEAT)):
        if rng.random() < human.runs:
            start = bar * 4 * TICKS_PER_BEAT + int(rng.integers(0, 12)) * TICKS_PER_BEAT // 4
            top = int(rng.integers(64, 74))
            scale = (0, 2, 3, 5, 7, 8, 10, 12)
            after += [
                Note(start + k * 240, top - step, 230, 80) for k, step in enumerate(scale)
            ]  # fmt: skip
    return sorted(after)

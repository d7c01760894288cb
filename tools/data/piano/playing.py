"""Lead sheets played by a simulated pianist: both hands, with the true chord of each beat. Seeded.

Each piece has one manner of playing, drawn at random: the left hand's pattern, the right hand's
chords, pushed changes, passing basses, inversions, added tones, pedal, timing and wrong notes. Any
amount of music with known chords comes of it, to train the chord reader of two hands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from bridge.listening.chord_features import Floats
from bridge.listening.chord_symbol import ChordSymbol, Quality

Event = tuple[float, float, int]
"""A note: start and end in beats, pitch."""
Rng = np.random.Generator

_RICHER: Final[dict[Quality, tuple[tuple[Quality, float], ...]]] = {
    Quality.MAJOR: (
        (Quality.MAJOR_SEVENTH, 0.3), (Quality.SUS4, 0.17), (Quality.SUS2, 0.13),
        (Quality.SIXTH, 0.12), (Quality.NINTH, 0.05), (Quality.POWER, 0.13),
        (Quality.AUGMENTED, 0.03), (Quality.SEVENTH, 0.07),
    ),
    Quality.MINOR: (
        (Quality.MINOR_SEVENTH, 0.75), (Quality.POWER, 0.1), (Quality.SUS4, 0.08),
        (Quality.SUS2, 0.07),
    ),
    Quality.SEVENTH: (
        (Quality.NINTH, 0.3), (Quality.SUS4, 0.3), (Quality.MAJOR, 0.3), (Quality.AUGMENTED, 0.1),
    ),
}  # fmt: skip
"""A written quality -> others that a player may choose in its place, with their shares."""


@dataclass(frozen=True)
class Sheet:
    """A lead sheet: ``melody`` [M, 3] are start and end (beats) and pitch, ``chords`` the chord of
    each beat, ``beats`` those of a bar; ``compound`` if a beat is three 8ths."""

    melody: Floats
    chords: tuple[ChordSymbol | None, ...]
    beats: int
    compound: bool = False

    def passage(self, first_bar: int, bars: int) -> Sheet:
        """The sheet's ``bars`` bars from ``first_bar`` on."""
        start, stop = first_bar * self.beats, (first_bar + bars) * self.beats
        inside = (self.melody[:, 0] >= start) & (self.melody[:, 0] < stop)
        melody = self.melody[inside] - np.array([start, start, 0])
        return replace(self, melody=melody, chords=self.chords[start:stop])


@dataclass(frozen=True)
class Manner:
    """One way of playing, kept through a piece.

    ``left`` and ``right`` name the hands' patterns; ``unit`` is the length (beats) of a broken
    chord's notes; ``bass`` the lowest pitch. The shares 0..1 are of chords: ``richer`` another
    quality, ``inverted`` over another bass, ``pushed`` struck early, ``passing`` with a bass that
    walks on to the next; ``added`` and ``thin`` of chords with a tone more or without the third.
    ``time_sd`` is in beats; ``wrong`` the share of notes beside the right key, ``runs`` of bars
    with a run across the hands.
    """

    left: str
    right: str
    unit: float
    bass: int
    pedal: bool
    melody: str
    richer: float
    inverted: float
    pushed: float
    passing: float
    added: float
    thin: float
    time_sd: float
    wrong: float
    runs: float


def drawn_manner(rng: Rng, *, compound: bool = False) -> Manner:
    """A manner at random."""

    def sometimes(share: float, most: float) -> float:
        return float(rng.uniform(0, most)) if rng.random() < share else 0.0

    return Manner(
        left=str(rng.choice(list(LEFT), p=LEFT_SHARES)),
        right=str(rng.choice(list(RIGHT), p=RIGHT_SHARES)),
        unit=float(rng.choice([1 / 6, 1 / 3, 1 / 3, 1] if compound else [0.25, 0.5, 0.5, 1])),
        bass=int(rng.integers(28, 45)),
        pedal=bool(rng.random() < 0.5),
        melody=str(rng.choice(["none", "single", "single", "octaves", "thirds"])),
        richer=sometimes(0.7, 0.6),
        inverted=sometimes(0.6, 0.25),
        pushed=sometimes(0.4, 0.6),
        passing=sometimes(0.5, 0.5),
        added=sometimes(0.5, 0.5),
        thin=sometimes(0.4, 0.6),
        time_sd=sometimes(0.7, 0.09),
        wrong=sometimes(0.5, 0.09),
        runs=sometimes(0.4, 0.2),
    )


def _at(pitch_class: int, low: int) -> int:
    """The pitch of a class from ``low`` up."""
    return low + (pitch_class - low) % 12


def _close(tones: Sequence[int], low: int, turn: int) -> list[int]:
    """Close position from ``low`` up, from tone number ``turn`` on."""
    turned = [*tones[turn % len(tones) :], *tones[: turn % len(tones)]]
    pitches = [_at(turned[0], low)]
    for tone in turned[1:]:
        pitches.append(_at(tone, pitches[-1] + 1))
    return pitches


@dataclass(frozen=True)
class Chunk:
    """A chord to be played: from beat ``start`` for ``beats``; its ``tones`` (pitch classes, as
    sounded), the bass's pitch class, and the next bass (None: the last chord)."""

    start: float
    beats: float
    tones: tuple[int, ...]
    bass: int
    root: int
    following: int | None


Hand = Callable[[Chunk, Manner, Rng], list[Event]]


def _held(chunk: Chunk, pitches: Sequence[int], step: float) -> list[Event]:
    end = chunk.start + chunk.beats
    starts = np.arange(chunk.start, end - 1e-6, step)
    return [(s, min(s + step * 0.95, end), p) for s in starts for p in pitches]


def held_bass(chunk: Chunk, manner: Manner, rng: Rng) -> list[Event]:
    """One bass note, or its octave or fifth with it."""
    low = _at(chunk.bass, manner.bass)
    more: list[list[int]] = [[], [low + 12], [low + 7] if chunk.bass == chunk.root else []]
    return _held(chunk, [low, *more[int(rng.integers(3))]], chunk.beats)


def pulsing_bass(chunk: Chunk, manner: Manner, rng: Rng) -> list[Event]:
    """The bass note again and again."""
    low = _at(chunk.bass, manner.bass)
    pitches = [low, low + 12] if rng.random() < 0.3 else [low]
    return _held(chunk, pitches, float(rng.choice([0.5, 1.0, 2.0])))


def broken(chunk: Chunk, manner: Manner, rng: Rng) -> list[Event]:
    """A broken chord from the bass up, in a wide or close position."""
    low = _at(chunk.bass, manner.bass)
    wide = [low, _at((chunk.root + 7) % 12 if 7 in _over(chunk) else chunk.tones[-1], low + 3)]
    wide += [_at(chunk.root, wide[-1] + 1), _at(chunk.tones[1], wide[-1] + 3)]
    line = wide if rng.random() < 0.6 else [low, *_close(chunk.tones, low + 3, 0)]
    shapes = ([0, 1, 2, 3], [0, 1, 2, 3, 2, 1], [0, 1, 2, 1], [0, 2, 1, 2], [0, 1, 2, 2, 2, 2])
    shape, end = shapes[int(rng.integers(len(shapes)))], chunk.start + chunk.beats
    events: list[Event] = []
    for k, start in enumerate(np.arange(chunk.start, end - 1e-6, manner.unit)):
        if k and rng.random() < 0.1:
            continue
        last = end if manner.pedal else min(end, start + manner.unit * 1.05)
        events.append((float(start), last, line[shape[k % len(shape)] % len(line)]))
    return events


def _over(chunk: Chunk) -> set[int]:
    return {(tone - chunk.root) % 12 for tone in chunk.tones}


def alberti(chunk: Chunk, manner: Manner, rng: Rng) -> list[Event]:
    """Low, high, middle, high, without a bass below."""
    tones = (*chunk.tones, chunk.root)[: max(3, len(chunk.tones))]
    low, mid, high = _close(tones, max(43, manner.bass), _turn(chunk))[:3]
    order, end = (low, high, mid, high), chunk.start + chunk.beats
    unit = min(0.5, manner.unit)
    starts = np.arange(chunk.start, end - 1e-6, unit)
    return [(float(s), float(s + unit), order[k % 4]) for k, s in enumerate(starts)]


def _turn(chunk: Chunk) -> int:
    """The place of the bass among the tones (0 if it is none of them)."""
    return chunk.tones.index(chunk.bass) if chunk.bass in chunk.tones else 0


def stride(chunk: Chunk, manner: Manner, rng: Rng) -> list[Event]:
    """Bass on the strong beats, chord on the weak ones (or offbeats)."""
    low, other = _at(chunk.bass, manner.bass), _at((chunk.root + 7) % 12, manner.bass)
    events: list[Event] = []
    half = 0.5 if rng.random() < 0.3 else 1.0
    chord = _close(chunk.tones, 50, int(rng.integers(3)))
    for k, start in enumerate(np.arange(chunk.start, chunk.start + chunk.beats - 1e-6, half)):
        if k % 2 == 0:
            again = k % 4 == 2 and 7 in _over(chunk) and rng.random() < 0.5
            events.append((float(start), float(start + half * 0.9), other if again else low))
        else:
            events += [(float(start), float(start + half * 0.7), p) for p in chord]
    return events


def walking(chunk: Chunk, manner: Manner, rng: Rng) -> list[Event]:
    """A walking bass: the bass note, tones of the chord or steps, an approach to the next."""
    low = _at(chunk.bass, manner.bass)
    line = [low]
    while len(line) < chunk.beats:
        tone = _at(int(rng.choice(chunk.tones)), manner.bass)
        line.append(tone if rng.random() < 0.75 else line[-1] + int(rng.choice([-2, -1, 1, 2])))
    if chunk.following is not None and len(line) > 1:
        line[-1] = _at(chunk.following, manner.bass) + int(rng.choice([-2, -1, 1, 2]))
    return [(chunk.start + k, chunk.start + k + 0.92, p) for k, p in enumerate(line)]


def close_chord(chunk: Chunk, manner: Manner, rng: Rng) -> list[Event]:
    """A close chord in the left hand, with the bass lowest."""
    low = max(43, manner.bass)
    pitches = _close(chunk.tones, low, _turn(chunk))
    if chunk.bass not in chunk.tones:
        pitches = [_at(chunk.bass, manner.bass), *pitches]
    return _held(chunk, pitches, float(rng.choice([1.0, 2.0, 4.0])))


def shell(chunk: Chunk, manner: Manner, rng: Rng) -> list[Event]:
    """Bass, third and the last tone."""
    pitches = {_at(chunk.bass, manner.bass), _at(chunk.tones[1], 48), _at(chunk.tones[-1], 52)}
    return _held(chunk, sorted(pitches), chunk.beats)


def nothing(chunk: Chunk, manner: Manner, rng: Rng) -> list[Event]:
    """No note."""
    return []


def block(chunk: Chunk, manner: Manner, rng: Rng) -> list[Event]:
    """Chords above, struck in even lengths."""
    pitches = _close(chunk.tones, int(rng.integers(50, 64)), int(rng.integers(4)))
    return _held(chunk, pitches, float(rng.choice([0.5, 1.0, 2.0, 4.0])))


def syncopated(chunk: Chunk, manner: Manner, rng: Rng) -> list[Event]:
    """Chords above at random 16ths."""
    pitches = _close(chunk.tones, int(rng.integers(50, 64)), int(rng.integers(4)))
    starts = [s for s in np.arange(0, chunk.beats, 0.25) if rng.random() < 0.25]
    ends = [*starts, chunk.beats][1:]
    legato = 0.9 if manner.pedal else 0.4
    return [
        (chunk.start + s, chunk.start + s + (e - s) * legato, p)
        for s, e in zip(starts, ends, strict=True)
        for p in pitches
    ]


def figure(chunk: Chunk, manner: Manner, rng: Rng) -> list[Event]:
    """A broken chord above."""
    pitches = _close(chunk.tones, int(rng.integers(55, 68)), int(rng.integers(4)))
    order = rng.permutation(len(pitches))
    end, unit = chunk.start + chunk.beats, min(0.5, manner.unit)
    starts = np.arange(chunk.start + (unit if rng.random() < 0.5 else 0), end - 1e-6, unit)
    return [
        (float(s), end if manner.pedal else float(s + unit), pitches[order[k % len(order)]])
        for k, s in enumerate(starts)
    ]


LEFT: Final[dict[str, Hand]] = {
    hand.__name__: hand
    for hand in (
        held_bass, pulsing_bass, broken, alberti, stride, walking, close_chord, shell,
    )
}  # fmt: skip
LEFT_SHARES: Final = (0.17, 0.13, 0.32, 0.05, 0.09, 0.06, 0.1, 0.08)
"""Shares of the left hand's patterns: broken chords over their root are the commonest."""
RIGHT: Final[dict[str, Hand]] = {
    hand.__name__: hand for hand in (nothing, block, syncopated, figure)
}
RIGHT_SHARES: Final = (0.35, 0.25, 0.2, 0.2)


def spans(
    chords: Sequence[ChordSymbol | None], beats: int
) -> Iterator[tuple[int, int, ChordSymbol]]:
    """The stretches of one chord within a bar: first beat, beats, chord."""
    start = 0
    for beat in range(1, len(chords) + 1):
        if beat == len(chords) or chords[beat] != chords[start] or beat % beats == 0:
            chord = chords[start]
            if chord is not None:
                yield start, beat - start, chord
            start = beat


def varied(sheet: Sheet, manner: Manner, rng: Rng) -> tuple[ChordSymbol | None, ...]:
    """The chords as this player takes them: richer qualities, and inversions."""
    found: list[ChordSymbol | None] = [None] * len(sheet.chords)
    for start, beats, written in spans(sheet.chords, sheet.beats):
        chord = written
        choices = _RICHER.get(chord.quality, ())
        if choices and rng.random() < manner.richer:
            shares = np.array([share for _, share in choices])
            chord = replace(
                chord, quality=choices[int(rng.choice(len(choices), p=shares / shares.sum()))][0]
            )
        if rng.random() < manner.inverted:
            tones = chord.pitch_classes[1:]
            chord = replace(chord, bass=int(tones[min(len(tones) - 1, int(rng.integers(3)))]))
        found[start : start + beats] = [chord] * beats
    return tuple(found)


@dataclass(frozen=True)
class Playing:
    """A piece as it was played: ``notes`` [N, 3] are start and end (beats) and pitch, by start;
    ``chords`` the true chord of each beat."""

    notes: Floats
    chords: tuple[ChordSymbol | None, ...]


def play(sheet: Sheet, seed: int) -> Playing:
    """A sheet played in a manner drawn with ``seed``, in any key."""
    rng = np.random.default_rng(seed)
    manner = drawn_manner(rng, compound=sheet.compound)
    moved = int(rng.integers(-6, 6))
    written = tuple(chord and chord.transposed(moved) for chord in sheet.chords)
    sheet = replace(sheet, chords=written, melody=sheet.melody + np.array([0, 0, moved]))
    sheet = replace(sheet, chords=varied(sheet, manner, rng))
    events = _accompaniment(sheet, manner, rng)
    events += _melody(sheet, manner, rng)
    events += _runs(sheet, manner, rng)
    return Playing(_human(events, manner, rng), sheet.chords)


def _accompaniment(sheet: Sheet, manner: Manner, rng: Rng) -> list[Event]:
    parts = list(spans(sheet.chords, sheet.beats))
    events: list[Event] = []
    patterns = rng.integers(1 << 30, size=2)
    early = 0.0
    for number, (start, beats, chord) in enumerate(parts):
        following = parts[number + 1] if number + 1 < len(parts) else None
        next_bass = None if following is None else following[2].bass_note
        late = 0.0
        if following is not None and rng.random() < manner.pushed:
            late = float(rng.choice([0.25, 0.5, 0.5]))
        chunk = Chunk(
            start - early, beats + early - late, _sounded(chord, manner, rng),
            chord.bass_note, chord.root, next_bass,
        )  # fmt: skip
        if rng.random() < 0.2:
            patterns = rng.integers(1 << 30, size=2)
        hands = [np.random.default_rng(seed) for seed in patterns]
        left = LEFT[manner.left](chunk, manner, hands[0])
        if next_bass is not None and beats >= 2 and rng.random() < manner.passing:
            left = _walked_on(left, chunk, manner, rng)
        events += left + RIGHT[manner.right](chunk, manner, hands[1])
        early = late
    return events


def _sounded(chord: ChordSymbol, manner: Manner, rng: Rng) -> tuple[int, ...]:
    """The tones that are played of a chord."""
    tones = list(chord.pitch_classes)
    if len(tones) > 3 and rng.random() < manner.thin:
        del tones[2]
    elif len(tones) == 3 and rng.random() < manner.thin / 3:
        del tones[1]
    if rng.random() < manner.added:
        tones.append((chord.root + (2 if rng.random() < 0.7 else 9)) % 12)
    return tuple(dict.fromkeys(tones))


def _walked_on(left: list[Event], chunk: Chunk, manner: Manner, rng: Rng) -> list[Event]:
    """The left hand with its last beat a step to the next bass."""
    assert chunk.following is not None
    end = chunk.start + chunk.beats
    length = float(rng.choice([0.5, 1.0]))
    here, there = _at(chunk.bass, manner.bass), _at(chunk.following, manner.bass)
    step = int(rng.choice([-2, -1, 1, 2])) if abs(there - here) < 3 else None
    pitch = there + (step if step is not None else (2 if here > there else -2))
    kept = [(s, min(e, end - length) if p == here else e, p) for s, e, p in left
            if not (s >= end - length - 1e-6 and p <= here + 12)]  # fmt: skip
    return [*kept, (end - length, end, pitch)]


def _melody(sheet: Sheet, manner: Manner, rng: Rng) -> list[Event]:
    if manner.melody == "none" or not len(sheet.melody):
        return []
    higher = 12 if sheet.melody[:, 2].min() < 60 else 0
    events: list[Event] = []
    for start, end, written in sheet.melody.tolist():
        pitch = min(115, int(written) + higher)
        events.append((start, end, pitch))
        if manner.melody == "octaves":
            events.append((start, end, pitch + 12))
        if manner.melody == "thirds" and rng.random() < 0.5:
            events.append((start, end, pitch - int(rng.choice([3, 4, 8, 9]))))
    return events


def _runs(sheet: Sheet, manner: Manner, rng: Rng) -> list[Event]:
    events: list[Event] = []
    scale, step = (0, 2, 3, 5, 7, 8, 10, 12), 1 / 6 if sheet.compound else 0.25
    for bar in range(len(sheet.chords) // sheet.beats):
        if rng.random() < manner.runs:
            start = (bar + rng.random()) * sheet.beats // step * step
            top, way = int(rng.integers(60, 78)), int(rng.choice([-1, 1]))
            events += [
                (start + k * step, start + (k + 0.95) * step, top + way * s)
                for k, s in enumerate(scale)
            ]
    return events


def _human(events: Sequence[Event], manner: Manner, rng: Rng) -> Floats:
    """The events as an array, with a player's timing and wrong notes."""
    notes = np.array(events, float).reshape(-1, 3)
    if manner.time_sd:
        moves = rng.normal(0, manner.time_sd, len(notes))
        notes[:, 0] += moves
        notes[:, 1] += moves
    notes[:, 0] = np.maximum(notes[:, 0], 0)
    notes[:, 1] = np.maximum(notes[:, 1], notes[:, 0] + 0.05)
    wrong = rng.random(len(notes)) < manner.wrong
    notes[wrong, 2] += rng.choice([-2, -1, 1, 2], int(wrong.sum()))
    notes[:, 2] = np.clip(notes[:, 2], 21, 108)
    return notes[np.lexsort((notes[:, 2], notes[:, 0]))]

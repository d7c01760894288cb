"""Decoded steps -> timed notes: drum map, register, velocity, swing, humanizing, fills."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import Protocol

import numpy as np

from bridge.music.grid import (
    BEATS_PER_BAR,
    STEPS_PER_BAR,
    STEPS_PER_BEAT,
    TICKS_PER_BEAT,
    TICKS_PER_STEP,
    bar_start,
    swing_delay,
)
from bridge.music.notes import Note, Part
from bridge.music.tokens import OCTAVE, decode_drums, decode_line

KICK, SNARE, CLOSED_HAT, OPEN_HAT, LOW_TOM, MID_TOM, HIGH_TOM, CRASH, RIDE = range(9)
DRUM_TICKS = TICKS_PER_STEP // 2
BASS_LOWEST, BASS_HIGHEST = 28, 52
BASS_MIDDLE = 38
LEAP_WEIGHT = 1.5
"""Cost of a semitone of leap between bars, against 1 for a semitone from the register's middle:
a bass line prefers to continue where it was."""
HUMAN_TICKS = 20
HUMAN_VELOCITY = 14
MIN_VELOCITY = 12
HUMANIZE_WITH_TOUCH = 0.3
"""Factor on random deviations where the model gives velocity and delay of a hit itself."""


@dataclass(frozen=True, slots=True)
class DrumMap:
    """MIDI ``notes`` of the nine drums, in the order of ``tokens.DRUM_NAMES``, and the note of
    the count-in ``click``."""

    name: str
    notes: tuple[int, ...]
    click: int = 37


GM_DRUMS = DrumMap("gm", (36, 38, 42, 46, 45, 48, 50, 49, 51))
DRUM_MAPS: dict[str, DrumMap] = {
    m.name: m
    for m in (
        GM_DRUMS,
        # Roland TR-8S default note numbers (owner's manual, "MIDI implementation").
        DrumMap("tr-8s", (36, 38, 42, 46, 43, 47, 50, 49, 51), click=37),
        # Sixteen pads from C1 up, as on Ableton's Drum Rack 808 kit and most pad samplers.
        DrumMap("pads", (36, 38, 42, 46, 41, 43, 45, 49, 51), click=37),
    )
}


@dataclass(frozen=True, slots=True)
class Feel:
    """Performance settings of a bar. ``swing``, ``humanize`` and ``volumes`` are 0..1; ``seed``
    seeds the humanizing."""

    swing: float = 0.0
    humanize: float = 0.0
    volumes: Mapping[Part, float] = field(default_factory=dict)
    drum_map: DrumMap = GM_DRUMS
    seed: int = 0


class Steps(Protocol):
    """One decoded bar: 16 classes a track."""

    @property
    def melody(self) -> Sequence[int]:
        """Melody classes."""

    @property
    def bass(self) -> Sequence[int]:
        """Bass classes."""

    @property
    def drums(self) -> Sequence[int]:
        """Drum classes."""

    @property
    def touch(self) -> Sequence[tuple[int, int]]:
        """(Velocity, delay in ticks) of each hit in the order of ``decode_drums``, or empty."""


def accent(step: int) -> int:
    """Velocity of a 16th step by its metrical position: downbeat, beats, 8ths, 16ths."""
    if step % STEPS_PER_BAR == 0:
        return 108
    return {0: 98, 2: 88}.get(step % STEPS_PER_BEAT, 76)


# Factor on the step's accent for each drum.
_DRUM_WEIGHT = (1.0, 1.0, 0.72, 0.8, 0.95, 0.95, 0.95, 0.9, 0.78)


def arrange_bar(
    steps: Steps, bar: int, feel: Feel, *, transpose: int = 0, near: int | None = None
) -> dict[Part, list[Note]]:
    """The notes of one bar by part, in ticks of the session.

    ``transpose`` (semitones) moves melody and bass from the common key to the sounding key;
    ``near`` is the last bass pitch of the previous bar, used to choose the bass octave. Every
    note starts and ends within the bar, because the next bar is not known yet.
    """
    human = _Human(feel, bar)
    bass = _in_register(decode_line(steps.bass, 0), transpose, near)
    melody = [_transposed(n, transpose) for n in decode_line(steps.melody, 0)]
    hits = decode_drums(steps.drums)
    return {
        Part.MELODY: _without_overlaps([_timed(n, bar, feel, human, Part.MELODY) for n in melody]),
        Part.BASS: _without_overlaps([_timed(n, bar, feel, human, Part.BASS) for n in bass]),
        Part.DRUMS: [
            _hit(step, drum, bar, feel, human, touch)
            for (step, drum), touch in zip_longest(hits, steps.touch[: len(hits)])
        ],
    }


def fill_steps(amount: float) -> int:
    """Length in steps of a fill of ``amount`` 0..1: whole beats, at most a bar."""
    return STEPS_PER_BEAT * round(min(1.0, max(0.0, amount)) * BEATS_PER_BAR)


def fill_bar(notes: Sequence[Note], bar: int, feel: Feel, steps: int = STEPS_PER_BAR) -> list[Note]:
    """The bar's drum notes with a fill in the last ``steps`` steps.

    Kicks are kept; the fill goes from the snare down the toms to the bar line. Equal seed and
    bar give an equal fill.
    """
    kick = feel.drum_map.notes[KICK]
    since = STEPS_PER_BAR - steps
    before = bar_start(bar) + since * TICKS_PER_STEP - TICKS_PER_STEP // 2
    kept = [n for n in notes if n.pitch == kick or n.tick < before]
    human = _Human(feel, bar)
    rng = np.random.default_rng([feel.seed, bar & 0xFFFF, 77])
    fill = []
    for step in range(STEPS_PER_BAR):
        on_eighth = step % 2 == 0
        if rng.random() > (0.95 if on_eighth else 0.35 + 0.5 * step / STEPS_PER_BAR):
            continue
        if step < since:
            continue
        place = (step - since) * 5 // steps
        drum = (SNARE, SNARE, HIGH_TOM, MID_TOM, LOW_TOM)[min(4, place)]
        fill.append(_hit(step, drum, bar, feel, human))
    return sorted(kept + fill)


def crash_in(notes: Sequence[Note], bar: int, feel: Feel) -> list[Note]:
    """The drum notes of the bar after a fill: a crash is added on the downbeat unless the bar is
    empty or has one."""
    crash = feel.drum_map.notes[CRASH]
    start = bar_start(bar)
    if not notes or any(n.pitch == crash and n.tick < start + TICKS_PER_STEP for n in notes):
        return list(notes)
    return sorted([_hit(0, CRASH, bar, feel, _Human(feel, bar)), *notes])


def closing_bar(
    parts: Mapping[Part, Sequence[Note]], bar: int, feel: Feel
) -> dict[Part, list[Note]]:
    """The last bar of a piece: for each pitched part the first note that starts on the first
    beat, held for three beats; kick and crash for the drums."""
    start = bar_start(bar)
    held = {
        part: [
            replace(n, length=(BEATS_PER_BAR - 1) * TICKS_PER_BEAT)
            for n in notes[:1]
            if n.tick < start + TICKS_PER_BEAT
        ]
        for part, notes in parts.items()
    }
    hits = [(KICK, 110, DRUM_TICKS), (CRASH, 100, TICKS_PER_BEAT)]
    loud = feel.volumes.get(Part.DRUMS, 1.0)
    drums = [
        Note(start, feel.drum_map.notes[drum], length, max(1, round(velocity * loud)))
        for drum, velocity, length in hits
    ]
    return {**held, Part.DRUMS: sorted(drums)}


def count_in_clicks(first_bar: int, bars: int, drum_map: DrumMap) -> list[Note]:
    """A click on each beat of the bars before the music, the first of each bar louder."""
    return [
        Note(
            bar_start(first_bar) + beat * TICKS_PER_BEAT,
            drum_map.click,
            DRUM_TICKS,
            112 if beat % BEATS_PER_BAR == 0 else 84,
        )
        for beat in range(bars * BEATS_PER_BAR)
    ]


class _Human:
    """Seeded random deviations of time (ticks) and velocity for each step and voice of a bar."""

    def __init__(self, feel: Feel, bar: int) -> None:
        rng = np.random.default_rng([feel.seed, bar & 0xFFFF])
        self._ticks = rng.normal(0.0, HUMAN_TICKS / 2, (STEPS_PER_BAR, 11)) * feel.humanize
        self._loud = rng.normal(0.0, HUMAN_VELOCITY / 2, (STEPS_PER_BAR, 11)) * feel.humanize

    def ticks(self, step: int, voice: int) -> int:
        return max(-HUMAN_TICKS, min(HUMAN_TICKS, round(float(self._ticks[step, voice]))))

    def loud(self, step: int, voice: int) -> int:
        return round(float(self._loud[step, voice]))


_VOICE = {Part.BASS: 9, Part.MELODY: 10}


def _tick_of(step: int, bar: int, feel: Feel, by: int) -> int:
    """Tick of a step with swing and a deviation of ``by`` ticks, never before the bar line."""
    tick = bar_start(bar) + step * TICKS_PER_STEP + swing_delay(step, feel.swing) + by
    return max(bar_start(bar), tick)


def _velocity(wanted: float, feel: Feel, part: Part) -> int:
    return int(min(127, max(1, round(wanted * feel.volumes.get(part, 1.0)))))


def _hit(
    step: int, drum: int, bar: int, feel: Feel, human: _Human, touch: tuple[int, int] | None = None
) -> Note:
    """A drum hit with the velocity of its step and drum.

    Where the model gives a ``touch`` (velocity, delay in ticks), ``humanize`` blends towards it.
    """
    loud = accent(step) * _DRUM_WEIGHT[drum]
    late = human.ticks(step, drum)
    if touch is not None:
        loud += feel.humanize * (touch[0] - loud)
        late = round(feel.humanize * touch[1] + HUMANIZE_WITH_TOUCH * late)
    loud = max(
        MIN_VELOCITY, loud + human.loud(step, drum) * (1 if touch is None else HUMANIZE_WITH_TOUCH)
    )
    tick = _tick_of(step, bar, feel, late)
    velocity = _velocity(loud, feel, Part.DRUMS)
    return Note(tick, feel.drum_map.notes[drum], DRUM_TICKS, velocity)


def _timed(note: Note, bar: int, feel: Feel, human: _Human, part: Part) -> Note:
    """A decoded note (ticks from the bar's start) with swing, humanizing and velocity, in ticks
    of the session."""
    step, end_step = note.tick // TICKS_PER_STEP, note.end // TICKS_PER_STEP
    tick = _tick_of(step, bar, feel, human.ticks(step, _VOICE[part]) // 2)
    end = min(_tick_of(end_step, bar, feel, 0), bar_start(bar + 1))
    loud = max(MIN_VELOCITY, accent(step) + human.loud(step, _VOICE[part]))
    return Note(tick, note.pitch, max(1, end - tick), _velocity(loud, feel, part))


def _without_overlaps(notes: Sequence[Note]) -> list[Note]:
    """Each note cut where the next begins, so that deviations never overlap two notes of a
    line."""
    return [
        note
        if after is None or note.end <= after.tick
        else replace(note, length=max(1, after.tick - note.tick))
        for note, after in zip_longest(notes, notes[1:])
    ]


def _transposed(note: Note, semitones: int) -> Note:
    pitch = note.pitch + semitones
    return replace(note, pitch=min(127, max(0, pitch)))


def _in_register(notes: Sequence[Note], transpose: int, near: int | None) -> list[Note]:
    """A bass line moved by whole octaves into the bass register (E1..E3).

    The octave with the least cost is taken: notes outside the register, distance from its middle
    and leap from ``near``. Leaps within the line are at most an octave; notes still outside the
    register are folded into it.
    """
    if not notes:
        return []
    pitches = [notes[0].pitch + transpose]
    for note in notes[1:]:
        pitches.append(_within_octave(note.pitch + transpose, pitches[-1]))

    def cost(octave: int) -> float:
        moved = [p + 12 * octave for p in pitches]
        outside = sum(not BASS_LOWEST <= p <= BASS_HIGHEST for p in moved)
        far = abs((min(moved) + max(moved)) / 2 - BASS_MIDDLE)
        leap = 0 if near is None else abs(moved[0] - near)
        return 12 * outside / len(moved) + far + LEAP_WEIGHT * leap

    octave = min(range(-8, 9), key=cost)
    moved = (_folded(p + 12 * octave) for p in pitches)
    return [replace(n, pitch=p) for n, p in zip(notes, moved, strict=True)]


def _within_octave(pitch: int, before: int) -> int:
    """The pitch moved by octaves until it is at most an octave from ``before``."""
    while pitch - before > OCTAVE:
        pitch -= OCTAVE
    while before - pitch > OCTAVE:
        pitch += OCTAVE
    return pitch


def _folded(pitch: int) -> int:
    while pitch < BASS_LOWEST:
        pitch += 12
    while pitch > BASS_HIGHEST:
        pitch -= 12
    return pitch

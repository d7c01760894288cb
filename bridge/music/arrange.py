"""Decoded steps -> timed notes: drum map, register, velocity, swing, humanizing, fills."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from types import MappingProxyType
from typing import Final, Protocol

import numpy as np

from bridge.music.grid import FOUR_FOUR, TICKS_PER_BEAT, USUAL_GRID, Grid, Metre
from bridge.music.notes import ALL_PARTS, Note, Part
from bridge.music.rhythm.drum_fills import choose_fill
from bridge.music.tokens import OCTAVE, decode_drums, decode_line

KICK, SNARE, CLOSED_HAT, OPEN_HAT, LOW_TOM, MID_TOM, HIGH_TOM, CRASH, RIDE = range(9)
DRUM_TICKS = TICKS_PER_BEAT // 8
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

BASS_WITH_KICK = 0.5
"""Share that a bass note takes of its kick's velocity above or below the bar's mean kick."""
NO_POCKET: Final[Mapping[int, tuple[float, int]]] = MappingProxyType({})
"""Of notes that follow no drum."""


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
    seeds the humanizing, whose bars are counted from bar ``first`` on. ``grid`` has the bar lines
    and metres of the music."""

    swing: float = 0.0
    humanize: float = 0.0
    volumes: Mapping[Part, float] = field(default_factory=dict)
    drum_map: DrumMap = GM_DRUMS
    seed: int = 0
    grid: Grid = USUAL_GRID
    first: int = 0

    def numbered(self, bar: int) -> int:
        """The number 0..65535 of a bar in the seeds of random deviations."""
        return (bar - self.first) & 0xFFFF


class Steps(Protocol):
    """One decoded bar: a class for each step of its metre in each track."""

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


_ACCENTS = {3: (98, 82, 88), 4: (98, 76, 88, 76), 6: (98, 76, 88, 76, 88, 76)}
"""Velocities of the steps of a beat, by their number."""


def accent(step: int, metre: Metre = FOUR_FOUR) -> int:
    """Velocity of a step by its metrical position: downbeat, beats, 8ths, 16ths."""
    if step % metre.steps == 0:
        return 108
    return _ACCENTS[metre.steps_per_beat][step % metre.steps_per_beat]


# Factor on the step's accent for each drum.
_DRUM_WEIGHT = (1.0, 1.0, 0.72, 0.8, 0.95, 0.95, 0.95, 0.9, 0.78)


def arrange_bar(
    steps: Steps,
    bar: int,
    feel: Feel,
    *,
    transpose: int = 0,
    near: int | None = None,
    wanted: Collection[Part] = ALL_PARTS,
) -> dict[Part, list[Note]]:
    """The notes of one bar by part, in ticks of the session.

    ``transpose`` (semitones) moves melody and bass from the common key to the sounding key;
    ``near`` is the last bass pitch of the previous bar, used to choose the bass octave. Every
    note starts and ends within the bar, because the next bar is not known yet. A hi-hat is open
    or closed: where both are struck at a step, the open one sounds. A bass note is as late or
    early as the drum below it, as far as ``humanize`` says, and follows the kick's velocity.
    Parts that are not ``wanted`` are left out.
    """
    place, hits = _Bar(bar, feel), decode_drums(steps.drums)
    parts: dict[Part, list[Note]] = {}
    if Part.MELODY in wanted:
        melody = [_transposed(n, transpose) for n in decode_line(steps.melody, 0, place.metre)]
        parts[Part.MELODY] = _without_overlaps([_timed(n, place, Part.MELODY) for n in melody])
    if Part.BASS in wanted:
        pocket = _pocket(hits, steps.touch)
        bass = _in_register(decode_line(steps.bass, 0, place.metre), transpose, near)
        parts[Part.BASS] = _without_overlaps([_timed(n, place, Part.BASS, pocket) for n in bass])
    if Part.DRUMS in wanted:
        parts[Part.DRUMS] = [
            _hit(step, drum, place, touch)
            for (step, drum), touch in zip_longest(hits, steps.touch[: len(hits)])
            if drum != CLOSED_HAT or (step, OPEN_HAT) not in hits
        ]
    if place.end - place.start < place.metre.ticks:
        return {part: [n for n in notes if n.tick < place.end] for part, notes in parts.items()}
    return parts


def fill_steps(amount: float, metre: Metre = FOUR_FOUR) -> int:
    """Length in steps of a fill of ``amount`` 0..1: whole beats, at most a bar."""
    return metre.steps_per_beat * round(min(1.0, max(0.0, amount)) * metre.beats)


def fill_bar(notes: Sequence[Note], bar: int, feel: Feel, steps: int | None = None) -> list[Note]:
    """The bar's drum notes with a drummer's fill in the last ``steps`` steps (None: in all).

    Equal seed and bar give an equal fill.
    """
    place = _Bar(bar, feel)
    metre = place.metre
    steps = metre.steps if steps is None else steps
    since = place.start + (metre.steps - steps) * metre.ticks_per_step - metre.ticks_per_step // 2
    kept = [n for n in notes if n.tick < since]
    hits = choose_fill(metre, steps, len(notes) - len(kept), (feel.seed, feel.numbered(bar), 77))
    fill = [_hit(step, drum, place) for step, drum in hits]
    return sorted(n for n in kept + fill if n.tick < place.end)


def crash_in(notes: Sequence[Note], bar: int, feel: Feel) -> list[Note]:
    """The drum notes of the bar after a fill: a crash is added on the downbeat unless the bar is
    empty or has one."""
    crash = feel.drum_map.notes[CRASH]
    place = _Bar(bar, feel)
    first = place.start + place.metre.ticks_per_step
    if not notes or any(n.pitch == crash and n.tick < first for n in notes):
        return list(notes)
    return sorted([_hit(0, CRASH, place), *notes])


def closing_bar(
    parts: Mapping[Part, Sequence[Note]], bar: int, feel: Feel
) -> dict[Part, list[Note]]:
    """The last bar of a piece: for each pitched part the first note that starts on the first
    beat, held for all beats but the last; kick and crash for the drums."""
    start, metre = feel.grid.bar_start(bar), feel.grid.metre_of(bar)
    held = {
        part: [
            replace(n, length=(metre.beats - 1) * metre.ticks_per_beat)
            for n in notes[:1]
            if n.tick < start + metre.ticks_per_beat
        ]
        for part, notes in parts.items()
    }
    hits = [(KICK, 110, DRUM_TICKS), (CRASH, 100, metre.ticks_per_beat)]
    loud = feel.volumes.get(Part.DRUMS, 1.0)
    drums = [
        Note(start, feel.drum_map.notes[drum], length, max(1, round(velocity * loud)))
        for drum, velocity, length in hits
    ]
    return {**held, Part.DRUMS: sorted(drums)}


def count_in_clicks(
    first_bar: int, bars: int, drum_map: DrumMap, metre: Metre = FOUR_FOUR
) -> list[Note]:
    """A click on each beat of the bars before the music, the first of each bar louder."""
    return [
        Note(
            metre.bar_start(first_bar) + beat * metre.ticks_per_beat,
            drum_map.click,
            DRUM_TICKS,
            112 if beat % metre.beats == 0 else 84,
        )
        for beat in range(bars * metre.beats)
    ]


class _Bar:
    """A bar that notes are placed in: its ticks, its metre, how it is played."""

    def __init__(self, bar: int, feel: Feel) -> None:
        self.feel = feel
        self.metre = feel.grid.metre_of(bar)
        self.start, self.end = feel.grid.bar_start(bar), feel.grid.bar_start(bar + 1)
        self.human = _Human(feel, bar, self.metre.steps)

    def tick_of(self, step: int, by: int) -> int:
        """Tick of a step with swing and a deviation of ``by`` ticks, never before the bar line."""
        late = self.metre.swing_delay(step, self.feel.swing) + by
        return max(self.start, self.start + step * self.metre.ticks_per_step + late)


class _Human:
    """Seeded random deviations of time (ticks) and velocity for each step and voice of a bar."""

    def __init__(self, feel: Feel, bar: int, steps: int) -> None:
        rng = np.random.default_rng([feel.seed, feel.numbered(bar)])
        self._ticks = rng.normal(0.0, HUMAN_TICKS / 2, (steps, 11)) * feel.humanize
        self._loud = rng.normal(0.0, HUMAN_VELOCITY / 2, (steps, 11)) * feel.humanize

    def ticks(self, step: int, voice: int) -> int:
        return max(-HUMAN_TICKS, min(HUMAN_TICKS, round(float(self._ticks[step, voice]))))

    def loud(self, step: int, voice: int) -> int:
        return round(float(self._loud[step, voice]))


_VOICE = {Part.BASS: 9, Part.MELODY: 10}


def _velocity(wanted: float, feel: Feel, part: Part) -> int:
    return int(min(127, max(1, round(wanted * feel.volumes.get(part, 1.0)))))


def _hit(step: int, drum: int, place: _Bar, touch: tuple[int, int] | None = None) -> Note:
    """A drum hit with the velocity of its step and drum.

    Where the model gives a ``touch`` (velocity, delay in ticks), ``humanize`` blends towards it.
    """
    feel, human = place.feel, place.human
    loud = accent(step, place.metre) * _DRUM_WEIGHT[drum]
    late = human.ticks(step, drum)
    if touch is not None:
        loud += feel.humanize * (touch[0] - loud)
        late = round(feel.humanize * touch[1] + HUMANIZE_WITH_TOUCH * late)
    loud = max(
        MIN_VELOCITY, loud + human.loud(step, drum) * (1 if touch is None else HUMANIZE_WITH_TOUCH)
    )
    velocity = _velocity(loud, feel, Part.DRUMS)
    return Note(place.tick_of(step, late), feel.drum_map.notes[drum], DRUM_TICKS, velocity)


def _pocket(
    hits: Sequence[tuple[int, int]], touch: Sequence[tuple[int, int]]
) -> dict[int, tuple[float, int]]:
    """By step, of the lowest drum that is struck there: velocity added to a bass note on it (a
    kick's against the bar's mean kick), and delay in ticks. Empty where the model gives no
    touch."""
    struck = list(zip(hits, touch, strict=False))
    kicks = [velocity for (_, drum), (velocity, _) in struck if drum == KICK]
    usual = sum(kicks) / max(len(kicks), 1)
    found: dict[int, tuple[float, int]] = {}
    for (step, drum), (velocity, late) in struck:
        louder = BASS_WITH_KICK * (velocity - usual) if drum == KICK else 0.0
        found.setdefault(step, (louder, late))
    return found


def _timed(
    note: Note, place: _Bar, part: Part, pocket: Mapping[int, tuple[float, int]] = NO_POCKET
) -> Note:
    """A decoded note (ticks from the bar's start) with swing, humanizing and velocity, in ticks
    of the session."""
    metre, human, humanize = place.metre, place.human, place.feel.humanize
    step, end_step = note.tick // metre.ticks_per_step, note.end // metre.ticks_per_step
    louder, late = pocket.get(step, (0.0, 0))
    tick = place.tick_of(step, human.ticks(step, _VOICE[part]) // 2 + round(humanize * late))
    end = min(place.tick_of(end_step, 0), place.end)
    loud = accent(step, metre) + human.loud(step, _VOICE[part]) + humanize * louder
    velocity = _velocity(max(MIN_VELOCITY, loud), place.feel, part)
    return Note(tick, note.pitch, max(1, end - tick), velocity)


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

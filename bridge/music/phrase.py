"""The player's recent notes as a value: held keys and ended notes of the last bars."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import takewhile

import numpy as np
import numpy.typing as npt

from bridge.music.grid import FOUR_FOUR, TICKS_PER_BEAT, Metre
from bridge.music.notes import Note, PlayerKey
from bridge.music.tokens import encode_line

TICKS_KEPT = 128 * TICKS_PER_BEAT
NOTES_KEPT = 2048
KEY_HALF_LIFE_TICKS = 32 * TICKS_PER_BEAT
KEY_TICKS = 2 * KEY_HALF_LIFE_TICKS
LONG_AGO = -(1 << 62)
LEGATO_TICKS = TICKS_PER_BEAT // 4
LONGEST_WEIGHT_TICKS = 4 * TICKS_PER_BEAT
LONGEST_HELD_TICKS = 16 * TICKS_PER_BEAT
"""Longest assumed duration of a held key, so that a lost note-off cannot hide the melody below
it for ever."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """The player's notes. ``held`` maps keys -> (tick, velocity); ``ended`` is in order of ends;
    ``first_tick`` is the first note since the phrase was cleared.

    ``sustained`` keys are up, but a pedal holds their sound. Such a note is part of the melody
    until the pedal is up or the next key is pressed, so that a high note does not hide what is
    played below it; from then on the key is no longer in ``held``.

    At most 128 quarter notes of time and 2048 notes are kept, which bounds the cost of every call.
    """

    held: Mapping[PlayerKey, tuple[int, int]] = field(default_factory=dict)
    sustained: frozenset[PlayerKey] = frozenset()
    ended: tuple[Note, ...] = ()
    first_tick: int | None = None
    last_tick: int = 0

    def note_on(self, tick: int, key: PlayerKey, velocity: int) -> Phrase:
        """Press a key; one already held is ended first. Velocity 0 is a note-off."""
        if velocity == 0:
            return self.note_off(tick, key)
        before = self.note_off(tick, key) if self.sounds(key) else self
        for other in before.sustained:
            before = before._ended(tick, other)
        return Phrase(  # twice as fast as `replace`, on the way of every key
            {**before.held, key: (tick, velocity)},
            before.sustained,
            before.ended,
            tick if self.first_tick is None else self.first_tick,
            max(tick, self.last_tick),
        )

    def note_off(self, tick: int, key: PlayerKey) -> Phrase:
        """End the sound of a key; one not held is ignored. The note is kept with at least one
        tick."""
        after = self._ended(tick, key)
        if key in after.sustained:
            after = replace(after, sustained=after.sustained - {key})
        return after

    def lift(self, key: PlayerKey) -> Phrase:
        """Release a key that a pedal holds; one not held is ignored."""
        return replace(self, sustained=self.sustained | {key}) if key in self.held else self

    def sounds(self, key: PlayerKey) -> bool:
        """True if a key is held, by a finger or by a pedal."""
        return key in self.held or key in self.sustained

    def _ended(self, tick: int, key: PlayerKey) -> Phrase:
        """End the note of a key, if it has not ended."""
        if key not in self.held:
            return self
        held = dict(self.held)
        start, velocity = held.pop(key)
        note = Note(start, key.pitch, max(1, tick - start), velocity)
        oldest = tick - TICKS_KEPT
        ended = self.ended[-NOTES_KEPT + 1 :]
        if ended and ended[0].end < oldest:
            ended = tuple(n for n in ended if n.end >= oldest)
        last_tick = max(tick, self.last_tick)
        return Phrase(held, self.sustained, (*ended, note), self.first_tick, last_tick)

    def until(self, tick: int) -> Phrase:
        """The phrase without anything from ``tick`` on, after a jump back; held keys are
        released."""
        ended = self.note_offs(tick).ended
        kept = tuple(n for n in ended if n.tick < tick)
        first = min((n.tick for n in kept), default=None)
        return Phrase(ended=kept, first_tick=first, last_tick=tick)

    def note_offs(self, tick: int) -> Phrase:
        """Release every held key, also those that a pedal holds."""
        phrase = self
        for key in self.held:
            phrase = phrase.note_off(tick, key)
        return replace(phrase, sustained=frozenset()) if phrase.sustained else phrase

    def cleared(self) -> Phrase:
        """The phrase without ended notes; held keys stay held."""
        first = min((tick for tick, _ in self.held.values()), default=None)
        return Phrase(self.held, self.sustained, first_tick=first, last_tick=self.last_tick)

    def held_pitches(self) -> set[int]:
        """The pitches held now, by fingers or by a pedal."""
        return {key.pitch for key in (*self.held, *self.sustained)}

    def notes(self, until: int, since: int = LONG_AGO) -> list[Note]:
        """Notes that start before ``until`` and end at ``since`` or later, in order of start;
        held notes last to ``until``, at most 16 quarter notes."""
        open_notes = [
            Note(tick, key.pitch, min(until - tick, LONGEST_HELD_TICKS), velocity)
            for key, (tick, velocity) in self.held.items()
            if tick < until
        ]
        late = takewhile(lambda n: n.end >= since, reversed(self.ended))
        # A key function: comparing notes themselves is slow, and the engine waits for this.
        return sorted(
            [n for n in late if n.tick < until] + open_notes, key=lambda n: (n.tick, n.pitch)
        )

    def classes(
        self, start: int, steps: int, lowest: int = 0, metre: Metre = FOUR_FOUR
    ) -> npt.NDArray[np.int64]:
        """The highest voice of pitches from ``lowest`` up, as melody classes [steps of ``metre``]
        from tick ``start`` on.

        A held key has no note-off yet. A note up to half a step early counts for the next step,
        also across a bar line.
        """
        end = start + (steps + 1) * metre.ticks_per_step
        notes = self.notes(end, start - metre.ticks_per_step)
        return encode_line(skyline(n for n in notes if n.pitch >= lowest), start, steps, metre)

    def weights(self) -> npt.NDArray[np.float64]:
        """Twelve pitch-class weights for the key: durations in quarter notes, halved
        every 32 of them."""
        weights = np.zeros(12)
        now = self.last_tick
        for note in self.notes(now + 1, now - KEY_TICKS):
            age = max(0, now - note.end)
            length = min(note.length, LONGEST_WEIGHT_TICKS) / TICKS_PER_BEAT
            weights[note.pitch % 12] += length * 0.5 ** (age / KEY_HALF_LIFE_TICKS)
        return weights

    def chord_held(self, split: int) -> tuple[int, ...]:
        """The pitches held below ``split`` when there are two or more, lowest first: those under
        fingers, or, if these are too few, with those that a pedal holds."""
        down = {key.pitch for key in self.held if key.pitch < split and key not in self.sustained}
        if len(down) < 2:
            down |= {key.pitch for key in self.sustained if key.pitch < split}
        return tuple(sorted(down)) if len(down) > 1 else ()


def skyline(notes: Iterable[Note]) -> list[Note]:
    """The highest voice of polyphonic notes, as non-overlapping notes in order.

    A note under a higher one that still sounds is left out, unless the higher one ends
    within a 16th (a legato overlap); each note is cut where the next begins.
    """
    voice: list[Note] = []
    for note in sorted(notes, key=lambda n: (n.tick, -n.pitch)):
        if voice:
            last = voice[-1]
            if note.tick == last.tick:
                continue
            if last.pitch > note.pitch and last.end > note.tick + LEGATO_TICKS:
                continue
            if last.end > note.tick:
                voice[-1] = replace(last, length=note.tick - last.tick)
        voice.append(note)
    return voice

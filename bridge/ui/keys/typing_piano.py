"""The computer keyboard as a piano. Pure: time is an argument.

Two rows of keys are white and black keys, as in a DAW's "musical typing"
(:mod:`bridge.ui.keys.layouts`). A terminal that reports releases (``Typing.releases``) makes it a
piano like any other: a note lasts as long as its key is down. Other terminals report presses
only and, while a key is held, repeats of the same press. There a note ends when another key is
pressed (unless ``chord``), or when its gate runs out.

A press of a key that already sounds is the keyboard's repeat or another stroke of the player.
Repeats come in runs, ``RUN`` apart or less; the first of a run comes after a delay that keyboards
keep constant. While that delay is unknown, every press sounds at once, and an even run that
follows tells the delay: two strokes too many are heard, once. Once it is known, a press within
``DELAY_SLACK`` of it is taken for the repeat, unless the player has just struck that key in the
same rhythm; if no run follows, it was a stroke after all, and sounds ``DOUBT`` late.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from bridge.session.messages.commands import KeyDown, KeyUp
from bridge.ui.keys.layouts import (
    LOUDER,
    OCTAVE_DOWN,
    OCTAVE_UP,
    OFFSETS,
    SOFTER,
    US,
    Layout,
)

GATE = 0.7
"""Seconds a note lasts when nothing else ends it; longer than a keyboard's repeat delay."""
RUN = 0.12
"""Seconds between presses up to which they are auto-repeat; also the gate within a run."""
DOUBT = 0.07
SOONEST_REPEAT, LATEST_REPEAT = 0.18, 1.1
"""Seconds after the press between which keyboards start to repeat."""
DELAY_SLACK = 0.02
EVEN = 0.012
"""Seconds by which the gaps of a keyboard's run differ at the most."""
SAME_RHYTHM = 0.15
"""Share by which two intervals of one rhythm differ at the most."""
VELOCITY_STEP = 10
ACCENT, SOFT = 24, -32
"""Velocity that Shift adds, and that the row below takes away."""
LOWEST_OCTAVE, HIGHEST_OCTAVE = 0, 8
HIGHEST_OFFSET: Final = max(OFFSETS)

Key = KeyDown | KeyUp


class Touch(StrEnum):
    """How velocity is played: all keys at the level that is set; harder with Shift; softer on the
    row below, whose keys are then the white keys again."""

    LEVEL = "level"
    ACCENT = "accent"
    ROWS = "rows"


@dataclass(frozen=True, slots=True)
class Held:
    """A sounding key: its name and pitch, and the seconds at which it began, was last pressed
    (``seen``) and ends by itself (infinite: with its release).

    ``doubt`` is the time of a press that may be a stroke or a repeat, ``intervals`` the times
    between the last strokes of this key; ``running`` is True while the key is being repeated,
    ``lifted`` when only the sustain holds the note.
    """

    key: str
    pitch: int
    velocity: int
    began: float
    seen: float
    ends: float
    doubt: float | None = None
    intervals: tuple[float, ...] = ()
    running: bool = False
    lifted: bool = False


@dataclass(frozen=True, slots=True)
class Typing:
    """The state of the typing piano. ``octave`` 4 puts middle C (60) on the first white key.

    ``chord`` lets keys sound together; ``delay`` is the keyboard's repeat delay in seconds once
    known; ``releases``: the terminal reports keys that go up; ``sustain``: the pedal is down.
    """

    octave: int = 4
    velocity: int = 96
    chord: bool = False
    held: tuple[Held, ...] = ()
    delay: float | None = None
    releases: bool = False
    sustain: bool = False
    touch: Touch = Touch.LEVEL
    layout: Layout = US

    @property
    def base(self) -> int:
        """The pitch of the first white key."""
        return 12 * (self.octave + 1)

    @property
    def pitches(self) -> tuple[int, ...]:
        """The pitches that sound."""
        return tuple(held.pitch for held in self.held)

    def stroke_of(self, key: str) -> tuple[int, int] | None:
        """The pitch of a key and what its row adds to the velocity; None if it is no piano key
        or lies above 127."""
        offset, added = self.layout.offsets.get(key), 0
        if offset is None and self.touch is Touch.ROWS:
            offset, added = self.layout.soft_offsets.get(key), SOFT
        if offset is None or self.base + offset > 127:
            return None
        return self.base + offset, added


def press(
    typing: Typing, key: str, at: float, *, hard: bool = False, repeat: bool = False
) -> tuple[Typing, tuple[Key, ...]]:
    """A key went down ``at`` monotonic seconds: a first press, a repeat or another stroke.

    ``hard``: with Shift. ``repeat``: the terminal says that it is the keyboard's repeat.
    """
    typing, before = tick(typing, at)
    stroke = None if repeat else typing.stroke_of(key)
    if stroke is None:
        return typing, before
    pitch, added = stroke
    added += ACCENT if hard and typing.touch is Touch.ACCENT else 0
    velocity = min(127, max(1, typing.velocity + added))
    fresh = _fresh(typing, key, pitch, velocity, at)
    sounding = next((held for held in typing.held if held.pitch == pitch), None)
    if sounding is None:
        typing, after = _strike(typing, fresh)
    elif typing.releases or sounding.lifted:
        typing, after = _strike_again(typing, sounding, fresh)
    else:
        typing, after = _again(typing, sounding, fresh)
    return typing, (*before, *after)


def lift(typing: Typing, key: str, at: float) -> tuple[Typing, tuple[Key, ...]]:
    """A key went up, in a terminal that reports it."""
    found = [held for held in typing.held if held.key == key and not held.lifted]
    return _end(typing, found, at)


def tick(typing: Typing, at: float) -> tuple[Typing, tuple[Key, ...]]:
    """Advance to ``at``: decide presses in doubt, and end notes whose gate has run out."""
    keys: list[Key] = []
    for note in typing.held:
        if note.doubt is not None and at - note.doubt > DOUBT:
            again = _fresh(typing, note.key, note.pitch, note.velocity, note.doubt)
            typing, more = _strike_again(typing, note, again)
            keys += more
    over = [note for note in typing.held if note.doubt is None and at >= note.ends]
    for note in over:
        typing, ended = _end(typing, [note], note.ends)
        keys += ended
    return typing, tuple(keys)


def release(typing: Typing, at: float) -> tuple[Typing, tuple[Key, ...]]:
    """End all notes, and lift the pedal."""
    ups = tuple(KeyUp(at, held.pitch) for held in typing.held)
    return replace(typing, held=(), sustain=False), ups


def set_sustain(typing: Typing, on: bool, at: float) -> tuple[Typing, tuple[Key, ...]]:
    """Put the pedal down, or lift it: what only it held ends."""
    typing = replace(typing, sustain=on)
    if on:
        return typing, ()
    ups = tuple(KeyUp(at, held.pitch) for held in typing.held if held.lifted)
    return replace(typing, held=tuple(h for h in typing.held if not h.lifted)), ups


def shift_octave(typing: Typing, by: int, at: float) -> tuple[Typing, tuple[Key, ...]]:
    """Move the piano by octaves, within its range; all notes end."""
    octave = min(HIGHEST_OCTAVE, max(LOWEST_OCTAVE, typing.octave + by))
    if octave == typing.octave:
        return typing, ()
    typing, keys = release(typing, at)
    return replace(typing, octave=octave), keys


def shift_velocity(typing: Typing, steps: int) -> Typing:
    """Change the velocity by steps of :data:`VELOCITY_STEP`, within 1..127."""
    velocity = min(127, max(1, typing.velocity + steps * VELOCITY_STEP))
    return replace(typing, velocity=velocity)


def toggle_chord(typing: Typing, at: float) -> tuple[Typing, tuple[Key, ...]]:
    """Switch between one note at a time and chords; all notes end."""
    typing, keys = release(typing, at)
    return replace(typing, chord=not typing.chord), keys


def adjust(typing: Typing, place: int, at: float) -> tuple[Typing, tuple[Key, ...]]:
    """Change the piano by a key of the row below: OCTAVE_DOWN, OCTAVE_UP, SOFTER or LOUDER."""
    if place in (OCTAVE_DOWN, OCTAVE_UP):
        return shift_octave(typing, 1 if place == OCTAVE_UP else -1, at)
    return shift_velocity(typing, {SOFTER: -1, LOUDER: 1}[place]), ()


# --- strokes ------------------------------------------------------------------------------


def _fresh(typing: Typing, key: str, pitch: int, velocity: int, at: float) -> Held:
    ends = math.inf if typing.releases else at + GATE
    return Held(key, pitch, velocity, began=at, seen=at, ends=ends)


def _down(note: Held) -> KeyDown:
    return KeyDown(note.began, note.pitch, note.velocity)


def _end(typing: Typing, notes: list[Held], at: float) -> tuple[Typing, tuple[Key, ...]]:
    """End notes; while the pedal is down they go on, lifted."""
    ended = set(map(id, notes))
    if typing.sustain:
        held = tuple(
            replace(note, lifted=True, ends=math.inf, doubt=None) if id(note) in ended else note
            for note in typing.held
        )
        return replace(typing, held=held), ()
    kept = tuple(note for note in typing.held if id(note) not in ended)
    ups = tuple(KeyUp(at, note.pitch) for note in notes)
    return (replace(typing, held=kept) if notes else typing), ups


def _strike(typing: Typing, fresh: Held) -> tuple[Typing, tuple[Key, ...]]:
    """A press of a silent key: the new note begins before the former ends, without a gap."""
    ups: tuple[Key, ...] = ()
    if not (typing.chord or typing.releases):
        former = [note for note in typing.held if not note.lifted]
        typing, ups = _end(typing, former, fresh.began)
    return replace(typing, held=(*typing.held, fresh)), (_down(fresh), *ups)


def _strike_again(typing: Typing, note: Held, fresh: Held) -> tuple[Typing, tuple[Key, ...]]:
    """A press of a sounding key that is another stroke."""
    intervals = (*note.intervals[-1:], fresh.began - note.seen)
    fresh = replace(fresh, intervals=intervals)
    return _swap(typing, note, fresh), (KeyUp(fresh.began, note.pitch), _down(fresh))


def _again(typing: Typing, note: Held, fresh: Held) -> tuple[Typing, tuple[Key, ...]]:
    """A press of a sounding key: a repeat, another stroke, or not yet known."""
    at = fresh.began
    since = at - note.seen
    if note.doubt is not None:  # tick() has already settled the older ones
        return _extend(typing, note, at), ()
    if since <= RUN and (note.running or _repeats(typing, note)):
        return _extend(typing, note, at), ()
    if (delay := _told_delay(note, since)) is not None:
        return _extend(replace(typing, delay=delay), note, at), ()
    if not note.running and _is_doubtful(typing, note, since):
        return _swap(typing, note, replace(note, doubt=at)), ()
    return _strike_again(typing, note, fresh)


def _repeats(typing: Typing, note: Held) -> bool:
    """True if the last stroke was the keyboard's first repeat: it came at the known delay."""
    last = note.intervals[-1] if note.intervals else 0.0
    return typing.delay is not None and abs(last - typing.delay) <= DELAY_SLACK


def _told_delay(note: Held, since: float) -> float | None:
    """The repeat delay that an even run has told: a long interval, then two short ones alike."""
    if len(note.intervals) < 2 or since > RUN:
        return None
    delay, gap = note.intervals
    fits = SOONEST_REPEAT <= delay <= LATEST_REPEAT and abs(gap - since) <= EVEN
    return delay if fits else None


def _is_doubtful(typing: Typing, note: Held, since: float) -> bool:
    """True if a press may be the first repeat: at the delay, and not in the rhythm of strokes."""
    if typing.delay is None or abs(since - typing.delay) > DELAY_SLACK:
        return False
    last = note.intervals[-1] if note.intervals else 0.0
    return abs(since - last) > SAME_RHYTHM * since


def _extend(typing: Typing, note: Held, at: float) -> Typing:
    """Keep a repeated key sounding, and with it the other keys of a chord."""
    running = replace(note, seen=at, ends=at + RUN, doubt=None, running=True)
    typing = _swap(typing, note, running)
    longer = (replace(held, ends=max(held.ends, at + RUN)) for held in typing.held)
    return replace(typing, held=tuple(longer))


def _swap(typing: Typing, old: Held, new: Held) -> Typing:
    held = tuple(new if note is old else note for note in typing.held)
    return replace(typing, held=held)

"""The computer keyboard as a piano. Pure: time is an argument.

Two rows of letters are white and black keys, as in a DAW's "musical typing". A terminal
reports no key-up, only presses and, while a key is held, repeats of the same press. So a
note ends when another key is pressed (unless ``chord``), or when its gate runs out.

A press of a key that already sounds is either the keyboard's auto-repeat or another stroke
of the player. Repeats come in runs, ``RUN`` apart or less, and the first of a
run comes after a delay that keyboards keep constant. A press that may be that first repeat
is held in doubt for ``DOUBT``: if another follows at once it was a repeat and the note
goes on; if none does it was a stroke, which is sent with the time at which it was made.
Once a run has been seen its delay is known, and only presses near it are in doubt.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bridge.session.messages.commands import KeyDown, KeyUp

WHITE_KEYS = ("a", "s", "d", "f", "g", "h", "j", "k", "l", "semicolon", "apostrophe")
OFFSETS: dict[str, int] = {
    "a": 0,
    "w": 1,
    "s": 2,
    "e": 3,
    "d": 4,
    "f": 5,
    "t": 6,
    "g": 7,
    "y": 8,
    "h": 9,
    "u": 10,
    "j": 11,
    "k": 12,
    "o": 13,
    "l": 14,
    "p": 15,
    "semicolon": 16,
    "apostrophe": 17,
}
"""Key name (as Textual names it) -> semitones above the C of the octave."""

LABELS = {"semicolon": ";", "apostrophe": "'"}

GATE = 0.7
"""Seconds a note lasts when nothing else ends it; longer than a keyboard's repeat delay."""
RUN = 0.12
"""Seconds between presses up to which they are auto-repeat; also the gate within a run."""
DOUBT = 0.07
SOONEST_REPEAT = 0.18
"""Seconds after the press before which no keyboard starts to repeat."""
DELAY_SLACK = 0.04
VELOCITY_STEP = 10
LOWEST_OCTAVE, HIGHEST_OCTAVE = 0, 8

Key = KeyDown | KeyUp


@dataclass(frozen=True, slots=True)
class Held:
    """A sounding key: its name and pitch, and the seconds at which it began, was last pressed
    (``seen``) and ends by itself.

    ``doubt`` is the time of a press that may be a stroke or a repeat; ``running`` is True
    while the key is being repeated.
    """

    key: str
    pitch: int
    began: float
    seen: float
    ends: float
    doubt: float | None = None
    running: bool = False


@dataclass(frozen=True, slots=True)
class Typing:
    """The state of the typing piano. ``octave`` 4 puts middle C (60) on ``a``.

    ``chord`` lets keys sound together; ``delay`` is the keyboard's repeat delay once known.
    """

    octave: int = 4
    velocity: int = 96
    chord: bool = False
    held: tuple[Held, ...] = ()
    delay: float | None = None

    @property
    def base(self) -> int:
        """The pitch of the key ``a``."""
        return 12 * (self.octave + 1)

    @property
    def pitches(self) -> tuple[int, ...]:
        """The pitches that sound."""
        return tuple(held.pitch for held in self.held)

    def pitch_of(self, key: str) -> int | None:
        """The pitch of a key; None if it is no piano key or lies above 127."""
        offset = OFFSETS.get(key)
        if offset is None or self.base + offset > 127:
            return None
        return self.base + offset


def press(typing: Typing, key: str, at: float) -> tuple[Typing, tuple[Key, ...]]:
    """A key event ``at`` monotonic seconds: a first press, a repeat or another stroke."""
    typing, before = tick(typing, at)
    pitch = typing.pitch_of(key)
    if pitch is None:
        return typing, before
    sounding = next((held for held in typing.held if held.pitch == pitch), None)
    if sounding is not None:
        typing, after = _again(typing, sounding, at)
    else:
        typing, after = _strike(typing, key, pitch, at)
    return typing, (*before, *after)


def tick(typing: Typing, at: float) -> tuple[Typing, tuple[Key, ...]]:
    """Advance to ``at``: decide presses in doubt, and end notes whose gate has run out."""
    keys: list[Key] = []
    held: list[Held] = []
    for note in typing.held:
        if note.doubt is not None and at - note.doubt > DOUBT:
            keys += [KeyUp(note.doubt, note.pitch), _down(typing, note.doubt, note.pitch)]
            note = _fresh(note.key, note.pitch, note.doubt)
        if note.doubt is None and at >= note.ends:
            keys.append(KeyUp(note.ends, note.pitch))
        else:
            held.append(note)
    return replace(typing, held=tuple(held)) if keys else typing, tuple(keys)


def release(typing: Typing, at: float) -> tuple[Typing, tuple[Key, ...]]:
    """End all notes."""
    return replace(typing, held=()), tuple(KeyUp(at, held.pitch) for held in typing.held)


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


def _down(typing: Typing, at: float, pitch: int) -> KeyDown:
    return KeyDown(at, pitch, typing.velocity)


def _fresh(key: str, pitch: int, at: float) -> Held:
    return Held(key, pitch, began=at, seen=at, ends=at + GATE)


def _strike(typing: Typing, key: str, pitch: int, at: float) -> tuple[Typing, tuple[Key, ...]]:
    """A press of a silent key: the new note begins before the former ends, without a gap."""
    down = _down(typing, at, pitch)
    fresh = _fresh(key, pitch, at)
    if typing.chord:
        return replace(typing, held=(*typing.held, fresh)), (down,)
    ups = tuple(KeyUp(at, held.pitch) for held in typing.held)
    return replace(typing, held=(fresh,)), (down, *ups)


def _again(typing: Typing, note: Held, at: float) -> tuple[Typing, tuple[Key, ...]]:
    """A press of a sounding key: a repeat, another stroke, or not yet known."""
    since = at - note.seen
    if note.doubt is not None:  # tick() has already settled the older ones
        typing = replace(typing, delay=note.doubt - note.seen)
        return _extend(typing, note, at), ()
    if note.running and since <= RUN:
        return _extend(typing, note, at), ()
    if not note.running and _may_repeat(typing, since):
        return _swap(typing, note, replace(note, doubt=at)), ()
    keys = (KeyUp(at, note.pitch), _down(typing, at, note.pitch))
    return _swap(typing, note, _fresh(note.key, note.pitch, at)), keys


def _may_repeat(typing: Typing, since: float) -> bool:
    if typing.delay is None:
        return since >= SOONEST_REPEAT
    return abs(since - typing.delay) <= DELAY_SLACK


def _extend(typing: Typing, note: Held, at: float) -> Typing:
    """Keep a repeated key sounding, and with it the other keys of a chord."""
    running = replace(note, seen=at, ends=at + RUN, doubt=None, running=True)
    typing = _swap(typing, note, running)
    longer = (replace(held, ends=max(held.ends, at + RUN)) for held in typing.held)
    return replace(typing, held=tuple(longer))


def _swap(typing: Typing, old: Held, new: Held) -> Typing:
    held = tuple(new if note is old else note for note in typing.held)
    return replace(typing, held=held)

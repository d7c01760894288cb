"""MusicVAE's trio classes: notes on the grid of a metre <-> small integers.

Melody and bass have 90 classes: 0 no event, 1 note off, 2..89 a note-on of MIDI pitch
21..108. Drums have 512: nine bits, bit i for the i-th drum of :data:`DRUM_NAMES`. These are
the classes of Magenta's ``OneHotMelodyConverter`` and ``DrumsConverter`` (Roberts et al., "A
Hierarchical Latent Vector Model for Learning Long-Term Structure in Music", 2018,
arXiv:1803.05428), so its checkpoints can be used unchanged.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import zip_longest
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from bridge.music.grid import FOUR_FOUR, SLOTS_PER_BAR, Metre
from bridge.music.notes import Note

Ints = npt.NDArray[np.int64]
Scalar = TypeVar("Scalar", bound=np.generic)

OCTAVE = 12
NO_EVENT = 0
NOTE_OFF = 1
FIRST_PITCH = 21
LAST_PITCH = 108
MELODY_CLASSES = LAST_PITCH - FIRST_PITCH + 3
BASS_CLASSES = MELODY_CLASSES
DRUM_NAMES = (
    "kick",
    "snare",
    "closed hat",
    "open hat",
    "low tom",
    "mid tom",
    "high tom",
    "crash",
    "ride",
)
DRUM_CLASSES = 1 << len(DRUM_NAMES)


def pitch_to_class(pitch: int) -> int:
    """The note-on class (2..89) of a MIDI pitch 21..108."""
    if not FIRST_PITCH <= pitch <= LAST_PITCH:
        raise ValueError(f"pitch {pitch} is outside {FIRST_PITCH}..{LAST_PITCH}")
    return pitch - FIRST_PITCH + 2


def class_to_pitch(cls: int) -> int:
    """The MIDI pitch 21..108 of a note-on class 2..89."""
    if not NOTE_OFF < cls < MELODY_CLASSES:
        raise ValueError(f"class {cls} is not a note-on (2..{MELODY_CLASSES - 1})")
    return cls + FIRST_PITCH - 2


def fold_pitch(pitch: int) -> int:
    """The pitch moved by whole octaves into the range of the classes, 21..108."""
    if pitch < FIRST_PITCH:
        return pitch + -(-(FIRST_PITCH - pitch) // OCTAVE) * OCTAVE
    if pitch > LAST_PITCH:
        return pitch - -(-(pitch - LAST_PITCH) // OCTAVE) * OCTAVE
    return pitch


def encode_line(
    notes: Iterable[Note], start_tick: int, steps: int, metre: Metre = FOUR_FOUR
) -> Ints:
    """One voice -> classes, int64 [steps], on the steps of ``metre`` from ``start_tick`` on.

    Onsets and ends are rounded to the nearest step; a note lasts at least one step. Of several
    notes on one step the highest is kept; a note ends where the next begins. A note that began
    before the window appears only as its note-off, as in a window cut from a longer piece.
    """
    classes = np.zeros(steps, np.int64)
    onsets: dict[int, tuple[int, int]] = {}
    for note in sorted(notes, key=lambda n: (n.tick, n.pitch)):
        begin = metre.nearest_step(note.tick - start_tick)
        onsets[begin] = (note.pitch, max(begin + 1, metre.nearest_step(note.end - start_tick)))
    begins = sorted(onsets)
    for begin, following in zip_longest(begins, begins[1:]):
        pitch, end = onsets[begin]
        if 0 <= begin < steps:
            classes[begin] = pitch_to_class(fold_pitch(pitch))
        if 0 <= end < steps and (following is None or end < following):
            classes[end] = NOTE_OFF
    return classes


def encode_voice(
    voice: Sequence[Note], start_tick: int, steps: int, metre: Metre = FOUR_FOUR
) -> Ints:
    """:func:`encode_line` of a long voice whose notes are in order and do not overlap (see
    ``phrase.skyline``): only the notes of the window, and the one before, are looked at."""
    stop_tick = start_tick + (steps + 1) * metre.ticks_per_step
    first = bisect_left(voice, start_tick - metre.ticks_per_step, key=lambda note: note.tick)
    after = bisect_left(voice, stop_tick, lo=first, key=lambda note: note.tick)
    return encode_line(voice[max(0, first - 1) : after], start_tick, steps, metre)


def decode_line(
    classes: Sequence[int], start_tick: int, metre: Metre = FOUR_FOUR, *, velocity: int = 96
) -> list[Note]:
    """Classes [T] -> notes of one voice, from ``start_tick`` on.

    A note lasts to its note-off, the next onset, or the end of the window.
    """
    notes: list[Note] = []
    sounding: tuple[int, int] | None = None
    for step, cls in enumerate([*classes, NOTE_OFF]):
        if cls == NO_EVENT:
            continue
        tick = start_tick + step * metre.ticks_per_step
        if sounding is not None:
            start, pitch = sounding
            notes.append(Note(start, pitch, tick - start, velocity))
        sounding = None if cls == NOTE_OFF else (tick, class_to_pitch(cls))
    return notes


def sounding(line: Ints) -> Ints:
    """For each step of a line [T] the class of the note that sounds, the one that began at it or
    before; 0 or 1 where none does."""
    began = np.maximum.accumulate(np.where(line > NO_EVENT, np.arange(len(line)), -1))
    return np.where(began >= 0, line[np.maximum(began, 0)], NO_EVENT)


def shift_classes(classes: Ints, semitones: int) -> Ints:
    """Melody or bass classes transposed by ``semitones``; pitches that leave 21..108 are moved
    back by octaves."""
    moved = np.array([pitch_to_class(fold_pitch(c + FIRST_PITCH - 2 + semitones))
                      for c in range(2, MELODY_CLASSES)])  # fmt: skip
    return np.concatenate([[NO_EVENT, NOTE_OFF], moved])[classes]


GM_DRUM_CLASSES: tuple[tuple[int, ...], ...] = (
    (36, 35),
    (38, 27, 28, 31, 32, 33, 34, 37, 39, 40, 56, 65, 66, 75, 85),
    (42, 44, 54, 68, 69, 70, 71, 73, 78, 80, 22),
    (46, 67, 72, 74, 79, 81, 26),
    (45, 29, 41, 43, 61, 64, 84),
    (48, 47, 60, 63, 77, 86, 87),
    (50, 30, 62, 76, 83),
    (49, 52, 55, 57, 58),
    (51, 53, 59, 82),
)
"""General MIDI percussion notes of each of the nine drums; the first is the one used for output.

Equal to note_seq's current ``drums_encoder_decoder.DEFAULT_DRUM_TYPE_PITCHES``. The older table
in magenta.js ``core/constants.ts`` maps 43 to the high tom and 52 to the ride, and lacks 22 and
26.
"""

_DRUM_OF_PITCH = {p: i for i, pitches in enumerate(GM_DRUM_CLASSES) for p in pitches}


def drum_of_pitch(pitch: int) -> int | None:
    """The drum 0..8 of a General MIDI percussion note; None for a note outside the table."""
    return _DRUM_OF_PITCH.get(pitch)


def encode_drums(
    hits: Iterable[Note], start_tick: int, steps: int, metre: Metre = FOUR_FOUR
) -> Ints:
    """Percussion notes -> drum classes, int64 [steps], on the steps of ``metre``."""
    classes = np.zeros(steps, np.int64)
    for hit in hits:
        drum = drum_of_pitch(hit.pitch)
        step = metre.nearest_step(hit.tick - start_tick)
        if drum is not None and 0 <= step < steps:
            classes[step] |= 1 << drum
    return classes


def decode_drums(classes: Sequence[int]) -> list[tuple[int, int]]:
    """Drum classes -> (step, drum 0..8) for each hit, in order."""
    return [
        (step, drum)
        for step, cls in enumerate(classes)
        for drum in range(len(DRUM_NAMES))
        if cls >> drum & 1
    ]


@lru_cache(maxsize=64)
def _places(metre: Metre, bars: int) -> Ints:
    """The slots [bars * steps] of a metre's steps in bars of 16 slots, one after another."""
    starts = SLOTS_PER_BAR * np.arange(bars, dtype=np.int64)
    places: Ints = (starts[:, None] + np.asarray(metre.slots, np.int64)).ravel()
    return places


def to_slots(classes: npt.NDArray[Scalar], metre: Metre, axis: int = -1) -> npt.NDArray[Scalar]:
    """Bars in a metre's steps, laid out in bars of 16 slots as models have them.

    ``axis`` has whole bars of ``metre.steps`` values and gets 16 a bar; slots between the
    metre's own stay 0 (no event).
    """
    if metre.steps == SLOTS_PER_BAR:
        return classes
    axis %= classes.ndim
    bars = classes.shape[axis] // metre.steps
    shape = (*classes.shape[:axis], bars * SLOTS_PER_BAR, *classes.shape[axis + 1 :])
    laid = np.zeros(shape, classes.dtype)
    laid[(slice(None),) * axis + (_places(metre, bars),)] = classes
    return laid


def from_slots(slots: npt.NDArray[Scalar], metre: Metre, axis: int = -1) -> npt.NDArray[Scalar]:
    """The inverse of :func:`to_slots`: 16 slots a bar -> the metre's steps."""
    if metre.steps == SLOTS_PER_BAR:
        return slots
    return slots.take(_places(metre, slots.shape[axis] // SLOTS_PER_BAR), axis=axis)

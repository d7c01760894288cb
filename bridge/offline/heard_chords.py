"""The chords of a whole piece: heard in its tracks, and read by the model where one line sounds.

Pure, except for the calls of the model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from bridge.errors import MidiFileError
from bridge.listening.chord_symbol import ChordSymbol, symbol_of_class
from bridge.listening.harmony import hear
from bridge.music.chord_features import HALF_BAR, half_bars
from bridge.music.chords import transpose_class
from bridge.music.grid import FOUR_FOUR, TICKS_PER_BEAT, Metre
from bridge.music.key import estimate_key, pitch_class_weights
from bridge.music.melody_track import find_melody
from bridge.music.notes import Note
from bridge.music.phrase import skyline
from bridge.music.smf.song import Song, Track
from bridge.music.tokens import encode_voice, shift_classes

ALL, MELODY = "all", "melody"
"""Values of ``--listen``; anything else names tracks."""
WINDOW_BARS: Final = 16
"""Bars that the model's chord reader hears at once; it was trained with up to 24."""
HOP_BARS: Final = 8
"""Bars taken from each of its windows."""

Reader = Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32] | None]
"""``Trio.harmony``."""


def tracks_to_hear(song: Song, wanted: str, melody: Track) -> tuple[Track, ...]:
    """The tracks of a song that the harmony is heard in: all pitched ones, the melody, or those
    named (by number or name, with commas between). NameUnknown for a track that is not there,
    MidiFileError for one of drums."""
    if wanted == ALL:
        return tuple(t for t in song.tracks if not t.is_drums and t.notes)
    if wanted == MELODY:
        return (melody,)
    found = tuple(find_melody(song, name.strip()) for name in wanted.split(",") if name.strip())
    drums = [track.name for track in found if track.is_drums]
    if drums:
        raise MidiFileError(f"the track {drums[0]!r} holds drums, and no chords: name another")
    return found


def metre_and_origin(song: Song, metres: dict[str, Metre]) -> tuple[Metre, int]:
    """The metre of a song by its first full bar, and the tick where that begins: after a short
    first bar (a pickup). MidiFileError for a metre that is not among ``metres``."""
    first, *later = song.signatures
    named = f"{first.beats}/{first.unit}"
    if later and later[0].tick == _bar_ticks(first.beats, first.unit):
        next_named = f"{later[0].beats}/{later[0].unit}"
        if next_named in metres and later[0].tick < metres[next_named].ticks:
            return metres[next_named], later[0].tick
    equal = (m for m in metres.values() if m.ticks == _bar_ticks(first.beats, first.unit))
    metre = metres.get(named) or next(equal, None)
    if metre is None:
        raise MidiFileError(f"it is in {named}: chords are read in {', '.join(metres)}")
    return metre, 0


def _bar_ticks(beats: int, unit: int) -> int:
    return beats * 4 * TICKS_PER_BEAT // max(1, unit)


def chords_of(
    heard: Sequence[Note], melody: Sequence[Note], metre: Metre, origin: int, read: Reader | None
) -> tuple[ChordSymbol | None, ...]:
    """The chord of each beat of ``metre`` from tick ``origin`` to the last note. Where only one
    line sounds they are those of ``read``, the model's reader of melodies in 4/4 (None: none)."""
    last = max((n.end for n in (*heard, *melody)), default=origin)
    bars = max(1, -(-(last - origin) // metre.ticks))
    beats = hear(heard, metre, origin, bars).beats
    if all(beats) or read is None or metre != FOUR_FOUR or not melody:
        return beats
    halves = melody_chords(melody, origin, bars, read)
    per_half = len(beats) // len(halves)
    return tuple(
        symbol_of_class(halves[beat // per_half]) if chord is None else chord
        for beat, chord in enumerate(beats)
    )


def melody_chords(melody: Sequence[Note], origin: int, bars: int, read: Reader) -> list[int]:
    """The chord classes of half bars in 4/4, two a bar, read from a melody by the model."""
    key = estimate_key(pitch_class_weights((n.pitch, float(n.length)) for n in melody))
    steps = FOUR_FOUR.steps
    line = encode_voice(skyline(melody), origin, bars * steps)
    line = shift_classes(line, key.shift)
    found: list[int] = []
    for start in range(0, bars, HOP_BARS):
        first = max(0, start - (WINDOW_BARS - HOP_BARS) // 2)
        part = line[first * steps : (first + WINDOW_BARS) * steps]
        logits = read(half_bars(part, np.ones(len(part)))[None])
        if logits is None:
            return [0] * (bars * steps // HALF_BAR)
        named = logits[0].argmax(-1)[2 * (start - first) :][: 2 * HOP_BARS]
        found += [transpose_class(int(cls), -key.shift) for cls in named]
    return found[: 2 * bars]


def runs(beats: Sequence[ChordSymbol | None]) -> Iterator[tuple[int, int, ChordSymbol]]:
    """The stretches of one chord: first beat, number of beats, chord. Bars do not divide them."""
    start = 0
    for beat in range(1, len(beats) + 1):
        if beat == len(beats) or beats[beat] != beats[start]:
            chord = beats[start]
            if chord is not None:
                yield start, beat - start, chord
            start = beat


def bar_names(beats: Sequence[ChordSymbol | None], per_bar: int) -> list[list[str]]:
    """The names of each bar's chords, one a change; ``-`` for none. A chord that goes on from the
    bar before is named again."""
    bars: list[list[str]] = []
    for start in range(0, len(beats), per_bar):
        inside = [c.name if c else "-" for c in beats[start : start + per_bar]]
        bars.append([n for n, before in zip(inside, ["", *inside], strict=False) if n != before])
    return bars


CHORD_LOW: Final = 48
"""The lowest pitch of the chords of a chord track; the bass note is an octave or more below."""


def chord_notes(beats: Sequence[ChordSymbol | None], metre: Metre, origin: int) -> tuple[Note, ...]:
    """Chords as notes: close position from C3 up over their bass note."""
    notes: list[Note] = []
    for start, length, chord in runs(beats):
        tick, ticks = origin + start * metre.ticks_per_beat, length * metre.ticks_per_beat
        pitches = [CHORD_LOW - 12 + chord.bass_note, CHORD_LOW + chord.root]
        for tone in chord.pitch_classes[1:]:
            pitches.append(pitches[-1] + (tone - pitches[-1]) % 12)
        notes += [Note(tick, pitch, ticks, 80) for pitch in pitches]
    return tuple(notes)

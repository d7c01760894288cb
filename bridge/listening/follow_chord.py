"""A bass line moved from the chord that it was made for to the chord that is heard. Pure.

A chord tone moves to the tone of the same function (root, third, fifth, seventh) of the new
chord; other notes move with the root and then to the nearest tone of the new chord's scale. The
root's place is taken by the bass note where one is heard (C/E). The register is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Final

from bridge.listening.chord_symbol import ChordSymbol, Quality
from bridge.music.arrange import BASS_HIGHEST, BASS_LOWEST
from bridge.music.notes import Note

_FUNCTIONS: Final[dict[int, int]] = {
    0: 0, 3: 1, 4: 1, 5: 1, 6: 2, 7: 2, 8: 2, 9: 3, 10: 3, 11: 3,
}  # fmt: skip
"""Semitones over the root -> root 0, third 1, fifth 2, seventh 3, as a tone of a chord."""
_NINTH: Final = 4

_SCALES: Final[dict[Quality, tuple[int, ...]]] = {
    Quality.MINOR: (0, 2, 3, 5, 7, 9, 10),
    Quality.MINOR_SEVENTH: (0, 2, 3, 5, 7, 9, 10),
    Quality.SEVENTH: (0, 2, 4, 5, 7, 9, 10),
    Quality.NINTH: (0, 2, 4, 5, 7, 9, 10),
    Quality.DIMINISHED: (0, 2, 3, 5, 6, 8, 9, 11),
    Quality.HALF_DIMINISHED: (0, 1, 3, 5, 6, 8, 10),
    Quality.AUGMENTED: (0, 2, 4, 6, 8, 10),
}
_MAJOR_SCALE: Final = (0, 2, 4, 5, 7, 9, 11)


@cache
def functions_of(chord: ChordSymbol) -> dict[int, int]:
    """Function (root 0, third 1, fifth 2, seventh 3) -> pitch class; those that it has. A
    suspended tone stands for the third; a ninth, and a sixth, for the seventh where none is."""
    found: dict[int, int] = {}
    for tone in chord.quality.tones:
        sus2 = chord.quality is Quality.SUS2 and tone
        function = 1 if sus2 == 2 else _FUNCTIONS.get(tone, _NINTH)
        found.setdefault(function, (chord.root + tone) % 12)
    return found


def moved_class(pitch_class: int, old: ChordSymbol, new: ChordSymbol) -> int:
    """The pitch class (0..11) in ``new`` of a note made for ``old``."""
    was, now = functions_of(old), functions_of(new)
    function = next((f for f, pc in was.items() if pc == pitch_class % 12), None)
    if function is None and pitch_class % 12 == old.bass_note:
        function = 0
    if function == 0:
        return new.bass_note
    if function is not None:
        return now.get(function, new.root)
    return _in_scale((pitch_class + new.root - old.root) % 12, new)


def _in_scale(pitch_class: int, chord: ChordSymbol) -> int:
    """The nearest tone of a chord's scale, the lower of two."""
    scale = {(chord.root + s) % 12 for s in _SCALES.get(chord.quality, _MAJOR_SCALE)}
    by_distance = (0, -1, 1, -2, 2)
    return next((pitch_class + d) % 12 for d in by_distance if (pitch_class + d) % 12 in scale)


def nearest_bass(pitch: int, pitch_class: int) -> int:
    """The pitch of a class (0..11) nearest to ``pitch`` that lies in the bass register."""
    up = (pitch_class - pitch) % 12
    near = pitch + up if up <= 6 else pitch + up - 12
    while near < BASS_LOWEST:
        near += 12
    while near > BASS_HIGHEST:
        near -= 12
    return near


def moved_pitch(pitch: int, old: ChordSymbol, new: ChordSymbol) -> int:
    """The pitch nearest to ``pitch`` that has its function in ``new``, in the bass register."""
    return nearest_bass(pitch, moved_class(pitch, old, new))


def follows(note: Note, old: ChordSymbol | None, new: ChordSymbol | None) -> Note:
    """A bass note moved from ``old`` to ``new``; as it is where either is unknown or both agree."""
    if old is None or new is None or agree(old, new):
        return note
    pitch = moved_pitch(note.pitch, old, new)
    return note if pitch == note.pitch else replace(note, pitch=pitch)


@cache
def agree(old: ChordSymbol, new: ChordSymbol) -> bool:
    """True if the bass plays the same to both: root, bass note, third and fifth are equal."""
    was, now = functions_of(old), functions_of(new)
    same_bass = old.root == new.root and old.bass_note == new.bass_note
    return same_bass and all(was.get(f, now.get(f)) == now.get(f, was.get(f)) for f in (1, 2))


def anchored(notes: Sequence[Note], begins: int, until: int, chord: ChordSymbol) -> list[Note]:
    """Bass notes with the first of those that start in [begins, until) on the chord's bass note:
    where a chord begins, the bass says which one it is."""
    result = list(notes)
    for index, note in enumerate(result):
        if begins <= note.tick < until:
            if note.pitch % 12 != chord.bass_note:
                result[index] = replace(note, pitch=nearest_bass(note.pitch, chord.bass_note))
            break
    return result

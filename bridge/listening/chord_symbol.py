"""Full chords: a root, a quality and a bass note, with their names and tones. Pure.

The model knows 25 classes only (:mod:`bridge.music.chords`); :attr:`ChordSymbol.cls` is the
class that is nearest to a full chord.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from bridge.music.chords import Chord, parse_chord
from bridge.music.key import NOTE_NAMES, split_root


class Quality(Enum):
    """The kind of a chord. ``value`` is the text after the root."""

    MAJOR = ""
    MINOR = "m"
    DIMINISHED = "dim"
    AUGMENTED = "aug"
    SUS2 = "sus2"
    SUS4 = "sus4"
    POWER = "5"
    SIXTH = "6"
    SEVENTH = "7"
    MAJOR_SEVENTH = "maj7"
    MINOR_SEVENTH = "m7"
    HALF_DIMINISHED = "m7b5"
    NINTH = "9"

    @property
    def tones(self) -> tuple[int, ...]:
        """Semitones over the root, from the root up (the ninth is 2)."""
        return TONES[self]

    @property
    def is_minor(self) -> bool:
        """True if the third is minor."""
        return 3 in TONES[self]


TONES: Final[dict[Quality, tuple[int, ...]]] = {
    Quality.MAJOR: (0, 4, 7),
    Quality.MINOR: (0, 3, 7),
    Quality.DIMINISHED: (0, 3, 6),
    Quality.AUGMENTED: (0, 4, 8),
    Quality.SUS2: (0, 2, 7),
    Quality.SUS4: (0, 5, 7),
    Quality.POWER: (0, 7),
    Quality.SIXTH: (0, 4, 7, 9),
    Quality.SEVENTH: (0, 4, 7, 10),
    Quality.MAJOR_SEVENTH: (0, 4, 7, 11),
    Quality.MINOR_SEVENTH: (0, 3, 7, 10),
    Quality.HALF_DIMINISHED: (0, 3, 6, 10),
    Quality.NINTH: (0, 2, 4, 7, 10),
}

_SEVENTHS: Final = (
    (re.compile(r"(?:maj|Maj|ma|M|Δ|\^)(?:7|9|11|13)"), Quality.MAJOR_SEVENTH),
    (re.compile(r"(?:m|min|mi|-)7(?:b5|\(b5\))|h7?|ø7?"), Quality.HALF_DIMINISHED),
    (re.compile(r"(?:m|min|mi|minor|-)(?:7|9|11|13)"), Quality.MINOR_SEVENTH),
    (re.compile(r"(?:dim|o|°)7?"), Quality.DIMINISHED),
    (re.compile(r"(?:aug|\+)7?"), Quality.AUGMENTED),
    (re.compile(r"7?sus2"), Quality.SUS2),
    (re.compile(r"(?:7|9)?sus4?"), Quality.SUS4),
    (re.compile(r"5"), Quality.POWER),
    (re.compile(r"6(?:/9|9)?"), Quality.SIXTH),
    (re.compile(r"(?:9|11|13).*"), Quality.NINTH),
    (re.compile(r"7.*"), Quality.SEVENTH),
)
"""Text after the root -> quality, the first that matches; others have a plain third."""


@dataclass(frozen=True, slots=True)
class ChordSymbol:
    """A chord as a lead sheet has it: ``root`` 0..11, its quality, and the ``bass`` 0..11 where
    another note than the root is lowest (None: the root)."""

    root: int
    quality: Quality = Quality.MAJOR
    bass: int | None = None

    @property
    def name(self) -> str:
        """Such as ``"C"``, ``"F#m7"`` or ``"C/E"``."""
        over = "" if self.bass in (None, self.root) else f"/{NOTE_NAMES[self.bass or 0]}"
        return f"{NOTE_NAMES[self.root]}{self.quality.value}{over}"

    @property
    def cls(self) -> int:
        """The model's class 1..24: the root, and whether the third is minor."""
        return Chord(self.root, self.quality.is_minor).cls

    @property
    def bass_note(self) -> int:
        """The pitch class 0..11 that the bass plays."""
        return self.root if self.bass is None else self.bass

    @property
    def pitch_classes(self) -> tuple[int, ...]:
        """The chord tones 0..11, root first."""
        return tuple((self.root + tone) % 12 for tone in self.quality.tones)

    def transposed(self, semitones: int) -> ChordSymbol:
        """The same chord moved by any number of semitones."""
        bass = None if self.bass is None else (self.bass + semitones) % 12
        return replace(self, root=(self.root + semitones) % 12, bass=bass)


def symbol_of_class(cls: int) -> ChordSymbol | None:
    """The plain major or minor chord of a class 0..24; None for class 0."""
    if cls <= 0:
        return None
    return ChordSymbol((cls - 1) % 12, Quality.MINOR if cls > 12 else Quality.MAJOR)


def parse_symbol(name: str) -> ChordSymbol | None:
    """Read a lead sheet's chord with its quality and bass (``"F#m7/A"``); None for no chord.

    Qualities that :class:`Quality` lacks become the nearest one that it has. ValueError for what
    is no chord.
    """
    chord = parse_chord(name)
    if chord is None:
        return None
    parsed = split_root(name.strip())
    assert parsed is not None
    text, slash, low = parsed[1].rpartition("/")
    if not slash or low.isdigit():  # no bass: "6/9" is a quality
        text, low = parsed[1], ""
    plain = Quality.MINOR if chord.minor else Quality.MAJOR
    quality = next((q for pattern, q in _SEVENTHS if pattern.fullmatch(text)), plain)
    bass = split_root(low)
    return ChordSymbol(chord.root, quality, None if bass is None else bass[0])


def runs(beats: Sequence[ChordSymbol | None]) -> Iterator[tuple[int, int, ChordSymbol]]:
    """The stretches of one chord: first beat, number of beats, chord. Bars do not divide them."""
    start = 0
    for beat in range(1, len(beats) + 1):
        if beat == len(beats) or beats[beat] != beats[start]:
            chord = beats[start]
            if chord is not None:
                yield start, beat - start, chord
            start = beat

"""Chord classes of the model: no chord, or one of twelve roots with a major or minor third.

Class 0 is no chord; 1..12 are major with the roots C..B; 13..24 are minor. The third decides:
diminished and half-diminished chords count as minor; augmented, suspended and power chords as
major.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from bridge.music.key import NOTE_NAMES, split_root

NO_CHORD: Final = 0
MAJOR_FIRST: Final = 1
MINOR_FIRST: Final = 13
CHORD_CLASSES: Final = 25
NO_CHORD_NAMES: Final = frozenset({"", "z", "Z", "N", "NC", "N.C.", "none"})

_THIRDS: Final[dict[str, bool]] = {
    "": False,
    **dict.fromkeys(("major", "Major", "maj", "Maj", "MAJ", "ma", "Ma", "M", "Δ", "^"), False),
    **dict.fromkeys(("aug", "+"), False),
    **dict.fromkeys(("minor", "Minor", "min", "Min", "MIN", "mi", "Mi", "m", "-"), True),
    **dict.fromkeys(("dim", "o", "°", "h", "ø"), True),
}
"""Text after the root -> whether the chord's third is minor."""
_CHANGE: Final = (
    r"(?:alt|sus(?:24|[249])?|add[b#♭♯]?(?:11|13|[2469])|(?:no|omit)[35]"
    r"|(?:maj|Maj|ma|M|Δ|\^)(?:11|13|[79])|[b#♭♯+-](?:11|13|[569])|\+)"
)
_QUALITY: Final = re.compile(
    "(?P<third>" + "|".join(map(re.escape, sorted(_THIRDS, key=len, reverse=True))) + ")"
    r"(?:6/9|69|13|11|[2-79])?"
    rf"(?:{_CHANGE}|\({_CHANGE}+\))*"
    r"(?:/[A-G][b#♭♯]*)?"
)
"""Third, step, alterations and bass: all that may follow a chord's root."""
_USUAL: Final = (
    "m", "7", "m7", "maj7", "6", "m6", "9", "m9", "maj9", "dim", "dim7", "m7b5", "aug", "sus2",
    "sus4", "7sus4", "add9", "5",
)  # fmt: skip
"""Text after the root of the chords that are offered for a misspelled one."""
_ALIKE: Final = 0.8
"""Likeness (0..1) from which a misspelled chord is taken for a usual one."""


HELD_CHORD_MIN_SCORE = 2.75
"""Points that held keys need to count as a chord, such as a root with its third."""


@dataclass(frozen=True)
class Chord:
    """A chord's root (pitch class 0..11), and whether its third is minor."""

    root: int
    minor: bool = False

    @property
    def cls(self) -> int:
        """The model's class, 1..24."""
        return (MINOR_FIRST if self.minor else MAJOR_FIRST) + self.root

    @property
    def pitch_classes(self) -> tuple[int, int, int]:
        """Root, third and fifth as pitch classes 0..11."""
        third = 3 if self.minor else 4
        return self.root, (self.root + third) % 12, (self.root + 7) % 12

    @property
    def name(self) -> str:
        """Such as ``"C"`` or ``"F#m"``."""
        return NOTE_NAMES[self.root] + ("m" if self.minor else "")


def parse_chord(name: str, place: str = "") -> Chord | None:
    """Read a lead sheet's chord (``"Am7"``, ``"F#dim"``, ``"Bb/D"``); None for no chord.

    A slash bass is dropped: the root stays the chord's. Raises ValueError, with the ``place``
    and the nearest name, for what is no chord at all.
    """
    text = name.strip()
    if text in NO_CHORD_NAMES:
        return None
    parsed = split_root(text)
    found = _QUALITY.fullmatch(parsed[1]) if parsed else None
    if parsed is None or found is None:
        near = nearest_chord(text)
        advice = f"did you mean {near!r}?" if near else "write it as in 'Am7', 'Bb/D' or 'z'"
        raise ValueError(f"{text!r} is not a chord name{place and f' ({place})'}: {advice}")
    return Chord(parsed[0], _THIRDS[found["third"]])


def nearest_chord(text: str) -> str:
    """The name of the chord most like ``text``: a usual one, or else the longest beginning that
    is a chord. Empty where it does not begin with the letter of a note."""
    text = text[:1].upper() + text[1:]
    parsed = split_root(text)
    if parsed is None:
        return ""
    quality = parsed[1]
    root = text.removesuffix(quality)
    like = difflib.get_close_matches(text, [root + end for end in _USUAL], 1, _ALIKE)
    starts = (quality[:end] for end in range(len(quality), -1, -1))
    return like[0] if like else root + next(s for s in starts if _QUALITY.fullmatch(s))


def chord_class(name: str) -> int:
    """The class 0..24 of a lead sheet's chord name."""
    chord = parse_chord(name)
    return NO_CHORD if chord is None else chord.cls


def class_chord(cls: int) -> Chord | None:
    """The chord of a class 0..24; None for class 0."""
    if not 0 <= cls < CHORD_CLASSES:
        raise ValueError(f"chord class {cls} is outside 0..{CHORD_CLASSES - 1}")
    if cls == NO_CHORD:
        return None
    return Chord((cls - 1) % 12, cls >= MINOR_FIRST)


def class_root(cls: int) -> int | None:
    """The root (pitch class 0..11) of a class; None for class 0."""
    chord = class_chord(cls)
    return None if chord is None else chord.root


def class_name(cls: int) -> str:
    """Such as ``"C"``, ``"F#m"``; ``"-"`` for no chord."""
    chord = class_chord(cls)
    return "-" if chord is None else chord.name


def class_pitch_classes(cls: int) -> tuple[int, ...]:
    """The chord tones (pitch classes 0..11) of a class; empty for class 0."""
    chord = class_chord(cls)
    return () if chord is None else chord.pitch_classes


def transpose_class(cls: int, semitones: int) -> int:
    """The class of the same chord moved by any number of semitones."""
    chord = class_chord(cls)
    return NO_CHORD if chord is None else Chord((chord.root + semitones) % 12, chord.minor).cls


def parse_chords(text: str) -> tuple[int, ...]:
    """A chord chart as classes, two a bar: ``"Am F C G"`` has a bar each; with bar lines,
    ``"Am F | C"``, two share a bar. ``z`` is no chord. ValueError for what is no chart, with
    the place of the first chord that is none and the nearest name."""
    text = text.replace(",", " ")
    barred = "|" in text
    bars = [bar.split() for bar in (text.split("|") if barred else text.split())]
    classes: list[int] = []
    for number, bar in enumerate((bar for bar in bars if bar), 1):
        if len(bar) > 2:
            raise ValueError(f"bar {number}, {' '.join(bar)!r}: a bar has two chords at most")
        where = f"bar {number}" if barred else "the line"
        for place, name in enumerate(bar, 1 if barred else number):
            chord = parse_chord(name, f"the {ordinal(place)} of {where}")
            classes += [NO_CHORD if chord is None else chord.cls] * (3 - len(bar))
    if not classes:
        raise ValueError("no chords: give some, such as 'Am F C G'")
    return tuple(classes)


def chord_changes(
    classes: Sequence[int], starts: Callable[[int], int]
) -> tuple[tuple[int, str], ...]:
    """The tick and the name of each change in a row of chord classes; ``starts`` gives the tick at
    which each begins. No chord has no name, and the chord after it is a change."""
    changes = zip(classes, (NO_CHORD, *classes), strict=False)
    return tuple(
        (starts(number), class_name(cls))
        for number, (cls, before) in enumerate(changes)
        if cls not in (before, NO_CHORD)
    )


def ordinal(number: int) -> str:
    """A number of 1 or more as an ordinal: ``1st``, ``2nd``, ``11th``."""
    teens = number % 100 in (11, 12, 13)
    return f"{number}{'th' if teens else _ORDINALS.get(number % 10, 'th')}"


_ORDINALS: Final = {1: "st", 2: "nd", 3: "rd"}


@dataclass(frozen=True, slots=True)
class Chart:
    """A chord chart that repeats: the ``text`` as entered and its ``classes``, two a bar, in the
    sounding key. An empty chart fixes no chords."""

    text: str = ""
    classes: tuple[int, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Chart:
        """A chart from text such as ``"Am F C G"`` (see :func:`parse_chords`); blank text gives
        an empty chart. ValueError for text that is not a chart."""
        words = " ".join(text.split())
        return cls(words, parse_chords(words)) if words else cls()

    def bar(self, number: int) -> tuple[int, ...]:
        """The two classes of a bar counted from the chart's first; empty before it."""
        if not self.classes or number < 0:
            return ()
        first = 2 * number % len(self.classes)
        return self.classes[first : first + 2]

    def weights(self) -> tuple[float, ...]:
        """Share of each pitch class among the chart's chord tones: twelve weights that sum to
        1."""
        heard = [pc for cls in self.classes for pc in class_pitch_classes(cls)]
        return tuple(heard.count(pc) / max(1, len(heard)) for pc in range(12))


def held_chord(pitches: Iterable[int]) -> int:
    """The chord class 1..24 of keys held together; 0 when they form no major or minor chord.

    At least two pitch classes are needed. Root and third count 2 points, the fifth 1, and the
    lowest key 1 more as the root; the best chord wins. A bare fifth counts as major.
    """
    held = sorted(pitches)
    classes = {pitch % 12 for pitch in held}
    if len(classes) < 2:
        return NO_CHORD
    best, most = NO_CHORD, 0.0
    for chord in (Chord(root, minor) for root in range(12) for minor in (False, True)):
        first, third, fifth = (pc in classes for pc in chord.pitch_classes)
        points = 2.0 * first + 2.0 * third + fifth - 0.25 * chord.minor
        likely = points + (chord.root == held[0] % 12)
        if points >= HELD_CHORD_MIN_SCORE and likely > most:
            best, most = chord.cls, likely
    return best

"""Built-in tunes for the demo and for the built-in player: traditional, in the public domain.

Written in a subset of ABC notation (abcnotation.com, standard 2.1): ``C`` is middle C, ``c``
the octave above, ``,`` and ``'`` an octave down and up, ``^`` sharp and ``_`` flat (for that
note), ``z`` a rest; the unit is a quarter note, so ``E2`` lasts two, ``E/`` half, ``E3/`` one
and a half. Every bar must be full.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from bridge.music.grid import (
    FOUR_FOUR,
    SIX_EIGHT,
    THREE_FOUR,
    TICKS_PER_BEAT,
    TWELVE_EIGHT,
    Metre,
)
from bridge.music.notes import Note

GAP_TICKS = TICKS_PER_BEAT // 16
"""Silence at the end of each note: players release a key a little before the next one."""

_TOKEN = re.compile(
    r"(?P<sign>[\^_]?)(?P<name>[A-Ga-gz])(?P<octave>[,']*)(?P<times>\d*)(?P<half>/?)"
)
_SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_SIGNS = {"": 0, "^": 1, "_": -1}


@dataclass(frozen=True, slots=True)
class BuiltInTune:
    """A melody with its title, key, usual tempo, ABC and metre."""

    name: str
    title: str
    key: str
    bpm: float
    abc: str
    metre: Metre = FOUR_FOUR

    @property
    def bars(self) -> int:
        """Number of bars."""
        return len(_bars(self.abc))

    def notes(self) -> tuple[Note, ...]:
        """Its notes from tick 0 on. ValueError when a bar is not full."""
        return parse(self.abc, self.metre)


def suits(own: Metre, metre: Metre) -> bool:
    """True if the bars of a tune in ``own`` metre, or pairs of them, are bars of ``metre``."""
    same = (own.numerator, own.denominator) == (metre.numerator, metre.denominator)
    return same or (own, metre) == (SIX_EIGHT, TWELVE_EIGHT)


def parse(abc: str, metre: Metre = FOUR_FOUR) -> tuple[Note, ...]:
    """ABC bars of a metre -> notes; louder where the two halves of a bar begin."""
    notes: list[Note] = []
    strong = {metre.half_start(0), metre.half_start(1)}
    for bar, text in enumerate(_bars(abc)):
        beat = Fraction(0)
        for token in text.split():
            match = _TOKEN.fullmatch(token)
            if match is None:
                raise ValueError(f"bar {bar + 1}: {token!r} is not a note")
            beats = Fraction(int(match["times"] or 1), 2 if match["half"] else 1)
            if match["name"] != "z":
                at = int(beat * TICKS_PER_BEAT)
                length = int(beats * TICKS_PER_BEAT) - GAP_TICKS
                loud = 100 if at in strong else 88
                notes.append(Note(metre.bar_start(bar) + at, _pitch(match), length, loud))
            beat += beats
        if beat != metre.quarters:
            raise ValueError(f"bar {bar + 1} has {beat} beats, not {metre.quarters}")
    return tuple(notes)


def _bars(abc: str) -> list[str]:
    return [bar for bar in (part.strip() for part in abc.split("|")) if bar]


def _pitch(match: re.Match[str]) -> int:
    name = match["name"]
    octave = 60 if name.isupper() else 72
    octave += 12 * (match["octave"].count("'") - match["octave"].count(","))
    return octave + _SEMITONES[name.upper()] + _SIGNS[match["sign"]]


TUNES: dict[str, BuiltInTune] = {
    tune.name: tune
    for tune in (
        BuiltInTune(
            "saints",
            "When the Saints Go Marching In",
            "C major",
            116.0,
            """
            z C E F | G4 | z C E F | G4 | z C E F | G2 E2 | C2 E2 | D4 |
            z E E D | C3 C | E2 G2 | G F3 | z2 E F | G2 E2 | C2 D2 | C4 |
            """,
        ),
        BuiltInTune(
            "ode",
            "Ode to Joy",
            "C major",
            112.0,
            """
            E E F G | G F E D | C C D E | E3/ D/ D2 | E E F G | G F E D | C C D E | D3/ C/ C2 |
            D D E C | D E/ F/ E C | D E/ F/ E D | C D G,2 |
            E E F G | G F E D | C C D E | D3/ C/ C2 |
            """,
        ),
        BuiltInTune(
            "susanna",
            "Oh! Susanna",
            "C major",
            120.0,
            """
            E G G3/ A/ | G E C3/ D/ | E E D C | D3 C/ D/ |
            E G G3/ A/ | G E C3/ D/ | E E D D | C3 z |
            F2 F2 | A A2 A | G G E C | D3 C/ D/ |
            E G G3/ A/ | G E C3/ D/ | E E D D | C4 |
            """,
        ),
        BuiltInTune(
            "auld",
            "Auld Lang Syne",
            "F major",
            96.0,
            """
            F3/ F/ F A | G3/ F/ G A | F3/ F/ A c | d3 d |
            c3/ A/ A F | G3/ F/ G A | F3/ D/ D C | F3 d |
            c3/ A/ A F | G3/ F/ G d | c3/ A/ A c | d3 d |
            c3/ A/ A F | G3/ F/ G A | F3/ D/ D C | F3 z |
            """,
        ),
        BuiltInTune(
            "gentlemen",
            "God Rest Ye Merry, Gentlemen",
            "E minor",
            126.0,
            """
            E B B A | G ^F E D | E ^F G A | B3 E | E B B A | G ^F E D | E ^F G A | B3 B |
            c A B c | d e B A | G E ^F G | A2 G A | B2 c B | B A G ^F | E2 G/ ^F/ E |
            A2 G A | B c d e | B A G ^F | E4 | z4 |
            """,
        ),
        BuiltInTune(
            "clementine",
            "Oh My Darling, Clementine",
            "F major",
            126.0,
            """
            F C A/ A/ | A F F/ A/ | c c _B/ A/ | G2 G/ A/ |
            _B _B A/ G/ | A F F/ A/ | G C E/ G/ | F2 F/ F/ |
            F C A/ A/ | A F F/ A/ | c c _B/ A/ | G2 G/ A/ |
            _B _B A/ G/ | A F F/ A/ | G C E/ G/ | F2 F/ F/ |
            """,
            THREE_FOUR,
        ),
        BuiltInTune(
            "boat",
            "Row, Row, Row Your Boat",
            "C major",
            120.0,
            """
            C3/ C3/ | C D/ E3/ | E D/ E F/ | G3 |
            c/ c/ c/ G/ G/ G/ | E/ E/ E/ C/ C/ C/ | G F/ E D/ | C3 |
            """,
            SIX_EIGHT,
        ),
        BuiltInTune(
            "washerwoman",
            "The Irish Washerwoman",
            "C major",
            156.0,
            """
            E/ C/ C/ G,/ C/ C/ | E/ C/ E/ G/ F/ E/ | F/ D/ D/ A,/ D/ D/ | F/ D/ F/ A/ G/ F/ |
            E/ C/ C/ G,/ C/ C/ | E/ C/ E/ G/ F/ E/ | F/ E/ F/ D/ G/ F/ | E/ C/ C/ C G/ |
            c/ G/ c/ c/ G/ c/ | c/ G/ c/ e/ d/ c/ | B/ G/ B/ B/ G/ B/ | B/ G/ B/ d/ c/ B/ |
            A/ c/ c/ G/ c/ c/ | F/ c/ c/ E/ c/ c/ | F/ E/ F/ D/ G/ F/ | E/ C/ C/ C G/ |
            """,
            SIX_EIGHT,
        ),
    )
}

DEMO_TUNE = TUNES["susanna"]
"""The tune of the demo: sixteen bars with enough chord changes to show the chord reading."""

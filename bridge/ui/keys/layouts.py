"""Keyboard layouts: the characters on the keys of the typing piano. Pure.

The piano lies on places of the keyboard, not on letters: the home row has the white keys, the
row above it the black ones, the row below what belongs to the piano (octave, velocity; or, by
rows, the white keys again, struck softly). A layout names the characters on those places, as
they are typed without Shift. Sources: the XKB symbol files us, gb, de, fr, es, it, se, ch, jp,
us(dvorak) and us(colemak).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from bridge.errors import NameUnknown

WHITE_OFFSETS: Final = (0, 2, 4, 5, 7, 9, 11, 12, 14, 16, 17)
"""Semitones above the C of the octave, by place of the home row."""
BLACK_OFFSETS: Final = ((1, 1), (2, 3), (4, 6), (5, 8), (6, 10), (8, 13), (9, 15))
"""Place of the row above, and semitones above the C of the octave."""
OFFSETS: Final = tuple(sorted((*WHITE_OFFSETS, *(offset for _, offset in BLACK_OFFSETS))))
OCTAVE_DOWN, OCTAVE_UP, SOFTER, LOUDER = range(4)
"""Places of the row below that change the piano."""


@dataclass(frozen=True)
class Layout:
    """A keyboard layout: the characters of three rows from the left, without Shift.

    ``upper`` begins at the key beside Tab, ``home`` with the key of the piano's C, ``lower`` with
    the first character key of the lowest row that every keyboard has (not the key beside the
    left Shift that American ones lack).
    """

    name: str
    upper: str
    home: str
    lower: str

    @cached_property
    def offsets(self) -> Mapping[str, int]:
        """Character -> semitones above the C of the octave."""
        white = dict(zip(self.home, WHITE_OFFSETS, strict=False))
        return {**white, **{self.upper[place]: offset for place, offset in BLACK_OFFSETS}}

    @cached_property
    def soft_offsets(self) -> Mapping[str, int]:
        """The same for the row below, which doubles the white keys when it is struck by rows."""
        return dict(zip(self.lower, WHITE_OFFSETS, strict=False))

    @cached_property
    def places(self) -> Mapping[str, int]:
        """Character -> what it changes: OCTAVE_DOWN, OCTAVE_UP, SOFTER or LOUDER."""
        return {self.lower[place]: place for place in (OCTAVE_DOWN, OCTAVE_UP, SOFTER, LOUDER)}

    @cached_property
    def labels(self) -> Mapping[int, str]:
        """Semitones above the C of the octave -> the character to draw on that key."""
        return {offset: character for character, offset in self.offsets.items()}

    @property
    def characters(self) -> frozenset[str]:
        """All characters that belong to the piano."""
        return frozenset((*self.offsets, *self.lower))


_QWERTY = "qwertyuiop"
LAYOUTS: Final[Mapping[str, Layout]] = {
    layout.name: layout
    for layout in (
        Layout("us", _QWERTY, "asdfghjkl;'", "zxcvbnm,./"),
        Layout("uk", _QWERTY, "asdfghjkl;'", "zxcvbnm,./"),
        Layout("de", "qwertzuiop", "asdfghjklöä", "yxcvbnm,.-"),
        Layout("fr", "azertyuiop", "qsdfghjklmù", "wxcvbn,;"),  # then ":" and "!", our commands
        Layout("es", _QWERTY, "asdfghjklñç", "zxcvbnm,.-"),  # a dead key lies before the ç
        Layout("it", _QWERTY, "asdfghjklòà", "zxcvbnm,.-"),
        Layout("se", _QWERTY, "asdfghjklöä", "zxcvbnm,.-"),
        Layout("ch", "qwertzuiop", "asdfghjklöä", "yxcvbnm,.-"),
        Layout("jp", _QWERTY, "asdfghjkl;]", "zxcvbnm,./"),  # ":", our command, lies before the ]
        Layout("dvorak", "',.pyfgcrl", "aoeuidhtns-", ";qjkxbmwvz"),
        Layout("colemak", "qwfpgjluy;", "arstdhneio'", "zxcvbkm,./"),
    )
}
"""The layouts by name."""
US: Final = LAYOUTS["us"]
"""The layout in which terminals report the place of a key, whatever is printed on it."""


def layout_named(name: str) -> Layout:
    """The layout of a name. NameUnknown if there is none."""
    found = LAYOUTS.get(name.casefold())
    if found is None:
        raise NameUnknown("keyboard layout", name, LAYOUTS)
    return found


def at_place(layout: Layout, base: str, character: str) -> str:
    """The layout's character on the key that a terminal reports: by its place on an American
    keyboard (``base``) where it says that, else by the character, in lower case."""
    for row, american in zip(_rows(layout), _rows(US), strict=True):
        place = american.find(base) if base else -1
        if 0 <= place < len(row):
            return row[place]
    return character.lower()


def _rows(layout: Layout) -> tuple[str, str, str]:
    return layout.upper, layout.home, layout.lower

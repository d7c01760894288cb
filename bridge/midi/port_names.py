"""Which port a person means. Ports are matched by name, never by number. Pure.

MIDI systems decorate names: ALSA through rtmidi shows ``client:port 20:0``, where the numbers
change when a device is plugged in again; Windows appends the position in the list.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache

from bridge.errors import PortError, nearest

_ALSA_NUMBERS = re.compile(r"\s+\d+:\d+$")
_WINDOWS_PLACE = re.compile(r"\s+\d+$")


@lru_cache(maxsize=1024)
def folded(name: str) -> str:
    """A name for comparison: without regard to case, and to whether accents and voice marks are
    characters of their own (macOS writes them so)."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def plain_name(name: str) -> str:
    """A name without ALSA's numbers: ``MPK mini 3:MPK mini 3 MIDI 1 20:0`` -> the part
    before `` 20:0``. Other names stay as they are."""
    return _ALSA_NUMBERS.sub("", name)


def short_name(name: str) -> str:
    """The port's own name: without ALSA's numbers and without ``client:`` before it."""
    plain = plain_name(name)
    return plain.partition(":")[2] or plain if plain != name else plain


def same_port(a: str, b: str, *, numbered: bool = False) -> bool:
    """Whether two listed names are one device, plugged in again in between.

    ``numbered`` where the system appends a position in the list (Windows).
    """
    if numbered:
        return _WINDOWS_PLACE.sub("", a) == _WINDOWS_PLACE.sub("", b)
    return plain_name(a) == plain_name(b)


_Test = Callable[[str, str], bool]
_STEPS: tuple[_Test, ...] = (
    lambda wanted, name: wanted == name,
    lambda wanted, name: wanted.casefold() == name.casefold(),
    lambda wanted, name: plain_name(wanted).casefold() == plain_name(name).casefold(),
    lambda wanted, name: short_name(wanted).casefold() == short_name(name).casefold(),
    lambda wanted, name: plain_name(wanted).casefold() in name.casefold(),
)
"""From strict to lenient; the first step that finds any port decides."""


def match_port(wanted: str, names: Sequence[str], what: str) -> str:
    """The one port of ``names`` that ``wanted`` means: exact, then without regard to case,
    then without ALSA's decorations, then as a part of one name only.

    ``what`` is ``input`` or ``output``, for the message. PortError when two ports match
    (we ask, we never guess) and when none does, with the nearest names and the list.
    """
    for matches in _STEPS:
        found = [name for name in names if matches(wanted, name)]
        if len(found) == 1:
            return found[0]
        if found:
            raise PortError(
                f"{len(found)} MIDI {what}s match {wanted!r}: {_listed(found)}; "
                "write more of the name of the one you mean"
            )
    if not names:
        raise PortError(
            f"no MIDI {what} named {wanted!r}: there is none at all; plug in or start the "
            "device, or use 'virtual' and connect to our own port"
        )
    near = nearest(wanted, names)
    advice = "did you mean " + " or ".join(map(repr, near)) + "? " if near else ""
    raise PortError(f"no MIDI {what} named {wanted!r}: {advice}there are: {_listed(names)}")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names))

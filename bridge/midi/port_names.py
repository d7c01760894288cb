"""Match port names entered by a person. Ports are matched by name, never by number. Pure.

MIDI systems decorate names: ALSA through rtmidi shows ``client:port 20:0``, where the numbers
change when a device is plugged in again; on Windows rtmidi appends the position in the list.
Each port is known here by its *label*: the name without the decoration, and where several have
that name, ``NAME#1``, ``NAME#2``, ... in the system's order.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache
from typing import Final

from bridge.errors import PortError, nearest

_ALSA_NUMBERS = re.compile(r"\s+\d+:(\d+)$")
_WINDOWS_PLACE = re.compile(r"\s+([0-9]+)$")
_PLACE = re.compile(r"#([1-9]\d*)$")
_DIRECTION = re.compile(r"\((?:capture|playback)(_\d+)?\)")
"""Part of the names that a2jmidid and PipeWire give to ALSA's ports under JACK."""


class Decoration(Enum):
    """The text appended to the names in a system's list of ports."""

    NONE = "none"
    ADDRESS = "client and port number"
    POSITION = "position in the list, from 0"


@dataclass(frozen=True, slots=True)
class Listed:
    """A port in a system's list.

    ``raw`` is the name as listed, ``plain`` without its decoration, ``label`` the name by which
    it is chosen, unique in the list. ``number`` is the port's own in its device, empty where
    the system tells none.
    """

    raw: str
    plain: str
    label: str
    number: str = ""


def _bare(raw: str, index: int) -> tuple[str, str]:
    return raw, ""


def _without_address(raw: str, index: int) -> tuple[str, str]:
    found = _ALSA_NUMBERS.search(raw)
    return (raw[: found.start()], found[1]) if found else (raw, "")


def _without_position(raw: str, index: int) -> tuple[str, str]:
    found = _WINDOWS_PLACE.search(raw)
    return (raw[: found.start()] if found and int(found[1]) == index else raw), ""


_UNDECORATE: Final[dict[Decoration, Callable[[str, int], tuple[str, str]]]] = {
    Decoration.NONE: _bare,
    Decoration.ADDRESS: _without_address,
    Decoration.POSITION: _without_position,
}
"""Decoration -> (name, position in the list) to the plain name and the port's number."""


def listed(raws: Iterable[str], decoration: Decoration) -> tuple[Listed, ...]:
    """The ports of a system's list, in its order."""
    names = list(raws)
    plains = [_UNDECORATE[decoration](raw, index) for index, raw in enumerate(names)]
    count = Counter(plain for plain, _ in plains)
    place: Counter[str] = Counter()
    ports = []
    for raw, (plain, number) in zip(names, plains, strict=True):
        place[plain] += 1
        base = base_name(plain)
        alone = count[plain] == 1 and (base == plain or base not in count)
        label = plain if alone else f"{plain}#{place[plain]}"
        ports.append(Listed(raw, plain, label, number))
    return tuple(ports)


def base_name(label: str) -> str:
    """A label without its number among ports of one name: ``MPK#2`` -> ``MPK``."""
    return _PLACE.sub("", label)


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
    """The port's own name: without ALSA's numbers, and without a ``client:`` before it that
    had numbers or is said again by the port's name."""
    plain = plain_name(name)
    client, _, port = plain.partition(":")
    return port if port and (plain != name or port.startswith(client)) else plain


def one_port(a: str, b: str) -> bool:
    """True if an input and an output, by their labels, are one port of one device.

    A number that only one of the two has tells nothing apart: the other is alone of its name.
    """
    places = {found[1] for found in map(_PLACE.search, (a, b)) if found}
    bases = {_DIRECTION.sub(r"(\1)", base_name(label)) for label in (a, b)}
    return len(bases) == 1 and len(places) <= 1


# --- choosing a port ----------------------------------------------------------------------


_Test = Callable[[str, str], bool]
_MATCHERS: tuple[_Test, ...] = (
    lambda wanted, name: wanted == name,
    lambda wanted, name: wanted.casefold() == name.casefold(),
    lambda wanted, name: plain_name(wanted).casefold() == plain_name(name).casefold(),
    lambda wanted, name: short_name(wanted).casefold() == short_name(name).casefold(),
    lambda wanted, name: plain_name(wanted).casefold() == base_name(name).casefold(),
    lambda wanted, name: short_name(wanted).casefold() == short_name(base_name(name)).casefold(),
    lambda wanted, name: plain_name(wanted).casefold() in name.casefold(),
)
"""Tests of (wanted, name) from strict to lenient; the first that matches any port decides."""


def match_port(wanted: str, names: Sequence[str], what: str) -> str:
    """The one port of ``names`` (labels) that ``wanted`` means: exact, then without regard to
    case, then without decorations, then as a part of one name only.

    ``what`` is ``input`` or ``output``, for the message. PortError when several ports match and
    when none does, with the nearest names and the list.
    """
    for matches in _MATCHERS:
        if found := [name for name in names if matches(wanted, name)]:
            return _only(found, wanted, what)
    if not names:
        raise PortError(
            f"no MIDI {what} named {wanted!r}: there is none at all; plug in or start the "
            "device, or use 'virtual' and connect to our own port"
        )
    near = nearest(wanted, names)
    advice = "did you mean " + " or ".join(map(repr, near)) + "? " if near else ""
    raise PortError(f"no MIDI {what} named {wanted!r}: {advice}there are: {_joined(names)}")


def _only(found: Sequence[str], wanted: str, what: str) -> str:
    """The one name that was found. PortError when there are more."""
    if len(found) == 1:
        return found[0]
    twins = len(set(map(base_name, found))) == 1 and len(set(found)) > 1
    advice = "give one of these names" if twins else "write more of the name of the one you mean"
    raise PortError(f"{len(found)} MIDI {what}s match {wanted!r}: {_joined(found)}; {advice}")


def _joined(names: Iterable[str]) -> str:
    return ", ".join(map(repr, names))


# --- finding it again ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Remembered:
    """A chosen port, and those of its name when it was last there, to find it again.

    ``equals`` are all of its name, in the system's order; ``away`` those of them that went
    since. Where the system gives addresses, who never went keeps his, and is not taken for
    another; elsewhere all of one name look alike and count as away.
    """

    port: Listed
    equals: tuple[Listed, ...]
    away: frozenset[Listed] = frozenset()

    @classmethod
    def of(cls, port: Listed, ports: Iterable[Listed]) -> Remembered:
        """The memory of a port that is among ``ports`` now."""
        return cls(port, tuple(p for p in ports if p.plain == port.plain))

    def find(self, ports: Sequence[Listed]) -> tuple[Listed | None, Remembered]:
        """The port in a later list, or None where it is gone or not certain; the memory then.

        It is the one of its address; else, of those that are new, the one of its number in the
        device; else, when as many are new as are away, the one of its place among these.
        """
        now = [port for port in ports if port.plain == self.port.plain]
        raws = {port.raw for port in now}
        if self.port.number and self.port.raw in raws:
            return self._seen(next(p for p in now if p.raw == self.port.raw), ports)
        away = [p for p in self.equals if not p.number or p in self.away or p.raw not in raws]
        stayed = {p.raw for p in self.equals if p not in away}
        new = [port for port in now if port.raw not in stayed]
        alike = [port for port in new if port.number == self.port.number]
        sought = [port for port in away if port.number == self.port.number]
        if len(alike) == len(sought):
            return self._seen(alike[sought.index(self.port)], ports)
        if len(new) == len(away):
            return self._seen(new[away.index(self.port)], ports)
        return None, replace(self, away=frozenset(away))

    def doubtful(self, ports: Iterable[Listed]) -> bool:
        """True if ports of its name are listed that cannot be told from it."""
        return not self.port.number and any(p.plain == self.port.plain for p in ports)

    @staticmethod
    def _seen(port: Listed, ports: Sequence[Listed]) -> tuple[Listed, Remembered]:
        return port, Remembered.of(port, ports)

"""The kitty keyboard protocol with key releases, for Textual's parser.

Textual 8.2.8 asks terminals for the protocol without releases, and its parser raises ValueError
on a report that has one (``CSI 97;1:3u``: int() of ``1:3``). :class:`ReleaseParser` reads all
reports of the protocol (https://sw.kovidgoyal.net/kitty/keyboard-protocol/)::

    CSI code[:shifted[:base]] ; modifiers[:event] ; text u

``base`` is the character at that place of an American keyboard, ``event`` 1 for a press, 2 for a
repeat and 3 for a release. Both belong into Textual, and go when it has them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from textual import events
from textual._xterm_parser import XTermParser
from textual.message import Message

PRESS, REPEAT, RELEASE = 1, 2, 3
RELEASES_FLAG: Final = 0b10
ALL_FLAGS: Final = 0b11111
"""Disambiguate, report event types, alternate keys, all keys as codes, associated text."""
ASK: Final = f"\x1b[={ALL_FLAGS};1u\x1b[?u"
"""Set the flags of the level that Textual has pushed, then ask which of them are on. The level is
popped by Textual when the screen ends, and with it the flags."""
_REPORT: Final = re.compile(
    r"\x1b\[(?P<code>\d+)(?::(?P<shifted>\d*))?(?::(?P<base>\d+))?"
    r"(?:;(?P<modifiers>\d*)(?::(?P<event>\d))?)?(?P<text>;[\d:]*)?(?P<end>[u~ABCDEFHPQRS])"
)
_FLAGS: Final = re.compile(r"\x1b\[\?(?P<flags>\d+)u")
_SHIFT, _CAPS = 0b1, 0b1000000


class KeyReports(Message):
    """The terminal has said which of the protocol's flags are on."""

    def __init__(self, flags: int) -> None:
        super().__init__()
        self.flags = flags

    @property
    def releases(self) -> bool:
        """True if the terminal reports keys that go up."""
        return bool(self.flags & RELEASES_FLAG)


class KeyReleased(Message):
    """A key went up: its character without Shift, and its place (empty: the character's)."""

    def __init__(self, character: str, base: str, name: str = "") -> None:
        super().__init__()
        self.character, self.base, self.name = character, base, name


class PlacedKey(events.Key):
    """A key press with its place: ``base`` is the character there on an American keyboard (empty:
    its own); ``repeat``: the keyboard's repetition of a key that is down; ``shifted``: struck
    with Shift, which Caps Lock does not count for."""

    __slots__ = ("base", "repeat", "shifted")

    def __init__(
        self, key: str, character: str | None, *, base: str = "", repeat: bool = False,
        shifted: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(key, character)
        self.base, self.repeat, self.shifted = base, repeat, shifted

    def copy(self) -> PlacedKey:
        """The same key as another event."""
        return PlacedKey(
            self.key, self.character, base=self.base, repeat=self.repeat, shifted=self.shifted
        )


PlacedKey.handler_name = events.Key.handler_name  # handled as a key, by Textual and by us


class ReleaseParser(XTermParser):
    """Textual's parser, and the reports that it does not read."""

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[Any]:
        """The events of a sequence: a press is Textual's own event, with the place added."""
        answer = _FLAGS.fullmatch(sequence)
        if answer is not None:
            yield _Carrier(KeyReports(int(answer["flags"])))
            return
        report = _REPORT.fullmatch(sequence)
        if report is None:
            yield from super()._sequence_to_key_events(sequence, alt)
            return
        event = int(report["event"] or PRESS)
        base = chr(int(report["base"])) if report["base"] else ""
        plain = _plain(report)
        if event == RELEASE:
            names = [key.key for key in super()._sequence_to_key_events(plain, alt)]
            character = chr(int(report["code"])) if report["end"] == "u" else ""
            yield _Carrier(KeyReleased(character, base, names[0] if names else ""))
            return
        modifiers = int(report["modifiers"] or 1) - 1
        for key in super()._sequence_to_key_events(plain, alt):
            yield PlacedKey(
                key.key, key.character, base=base, repeat=event == REPEAT,
                shifted=bool(modifiers & _SHIFT),
            )  # fmt: skip

    def parse(self, token_callback: Any) -> Any:
        """Textual's parsing, with messages unpacked from what carries them through it."""

        def unpacked(token: Message) -> None:
            token_callback(token.message if isinstance(token, _Carrier) else token)

        return super().parse(unpacked)


class _Carrier(events.Key):
    """Carries another message past Textual's parser, which knows keys only."""

    __slots__ = ("message",)

    def __init__(self, message: Message) -> None:
        super().__init__("carrier", None)
        self.message = message


def _plain(report: re.Match[str]) -> str:
    """The report as Textual reads it: without alternate keys and without the kind of event."""
    modifiers, text = report["modifiers"] or "1", report["text"] or ""
    more = "" if modifiers == "1" and not text else f";{modifiers}{text}"
    return f"\x1b[{report['code']}{more}{report['end']}"

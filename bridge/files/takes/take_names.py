"""Names of takes: the date, the style and the length. Pure."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from bridge.errors import BridgeError

SUFFIX: Final = ".lbtake"
LONGEST_NAME: Final = 100
"""Characters of a take's name at most."""
LONGEST_STYLE: Final = 60
"""Characters of a style within it."""
_REFUSED: Final = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
"""Characters that a file's name cannot have on one system or another."""
_RESERVED: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def length_text(seconds: float) -> str:
    """A length as a file's name can have it: ``2m14s``, ``1h02m14s``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02d}m{rest:02d}s" if hours else f"{minutes}m{rest:02d}s"


def clock_text(seconds: float) -> str:
    """A length as it is shown: ``2:14``, ``1:02:14``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def begun_name(when: datetime, style: str) -> str:
    """The name of a take that begins: ``2026-11-29 02.30.12 samba``."""
    plain = _REFUSED.sub("-", style)[:LONGEST_STYLE].strip(" .")
    return f"{when:%Y-%m-%d %H.%M.%S} {plain or 'free'}"


def ended_name(begun: str, seconds: float) -> str:
    """The name of a take that has ended: the name it began with, and its length."""
    return f"{begun} {length_text(seconds)}"


def checked_name(name: str) -> str:
    """A name that a person gives. BridgeError for one that a file cannot have."""
    name = name.strip()
    bad = _REFUSED.search(name)
    if bad or not name or name.isdecimal() or name == "last" or name[0] == "." or name[-1] == ".":
        why = f"{bad[0]!r} in it" if bad else "no name of a take"
        raise BridgeError(f"{name!r}: {why}; use letters, digits, spaces and dashes")
    if len(name) > LONGEST_NAME:
        raise BridgeError(f"{name!r}: longer than {LONGEST_NAME} characters; choose a shorter name")
    if _RESERVED.fullmatch(name):
        raise BridgeError(f"{name!r}: the name of a device on Windows; choose another name")
    return name

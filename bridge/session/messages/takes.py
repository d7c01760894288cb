"""Messages between screen and engine about takes: requests, the list that answers them, and the
take under way."""

from __future__ import annotations

from typing import Literal

import msgspec


class TakeStatus(msgspec.Struct, frozen=True, array_like=True):
    """The take under way: its length in ``seconds`` and its number of ``notes`` so far."""

    seconds: float
    notes: int


# --- screen -> engine -------------------------------------------------------------------


class ListTakes(msgspec.Struct, frozen=True, tag=True):
    """Ask for the takes. The answer is a :class:`TakeList`, or none while nothing has changed since
    the list with this ``stamp``; empty: there is no list yet."""

    stamp: str = ""


class PlayTake(msgspec.Struct, frozen=True, tag=True):
    """Play the take of this name from the next bar on."""

    name: str


class ExportTake(msgspec.Struct, frozen=True, tag=True):
    """Write the take of this name beside it as a MIDI or a WAV file."""

    name: str
    kind: Literal["mid", "wav"] = "mid"


class RenameTake(msgspec.Struct, frozen=True, tag=True):
    """Give the take of this name another."""

    name: str
    to: str


class DeleteTake(msgspec.Struct, frozen=True, tag=True):
    """Move the take of this name to the trash."""

    name: str


class UndeleteTake(msgspec.Struct, frozen=True, tag=True):
    """Bring the take deleted last back."""


TakeRequest = ListTakes | PlayTake | ExportTake | RenameTake | DeleteTake | UndeleteTake

# --- engine -> screen -------------------------------------------------------------------


class TakeRow(msgspec.Struct, frozen=True, array_like=True):
    """A take: its ``name``, the local time ``when`` it began (ISO 8601), its style, length in
    seconds and number of notes. ``state``: kept, recovered (after a crash) or recording."""

    name: str
    when: str
    style: str
    seconds: float
    notes: int
    state: str


class TakeList(msgspec.Struct, frozen=True, tag=True):
    """The latest takes, the newest first. ``message`` is the result of the request that this
    answers; ``stamp`` identifies the state of the folder."""

    rows: tuple[TakeRow, ...] = ()
    message: str = ""
    stamp: str = ""
    deleted: int = 0

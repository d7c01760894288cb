"""Requests of the screen that are answered from the user's files, and the lists that answer them.

The screen reads no disk: the engine's process looks at the model library and at the history,
and sends the rows to show.
"""

from __future__ import annotations

import msgspec

from bridge.model.contract import GuestModel
from bridge.session.messages.settings_messages import (
    LatencyNews,
    Preferences,
    SettingsList,
    SettingsRequest,
)
from bridge.session.messages.takes import TakeList, TakeRequest

# --- screen -> engine -------------------------------------------------------------------


class ListModels(msgspec.Struct, frozen=True, tag=True):
    """Ask for the models of the library. The answer is a :class:`ModelList`."""


class ListHistory(msgspec.Struct, frozen=True, tag=True):
    """Ask for the history. The answer is a :class:`HistoryList`, or none while the history is
    the one that the list with this ``stamp`` was made of; empty: there is no list yet."""

    stamp: str = ""


class PlayHistory(msgspec.Struct, frozen=True, tag=True):
    """Play the history's entry of this number (from 1) from the next bar on. A
    :class:`HistoryList` says whether that went well."""

    number: int


class NameHistory(msgspec.Struct, frozen=True, tag=True):
    """Give the history's entry of this number (from 1) a name. The answer is a
    :class:`HistoryList` with that name in it, or with the reason why not."""

    number: int
    name: str


class ListForms(msgspec.Struct, frozen=True, tag=True):
    """Ask for the forms, the shipped and the user's own. The answer is a :class:`FormList`."""


class ChooseForm(msgspec.Struct, frozen=True, tag=True):
    """Choose the form of this name: it waits for its start, or, while nothing plays, the music
    begins with it. A :class:`FormList` says why one cannot be read."""

    name: str


FileRequest = (
    ListModels
    | ListHistory
    | PlayHistory
    | NameHistory
    | ListForms
    | ChooseForm
    | TakeRequest
    | SettingsRequest
)

# --- engine -> screen -------------------------------------------------------------------


class ModelRow(msgspec.Struct, frozen=True, array_like=True):
    """A model of the library: its kind, length and abilities in one line (``summary``), and
    the command to run with it, or the reason why there is none (``advice``). ``guest`` is
    None where it cannot play beside the band."""

    name: str
    summary: str
    advice: str
    guest: GuestModel | None = None


class ModelList(msgspec.Struct, frozen=True, tag=True):
    """The models of the library, imported and damaged ones too."""

    rows: tuple[ModelRow, ...] = ()


class HistoryRow(msgspec.Struct, frozen=True, array_like=True):
    """An entry of the history: its ``number`` (from 1), the command that ``made`` it, the
    count of its ``codes``, and the local time ``when`` it was made (ISO 8601)."""

    number: int
    name: str
    made: str
    model: str
    seed: int
    codes: int
    when: str


class HistoryList(msgspec.Struct, frozen=True, tag=True):
    """The latest entries of the history, the newest first. ``message`` is the result of the
    request that this answers, or the reason why the history cannot be read; ``stamp``
    identifies the state of the file that was read."""

    rows: tuple[HistoryRow, ...] = ()
    message: str = ""
    stamp: str = ""


class FormRow(msgspec.Struct, frozen=True, array_like=True):
    """A form: its name, what it is about, its bars, its sections in order, its metre (empty: any)
    and whether it is the user's ``own``; ``problem`` is the reason why it cannot be read."""

    name: str
    about: str = ""
    bars: int = 0
    sections: tuple[str, ...] = ()
    metre: str = ""
    own: bool = False
    problem: str = ""


class FormList(msgspec.Struct, frozen=True, tag=True):
    """The forms by name. ``message`` is the result of the request that this answers."""

    rows: tuple[FormRow, ...] = ()
    message: str = ""


Listing = ModelList | HistoryList | FormList | TakeList | Preferences | SettingsList | LatencyNews

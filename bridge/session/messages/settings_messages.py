"""Settings that the screen shows and changes, and the preferences that it is drawn by.

The screen reads no disk: the engine's process keeps what is chosen (``files.chosen``), and sends
the screen's own preferences at the start and after each change.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

Chosen = str | bool | int | float
"""A value of a setting, as it is written into a settings file."""

# --- screen -> engine -------------------------------------------------------------------


class ChooseSetting(msgspec.Struct, frozen=True, tag=True):
    """Set the setting of this ``key`` (its place in the settings file: ``screen.layout``), now and
    for later sessions. The answer is :class:`Preferences`, and a :class:`SettingsList` if one was
    asked for."""

    key: str
    value: Chosen


class ListSettings(msgspec.Struct, frozen=True, tag=True):
    """Ask for all settings with their choices. The answer is a :class:`SettingsList`."""


class LatencyTest(StrEnum):
    """A way to find the delay of an output: none (what goes on ends), a click to set it by ear, or
    messages timed on their way out and back."""

    NONE = ""
    CLICK = "click"
    MEASURE = "measure"


class TryLatency(msgspec.Struct, frozen=True, tag=True):
    """Begin a test of the output of ``part``, in place of the one that goes on. The answers are
    :class:`LatencyNews`, and after a measurement a :class:`SettingsList`."""

    part: str
    test: LatencyTest = LatencyTest.NONE


class LookAtLevel(msgspec.Struct, frozen=True, tag=True):
    """Have the level of the program's own sound reported often, for two seconds. No answer: it is
    in the snapshots."""


SettingsRequest = ChooseSetting | ListSettings | TryLatency | LookAtLevel

# --- engine -> screen -------------------------------------------------------------------


class Preferences(msgspec.Struct, frozen=True, tag=True):
    """What the screen is drawn and played by (``screen:`` in the settings).

    ``layout`` of the keyboard; ``theme``; ``fps``: most pictures a second; ``touch``: how velocity
    is typed; ``repeat_delay_ms`` of the keyboard (0: not measured yet); ``keys``: keys of the
    player's own, by the name of the action.
    """

    layout: str = "us"
    theme: str = "dark"
    fps: int = 30
    touch: str = "level"
    repeat_delay_ms: float = 0.0
    keys: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)


class SettingRow(msgspec.Struct, frozen=True, array_like=True):
    """A setting on the page: its ``key``, ``title`` and ``group``, the ``value`` of now, the
    ``choices`` (empty: a number or text), the range (``low`` to ``high``, where they differ) in
    ``unit``, and ``advice``: what is wrong and what to do, or what it means. ``later``: a change
    works from the next start. ``step``: what an arrow adds (0: a part of the range). ``blank`` is
    shown for an empty value."""

    key: str
    title: str
    group: str
    value: Chosen
    choices: tuple[Chosen, ...] = ()
    low: float = 0.0
    high: float = 0.0
    unit: str = ""
    advice: str = ""
    wrong: bool = False
    later: bool = False
    step: float = 0.0
    blank: str = "-"


class SettingsList(msgspec.Struct, frozen=True, tag=True):
    """All settings; ``message`` is the result of the change that this answers."""

    rows: tuple[SettingRow, ...] = ()
    message: str = ""


class LatencyNews(msgspec.Struct, frozen=True, tag=True):
    """The test that goes on for the output of ``part``, and a line about it or its result."""

    part: str
    test: LatencyTest = LatencyTest.NONE
    text: str = ""

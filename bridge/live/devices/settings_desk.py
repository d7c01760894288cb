"""Keeps what is chosen on the screen, applies it to the running session, and says what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from bridge.errors import BridgeError
from bridge.files.chosen import choose, chosen_path
from bridge.files.settings import (
    NO_PORT,
    SOUND,
    VIRTUAL,
    ScreenSettings,
    Settings,
    check_choice,
    settings_path,
)
from bridge.music.grid import METRES
from bridge.music.notes import Part
from bridge.session.messages.commands import Command, SetMetre, SetOffset, SetThru
from bridge.session.messages.listings import Listing
from bridge.session.messages.setting_forms import SETTING_FORMS, SettingForm
from bridge.session.messages.settings_messages import (
    ChooseSetting,
    Chosen,
    LookAtLevel,
    Preferences,
    SettingRow,
    SettingsList,
    SettingsRequest,
    TryLatency,
)

Show = Callable[[Listing], None]
Apply = Callable[[Any], None]
"""Applies a setting's new value to what runs; BridgeError with the reason where it cannot."""
APPLIED_BY_SCREEN: Final = "screen."
_MEANINGS: Final[Mapping[str, str]] = {
    "thru": "auto: what you play is heard while the own sound is on; keys: only the computer "
    "keyboard; all: MIDI keyboards too",
    "split": "lower keys are chords; 0: all keys are melody; 60 is middle C",
    "screen.touch": "level: z x c v beside the piano set it; accent: Shift strikes harder; rows: "
    "the lowest row is the white keys again, softly",
    "clock": "our own: the band sets the time; a port: it follows that device; virtual: it follows "
    "what you connect to its port Latent Bridge Clock",
    "clock_out": "drum machines and sequencers there follow the band; virtual: what you connect to "
    "its port Latent Bridge Clock Out",
    "link": "one beat and tempo with the programs on your network; stops following a clock",
    "screen.fps": "fewer where the line is slow",
    "screen.theme": "terminal: the colours that your terminal is set to",
    "sound.block_ms": "shorter is sooner heard, and costs more of the processor",
    **dict.fromkeys(
        ("offsets_ms.melody", "offsets_ms.bass", "offsets_ms.drums"),
        "type the milliseconds, minus is earlier; enter: hear it click and move it until it sits, "
        "or measure the way out and back",
    ),
    "when_silent": "keep: the band goes on; rest: it waits for you",
    "start": "key: your first key starts the band; now: it starts by itself",
}


_RIVALS: Final[Mapping[str, tuple[str, Chosen]]] = {"clock": ("link", False), "link": ("clock", "")}
"""Two settings that each name a master, and the value by which the other one names none."""


_LISTS: Final = frozenset({"clock_out"})
"""Settings that are lists of names, of which the page chooses one."""


@dataclass(frozen=True)
class Devices:
    """The MIDI ports of the machine, by name, and a line of advice where there are none."""

    inputs: Callable[[], list[str]]
    outputs: Callable[[], list[str]]
    advice: str = ""


def no_devices() -> Devices:
    """No ports at all."""
    return Devices(list, list)


def _no_latency(request: TryLatency, show: Show, found: Callable[[str], None]) -> None:
    """The tests of a session without outputs."""


@dataclass
class SettingsDesk:
    """The settings of a session while it runs.

    ``path`` is the settings file that was read (None: the user's own); choices are kept beside it.
    ``applied`` are the settings that take hold at once, by key; all others do at the next start.
    ``trouble`` gives lines about what is wrong now, by key, each with what to do; ``notes`` what
    devices tell, ``measured`` what was measured. ``latency`` tests the delay of an output;
    ``watch_level`` has the sound's level reported often for a moment.
    """

    settings: Settings
    path: Path | None = None
    applied: dict[str, Apply] = field(default_factory=dict)
    devices: Devices = field(default_factory=no_devices)
    trouble: Callable[[], Mapping[str, str]] = dict
    notes: Callable[[], Mapping[str, str]] = dict
    latency: Callable[[TryLatency, Show, Callable[[str], None]], None] = _no_latency
    measured: dict[str, str] = field(default_factory=dict)
    watch_level: Callable[[], None] = lambda: None
    _listed: bool = False

    @property
    def preferences(self) -> Preferences:
        """The screen's settings as they are now."""
        return preferences_of(self.settings.screen)

    def serve(self, tell: Callable[[Command], None]) -> None:
        """Apply by commands to the session, given to ``tell``."""
        self.applied["thru"] = lambda value: tell(SetThru(str(value)))
        self.applied["metre"] = lambda value: tell(SetMetre(str(value)))
        for part in Part:
            self.applied[offset_key(part)] = partial(_move, tell, part)

    def answer(self, request: SettingsRequest, show: Show) -> None:
        """Carry out a request, and show what it changed."""
        message = ""
        if isinstance(request, LookAtLevel):
            self.watch_level()
            return
        if isinstance(request, TryLatency):
            self.latency(request, show, lambda text: self._found(request.part, text, show))
            return
        if isinstance(request, ChooseSetting):
            try:
                self.choose(request.key, request.value)
            except BridgeError as error:
                message = str(error).splitlines()[0]
            show(self.preferences)
        else:
            self._listed = True
        if self._listed:
            show(SettingsList(self.rows(), message))

    def _found(self, part: str, text: str, show: Show) -> None:
        """Keep the result of a measurement for the page."""
        self.measured[offset_key(Part(part))] = text
        show(SettingsList(self.rows()))

    def choose(self, key: str, value: Chosen) -> None:
        """Apply a choice, and keep it; a second master is given up. BridgeError where it is wrong
        or cannot be done."""
        check_choice(key, self._as_kept(key, value))
        if key in self.applied:
            self.applied[key](value)
        self._keep(key, value)
        rival, off = _RIVALS.get(key, ("", ""))
        if rival and value and value_of(self.settings, rival) != off:
            self._keep(rival, off)

    def _keep(self, key: str, value: Chosen) -> None:
        kept = self._as_kept(key, value)
        self.settings = with_value(self.settings, key, kept)
        choose(chosen_path(self.path or settings_path()), key, kept)

    def _as_kept(self, key: str, value: Chosen) -> Any:
        """A chosen value as the settings have it: one name of a list, or the list as it was."""
        if key not in _LISTS:
            return value
        if value == value_of(self.settings, key):
            return getattr(self.settings, key)
        return (value,) if value else ()

    def rows(self) -> tuple[SettingRow, ...]:
        """All settings that the screen offers."""
        wrong = self.trouble()
        advice = {**_MEANINGS, **self.notes(), **self.measured, **wrong}
        return tuple(
            self._row(key, form, advice.get(key, ""), key in wrong)
            for key, form in SETTING_FORMS.items()
        )

    def _row(self, key: str, form: SettingForm, advice: str, wrong: bool) -> SettingRow:
        value = value_of(self.settings, key)
        at_once = key in self.applied or key.startswith(APPLIED_BY_SCREEN)
        return SettingRow(
            key=key, title=form.title, group=form.group, value=value,
            choices=self._choices(key, form, value), low=form.low, high=form.high, unit=form.unit,
            step=form.step, blank=form.blank, advice=advice, wrong=wrong, later=not at_once,
        )  # fmt: skip

    def _choices(self, key: str, form: SettingForm, value: Chosen) -> tuple[Chosen, ...]:
        """The choices of a setting on this machine, the present one among them."""
        found: tuple[Chosen, ...] = form.choices
        if key == "metre":
            found = tuple(METRES)
        elif key == "clock":
            found = ("", VIRTUAL, *self.devices.inputs())
        elif key in _LISTS:
            found = ("", VIRTUAL, *self.devices.outputs())
        elif key == "ports.in":
            found = (VIRTUAL, NO_PORT, *self.devices.inputs())
        elif key.startswith("ports."):
            found = (VIRTUAL, SOUND, NO_PORT, *self.devices.outputs())
        return tuple(dict.fromkeys((*found, value))) if found else ()


def offset_key(part: Part) -> str:
    """The key of the setting of a part's offset."""
    return f"offsets_ms.{part.value}"


def _move(tell: Callable[[Command], None], part: Part, ms: float) -> None:
    tell(SetOffset(part, ms))


def preferences_of(screen: ScreenSettings) -> Preferences:
    """The settings of the screen as the message that it is sent."""
    return Preferences(**asdict(screen))


def value_of(settings: Settings, key: str) -> Chosen:
    """The value at ``key``, names parted by dots; a list as its names."""
    found: Any = settings
    for name in key.split("."):
        found = found[name] if isinstance(found, Mapping) else getattr(found, name)
    value: Chosen = ", ".join(found) if key in _LISTS else found
    return value


def with_value(settings: Settings, key: str, value: Any) -> Settings:
    """The settings with another value at ``key``, names parted by dots."""
    changed: Settings = _with_value(settings, key.split("."), value)
    return changed


def _with_value(whole: Any, names: list[str], value: Any) -> Any:
    name, *rest = names
    if isinstance(whole, Mapping):
        inner = _with_value(whole.get(name), rest, value) if rest else value
        return {**whole, name: inner}
    inner = _with_value(getattr(whole, name), rest, value) if rest else value
    return replace(whole, **{name: inner})

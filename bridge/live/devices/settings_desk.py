"""Keeps what is chosen on the screen, and applies it to the running session."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from bridge.files.chosen import choose, chosen_path
from bridge.files.settings import ScreenSettings, Settings, check_choice, settings_path
from bridge.session.messages.commands import Command, SetThru
from bridge.session.messages.listings import Listing
from bridge.session.messages.settings_messages import (
    ChooseSetting,
    Chosen,
    Preferences,
    SettingsRequest,
)

SCREEN: Final = "screen."
Apply = Callable[[Any], None]
"""Applies a setting's new value to what runs; BridgeError with the reason where it cannot."""


def preferences_of(screen: ScreenSettings) -> Preferences:
    """The settings of the screen as the message that it is sent."""
    return Preferences(**asdict(screen))


@dataclass
class SettingsDesk:
    """The settings of a session while it runs.

    ``path`` is the settings file that was read (None: the user's own); choices are kept beside it.
    ``applied`` are the settings that take hold at once, by key; all others do at the next start.
    """

    settings: Settings
    path: Path | None = None
    applied: dict[str, Apply] = field(default_factory=dict)

    @property
    def preferences(self) -> Preferences:
        """The screen's settings as they are now."""
        return preferences_of(self.settings.screen)

    def serve(self, tell: Callable[[Command], None]) -> None:
        """Apply by commands to the session, given to ``tell``."""
        self.applied["thru"] = lambda value: tell(SetThru(str(value)))

    def answer(self, request: SettingsRequest, show: Callable[[Listing], None]) -> None:
        """Carry out a request, and show what it changed."""
        if isinstance(request, ChooseSetting):
            self.choose(request.key, request.value)
            show(self.preferences)

    def choose(self, key: str, value: Chosen) -> None:
        """Apply a choice, and keep it. BridgeError where it is wrong or cannot be done."""
        check_choice(key, value)
        if key in self.applied:
            self.applied[key](value)
        self.settings = with_value(self.settings, key, value)
        choose(chosen_path(self.path or settings_path()), key, value)


def with_value(settings: Settings, key: str, value: Chosen) -> Settings:
    """The settings with another value at ``key``, names parted by dots."""
    changed: Settings = _with_value(settings, key.split("."), value)
    return changed


def _with_value(whole: Any, names: list[str], value: Chosen) -> Any:
    name, *rest = names
    if isinstance(whole, Mapping):
        inner = _with_value(whole.get(name), rest, value) if rest else value
        return {**whole, name: inner}
    inner = _with_value(getattr(whole, name), rest, value) if rest else value
    return replace(whole, **{name: inner})

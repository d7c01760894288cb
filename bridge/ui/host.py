"""The part of the screen that an action may use, as a protocol: the actions know nothing else of
the app, which builds them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from textual.screen import ModalScreen

from bridge.session.messages.commands import Command
from bridge.session.messages.listings import HistoryList, ModelList
from bridge.session.messages.settings_messages import LatencyNews, Preferences, SettingsList
from bridge.session.messages.snapshot import Snapshot
from bridge.session.messages.status import ControlStatus
from bridge.session.messages.takes import TakeList
from bridge.ui.keymap import Action
from bridge.ui.keys import typing_piano
from bridge.ui.view_state import Frame

Answer = TypeVar("Answer")
Rows = TypeVar("Rows", ModelList, HistoryList, TakeList, Preferences, SettingsList, LatencyNews)


class Host(Protocol):
    """The screen as its actions and dialogs see it."""

    frame: Frame
    clock: Callable[[], float]
    """Monotonic seconds."""

    @property
    def newest(self) -> Snapshot:
        """The engine's newest snapshot, drawn or not."""

    def listing(self, kind: type[Rows]) -> Rows | None:
        """The newest list of this kind that the engine sent; None before the first."""

    def post(self, command: Command) -> None:
        """Send a command to the engine."""

    def say(self, notice: str) -> None:
        """Show a message of the screen's own for a moment."""

    def change(self, **changes: object) -> None:
        """Change fields of ``frame`` that the screen itself decides."""

    def draw(self) -> None:
        """Draw what has changed."""

    def set_control(self, control: ControlStatus, value: float) -> None:
        """Send a control's new value, held within its range, and show it at once."""

    def typed(self, typing: typing_piano.Typing, keys: tuple[typing_piano.Key, ...]) -> None:
        """Take the typing piano's new state and send its keys."""

    def open(
        self,
        dialog: ModalScreen[Answer],
        then: Callable[[Answer | None], None] | None = None,
    ) -> None:
        """Open a dialog; ``then`` gets its answer, None where it was left."""

    def perform(self, action: Action) -> None:
        """Run an action, as its key would."""

    def choose_knob(self, name: str) -> None:
        """Choose the knob of this name, for the arrows to turn."""

    def open_settings(self, key: str = "") -> None:
        """Open the settings, at the one of this key."""

    @property
    def map_size(self) -> tuple[int, int]:
        """The columns and rows of the map."""

    @property
    def topic(self) -> str:
        """The part of the help for where the player is."""

    def leave(self) -> None:
        """End the screen."""

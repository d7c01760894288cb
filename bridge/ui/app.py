"""The screen itself: composes the widgets, reads snapshots, and runs the actions of keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

import msgspec
from textual import events
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from bridge.session.messages import commands as m
from bridge.session.messages.snapshot import Snapshot
from bridge.session.messages.status import ControlStatus
from bridge.system.clock import monotonic_seconds
from bridge.ui import typing_piano
from bridge.ui.actions import Actions
from bridge.ui.bindings import ActionProvider, bindings
from bridge.ui.colours import GROUND, THEME, use_few_colours
from bridge.ui.engine_link import Link
from bridge.ui.host import Answer, Rows
from bridge.ui.keymap import KEYS, Action, canonical
from bridge.ui.view_state import WAITING, WIDE, Frame, Page, beat_at
from bridge.ui.views import keyboard, panel, status_lines
from bridge.ui.views.arranger_row import ArrangerRow
from bridge.ui.views.latent_map import SpaceView
from bridge.ui.views.piano_roll_widget import Roll
from bridge.ui.views.styled_lines import Lines

FRAMES = 30
"""Frames per second while the transport runs; a third of that while it stands."""
SMALLEST = (60, 20)
NOTICE = 2.5
"""Seconds for which a message of the screen's own is shown."""
CONFIRM = 0.4
"""Seconds for which a knob shows the value set here against the engine's."""


class Ground(Lines):
    """Lines on the screen's own ground."""

    GROUND = GROUND


class MainScreen(Screen[None], inherit_bindings=False):
    """The screen under all dialogs: it has none of Textual's own keys, and no widget in it takes
    the focus. Its letters are the typing piano."""

    def on_key(self, event: events.Key) -> None:
        """Play a letter of the piano; all other keys are the bindings'."""
        app = self.app
        if isinstance(app, BridgeApp) and app.play_key(canonical(event.key)):
            event.stop()
            event.prevent_default()


class BridgeApp(App[None], inherit_bindings=False):
    """The terminal screen over a :class:`Link`. ``clock`` gives monotonic seconds."""

    TITLE = "Latent Bridge"
    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = True
    COMMANDS: ClassVar = {ActionProvider}
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [*bindings()]

    def __init__(self, link: Link, clock: Callable[[], float] = monotonic_seconds) -> None:
        super().__init__()
        self.link = link
        self.clock = clock
        self.frame = Frame(now=clock())
        self.actions = Actions(self)
        self._set: dict[str, tuple[float, float]] = {}
        self._notice_ends = 0.0
        self._ticks = 0
        self._beat: float | None = None

    def get_default_screen(self) -> Screen[None]:
        """The screen under all dialogs."""
        return MainScreen(id="_default")

    def compose(self) -> ComposeResult:
        """All views, top to bottom, and a message for a window that is too small."""
        self.header, self.ports = Lines("header"), Ground("ports")
        self.roll, self.space, self.panel = Roll("roll"), SpaceView("space"), Lines("panel")
        self.piano, self.status, self.hints = Ground("piano"), Lines("status"), Ground("hints")
        self.small = Static("", id="small", markup=False)
        yield self.header
        yield self.ports
        yield Horizontal(self.roll, self.space, self.panel, id="middle")
        self.arranger = ArrangerRow("arranger", self.post)
        yield self.arranger
        yield self.piano
        yield self.status
        yield self.hints
        yield self.small

    def on_mount(self) -> None:
        """Take the theme and start to draw."""
        self.register_theme(THEME)
        self.theme = THEME.name
        use_few_colours(self.console.color_system == "256")
        self._main = self.screen
        self._arrange(*self.size)
        self.set_interval(1 / FRAMES, self._on_tick)
        self.call_after_refresh(self.draw)

    def on_resize(self, event: events.Resize) -> None:
        """Choose the arrangement for the new size."""
        self._arrange(event.size.width, event.size.height)
        self.call_after_refresh(self.draw)

    def _arrange(self, width: int, height: int) -> None:
        if not hasattr(self, "_main"):
            return
        small = width < SMALLEST[0] or height < SMALLEST[1]
        self._main.set_class(small, "small")
        self._main.set_class(width >= WIDE, "wide")
        self._main.set_class(height >= 32, "tall")
        self._main.set_class(height < 22, "low")
        least = f"{SMALLEST[0]} x {SMALLEST[1]}"
        self.small.update(f"This window is {width} x {height}.\nPlease make it {least} or more.")

    def _on_tick(self) -> None:
        """End typed notes and draw, at a third of the rate while the transport stands."""
        self._ticks += 1
        if self.link.ended:
            self.exit()
            return
        self.typed(*typing_piano.tick(self.frame.typing, self.clock()))
        if self.frame.snapshot.running or self._ticks % 3 == 0:
            self.draw()

    def draw(self) -> None:
        """Read the newest snapshot and draw the differences."""
        now = self.clock()
        shot = self.link.latest() or WAITING
        self._beat = beat_at(shot, now, self._beat)
        changed = shot.message not in ("", self.frame.snapshot.message)  # newer than the notice
        notice = "" if changed or now >= self._notice_ends else self.frame.notice
        self.frame = replace(
            self.frame, snapshot=shot, now=now, beat=self._beat, notice=notice,
            controls=self._controls(shot, now),
        )  # fmt: skip
        if not self._main.has_class("small"):
            self._show(self.frame)

    def _show(self, frame: Frame) -> None:
        shot, width = frame.snapshot, self.size.width
        self.header.show(status_lines.header(frame, width))
        self.ports.show([status_lines.ports(frame, width)])
        mapped = frame.page is Page.MAP
        self._main.set_class(mapped, "mapped")
        (self.space if mapped else self.roll).show_frame(frame)
        self.panel.show_for(
            (
                self.panel.size,
                frame.controls,
                frame.knob,
                shot.muted,
                shot.counters,
                shot.model,
                shot.meter,
                shot.knobs,
            ),
            lambda: panel.rows(frame, *self.panel.size),
        )
        self.arranger.show_shot(shot)
        self.piano.show_for(
            (self.piano.size, frame.typing, shot.held, shot.tune),
            lambda: keyboard.rows(frame, *self.piano.size),
        )
        self.status.show([status_lines.status(frame, width)])
        self.hints.show_for((width, shot.running), lambda: [status_lines.hints(frame, width)])

    def _controls(self, shot: Snapshot, now: float) -> tuple[ControlStatus, ...]:
        """The engine's values; for :data:`CONFIRM` seconds after a change here, the value set."""
        self._set = {name: kept for name, kept in self._set.items() if now < kept[1]}
        return tuple(
            msgspec.structs.replace(control, value=self._set[control.name][0])
            if control.name in self._set
            else control
            for control in panel.in_order(shot.controls)
        )

    # --- bridge.ui.host.Host ----------------------------------------------------------

    @property
    def newest(self) -> Snapshot:
        """The engine's newest snapshot, drawn or not."""
        return self.link.latest() or self.frame.snapshot

    def listing(self, kind: type[Rows]) -> Rows | None:
        """The newest list of this kind that the engine sent; None before the first."""
        return self.link.listing(kind)

    def post(self, command: m.Command) -> None:
        """Send a command to the engine."""
        self.link.post(command)

    def say(self, notice: str) -> None:
        """Show a message of the screen's own for a moment."""
        self._notice_ends = self.clock() + NOTICE
        self.frame = replace(self.frame, notice=notice)

    def change(self, **changes: object) -> None:
        """Change fields of the frame that the screen itself decides: knob, zoom, page."""
        self.frame = replace(self.frame, **changes)  # type: ignore[arg-type]

    def set_control(self, control: ControlStatus, value: float) -> None:
        """Send a control's new value and show it at once."""
        value = round(min(control.high, max(control.low, value)), 4)
        self._set[control.name] = (value, self.clock() + CONFIRM)
        self.post(m.SetControl(control.name, value))

    def typed(self, typing: typing_piano.Typing, keys: tuple[typing_piano.Key, ...]) -> None:
        """Take the typing piano's new state and send the keys it gave."""
        self.change(typing=typing)
        for key in keys:
            self.post(key)

    def open(
        self, dialog: ModalScreen[Answer], then: Callable[[Answer | None], None] | None = None
    ) -> None:
        """Open a dialog; ``then`` gets its answer, None where it was left."""
        self.push_screen(dialog, then)

    def leave(self) -> None:
        """End the screen."""
        self.exit()

    # --- keys -------------------------------------------------------------------------

    def action_perform(self, name: str) -> None:
        """Run the action of this name, for a binding or the command palette."""
        self.actions.run(Action(name))
        self.draw()

    def play_key(self, key: str) -> bool:
        """Play a letter of the typing piano; False if the key is none of its letters."""
        if key in typing_piano.OFFSETS:
            self.typed(*typing_piano.press(self.frame.typing, key, self.clock()))
        elif key.isupper() and key.lower() in typing_piano.OFFSETS and key not in KEYS:
            self.say("the piano is on the small letters: is Caps Lock on?")
        else:
            return False
        self.draw()
        return True

    def on_unmount(self) -> None:
        """Let go of the engine."""
        self.link.close()

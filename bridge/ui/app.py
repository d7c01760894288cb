"""The screen itself: composes the widgets, reads snapshots, turns keys into commands."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

import msgspec
from textual import events
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import Static

from bridge.session.messages import commands as m
from bridge.session.messages.snapshot import Snapshot
from bridge.session.messages.status import ControlStatus
from bridge.ui import typing_piano
from bridge.ui.actions import Actions
from bridge.ui.engine_link import Link
from bridge.ui.keymap import KEYS, Action, canonical
from bridge.ui.palette import GROUND, THEME, use_few_colours
from bridge.ui.view_state import WAITING, WIDE, Frame, beat_at
from bridge.ui.views import keyboard, panel, status_lines
from bridge.ui.views.latent_map import SpaceView
from bridge.ui.views.piano_roll_widget import Roll
from bridge.ui.views.styled_lines import Lines

FRAMES = 30
"""Pictures a second while the transport runs; a third of that while it stands."""
SMALLEST = (60, 20)
NOTICE = 2.5
"""Seconds that a message of the screen's own is shown."""
CONFIRM = 0.4
"""Seconds for which a knob shows what was set here, if the engine says otherwise."""


class Ground(Lines):
    """Lines on the screen's own ground."""

    GROUND = GROUND


class BridgeApp(App[None]):
    """The terminal screen over a :class:`Link`. ``clock`` gives monotonic seconds."""

    TITLE = "Latent Bridge"
    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = []

    def __init__(self, link: Link, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.link = link
        self.clock = clock
        self.frame = Frame(now=clock())
        self.actions = Actions(self)
        self._set: dict[str, tuple[float, float]] = {}
        self._notice_ends = 0.0
        self._ticks = 0
        self._beat: float | None = None

    def compose(self) -> ComposeResult:
        """Header, ports, roll and panel, piano, status, hints; and a word if too small."""
        self.header, self.ports = Lines("header"), Ground("ports")
        self.roll, self.space, self.panel = Roll("roll"), SpaceView("space"), Lines("panel")
        self.piano, self.status, self.hints = Ground("piano"), Lines("status"), Ground("hints")
        self.small = Static("", id="small", markup=False)
        yield self.header
        yield self.ports
        yield Horizontal(self.roll, self.space, self.panel, id="middle")
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
        """Thirty times a second: end typed notes; draw, less often when nothing moves."""
        self._ticks += 1
        if self.link.ended:
            self.exit()
            return
        self._type(*typing_piano.tick(self.frame.typing, self.clock()))
        if self.frame.snapshot.running or self._ticks % 3 == 0:
            self.draw()

    def draw(self) -> None:
        """Look at the newest snapshot and draw what changed."""
        now = self.clock()
        shot = self.link.latest() or WAITING
        self._beat = beat_at(shot, now, self._beat)
        told = shot.message not in ("", self.frame.snapshot.message)  # newer than the notice
        notice = "" if told or now >= self._notice_ends else self.frame.notice
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
        self._main.set_class(frame.space, "mapped")
        if frame.space:
            self.space.show_frame(frame)
        else:
            self.roll.show(frame)
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
        self.piano.show_for(
            (self.piano.size, frame.typing, shot.held, shot.tune),
            lambda: keyboard.rows(frame, *self.piano.size),
        )
        self.status.show([status_lines.status(frame, width)])
        self.hints.show_for((width, shot.running), lambda: [status_lines.hints(frame, width)])

    def _controls(self, shot: Snapshot, now: float) -> tuple[ControlStatus, ...]:
        """The engine's values, but what was just set here until it had time to answer."""
        self._set = {name: kept for name, kept in self._set.items() if now < kept[1]}
        return tuple(
            msgspec.structs.replace(control, value=self._set[control.name][0])
            if control.name in self._set
            else control
            for control in panel.in_order(shot.controls)
        )

    # --- what the actions use ---------------------------------------------------------

    def post(self, command: m.Command) -> None:
        """Send a command."""
        self.link.post(command)

    def say(self, notice: str) -> None:
        """Show a message of the screen's own for a moment."""
        self._notice_ends = self.clock() + NOTICE
        self.frame = replace(self.frame, notice=notice)

    def change(self, **changes: object) -> None:
        """Change what the screen itself decides: the chosen knob, the zoom."""
        self.frame = replace(self.frame, **changes)  # type: ignore[arg-type]

    def set_control(self, control: ControlStatus, value: float) -> None:
        """Send a control's new value and show it at once."""
        value = round(min(control.high, max(control.low, value)), 4)
        self._set[control.name] = (value, self.clock() + CONFIRM)
        self.post(m.SetControl(control.name, value))

    def _type(self, typing: typing_piano.Typing, keys: tuple[typing_piano.Key, ...]) -> None:
        self.change(typing=typing)
        for key in keys:
            self.post(key)

    def typed(self, result: tuple[typing_piano.Typing, tuple[typing_piano.Key, ...]]) -> None:
        """Take the typing piano's new state and send the keys it gave."""
        self._type(*result)

    # --- keys -------------------------------------------------------------------------

    async def on_event(self, event: events.Event) -> None:
        """Keys of the main screen come here first: no widget takes the focus there."""
        if isinstance(event, events.Key) and self.screen is self._main_or_none():
            if self._key(canonical(event.key)):
                self.draw()
            return
        await super().on_event(event)

    def _main_or_none(self) -> object:
        return getattr(self, "_main", None)

    def _key(self, key: str) -> bool:
        action = KEYS.get(key)
        if action is not None:
            self.actions.run(action)
            return True
        if key in typing_piano.OFFSETS:
            self.typed(typing_piano.press(self.frame.typing, key, self.clock()))
            return True
        if key.isupper() and key.lower() in typing_piano.OFFSETS:
            self.say("the piano is on the small letters: is Caps Lock on?")
            return True
        return False

    def action_help_quit(self) -> None:
        """Ctrl+C over a dialog: the same as anywhere."""
        self.actions.run(Action.QUIT)

    async def action_quit(self) -> None:
        """Ctrl+Q over a dialog."""
        self.actions.run(Action.QUIT)

    def on_unmount(self) -> None:
        """Let go of the engine."""
        self.link.close()

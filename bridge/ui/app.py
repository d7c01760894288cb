"""The screen itself: composes the widgets, reads snapshots, and runs the actions of keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

import msgspec
from textual import events
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.command import CommandPalette
from textual.containers import Horizontal
from textual.errors import NoWidget
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import Static

from bridge.session.messages import commands as m
from bridge.session.messages.settings_messages import ChooseSetting, Preferences
from bridge.session.messages.snapshot import Snapshot
from bridge.session.messages.status import ControlStatus, WorkerState
from bridge.system.clock import monotonic_seconds
from bridge.ui.actions import Actions
from bridge.ui.bindings import bindings, own_keymap
from bridge.ui.colours import GROUND, ThemeName, themes, use_few_colours, use_theme
from bridge.ui.dialogs.base import Dialog
from bridge.ui.dialogs.help import Help
from bridge.ui.dialogs.palette import ActionProvider
from bridge.ui.dialogs.settings_page import SettingsPage
from bridge.ui.engine_link import Link
from bridge.ui.host import Answer, Rows
from bridge.ui.keymap import Action
from bridge.ui.keys import typing_piano
from bridge.ui.keys.kitty import KeyReleased, KeyReports, PlacedKey
from bridge.ui.keys.layouts import at_place, layout_named
from bridge.ui.mouse import Mouse
from bridge.ui.view_state import (
    WAITING,
    WIDE,
    Frame,
    Page,
    beat_at,
    grid_of,
    position,
    still_part,
)
from bridge.ui.views import keyboard, panel, status_lines
from bridge.ui.views.arranger_row import ArrangerRow
from bridge.ui.views.direct_drawing import Canvas
from bridge.ui.views.latent_map import SpaceView, map_size
from bridge.ui.views.painted import Painted
from bridge.ui.views.piano_roll_widget import Roll
from bridge.ui.views.styled_lines import Lines

LIGHTS_PER_SECOND = 10
"""Pictures a second of the ports' lights, which only fade."""
STILL = 3
"""While the transport stands, one of so many frames is looked at."""
SMALLEST = (60, 20)
NOTICE = 2.5
"""Seconds for which a message of the screen's own is shown."""
MESSAGE = 8.0
"""Seconds for which a message of the engine is shown; one about a failed model stays."""
CONFIRM = 0.4
"""Seconds for which a knob shows the value set here against the engine's."""

PEDAL_KEY = "tab"
"""The key of the sustain pedal: held where the terminal tells when it goes up, else switched."""
TOPICS = {Page.ROLL: "The roll", Page.MAP: "The map"}

if TYPE_CHECKING:
    from textual.driver import Driver


class Ground(Lines):
    """Lines on the screen's own ground."""

    GROUND = GROUND


class MainScreen(Screen[None], inherit_bindings=False):
    """The screen under all dialogs: it has none of Textual's own keys, and no widget in it takes
    the focus. The keys of the piano only play."""

    def on_key(self, event: events.Key) -> None:
        """Play a key of the piano; all other keys are the bindings'."""
        app = self.app
        if isinstance(app, BridgeApp) and app.play_key(event):
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

    def __init__(
        self,
        link: Link,
        clock: Callable[[], float] = monotonic_seconds,
        driver_class: type[Driver] | None = None,
    ) -> None:
        super().__init__(driver_class=driver_class)
        for theme in themes():
            self.register_theme(theme)
        self.theme = themes()[0].name
        self.preferences = Preferences()
        self.link = link
        self.clock = clock
        self.frame = Frame(now=clock(), notice=WAITING.message)
        self.actions = Actions(self)
        self.mouse = Mouse(self, self.actions)
        self._set: dict[str, tuple[float, float]] = {}
        self._ordered: tuple[tuple[ControlStatus, ...], tuple[ControlStatus, ...]] = (), ()
        self._notice_ends = clock() + MESSAGE
        self._ticks = 0
        self._still, self._stills = WAITING, 0
        self._place: tuple[int, int] | None = None
        self._counted: tuple[object, object] | None = None
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
        use_few_colours(self.console.color_system == "256")
        self._main = self.screen
        self.canvas = Canvas(self._main)
        for widget in self._main.query(Painted):
            widget.canvas = self.canvas
        self.app_resume_signal.subscribe(self, self._redraw)
        self._prefer(self.preferences)
        self._arrange(*self.size)
        self._timer = self.set_interval(1 / self.preferences.fps, self._on_tick)
        self.call_after_refresh(self.draw)

    def _redraw(self, _: App[None]) -> None:
        """Draw every cell again: after a stop signal the terminal shows nothing of the screen, and
        a resize to the size that it had draws only what has changed."""
        self.screen.refresh(layout=True)

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
        preferences = self.link.listing(Preferences)
        if preferences is not None and preferences != self.preferences:
            self._prefer(preferences)
        typing, keys = typing_piano.tick(self.frame.typing, self.clock())
        if keys or typing is not self.frame.typing:
            self.typed(typing, keys)
        if self.frame.snapshot.running or self._ticks % STILL == 0:
            self.draw()

    def _prefer(self, wanted: Preferences) -> None:
        """Take the player's preferences: theme, layout, touch, keys."""
        before, self.preferences = self.preferences, wanted
        theme = ThemeName(wanted.theme)
        use_theme(theme)
        self.ansi_color = theme is ThemeName.TERMINAL
        self.theme = f"bridge-{theme}"
        layout = layout_named(wanted.layout)
        delay = wanted.repeat_delay_ms / 1000 or self.frame.typing.delay
        typing = replace(
            self.frame.typing, layout=layout, touch=typing_piano.Touch(wanted.touch), delay=delay
        )
        self.change(typing=typing)
        keymap, wrong = own_keymap(wanted.keys, layout)
        self.set_keymap(keymap)
        for line in wrong:
            self.say(line)
        if before.fps != wanted.fps:
            self._timer.stop()
            self._timer = self.set_interval(1 / wanted.fps, self._on_tick)
        if before.theme != wanted.theme:
            for widget in self._main.query(Lines):
                widget.forget()
            self.roll.forget()
            self.draw()

    def draw(self) -> None:
        """Read the newest snapshot and draw the differences."""
        now = self.clock()
        shot = self.link.latest() or WAITING
        self._beat = beat_at(shot, now, self._beat)
        before = self.frame.snapshot
        if shot.message and (shot.message, shot.said) != (before.message, before.said):
            self._notice_ends = now + MESSAGE  # newer than the notice
            self.change(notice=shot.message)
        elif self.frame.notice == WAITING.message and shot is not WAITING:
            self.change(notice="")  # it has come
        stays = shot.worker is WorkerState.FAILED and not self.frame.notice
        notice = self.frame.notice if now < self._notice_ends else shot.message if stays else ""
        self.frame = replace(
            self.frame, snapshot=shot, now=now, beat=self._beat, notice=notice,
            controls=self._controls(shot, now),
        )  # fmt: skip
        if not self._main.has_class("small"):
            self._show(self.frame)

    def _show(self, frame: Frame) -> None:
        shot, width = frame.snapshot, self.size.width
        still, place = still_part(shot), position(frame.beat, grid_of(shot.grid))
        if still != self._still:
            self._still = still
            self._stills += 1
        if place != self._place or not shot.running:
            self._place, self._counted = place, (shot.counters, shot.meter)
        self.header.show_for(
            (width, self._stills, place), lambda: status_lines.header(frame, width)
        )
        lights = tuple((port.role, port.name, port.connected) for port in shot.ports)
        self.ports.show_for(
            (width, int(frame.now * LIGHTS_PER_SECOND), lights, shot.daw),
            lambda: [status_lines.ports(frame, width)],
        )
        mapped = frame.page is Page.MAP
        if mapped != self._main.has_class("mapped"):
            self._main.set_class(mapped, "mapped")
        (self.space if mapped else self.roll).show_frame(frame)
        panel_size, piano_size = self.panel.outer_size, self.piano.outer_size
        self.panel.show_for(
            (
                panel_size,
                frame.controls,
                frame.knob,
                shot.muted,
                shot.solo,
                shot.model,
                shot.knobs,
                self._counted,
            ),
            lambda: panel.rows(frame, *panel_size),
        )
        self.arranger.show_shot(shot, self._stills)
        self.piano.show_for(
            (piano_size, frame.typing, shot.held, shot.tune),
            lambda: keyboard.rows(frame, *piano_size),
        )
        self.status.show_for(
            (width, frame.notice, shot.worker, shot.timing, status_lines.problems(shot)),
            lambda: [status_lines.status(frame, width)],
        )
        self.hints.show_for((width, shot.running), lambda: [status_lines.hints(frame, width)])
        self.canvas.flush()

    def _controls(self, shot: Snapshot, now: float) -> tuple[ControlStatus, ...]:
        """The engine's values; for :data:`CONFIRM` seconds after a change here, the value set."""
        if not self._set and shot.controls == self._ordered[0]:
            return self._ordered[1]
        self._set = {name: kept for name, kept in self._set.items() if now < kept[1]}
        self._ordered = shot.controls, panel.in_order(shot.controls)
        return tuple(
            msgspec.structs.replace(control, value=self._set[control.name][0])
            if control.name in self._set
            else control
            for control in self._ordered[1]
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
        """Take the typing piano's new state and send the keys it gave; a repeat delay that was
        measured is kept for the next time."""
        measured = typing.delay is not None and typing.delay != self.frame.typing.delay
        self.change(typing=typing)
        for key in keys:
            self.post(key)
        if measured and typing.delay is not None:
            self.post(ChooseSetting("screen.repeat_delay_ms", round(typing.delay * 1000, 1)))

    def perform(self, action: Action) -> None:
        """Run an action, as its key would."""
        self.action_perform(str(action))

    def choose_knob(self, name: str) -> None:
        """Choose the knob of this name, for the arrows to turn."""
        names = [control.name for control in self.frame.controls]
        if name in names:
            self.change(knob=names.index(name))

    def open_settings(self, key: str = "") -> None:
        """Open the settings, at the one of this key."""
        self.push_screen(SettingsPage(self, key))

    @property
    def map_size(self) -> tuple[int, int]:
        """The columns and rows of the map."""
        return map_size(*self.space.size)

    @property
    def topic(self) -> str:
        """The part of the help for where the player is."""
        if isinstance(self.screen, Dialog):
            return self.screen.topic
        return TOPICS[self.frame.page]

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
        if name == Action.HELP and self._has_help():
            return
        self.actions.run(Action(name))
        self.draw()

    def _has_help(self) -> bool:
        """True while the help is open, or the palette, which explains each command itself."""
        return isinstance(self.screen, Help | CommandPalette)

    def play_key(self, event: events.Key) -> bool:
        """Play a key of the piano; False if it is none. Caps Lock makes no difference."""
        character = event.character or ""
        if len(character) != 1 or event.key.startswith(("ctrl+", "alt+", "super+", "meta+")):
            return False
        base, hard, repeat = "", character.isupper(), False
        if isinstance(event, PlacedKey):
            base, hard = event.base, event.shifted
            repeat = event.repeat and self.frame.typing.releases
        typing, now = self.frame.typing, self.clock()
        key = at_place(typing.layout, base, character)
        if typing.stroke_of(key) is not None:
            self.typed(*typing_piano.press(typing, key, now, hard=hard, repeat=repeat))
        elif key in typing.layout.places and typing.touch is not typing_piano.Touch.ROWS:
            self.typed(*typing_piano.adjust(typing, typing.layout.places[key], now))
        elif key not in typing.layout.offsets:
            return False
        self.draw()
        return True

    def on_click(self, event: events.Click) -> None:
        """A click does what is drawn there."""
        widget = event.widget
        if widget is not None and widget.id and self.screen is self._main:
            self.mouse.click(widget.id, event.x, event.y, widget.size)
            self.draw()

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """The drawn piano sounds while the button is down."""
        if self._under(event) is self.piano:
            self.mouse.press(event.x, event.y, self.piano.size)
            self.draw()

    def on_mouse_up(self) -> None:
        """The button came up, wherever."""
        self.mouse.release()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel turns what lies under it."""
        self._wheel(event, up=True)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel turns what lies under it."""
        self._wheel(event, up=False)

    def _wheel(self, event: events.MouseEvent, *, up: bool) -> None:
        widget = self._under(event)
        if widget is not None and widget.id and self.screen is self._main:
            self.mouse.wheel(widget.id, up)
            self.draw()

    def _under(self, event: events.MouseEvent) -> Widget | None:
        """The widget under the mouse, which Textual tells with clicks alone."""
        try:
            return self.screen.get_widget_at(event.screen_x, event.screen_y)[0]
        except NoWidget:
            return None

    def on_key_reports(self, message: KeyReports) -> None:
        """The terminal tells when keys go up: the piano is a true one."""
        self.change(typing=replace(self.frame.typing, releases=message.releases))

    def on_key_released(self, message: KeyReleased) -> None:
        """End a note, or lift the pedal."""
        typing, now = self.frame.typing, self.clock()
        if message.name == PEDAL_KEY and typing.sustain:
            self.typed(*typing_piano.set_sustain(typing, False, now))
        elif message.character:
            key = at_place(typing.layout, message.base, message.character)
            self.typed(*typing_piano.lift(typing, key, now))
        self.draw()

    def on_app_blur(self) -> None:
        """Another window has the keys now, and tells no more when they go up."""
        if self.frame.typing.releases:
            self.typed(*typing_piano.release(self.frame.typing, self.clock()))

    def on_unmount(self) -> None:
        """Let go of the engine."""
        self.link.close()

"""Keys for the latent point: anchors saved and recalled by name, morph, undo, learn."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from bridge.session.messages import commands as m
from bridge.session.messages.snapshot import Snapshot
from bridge.ui.dialogs.learn import LearnBox, learnable
from bridge.ui.dialogs.picker import Picker
from bridge.ui.keymap import Action

if TYPE_CHECKING:
    from bridge.ui.app import BridgeApp

from bridge.ui.dialogs.text_prompt import Ask

SAVE = "+ save the point as it is"
MORPH = "~ morph between two"
FORGET = "- forget one"
RESET = "0 back to what you play"


class Points:
    """The actions of the point, for the screen's table."""

    def __init__(self, app: BridgeApp) -> None:
        self._app = app
        self.table: dict[Action, Callable[[Action], None]] = {
            Action.LEARN: self._learn,
            Action.POINTS: self._points,
            Action.POINT_UNDO: lambda _: self._app.post(m.UndoPoint()),
            Action.POINT_RESET: lambda _: self._app.post(m.ResetPoint()),
        }

    def _shot(self) -> Snapshot:
        return self._app.link.latest() or self._app.frame.snapshot

    def _learn(self, _: Action) -> None:
        controls, knob = self._app.frame.controls, self._app.frame.knob
        current = controls[knob % len(controls)].name if controls else ""

        def chosen(target: str | None) -> None:
            if target is not None:
                self._app.push_screen(LearnBox(target, self._shot, self._app.post))

        names = learnable(self._shot())
        self._app.push_screen(Picker("Learn a control for", names, current), chosen)

    def _points(self, _: Action) -> None:
        anchors = self._shot().anchors
        more: tuple[str, ...] = (MORPH,) if len(anchors) > 1 else ()
        more += (FORGET,) if anchors else ()
        picker = Picker("The point", (*anchors, SAVE, *more, RESET))
        self._app.push_screen(picker, self._point_chosen)

    def _point_chosen(self, name: str | None) -> None:
        doings: dict[str, Callable[[], None]] = {
            SAVE: self._save,
            MORPH: self._morph,
            FORGET: self._forget,
            RESET: lambda: self._app.post(m.ResetPoint()),
        }
        if name in doings:
            doings[name]()
        elif name is not None:
            self._app.post(m.RecallAnchor(name))

    def _save(self) -> None:
        def named(name: str | None) -> None:
            if name is not None:
                self._app.post(m.SaveAnchor(name))

        self._app.push_screen(Ask("Save the point", "its name, or nothing: a number"), named)

    def _forget(self) -> None:
        def chosen(name: str | None) -> None:
            if name is not None:
                self._app.post(m.ForgetAnchor(name))

        self._app.push_screen(Picker("Forget", self._shot().anchors), chosen)

    def _morph(self) -> None:
        anchors = self._shot().anchors

        def first(a: str | None) -> None:
            if a is None:
                return

            def second(b: str | None) -> None:
                if b is not None:
                    self._app.post(m.SetMorph(a, b))

            others = tuple(name for name in anchors if name != a)
            self._app.push_screen(Picker(f"Morph from {a} to", others), second)

        self._app.push_screen(Picker("Morph from", anchors), first)

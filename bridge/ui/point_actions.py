"""The actions of the player's places: saved, recalled, a knob between two; and MIDI learn."""

from __future__ import annotations

from collections.abc import Callable

from bridge.session.messages import commands as m
from bridge.ui.dialogs.learn import LearnBox, by_title, learnable
from bridge.ui.dialogs.picker import Picker
from bridge.ui.dialogs.text_prompt import TextPrompt
from bridge.ui.host import Host
from bridge.ui.keymap import Action

SAVE = "+ save this place"
MORPH = "~ a knob between two places"
FORGET = "- forget one"
RESET = "0 back to what you play"


class Points:
    """The actions of the point, for the screen's table."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.table: dict[Action, Callable[[Action], None]] = {
            Action.LEARN: self._learn,
            Action.POINTS: self._points,
        }

    def _learn(self, _: Action) -> None:
        controls, knob = self._host.frame.controls, self._host.frame.knob
        current = controls[knob % len(controls)].name if controls else ""

        def chosen(title: str | None) -> None:
            if title is not None:
                self._host.open(LearnBox(names[title], self._host))

        names = by_title(learnable(self._host.newest))
        titles = {name: title for title, name in names.items()}
        picker = Picker("Learn a control for", tuple(names), titles.get(current, ""))
        self._host.open(picker, chosen)

    def _points(self, _: Action) -> None:
        anchors = self._host.newest.anchors
        more: tuple[str, ...] = (MORPH,) if len(anchors) > 1 else ()
        more += (FORGET,) if anchors else ()
        picker = Picker("Places", (SAVE, *anchors, *more, RESET))
        self._host.open(picker, self._point_chosen)

    def _point_chosen(self, name: str | None) -> None:
        steps: dict[str, Callable[[], None]] = {
            SAVE: self._save,
            MORPH: self._morph,
            FORGET: self._forget,
            RESET: lambda: self._host.post(m.ResetPoint()),
        }
        if name in steps:
            steps[name]()
        elif name is not None:
            self._host.post(m.RecallAnchor(name))

    def _save(self) -> None:
        def named(name: str | None) -> None:
            if name is not None:
                self._host.post(m.SaveAnchor(name))

        self._host.open(TextPrompt("Save this place", "its name, or nothing: a number"), named)

    def _forget(self) -> None:
        def chosen(name: str | None) -> None:
            if name is not None:
                self._host.post(m.ForgetAnchor(name))

        self._host.open(Picker("Forget a place", self._host.newest.anchors), chosen)

    def _morph(self) -> None:
        anchors = self._host.newest.anchors

        def first(a: str | None) -> None:
            if a is None:
                return

            def second(b: str | None) -> None:
                if b is not None:
                    self._host.post(m.SetMorph(a, b))

            others = tuple(name for name in anchors if name != a)
            self._host.open(Picker(f"Between {a} and", others), second)

        self._host.open(Picker("Between", anchors), first)

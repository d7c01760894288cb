"""MIDI learn on the screen: a box with the target, the control that was heard, and a hint."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from bridge.controllers.catalog import CATALOG
from bridge.controllers.targets import Known, listed
from bridge.session.messages import commands as m
from bridge.session.messages.snapshot import Snapshot
from bridge.session.messages.status import LearnStatus
from bridge.ui.colours import ACCENT, DIM, TEXT, WHITE, shade
from bridge.ui.dialogs.base import Dialog
from bridge.ui.host import Host

LOOKS_PER_SECOND = 15
SHOWN_LOOKS = 18
"""Looks for which the result stays on the screen."""
WAIT = "move a knob or fader, or press a pad"


def learnable(shot: Snapshot) -> tuple[str, ...]:
    """The targets of this session: first the controls on the screen, then all others."""
    targets = listed(
        Known(
            neurons=shot.numbered[0],
            axes=shot.numbered[1],
            styles=shot.styles,
            anchors=shot.anchors,
            sections=shot.form.sections if shot.form else (),
            forms=shot.arranger.forms,
        )
    )
    return tuple(dict.fromkeys((*(control.name for control in shot.controls), *targets)))


def by_title(names: Iterable[str]) -> dict[str, str]:
    """The names of targets by their titles; a title that is taken gets the name beside it."""
    found: dict[str, str] = {}
    for name in names:
        title = CATALOG.full_title(name)
        found[title if title not in found else f"{title} ({name})"] = name
    return found


class LearnBox(Dialog[None]):
    """Shows the state of learning. Enter takes the control (from its target of now, if the
    box asks), escape ends it. It closes a moment after the control is bound."""

    TOPIC: ClassVar[str] = "Learn"

    def __init__(self, target: str, host: Host) -> None:
        super().__init__()
        self._target, self._host = target, host
        self._before = host.newest.learn
        self._done = 0
        self._gone = False

    def compose(self) -> ComposeResult:
        """A box with a few lines."""
        with Vertical(id="box") as box:
            box.border_title = "Learn"
            box.border_subtitle = "enter takes it · esc"
            yield Static("", id="learning", markup=False)

    def on_mount(self) -> None:
        """Have the engine learn, and show its state."""
        self._host.post(m.CancelLearn())
        self._host.post(m.Learn(self._target))
        self.set_interval(1 / LOOKS_PER_SECOND, self._refresh)
        self._refresh()

    def on_key(self, event: events.Key) -> None:
        """Take the control, or end learning."""
        if self._done or event.key == "escape":
            self.leave()
        elif event.key == "enter":
            self._host.post(m.ConfirmLearn())
        else:
            return
        event.stop()
        event.prevent_default()

    def leave(self) -> None:
        """End learning."""
        self._close()

    def _close(self) -> None:
        if not self._done:
            self._host.post(m.CancelLearn())
        if not self._gone:
            self._gone = True
            self.dismiss(None)

    def _refresh(self) -> None:
        if self._gone:
            return
        status = self._host.newest.learn
        if status is not None and (status.target != self._target or status == self._before):
            status = None
        if status is None:
            status = LearnStatus(self._target)
        else:
            self._before = None
        self._done += status.done
        if self._done > SHOWN_LOOKS:
            self._close()
            return
        self.query_one("#learning", Static).update(lines(status, advice(self._host.newest, status)))


NO_INPUT = "no MIDI input is open: choose one in the settings (^S), and a knob can be learned"


def advice(shot: Snapshot, status: LearnStatus) -> str:
    """Advice that the session's state gives: there is nothing to learn from, or a knob that was
    learned has to reach the value before it takes hold."""
    if not any(port.role == "in" and port.connected for port in shot.ports):
        return "" if status.heard else NO_INPUT
    knob = next((knob for knob in shot.knobs if knob.target == status.target), None)
    if not status.done or knob is None or knob.caught:
        return ""
    if knob.place is None:
        return f"turn it through {knob.value:.0%} of its way: there it takes hold"
    side = "up" if knob.place < knob.value else "down"
    return f"turn it {side} to {knob.value:.0%} of its way: there it takes hold"


def lines(status: LearnStatus, advice: str = "") -> Text:
    """The text of the box, with advice in place of the usual hint."""
    page = Text(no_wrap=False)
    target = CATALOG.find(status.target)
    page.append("\nfor  ", shade(DIM)).append(
        f"{CATALOG.full_title(status.target)}\n", f"bold {shade(WHITE)}"
    )
    explanation = target.explanation.replace("`", "") if target else ""
    page.append(f"{explanation}\n\n", shade(DIM))
    if status.done:
        page.append(f"{status.heard}\n", shade(ACCENT))
        return page.append(f"{advice}\n" if advice else "", shade(TEXT))
    if status.conflict:
        page.append(f"{status.conflict}\n", shade(ACCENT))
        return page.append("or move another control\n", shade(TEXT))
    page.append(f"{status.heard or 'nothing heard yet'}\n", shade(TEXT if status.heard else DIM))
    return page.append(f"{advice or status.hint or WAIT}\n", shade(ACCENT))

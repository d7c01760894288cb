"""What a mapped control moves, by name: targets to commands, and where they stand. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from bridge.controllers.catalog import MUTE, control_range
from bridge.controllers.scaling import place_of
from bridge.controllers.targets import SECTION, STYLE, Known
from bridge.music.notes import Part
from bridge.session.latent.point import exists, is_point_control
from bridge.session.messages import commands as m
from bridge.session.messages.code_commands import BackCode, DrawCode, MarkCode, PlayPath, Travel
from bridge.session.state.session_state import State

ANCHOR: Final = "anchor:"
MODE: Final = "mode:"
PLAY: Final = "play"
PRESSED: Final = 0.5
"""Above it, a button is down."""

_ACTIONS: dict[str, Callable[[State, float], m.Command]] = {
    "start": lambda state, at: m.Start(),
    "stop": lambda state, at: m.Stop(),
    "panic": lambda state, at: m.Panic(),
    "tap": lambda state, at: m.Tap(at),
    "fill": lambda state, at: m.Fill(),
    "clear": lambda state, at: m.Clear(),
    "clear chords": lambda state, at: m.SetChords(""),
    "capture": lambda state, at: m.Capture(),
    "draw code": lambda state, at: DrawCode(),
    "set a": lambda state, at: MarkCode("a"),
    "set b": lambda state, at: MarkCode("b"),
    "travel": lambda state, at: Travel(),
    "pathway": lambda state, at: PlayPath(),
    "back": lambda state, at: BackCode(),
    "drop anchor": lambda state, at: m.DropAnchor(),
    "save anchor": lambda state, at: m.SaveAnchor(""),
    "reset point": lambda state, at: m.ResetPoint(),
    "undo point": lambda state, at: m.UndoPoint(),
    "next section": lambda state, at: m.GoToSection(by=1),
    "previous section": lambda state, at: m.GoToSection(by=-1),
    "hold section": lambda state, at: m.HoldSection(),
    "next style": lambda state, at: m.SetStyle(_style_beside(state, 1)),
    "previous style": lambda state, at: m.SetStyle(_style_beside(state, -1)),
}
_NAMED: Mapping[str, Callable[[str], m.Command]] = {
    ANCHOR: m.RecallAnchor,
    MODE: lambda name: m.SetMode(m.Mode(name)),
    SECTION: m.GoToSection,
    STYLE: m.SetStyle,
}
"""Actions with a name after them."""


def command_of(state: State, at: float, target: str, value: float) -> m.Command | None:
    """What moving a target to ``value`` (0..1) asks for: an action is done when it goes up, a
    value set in its range. None when there is nothing to do."""
    action = _action(state, at, target)
    if action is not None:
        return action if value > PRESSED else None
    if target == PLAY:
        wanted = value > PRESSED
        return None if wanted is state.clock.running else m.Start() if wanted else m.Stop()
    if target.startswith(MUTE):
        return m.Mute(Part(target.removeprefix(MUTE)), value > PRESSED)
    low, high, _ = control_range(target)
    return m.SetControl(target, low + value * (high - low))


def is_action(target: str) -> bool:
    """Whether a target is done, rather than set."""
    named = target.startswith(tuple(_NAMED)) and not is_point_control(target)
    return target in _ACTIONS or named


def _action(state: State, at: float, target: str) -> m.Command | None:
    if not is_action(target):
        return None
    if target in _ACTIONS:
        return _ACTIONS[target](state, at)
    kind = next(prefix for prefix in _NAMED if target.startswith(prefix))
    return _NAMED[kind](target.removeprefix(kind))


def _style_beside(state: State, by: int) -> str:
    names = list(state.facts.presets)
    return names[(names.index(state.band.pending_style or state.band.style) + by) % len(names)]


def known_of(state: State) -> Known:
    """What there is to be moved in a session (see ``controllers.targets.listed``)."""
    facts = state.facts
    form = state.setup.form.layout.stretches if state.setup.form is not None else ()
    return Known(
        directions=facts.directions.names,
        neurons=len(facts.neurons),
        axes=len(facts.style_axes),
        styles=tuple(facts.presets),
        anchors=tuple(state.point.saved),
        sections=tuple(dict.fromkeys(stretch.section.name for stretch in form)),
    )


# --- where they stand ---------------------------------------------------------------------

_LIT: Mapping[str, Callable[[State], bool]] = {
    "start": lambda state: state.clock.running,
    "stop": lambda state: not state.clock.running,
    PLAY: lambda state: state.clock.running,
    "fill": lambda state: state.clock.running and state.band.fill_bar == state.clock.bar,
    "undo point": lambda state: bool(state.point.before),
    "capture": lambda state: state.clock.running,
}


def shown(state: State, target: str) -> float | None:
    """Where a target stands, 0..1, for whoever shows it; an action is 1 while it is what
    happens (a style that plays, a fill). None for those that have no such thing."""
    if target in _LIT:
        return float(_LIT[target](state))
    if target == "tempo":
        return place_of(target, state.clock.line.bpm)
    if target.startswith(MUTE):
        return float(target.removeprefix(MUTE) in state.band.muted)
    if target in state.band.controls or (is_point_control(target) and exists(state.facts, target)):
        return place_of(target, state.band.controls.get(target, 0.0))
    if target.startswith(STYLE):
        return float(target.removeprefix(STYLE) == (state.band.pending_style or state.band.style))
    if target.startswith(MODE):
        return float(target.removeprefix(MODE) == state.band.next_mode.value)
    if target.startswith(ANCHOR):
        return float(state.point.touched.target == target)
    return None

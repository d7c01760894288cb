"""Targets to commands, and the places where they stand. Pure.

The catalog (:mod:`bridge.controllers.catalog`) says which targets there are; the tables here
and ``ACTIONS`` of :mod:`bridge.session.messages.commands` say what each does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from bridge.controllers.catalog import (
    ANCHOR,
    CATALOG,
    METRE,
    MODE,
    MUTE,
    PLAY,
    SECTION,
    STYLE,
    TEMPO,
)
from bridge.controllers.catalog_types import Target, TargetKind
from bridge.controllers.scaling import place_of
from bridge.controllers.targets import Known, listed
from bridge.errors import NameUnknown
from bridge.listening.ears import BassMove
from bridge.listening.live_chord import ListenMode
from bridge.model.styles.style_metres import styles_in
from bridge.music.notes import Part
from bridge.session.latent.point import exists, is_point_control
from bridge.session.messages import commands as m
from bridge.session.messages.ear_commands import SetHearing, ThisIsOne
from bridge.session.state.session_state import State

PRESSED: Final = 0.5
"""Above it, a button is down."""


def _mute_switch(part: Part) -> Callable[[State, bool], m.Command]:
    return lambda state, on: m.Mute(part, on)


ACTIONS: Final[Mapping[str, Callable[[State, float], m.Command]]] = {
    "tap": lambda state, at: m.Tap(at),
    "this is one": lambda state, at: ThisIsOne(at),
    "next style": lambda state, at: m.SetStyle(_style_beside(state, 1)),
    "previous style": lambda state, at: m.SetStyle(_style_beside(state, -1)),
}
"""The commands of actions that depend on the session or on the time (monotonic seconds); the
others are in ``commands.ACTIONS``."""
NAMED: Final[Mapping[str, Callable[[str], m.Command]]] = {
    ANCHOR: m.RecallAnchor,
    SECTION: m.GoToSection,
    STYLE: m.SetStyle,
}
"""The commands of actions with a name after this prefix."""
SWITCHES: Final[Mapping[str, Callable[[State, bool], m.Command | None]]] = {
    "hold chord": lambda state, on: SetHearing(hold=on),
    "lay out": lambda state, on: SetHearing(lay_out=on),
    "follow tempo": lambda state, on: SetHearing(drift=on),
    PLAY: lambda state, on: None if on is state.clock.running else m.Start() if on else m.Stop(),
    **{f"{MUTE}{part}": _mute_switch(part) for part in Part},
}
"""The commands of switches; None where nothing is to change."""


def command_of(state: State, at: float, name: str, value: float) -> m.Command | None:
    """The command for a target that is moved to ``value`` (0..1): an action is done above
    ``PRESSED``, a control set in its range. None when there is nothing to do; NameUnknown for a
    name that is no target's."""
    target = CATALOG.find(name)
    if target is None:
        raise NameUnknown("target", name, listed(known_of(state)))
    if target.kind is TargetKind.CONTROL:
        return m.SetControl(target.name, target.low + value * (target.high - target.low))
    if target.kind is TargetKind.SWITCH:
        return SWITCHES[target.name](state, value > PRESSED)
    return _action(state, at, target) if value > PRESSED else None


def _action(state: State, at: float, target: Target) -> m.Command:
    name = target.name
    if name in m.ACTIONS:
        return m.ACTIONS[name]
    if name in ACTIONS:
        return ACTIONS[name](state, at)
    prefix = next(prefix for prefix in NAMED if name.startswith(prefix))
    return NAMED[prefix](name.removeprefix(prefix))


def _style_beside(state: State, by: int) -> str:
    names = list(styles_in(state.facts.presets, state.clock.metre.name))
    return names[(names.index(state.band.next_style) + by) % len(names)]


def known_of(state: State) -> Known:
    """The lists of a session that families of targets depend on."""
    facts = state.facts
    form = state.setup.form.layout.sections if state.setup.form is not None else ()
    return Known(
        directions=facts.directions.names,
        neurons=len(facts.neurons),
        axes=len(facts.style_axes),
        styles=tuple(facts.presets),
        anchors=tuple(state.point.saved),
        sections=tuple(dict.fromkeys(placed.section.name for placed in form)),
    )


# --- where they stand ---------------------------------------------------------------------


def _hears(mode: ListenMode) -> Callable[[State], bool]:
    return lambda state: state.ears.mode is mode


def _moves(move: BassMove) -> Callable[[State], bool]:
    return lambda state: state.ears.bass is move


_SHOWN: Final[Mapping[str, Callable[[State], bool]]] = {
    "start": lambda state: state.clock.running,
    "stop": lambda state: not state.clock.running,
    PLAY: lambda state: state.clock.running,
    "hold chord": lambda state: state.ears.hold,
    "lay out": lambda state: state.ears.lay_out,
    "follow tempo": lambda state: state.ears.tempo.follows,
    "listen tempo": lambda state: state.ears.tempo.active,
    **{f"hear:{mode}": _hears(mode) for mode in ListenMode},
    **{f"bass:{move}": _moves(move) for move in BassMove},
    "fill": lambda state: state.clock.running and state.band.fill_bar == state.clock.bar,
    "undo point": lambda state: bool(state.point.before),
    "capture": lambda state: state.clock.running,
}


def shown(state: State, target: str) -> float | None:
    """The place of a target, 0..1, for a screen, a light or OSC. An action is 1 while it is in
    effect (a style that plays, a fill). None for targets that cannot be shown."""
    if target in _SHOWN:
        return float(_SHOWN[target](state))
    if target == TEMPO:
        return place_of(target, state.clock.line.bpm)
    if target.startswith(MUTE):
        return float(target.removeprefix(MUTE) in state.band.muted)
    if target in state.band.controls or (is_point_control(target) and exists(state.facts, target)):
        return place_of(target, state.band.controls.get(target, 0.0))
    if target.startswith(STYLE):
        return float(target.removeprefix(STYLE) == state.band.next_style)
    if target.startswith(MODE):
        return float(target.removeprefix(MODE) == state.band.next_mode.value)
    if target.startswith(METRE):
        return float(target.removeprefix(METRE) == state.clock.metre.name)
    if target.startswith(ANCHOR):
        return float(state.point.touched.target == target)
    return None

"""Controls in their own units and as knobs see them (0..1), kept in step. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from bridge.controllers.bindings import ControlState
from bridge.controllers.catalog import MUTE, control_range
from bridge.controllers.targets import DIRECTION, is_numbered
from bridge.music.notes import Part


def place_of(target: str, value: float) -> float:
    """Where in its range (0..1) a control's value is."""
    low, high, _ = control_range(target)
    return min(1.0, max(0.0, (value - low) / (high - low)))


def sync_knobs(
    bindings: ControlState,
    bpm: float,
    controls: Mapping[str, float],
    muted: Collection[Part] = (),
) -> ControlState:
    """The bindings, told where everything that they move stands now: a knob lets go of a
    value that something else has moved."""
    for target in {binding.target for binding in bindings.bindings}:
        if target.startswith(MUTE):
            bindings = bindings.at(target, float(target.removeprefix(MUTE) in muted))
        elif target in ("tempo", *controls) or target.startswith(DIRECTION) or is_numbered(target):
            value = bpm if target == "tempo" else controls.get(target, 0.0)
            bindings = bindings.at(target, place_of(target, value))
    return bindings

"""Controls in their own units and as knobs see them (0..1), kept in step. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from bridge.controllers.bindings import ControlState
from bridge.controllers.catalog import CATALOG, MUTE, TEMPO, control_range
from bridge.controllers.catalog_types import TargetKind
from bridge.music.notes import Part


def place_of(target: str, value: float) -> float:
    """The place (0..1) in its range of a control's value (in its unit), limited to it."""
    low, high, _ = control_range(target)
    return min(1.0, max(0.0, (value - low) / (high - low)))


def sync_knobs(
    bindings: ControlState,
    bpm: float,
    controls: Mapping[str, float],
    muted: Collection[Part] = (),
) -> ControlState:
    """The bindings with the present place of everything that they move: the tempo (``bpm``),
    ``controls`` by name in their own units, the ``muted`` parts. A knob lets go of a value that
    something else has moved."""
    for target in {binding.target for binding in bindings.bindings}:
        if target.startswith(MUTE):
            bindings = bindings.at(target, float(target.removeprefix(MUTE) in muted))
        elif target == TEMPO:
            bindings = bindings.at(target, place_of(target, bpm))
        elif target in controls or _rests_at_zero(target):
            bindings = bindings.at(target, place_of(target, controls.get(target, 0.0)))
    return bindings


def _rests_at_zero(target: str) -> bool:
    """True for a control of the point, which stands at 0 until something moves it."""
    family = CATALOG.family_of(target)
    return family is not None and family.pattern.kind is TargetKind.CONTROL

"""The latent point: its controls, their goal, the glide to it, undo, anchors. Pure.

The melody leads to a code. The point is the offset that the player adds to it (the sum of the
knobs of directions and neurons), and likewise to the style's vector. It glides to its goal in
equal steps, one a beat (or a bar), so that a jump of a knob, or from anchor to anchor, is a
gradual movement through the space.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from bridge.controllers.catalog import AXIS, DIRECTION, NEURON, POINT_CONTROLS, RANDOM
from bridge.errors import NameUnknown
from bridge.latent.anchors import Anchor, interpolated, tidy_name
from bridge.latent.glide import Glide
from bridge.latent.space import Floats
from bridge.latent.style_axes import median_length, random_direction
from bridge.session.messages.latent_map import spot_of, trailed
from bridge.session.state.band import Band
from bridge.session.state.effects import KeepAnchors
from bridge.session.state.latent_point import LastMove
from bridge.session.state.session_state import State, Step
from bridge.session.state.setup import ModelFacts

MORPH: Final = "morph"
GLIDE: Final = "glide"
GESTURE_SECONDS: Final = 1.0
"""Moves of one control that follow each other sooner are undone together."""
UNDO_KEPT: Final = 64
"""Gestures that can be undone."""
REQUEST_MARGIN: Final = 2
"""A beat can still be requested again until this many times ``commit_ahead`` before it."""
NEURON_REACH: Final = 2.0
"""Standard deviations of the prior by which a neuron's knob at 1 moves its dimension."""


# --- controls -----------------------------------------------------------------------------


def is_point_control(name: str) -> bool:
    """True if a control moves the point: a direction, a neuron, or an axis of the style space."""
    return name.startswith(DIRECTION) or any(k.fullmatch(name) for k in (AXIS, NEURON))


def exists(facts: ModelFacts, name: str) -> bool:
    """True if the model has that control of the point. Neurons, random directions and style axes
    are listed only after they were moved first."""
    axis = AXIS.fullmatch(name)
    if axis is not None:
        return int(axis[1]) <= len(facts.style_axes)
    neuron = NEURON.fullmatch(name)
    if neuron is not None:
        return int(neuron[1]) <= len(facts.neurons)
    if RANDOM.fullmatch(name):
        return True
    return name.startswith(DIRECTION) and name.removeprefix(DIRECTION) in facts.directions.names


def values_of(controls: Mapping[str, float]) -> dict[str, float]:
    """The values of the point's controls that are not 0."""
    return {n: v for n, v in controls.items() if v and is_point_control(n)}


def goal(facts: ModelFacts, controls: Mapping[str, float]) -> Floats:
    """The place that the controls set, [Z + S + K]: the offset of the code, that of the style, and
    the values of the steered attributes."""
    width, end = facts.spec.latent, facts.spec.latent + facts.spec.style
    total = np.zeros(end + len(facts.directions.steered), np.float32)
    named: dict[str, float] = {}
    for name, value in values_of(controls).items():
        axis, seed = AXIS.fullmatch(name), RANDOM.fullmatch(name)
        if axis is not None and int(axis[1]) <= len(facts.style_axes):
            total[width:end] += value * facts.style_axes[int(axis[1]) - 1]
        elif seed is not None:
            length = median_length(facts.directions.vectors)
            total[:width] += value * random_direction(int(seed[1]), width, length)
        elif (neuron := NEURON.fullmatch(name)) and int(neuron[1]) <= len(facts.neurons):
            total[facts.neurons[int(neuron[1]) - 1]] += value * NEURON_REACH
        elif name.removeprefix(DIRECTION) in facts.directions.names:
            named[name.removeprefix(DIRECTION)] = value
    total[:width] += facts.directions.offset(named)
    total[end:] = facts.directions.asked(named)
    return total


# --- glide --------------------------------------------------------------------------------


def slot_of(state: State, tick: int) -> int:
    """The number of the glide's step that a tick lies in: of its beat, or of its bar."""
    grid = state.clock.grid
    return grid.bar_of(tick) if state.setup.glide_by_bar else grid.beat_of(tick)


def steps_of(band: Band) -> int:
    """The number of steps of a glide (>= 1)."""
    return max(1, round(band.controls.get(GLIDE, POINT_CONTROLS[GLIDE][2])))


def next_beat_tick(state: State, at: float) -> int:
    """The tick of the next beat for which there is time to request it again."""
    soon = state.clock.line.tick_at(at + REQUEST_MARGIN * state.setup.commit_ahead)
    grid = state.clock.grid
    return grid.beat_start(grid.beat_of(soon - 1) + 1)


def place_at(state: State, tick: int) -> tuple[Floats, Floats, Floats]:
    """The point at ``tick``: the offset of the code [Z], that of the style [S], and the values of
    the steered attributes [K]."""
    glide = state.point.glide
    width = state.facts.spec.latent
    end = width + state.facts.spec.style
    if glide is None:
        at = goal(state.facts, state.band.controls)
    else:
        at = glide.at(slot_of(state, tick), steps_of(state.band))
    return at[:width], at[width:end], at[end:]


def start_glide(state: State, at: float) -> State:
    """The state with a glide to the place that the controls set, unless that is its goal."""
    there = goal(state.facts, state.band.controls)
    glide = state.point.glide
    if not state.clock.running:
        return at_rest(state)
    if glide is None:
        glide = Glide.resting(np.zeros_like(there))
    if np.array_equal(glide.goal, there):
        return state
    slot = slot_of(state, next_beat_tick(state, at) - 1) + 1
    return state.but(point=state.point.but(glide=glide.to(there, slot, steps_of(state.band))))


def at_rest(state: State) -> State:
    """The state with the point at rest at the place that its controls set: the music starts, or is
    stopped."""
    resting = Glide.resting(goal(state.facts, state.band.controls))
    return state.but(point=state.point.but(glide=resting, requested_beat=-1))


def is_gliding(state: State) -> bool:
    """True if the point still moves from the present beat to the next."""
    glide = state.point.glide
    if glide is None or not state.clock.running or state.setup.glide_by_bar:
        return False
    slot = state.clock.grid.beat_of(state.clock.line.tick_at(state.clock.now))
    return not glide.arrived(slot, steps_of(state.band))


def next_request(state: State) -> float | None:
    """The time (seconds) at which the next beat is requested during a glide; None at rest."""
    if not is_gliding(state):
        return None
    grid = state.clock.grid
    beat = grid.beat_of(state.clock.line.tick_at(state.clock.now)) + 1
    if beat <= state.point.requested_beat:
        beat = state.point.requested_beat + 1
    return state.clock.line.second_at_tick(grid.beat_start(beat)) - state.setup.look_ahead


def request_glide_beat(state: State, at: float) -> State:
    """During a glide, request each beat again, once, ``look_ahead`` seconds before it."""
    if not is_gliding(state):
        return state
    soon = state.clock.line.tick_at(at + state.setup.look_ahead) + 1
    beat = state.clock.grid.beat_of(soon)
    if beat <= state.point.requested_beat:
        return state
    return state.but(point=state.point.but(requested_beat=beat), plan=state.plan.outdated())


def with_decoded(state: State, code: tuple[float, ...]) -> State:
    """The state after ``code`` [Z] was decoded: it is kept, and its place joins the trail."""
    trail, known = state.point.trail, state.facts.known
    if known is not None:
        trail = trailed(trail, spot_of(known, code))
    return state.but(point=state.point.but(code=code, trail=trail))


# --- moves and undo -----------------------------------------------------------------------


def remember_for_undo(state: State, at: float, target: str) -> State:
    """The state with the point's values kept for undo, once a gesture."""
    last = state.point.touched
    point = state.point.but(touched=LastMove(target, at))
    if target != last.target or not 0.0 <= at - last.at < GESTURE_SECONDS:
        point = point.but(before=(*point.before, values_of(state.band.controls))[-UNDO_KEPT:])
    return state.but(point=point)


def with_values(state: State, values: Mapping[str, float]) -> State:
    """The state with the point's controls at ``values`` (clamped to -1..1), all others of them at
    0; names that the model lacks are left out."""
    controls = {n: 0.0 if is_point_control(n) else v for n, v in state.band.controls.items()}
    controls |= {
        n: min(1.0, max(-1.0, v))
        for n, v in values.items()
        if exists(state.facts, n) and is_point_control(n)
    }
    return state.but(band=state.band.but(controls=controls))


def reset(state: State, at: float) -> State:
    """Set all controls of the point to 0."""
    return with_values(remember_for_undo(state, at, "reset"), {}).say("back to where you play")


def undo(state: State) -> State:
    """Undo the last gesture, if there was one."""
    if not state.point.before:
        return state.say("nothing to undo: the band was not moved")
    *before, values = state.point.before
    point = state.point.but(before=tuple(before), touched=LastMove())
    return with_values(state.but(point=point), values).say("the band is back where it was")


# --- anchors ------------------------------------------------------------------------------


def save(state: State, name: str) -> Step:
    """Save the point as an anchor of that name (empty: ``anchor`` and the next number)."""
    name = tidy_name(name) or _numbered(state.point.saved)
    anchor = Anchor(name, values_of(state.band.controls), state.point.code)
    saved = {**state.point.saved, name: anchor}
    return _with_saved(state, saved, f"place {name!r} saved")


def forget(state: State, name: str) -> Step:
    """Delete an anchor. NameUnknown if there is none of that name."""
    _find(state.point.saved, name)
    saved = {n: a for n, a in state.point.saved.items() if n != name}
    state, effects = _with_saved(state, saved, f"place {name!r} is gone")
    if name in (state.point.morph or ()):
        state = set_morph(state, "", "")
    return state, effects


def _with_saved(state: State, saved: Mapping[str, Anchor], text: str) -> Step:
    state = state.but(point=state.point.but(saved=saved), message=text)
    return state, [KeepAnchors(tuple(saved.values()))]


def _numbered(saved: Mapping[str, Anchor]) -> str:
    number = 1
    while f"place {number}" in saved:
        number += 1
    return f"place {number}"


def recall(state: State, at: float, name: str) -> State:
    """Set the controls to an anchor's values. NameUnknown if there is none of that name."""
    anchor = _find(state.point.saved, name)
    state = remember_for_undo(state, at, f"anchor:{name}")
    return with_values(state, anchor.values).say(f"place {name!r}")


def set_morph(state: State, a: str, b: str) -> State:
    """Choose the two anchors that the control ``morph`` mixes; empty names remove the control.

    NameUnknown for an unknown anchor.
    """
    controls = {n: v for n, v in state.band.controls.items() if n != MORPH}
    if not (a or b):
        return state.but(band=state.band.but(controls=controls), point=state.point.but(morph=None))
    for name in (a, b):
        _find(state.point.saved, name)
    controls[MORPH] = state.band.controls.get(MORPH, 0.0)
    text = f"a knob between the places {a!r} and {b!r}"
    return state.but(
        band=state.band.but(controls=controls), point=state.point.but(morph=(a, b)), message=text
    )


def morph(state: State, at: float, share: float) -> State:
    """Set the controls to a mix of the two anchors of ``morph``, ``share`` 0..1 of the second. If
    none are chosen, the first two saved are used; NameUnknown if there are fewer than two."""
    if state.point.morph is None:
        names = list(state.point.saved)[:2]
        if len(names) < 2:
            raise NameUnknown("place", "", names, "(the knob leads between two: save two first)")
        state = set_morph(state, *names)
    assert state.point.morph is not None
    a, b = (_find(state.point.saved, name) for name in state.point.morph)
    state = with_values(
        remember_for_undo(state, at, MORPH), interpolated(a.values, b.values, share)
    )
    return state.but(band=state.band.with_control(MORPH, share))


def _find(saved: Mapping[str, Anchor], name: str) -> Anchor:
    anchor = saved.get(name)
    if anchor is None:
        raise NameUnknown("place", name, saved, "(save one first)")
    return anchor

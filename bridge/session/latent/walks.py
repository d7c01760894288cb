"""Walks: movements of the band through the latent space by itself. Pure.

The melody leads to a code; a walk moves it. Random walks and figures add an offset, so that the
player still leads. Walks to given places (anchors, the player's profile) replace the melody's
code, by the share that the control ``walk`` sets. In the walk ``apart`` drums and bass each have
a place of their own.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from bridge.controllers.catalog import (
    APART_CONTROLS,
    FIGURE_CONTROLS,
    MIMIC_CONTROLS,
    NEURON_CONTROLS,
    PRIOR_CONTROLS,
    RESTLESS_CONTROLS,
    WALK_CONTROLS,
)
from bridge.errors import ModelError, NameUnknown
from bridge.latent.player_profile import PlayerProfile, empty_profile, profile_code
from bridge.latent.space import Floats
from bridge.latent.walks import Pace, Walk, WalkKind, WalkState, neuron, next_step, start_walk
from bridge.model.messages import PartPoint, PriorContinuation, Result
from bridge.music.notes import Part
from bridge.session.latent.point import values_of
from bridge.session.state.band import Band
from bridge.session.state.bars import PendingRequest
from bridge.session.state.session_state import State
from bridge.session.state.setup import ModelFacts

OFF = "off"
NEEDS_A_PLAYER = (WalkKind.MIMIC, WalkKind.PRIOR, WalkKind.APART)
"""Walks that depend on what is played or on the band's parts: a path cannot take them."""
ANCHORS_KEPT = 16
"""Dropped anchors that are kept."""
APART_PARTS = (Part.DRUMS, Part.BASS)
"""The parts of the walk ``apart``, in the order of its points."""
_CATCH_UP = 64
"""Steps that are made up for, one by one, after bars were skipped (the clock jumped)."""
_PRIOR_WINDOWS = 8
"""Past windows that the prior is given."""
FIGURE_AMPLITUDE = 3.0
"""Largest amplitude of a figure along a neuron, in standard deviations."""
_PRIOR_STEPS = 8
"""Sampling steps of the prior in a live session; the gain of more is on the model's card."""
_FIGURES = (WalkKind.ORBIT, WalkKind.DRIFT, WalkKind.LISSAJOUS, WalkKind.ANCHORS)
_CONTROLS: Mapping[WalkKind, Mapping[str, tuple[float, float, float]]] = {
    WalkKind.BROWNIAN: WALK_CONTROLS | RESTLESS_CONTROLS,
    WalkKind.MIMIC: WALK_CONTROLS | RESTLESS_CONTROLS | MIMIC_CONTROLS,
    WalkKind.APART: WALK_CONTROLS | APART_CONTROLS,
    WalkKind.PRIOR: WALK_CONTROLS | PRIOR_CONTROLS,
    **dict.fromkeys(_FIGURES, WALK_CONTROLS | FIGURE_CONTROLS),
    WalkKind.LISSAJOUS: WALK_CONTROLS | FIGURE_CONTROLS | NEURON_CONTROLS,
}


@dataclass(frozen=True, slots=True)
class DecodePlace:
    """The place at which a bar is decoded: the fields of a request with the same names."""

    offset: Floats
    listen: float = 1.0
    points: tuple[PartPoint, ...] = ()
    onward: PriorContinuation | None = None


# --- choosing a walk ----------------------------------------------------------------------


def find_kind(name: str) -> WalkKind | None:
    """The walk of that name; None for ``off``. NameUnknown for an unknown name."""
    if name in ("", OFF):
        return None
    known = [kind.value for kind in WalkKind]
    if name not in known:
        raise NameUnknown("walk", name, [*known, OFF])
    return WalkKind(name)


def check_walk(kind: WalkKind | None, facts: ModelFacts) -> None:
    """Check a walk against the model. ModelError if it needs a prior that the model lacks."""
    if kind is WalkKind.PRIOR and not facts.prior:
        raise ModelError(f"the model {facts.spec.name} cannot go on by itself: choose another walk")


def controls_of(kind: WalkKind | None) -> Mapping[str, tuple[float, float, float]]:
    """The controls of a walk: (lowest, highest, default value) by name."""
    return {} if kind is None else _CONTROLS.get(kind, WALK_CONTROLS)


def set_walk(state: State, name: str, bars: float, seed: int | None = None) -> State:
    """The session with another walk from the next bar on (``off``: none).

    The walk's controls are added; those that the walk before had too keep their values.
    NameUnknown and ModelError as in :func:`find_kind` and :func:`check_walk`.
    """
    kind = find_kind(name)
    check_walk(kind, state.facts)
    controls = state.band.controls
    kept = {n: v for n, v in controls.items() if n not in _ALL_CONTROLS}
    added = {n: controls.get(n, d) for n, (_, _, d) in controls_of(kind).items()}
    if "walk bars" in added:
        added["walk bars"] = bars
    state = state.but(band=state.band.but(controls=kept | added))
    if kind is None:
        return state.but(walking=state.walking.off())
    walk = Walk(kind, state.setup.seed if seed is None else seed, bars)
    return _with_places(state, walk)


_ALL_CONTROLS = {name for controls in (*_CONTROLS.values(), WALK_CONTROLS) for name in controls}


def drop_anchor(state: State) -> State:
    """Keep the code of the music heard last as an anchor, for walks that use anchors."""
    code = state.walking.last_heard_code
    if code is None:
        return state.say("nothing heard yet: play a bar, then mark its place")
    state = state.but(walking=state.walking.with_anchor(code, ANCHORS_KEPT))
    state = state.say(f"place {len(state.walking.anchors)} is marked")
    return state if state.walking.walk is None else _with_places(state, state.walking.walk)


def _with_places(state: State, walk: Walk) -> State:
    """The session with ``walk``, its anchors and its target (the last anchor) filled in; it goes on
    from the present place."""
    facts, walking = state.facts, state.walking
    if walk.kind is WalkKind.LISSAJOUS and len(facts.directions.names) > 1:
        axes = tuple(tuple(v.tolist()) for v in facts.directions.vectors[:2])
        walk = replace(walk, axes=axes)
    # The anchors that were dropped for walks; else the saved ones.
    saved = (anchor.code for anchor in state.point.saved.values())
    anchors = walking.anchors or tuple(c for c in saved if len(c) == facts.spec.latent)
    if anchors:
        last = anchors[-1]
        walk = replace(walk, anchors=anchors if walk.kind is WalkKind.ANCHORS else ())
        walk = replace(walk, target=last if walk.kind in (WalkKind.DRIFT, WalkKind.ORBIT) else ())
    fresh = start_walk(walk, facts.spec.latent)
    place = walking.place
    same = place is not None and len(place.points) == len(fresh.points)
    return state.but(walking=walking.but(walk=walk, place=place if same else fresh))


def restart_walk(state: State) -> State:
    """The walk at its beginning, for a new take; the player's profile stays."""
    walk = state.walking.walk
    place = None if walk is None else start_walk(walk, state.facts.spec.latent)
    return state.but(walking=state.walking.at_start(place))


# --- walking ------------------------------------------------------------------------------


def walk_to(state: State, bar: int) -> State:
    """The session with the walk advanced to ``bar``, by its controls' present values."""
    walk, place = state.walking.walk, state.walking.place
    if walk is None or place is None or bar <= place.bar:
        return state
    paces = _paces(state.band, walk)
    walk = _with_knobs(state, walk)
    for each in range(max(place.bar + 1, bar - _CATCH_UP), bar + 1):
        place = next_step(walk, place, each, paces)
    return _knobs_returning(state.but(walking=state.walking.but(place=place)))


def _with_knobs(state: State, walk: Walk) -> Walk:
    """The walk with the period and the neurons that its controls set."""
    if walk.kind in _FIGURES:
        walk = replace(walk, bars=max(0.25, state.band.control("walk bars")))
    neurons = state.facts.neurons
    if walk.kind is not WalkKind.LISSAJOUS or len(neurons) < 2:
        return walk
    chosen = [round(state.band.control(name)) - 1 for name in NEURON_CONTROLS]
    width = state.facts.spec.latent
    axes = tuple(neuron(neurons[min(n, len(neurons) - 1)], width, FIGURE_AMPLITUDE) for n in chosen)
    return replace(walk, axes=axes)


def _knobs_returning(state: State) -> State:
    """The point's controls nearer to 0, by the share (0..1 a bar) of the control ``return``."""
    share = state.band.control("return")
    if not share:
        return state
    moved = values_of(state.band.controls)
    nearer = {n: v * (1 - share) if abs(v) > 0.01 else 0.0 for n, v in moved.items()}
    return state.but(band=state.band.but(controls={**state.band.controls, **nearer}))


def _paces(band: Band, walk: Walk) -> list[Pace]:
    if walk.kind is not WalkKind.APART:
        return [Pace(band.control("restlessness"))]
    return [Pace(band.control(f"restless {p}"), band.control(f"lean {p}")) for p in APART_PARTS]


def decode_place(state: State) -> DecodePlace:
    """The place of the walk; no offset without one."""
    walk, place = state.walking.walk, state.walking.place
    if walk is None or place is None:
        return DecodePlace(np.zeros(state.facts.spec.latent, np.float32))
    amount = state.band.control("walk")
    return _PLACES.get(walk.kind, _added)(state, walk, place, amount)


def _added(state: State, walk: Walk, place: WalkState, amount: float) -> DecodePlace:
    """The walk's place added to the code that the melody leads to."""
    return DecodePlace(np.asarray(amount * _scaled(state.facts, walk, place.point), np.float32))


def _scaled(facts: ModelFacts, walk: Walk, point: Floats) -> Floats:
    """A point [Z] in standard deviations, scaled to the spread of the model's codes along their
    principal axes: grooves differ along a few axes, which equal steps along all hardly move."""
    codes = facts.distribution
    if codes is None or walk.kind is WalkKind.LISSAJOUS or walk.target or walk.anchors:
        return point  # these walks go along dimensions, or to codes
    return codes.offset(point[: len(codes.spread)])


def _replacing(state: State, walk: Walk, place: WalkState, amount: float) -> DecodePlace:
    """The walk's place instead of the melody's code, by the share ``amount``."""
    return DecodePlace(
        np.asarray(amount * _scaled(state.facts, walk, place.point), np.float32), 1.0 - amount
    )


def _orbit(state: State, walk: Walk, place: WalkState, amount: float) -> DecodePlace:
    """An orbit round the last anchor replaces the melody's code; without one it is added to it."""
    return (_replacing if walk.target else _added)(state, walk, place, amount)


def _prior(state: State, walk: Walk, place: WalkState, amount: float) -> DecodePlace:
    """The code that the prior finds likely after the last windows, with the share ``amount``."""
    bars = state.facts.spec.bars
    back = range(place.bar - bars, place.bar - bars * (_PRIOR_WINDOWS + 1), -bars)
    played = [
        state.walking.codes[bar]
        for bar in itertools.takewhile(state.walking.codes.__contains__, back)
    ]
    none = np.zeros(state.facts.spec.latent, np.float32)
    onward = PriorContinuation(
        past=tuple(reversed(played)),
        share=amount,
        # One sample for all bars of a window: within it only what is played changes.
        seed=(walk.seed, max(0, place.bar) // bars),
        steps=_PRIOR_STEPS,
        temperature=state.band.control("surprise"),
    )
    return DecodePlace(none, onward=onward)


def _drift(state: State, walk: Walk, place: WalkState, amount: float) -> DecodePlace:
    """The walk's place, replacing the melody's code more and more on its way to the target."""
    if not walk.target:
        return _added(state, walk, place, amount)
    gone = min(1.0, place.turns)
    return DecodePlace(np.asarray(amount * place.point, np.float32), 1.0 - amount * gone)


def _mimic(state: State, walk: Walk, place: WalkState, amount: float) -> DecodePlace:
    """The walk's place within the player's profile, around its mean."""
    code = profile_code(profile_of(state), place.point)
    return DecodePlace(np.asarray(amount * code, np.float32), 1.0 - amount)


def _apart(state: State, walk: Walk, place: WalkState, amount: float) -> DecodePlace:
    """Drums and bass at places of their own; the share that they do not take from the player's
    melody they take from the mean of the player's profile."""
    usual = profile_of(state).mean
    points = []
    for part, own in zip(APART_PARTS, place.points, strict=True):
        listen = state.band.control(f"listen {part}")
        offset = (1.0 - listen) * usual + amount * _scaled(state.facts, walk, own)
        points.append(PartPoint(part.value, tuple(offset.tolist()), listen))
    return DecodePlace(np.zeros_like(usual), 1.0, tuple(points))


_PLACES: Mapping[WalkKind, Callable[[State, Walk, WalkState, float], DecodePlace]] = {
    WalkKind.ANCHORS: _replacing,
    WalkKind.ORBIT: _orbit,
    WalkKind.PRIOR: _prior,
    WalkKind.DRIFT: _drift,
    WalkKind.MIMIC: _mimic,
    WalkKind.APART: _apart,
}


# --- the player's profile -----------------------------------------------------------------


def profile_of(state: State) -> PlayerProfile:
    """The player's profile so far."""
    return state.walking.profile or empty_profile(state.facts.spec.latent)


def learn(state: State, pending: PendingRequest, result: Result) -> State:
    """Remember the code of a bar, and update the profile by the music heard, once a bar."""
    oldest = pending.bar - (_PRIOR_WINDOWS + 1) * state.facts.spec.bars
    walking = state.walking.with_code(pending.bar, result.code, oldest)
    if result.heard and not pending.drums_only and state.heard.phrase.first_tick is not None:
        walking = walking.but(last_heard_code=result.heard)
        if pending.bar > walking.profile_bar:
            profile = profile_of(state).with_code(np.asarray(result.heard, np.float32))
            walking = walking.but(profile=profile, profile_bar=pending.bar)
    return state.but(walking=walking)

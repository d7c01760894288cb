"""MIDI learn in a session: hear a control, ask about a conflict, bind it, have it kept. Pure."""

from __future__ import annotations

from dataclasses import replace

from bridge.controllers.bindings import Binding
from bridge.controllers.catalog import CATALOG
from bridge.controllers.learn import MOVE_IT, HeardControl, Learner
from bridge.controllers.scaling import sync_knobs
from bridge.controllers.targets import check_target, learned_binding, listed
from bridge.errors import NameUnknown
from bridge.session.handlers.target_actions import known_of
from bridge.session.latent.point import exists, is_point_control
from bridge.session.messages.status import LearnStatus
from bridge.session.state.controllers import Learning
from bridge.session.state.effects import KeepBindings
from bridge.session.state.session_state import State, Step


def begin(state: State, target: str) -> State:
    """Learn a control for a target from now on; a former name counts as the present one.
    NameUnknown when there is no such target."""
    hint = CATALOG.hint(target)
    target = check_target(target, state.facts.directions.names)
    if is_point_control(target) and not exists(state.facts, target):
        raise NameUnknown("target", target, listed(known_of(state)))
    status = LearnStatus(target, hint=MOVE_IT)
    return state.but(learn=Learning(status), message=hint or state.message)


def cancel(state: State) -> State:
    """Learn no more."""
    return state.but(learn=None)


def is_learning(state: State) -> bool:
    """True while controls are listened to rather than obeyed."""
    return state.learn is not None and not state.learn.status.done


def hear(state: State, message: bytes) -> Step:
    """A message while learning: bind the control as soon as it is known, unless it moves
    something else already; then it takes a confirmation (or another control)."""
    learn = state.learn
    assert learn is not None
    learner = learn.learner.hear(message)
    heard = learner.heard
    if heard is None:
        return state.but(learn=replace(learn, learner=learner)), []
    if learn.status.conflict:
        return _besides(state, learn, learner, heard)
    status = LearnStatus(learn.status.target, heard.text, heard.hint)
    state = state.but(learn=Learning(status, learner, heard))
    return _settle(state, heard) if heard.sure else (state, [])


def _besides(state: State, learn: Learning, learner: Learner, heard: HeardControl) -> Step:
    """A message while a conflict waits: another control may be meant instead."""
    asked = learn.heard
    assert asked is not None
    if not heard.sure or _control(heard) == _control(asked):
        waiting = Learner() if heard.sure else learner
        return state.but(learn=replace(learn, learner=waiting)), []
    status = LearnStatus(learn.status.target, heard.text)
    return _settle(state.but(learn=Learning(status, learner, heard)), heard)


def _settle(state: State, heard: HeardControl) -> Step:
    """Bind, clear what is the same again, or ask."""
    assert state.learn is not None
    target = state.learn.status.target
    there = users_of(state.bindings.bindings, heard)
    if any(binding.target == target for binding in there):
        gone = tuple(binding for binding in there if binding.target == target)
        return _bound(state, None, gone, f"{heard.text} moves {target!r} no more")
    if not there:
        binding = learned_binding(heard, target)
        return _bound(state, binding, (), f"{heard.text} moves {target!r} now")
    moved = " and ".join(repr(target) for target in dict.fromkeys(b.target for b in there))
    conflict = f"{heard.text} moves {moved}: confirm to take it from there"
    status = LearnStatus(target, heard.text, conflict=conflict)
    return state.but(learn=Learning(status, Learner(), heard)), []


def confirm(state: State) -> Step:
    """Take the best guess, from whatever it moved before."""
    learn = state.learn
    if learn is None or learn.status.done or learn.heard is None:
        return state, []
    target, heard = learn.status.target, learn.heard
    gone = users_of(state.bindings.bindings, heard)
    if not learn.status.conflict and any(binding.target == target for binding in gone):
        return _settle(state, heard)
    text = f"{heard.text} moves {target!r} now"
    return _bound(state, learned_binding(heard, target), gone, text)


def users_of(bindings: tuple[Binding, ...], heard: HeardControl) -> tuple[Binding, ...]:
    """The bindings that the control moves something by."""
    return tuple(
        binding
        for binding in bindings
        if binding.kind is heard.kind
        and binding.number in (None, heard.number)
        and binding.channel in (None, heard.channel)
    )


def _bound(state: State, added: Binding | None, gone: tuple[Binding, ...], text: str) -> Step:
    """Other bindings from now on, and in the player's file."""
    assert state.learn is not None
    kept = tuple(binding for binding in state.bindings.bindings if binding not in gone)
    bindings = state.bindings.rebound(kept if added is None else (*kept, added))
    bindings = sync_knobs(bindings, state.line.bpm, state.controls, state.muted)
    status = LearnStatus(state.learn.status.target, text, done=True)
    state = state.but(bindings=bindings, learn=Learning(status), message=text)
    return state, [KeepBindings(added, gone)]


def _control(heard: HeardControl) -> tuple[object, ...]:
    return heard.kind, heard.number, heard.channel

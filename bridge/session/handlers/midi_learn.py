"""MIDI learn: identify a control, ask about a conflict, bind it, have it written. Pure."""

from __future__ import annotations

from dataclasses import replace

from bridge.controllers.bindings import Binding
from bridge.controllers.catalog import CATALOG
from bridge.controllers.learn import MOVE_IT, HeardControl, Learner
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
    return _with(state, Learning(status)).say(hint or state.message)


def cancel(state: State) -> State:
    """End MIDI learn."""
    return _with(state, None)


def _with(state: State, learn: Learning | None) -> State:
    return state.but(controllers=state.controllers.but(learn=learn))


def hear(state: State, message: bytes) -> Step:
    """A message during MIDI learn: bind the control as soon as it is identified. If it moves
    another target already, wait for a confirmation (or for another control)."""
    learn = state.controllers.learn
    assert learn is not None
    learner = learn.learner.hear(message)
    heard = learner.heard
    if heard is None:
        return _with(state, replace(learn, learner=learner)), []
    if learn.status.conflict:
        return _during_conflict(state, learn, learner, heard)
    status = LearnStatus(learn.status.target, heard.text, heard.hint)
    state = _with(state, Learning(status, learner, heard))
    return _bind_or_ask(state, heard) if heard.sure else (state, [])


def _during_conflict(state: State, learn: Learning, learner: Learner, heard: HeardControl) -> Step:
    """A message while a conflict waits for confirmation: it may identify another control."""
    before = learn.heard
    assert before is not None
    if not heard.sure or _control(heard) == _control(before):
        waiting = Learner() if heard.sure else learner
        return _with(state, replace(learn, learner=waiting)), []
    status = LearnStatus(learn.status.target, heard.text)
    return _bind_or_ask(_with(state, Learning(status, learner, heard)), heard)


def _bind_or_ask(state: State, heard: HeardControl) -> Step:
    """Bind the control; unbind it if it moves the target already; ask if it moves another one."""
    assert state.controllers.learn is not None
    target = state.controllers.learn.status.target
    there = users_of(state.controllers.bindings.bindings, heard)
    if any(binding.target == target for binding in there):
        gone = tuple(binding for binding in there if binding.target == target)
        return _finish(state, None, gone, f"{heard.text} moves {_named(target)} no more")
    if not there:
        binding = learned_binding(heard, target)
        return _finish(state, binding, (), f"{heard.text} moves {_named(target)} now")
    moved = " and ".join(_named(target) for target in dict.fromkeys(b.target for b in there))
    conflict = f"{heard.text} moves {moved}: confirm to take it from there"
    status = LearnStatus(target, heard.text, conflict=conflict)
    return _with(state, Learning(status, Learner(), heard)), []


def confirm(state: State) -> Step:
    """Bind the control identified so far, and take it from the targets that it moved before."""
    learn = state.controllers.learn
    if learn is None or learn.status.done or learn.heard is None:
        return state, []
    target, heard = learn.status.target, learn.heard
    gone = users_of(state.controllers.bindings.bindings, heard)
    if not learn.status.conflict and any(binding.target == target for binding in gone):
        return _bind_or_ask(state, heard)
    text = f"{heard.text} moves {_named(target)} now"
    return _finish(state, learned_binding(heard, target), gone, text)


def _named(target: str) -> str:
    """The title of a target in quotation marks, as the screen shows it."""
    return f"'{CATALOG.full_title(target)}'"


def users_of(bindings: tuple[Binding, ...], heard: HeardControl) -> tuple[Binding, ...]:
    """The present bindings of a control."""
    return tuple(
        binding
        for binding in bindings
        if binding.kind is heard.kind
        and binding.number in (None, heard.number)
        and binding.channel in (None, heard.channel)
    )


def _finish(state: State, added: Binding | None, gone: tuple[Binding, ...], text: str) -> Step:
    """End MIDI learn with one binding ``added`` and those in ``gone`` removed, in the session and
    in the player's file."""
    controllers = state.controllers
    assert controllers.learn is not None
    kept = tuple(binding for binding in controllers.bindings.bindings if binding not in gone)
    bindings = controllers.bindings.rebound(kept if added is None else (*kept, added))
    status = LearnStatus(controllers.learn.status.target, text, done=True)
    controllers = controllers.but(bindings=bindings, learn=Learning(status))
    return synced(state.but(controllers=controllers, message=text)), [KeepBindings(added, gone)]


def synced(state: State) -> State:
    """The state with the present values told to knobs that have to pick them up."""
    band, bpm = state.band, state.clock.line.bpm
    return state.but(controllers=state.controllers.synced(bpm, band.controls, band.muted))


def _control(heard: HeardControl) -> tuple[object, ...]:
    return heard.kind, heard.number, heard.channel

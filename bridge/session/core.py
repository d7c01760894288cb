"""The session's one function: ``step(state, event) -> (state, effects)``. Pure.

Time comes with the event, so hours of music run in moments on an offline clock. The engine
(and its offline twin) calls ``step`` for every message, command and answer, and with a
``Tick`` at ``next_deadline``; it carries out the effects in order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bridge.model.messages import Result, WorkerFailed, WorkerReady
from bridge.music.grid import bar_start
from bridge.session.bars import answer, request
from bridge.session.bars.ask_again import ask_again, prepare
from bridge.session.handlers import code_player
from bridge.session.handlers.midi_input import on_midi, on_remapped, on_waited
from bridge.session.handlers.table import on_command
from bridge.session.latent import point
from bridge.session.messages.status import WorkerState
from bridge.session.playback import advance, note_times, tick
from bridge.session.state.events import (
    Answered,
    ClockIn,
    CommandReceived,
    Event,
    LinkIn,
    MidiIn,
    Notice,
    Remapped,
    Tick,
    WorkerLost,
)
from bridge.session.state.session_state import State, Step


def step(state: State, event: Event) -> Step:
    """The state after ``event``, and what is to be done, in order.

    Time passes first (and notes due are sent), then the event happens, then what it made
    due is sent. An event stamped before the last one counts as happening now.
    """
    at = max(event.at, state.clock.now)
    state = state.but(clock=state.clock.but(now=at))
    state, effects = on_waited(state, at)
    if isinstance(event, Tick):
        state, more = tick(state, at)
        effects += more
        return (state, effects) if effects else _made_again(state, at)
    # What the master says of this very moment (stop, a jump) counts before notes due now.
    state, more = (state, []) if isinstance(event, ClockIn) else advance(state, at)
    effects += more
    state, more = _HANDLERS[type(event)](state, event)
    effects += more
    state, more = _made_again(state, at)
    effects += more
    state, more = advance(state, at)
    return state, effects + more


def _made_again(state: State, at: float) -> Step:
    """Request the coming bar again if it is outdated, once no request is under way."""
    if state.plan.needs_new_bar and not state.plan.pending:
        return ask_again(state.but(plan=state.plan.up_to_date()), at)
    return state, []


def next_deadline(state: State) -> float | None:
    """When (monotonic seconds) the next ``Tick`` is needed; None while nothing is to come."""
    clock, line = state.clock, state.clock.line
    half = state.controllers.bindings.deadline
    halves = [] if half is None else [half]
    if not clock.running:
        return min([*halves, *state.sync.clock_times(line, clock.now)], default=None)
    if clock.behind:
        return clock.now
    bar = clock.bar + 1
    bar_line = line.second_at_tick(bar_start(bar))
    moments = [bar_line, bar_line - state.setup.commit_ahead]
    moments += request.ask_times(line, state.setup.look_ahead, bar)
    moments += state.sync.source.deadlines()
    on_the_way = point.moment(state)
    moments += [] if on_the_way is None else [on_the_way]
    future = [moment for moment in moments if moment > clock.now]
    future += state.sync.clock_times(line, clock.now)
    future += [*halves, *note_times(state)]
    if state.tune.schedule.next_tick is not None:
        future.append(line.second_at_tick(state.tune.schedule.next_tick))
    return min(future, default=clock.now + 1.0)


# --- the worker -------------------------------------------------------------------------


def on_answer(state: State, event: Answered) -> Step:
    """The worker is ready, has an answer, or could not do it."""
    message = event.message
    if isinstance(message, Result):
        return code_player.begin(answer.take_answer(state, event.at, message), event.at)
    if isinstance(message, WorkerReady):
        back = state.worker.state is WorkerState.LOST
        state = state.but(worker=state.worker.but(state=WorkerState.READY))
        state = state.say("the model is back") if back else state
        return (state, []) if state.clock.running else prepare(state, event.at)
    assert isinstance(message, WorkerFailed)
    worker = state.worker.but(state=WorkerState.FAILED) if message.fatal else state.worker
    state = state.but(worker=worker, plan=state.plan.unanswered())
    return state.say(message.message), []


def on_worker_lost(state: State, event: WorkerLost) -> Step:
    """The band goes on with the bars it has until the worker is back."""
    worker = state.worker.but(state=WorkerState.LOST)
    state = state.but(worker=worker, plan=state.plan.unanswered())
    return state.say(f"{event.why}: starting it again").count(worker_restarts=1), []


def _on_clock(state: State, event: ClockIn | LinkIn) -> Step:
    return state.sync.source.on_message(state, event)


_HANDLERS: dict[type, Callable[[State, Any], Step]] = {
    MidiIn: on_midi,
    ClockIn: _on_clock,
    LinkIn: _on_clock,
    CommandReceived: on_command,
    Answered: on_answer,
    WorkerLost: on_worker_lost,
    Remapped: on_remapped,
    Notice: lambda state, event: (state.say(event.text), []),
}

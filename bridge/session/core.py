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
from bridge.session.bars import request
from bridge.session.bars.answer import take_answer
from bridge.session.bars.ask_again import ask_again, prepare
from bridge.session.handlers import code_player
from bridge.session.handlers.midi_input import on_midi, on_remapped
from bridge.session.handlers.table import on_command
from bridge.session.latent import point
from bridge.session.messages.status import WorkerState
from bridge.session.playback import advance, offset_of, tick
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
from bridge.session.sync.ableton_link import on_link
from bridge.session.sync.midi_clock_in import on_clock, watch_times
from bridge.session.transport.clock_out import lead_times


def step(state: State, event: Event) -> Step:
    """The state after ``event``, and what is to be done, in order.

    Time passes first (and notes due are sent), then the event happens, then what it made
    due is sent. An event stamped before the last one counts as happening now.
    """
    at = max(event.at, state.now)
    if isinstance(event, Tick):
        state, effects = tick(state.but(now=at), at)
        return (state, effects) if effects else _made_anew(state, at)
    state = state.but(now=at)
    # What the master says of this very moment (stop, a jump) counts before notes due now.
    state, effects = (state, []) if isinstance(event, ClockIn) else advance(state, at)
    state, more = _HANDLERS[type(event)](state, event)
    effects += more
    state, more = _made_anew(state, at)
    effects += more
    state, more = advance(state, at)
    return state, effects + more


def _made_anew(state: State, at: float) -> Step:
    """Ask again, once no request is under way, for what a knob has changed."""
    if state.dirty and not state.asked:
        return ask_again(state.but(dirty=False), at)
    return state, []


def next_deadline(state: State) -> float | None:
    """When (monotonic seconds) the next ``Tick`` is needed; None while nothing is to come."""
    if not state.running:
        return min(lead_times(state), default=None)
    if state.behind:
        return state.now
    line, bar = state.line, state.bar + 1
    bar_line = line.second_at_tick(bar_start(bar))
    moments = [bar_line, bar_line - state.setup.commit_ahead, *request.ask_times(state, bar)]
    moments += watch_times(state)
    on_the_way = point.moment(state)
    moments += [] if on_the_way is None else [on_the_way]
    future = [moment for moment in moments if moment > state.now]
    future += lead_times(state)
    future += [
        line.second_at_tick(lane.next_tick) + offset_of(state, part)
        for part, lane in state.lanes.items()
        if lane.next_tick is not None
    ]
    if state.player.next_tick is not None:
        future.append(line.second_at_tick(state.player.next_tick))
    return min(future, default=state.now + 1.0)


# --- the worker -------------------------------------------------------------------------


def on_answer(state: State, event: Answered) -> Step:
    """The worker is ready, has an answer, or could not do it."""
    message = event.message
    if isinstance(message, Result):
        return code_player.begin(take_answer(state, event.at, message), event.at)
    if isinstance(message, WorkerReady):
        back = state.worker is WorkerState.LOST
        text = "the model is back" if back else state.message
        state = state.but(worker=WorkerState.READY, message=text)
        return (state, []) if state.running else prepare(state, event.at)
    assert isinstance(message, WorkerFailed)
    worker = WorkerState.FAILED if message.fatal else state.worker
    return state.but(worker=worker, message=message.message, asked={}), []


def on_worker_lost(state: State, event: WorkerLost) -> Step:
    """The band goes on with what it has until the worker is back."""
    state = state.but(worker=WorkerState.LOST, asked={}, message=f"{event.why}: starting it again")
    return state.count(worker_restarts=1), []


_HANDLERS: dict[type, Callable[[State, Any], Step]] = {
    MidiIn: on_midi,
    ClockIn: on_clock,
    LinkIn: on_link,
    CommandReceived: on_command,
    Answered: on_answer,
    WorkerLost: on_worker_lost,
    Remapped: on_remapped,
    Notice: lambda state, event: (state.but(message=event.text), []),
}

"""The session's one function: ``step(state, event) -> (state, effects)``. Pure.

The event carries the time, so hours of music run in moments on an offline clock. The engine
(and the offline simulation) calls ``step`` for every message, command and answer, and with a
``Tick`` at ``next_deadline``; it carries out the effects in order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bridge.model.messages import Result, WorkerFailed, WorkerReady
from bridge.session.bars import answer, request
from bridge.session.bars.ask_again import ask_again, request_first_bar
from bridge.session.ears import chord_ear, energy_ear, other_ear
from bridge.session.handlers import code_player, held_notes
from bridge.session.handlers.arranging.live_forms import on_form_read
from bridge.session.handlers.midi_input import on_midi, on_remapped, on_waited
from bridge.session.handlers.table import on_command, on_sound_turned
from bridge.session.latent import point
from bridge.session.messages.status import WorkerState
from bridge.session.playback import advance, note_times, tick
from bridge.session.state.effects import Send
from bridge.session.state.events import (
    Answered,
    ClockChosen,
    ClockIn,
    ClockSentTo,
    CommandReceived,
    DawIn,
    Event,
    FormRead,
    InputGone,
    LinkIn,
    MidiIn,
    Notice,
    OtherIn,
    Remapped,
    SoundTurned,
    Tick,
    Trial,
    WorkerLost,
)
from bridge.session.state.session_state import State, Step
from bridge.session.sync.sources import on_clock_chosen
from bridge.session.transport import tempo_listen
from bridge.session.transport.clock_out import on_clock_sent_to


def step(state: State, event: Event) -> Step:
    """The state after ``event``, and the effects to carry out, in order.

    First time advances to the event (notes due are sent), then the event is handled, then
    notes that it made due are sent. An event older than the last one counts as happening now.
    """
    at = max(event.at, state.clock.now)
    state = state.but(clock=state.clock.but(now=at))
    state, effects = on_waited(state, at)
    state, more = _on_tick(state, at) if isinstance(event, Tick) else _on_event(state, event, at)
    effects += more
    sent = [effect.message for effect in effects if isinstance(effect, Send)]
    if sent:
        heard = state.heard
        state = state.but(heard=heard.but(echoes=heard.echoes.with_sent(at, sent)))
    return state, effects


def _on_tick(state: State, at: float) -> Step:
    """Advance to ``at``, and look at inputs that may have gone silent."""
    state, effects = tick(state, at)
    if state.heard.deadlines():
        state, more = held_notes.watch(state, at)
        effects += more
    if effects:
        return state, effects
    state, effects = tempo_listen.watch(state, at)
    for watch in (chord_ear.watch, energy_ear.watch, other_ear.watch):
        state = watch(state, at)
    return (state, effects) if effects else _request_if_outdated(state, at)


def _on_event(state: State, event: Event, at: float) -> Step:
    """Advance to ``at``, handle the event, and send what it made due."""
    # A message of the master (stop, a jump) is handled before the notes that are due now.
    state, effects = (state, []) if isinstance(event, ClockIn) else advance(state, at)
    state, more = _HANDLERS[type(event)](state, event)
    effects += more
    state, more = _request_if_outdated(state, at)
    effects += more
    state, more = advance(state, at)
    return state, effects + more


def _request_if_outdated(state: State, at: float) -> Step:
    """Request the coming bar again if it is outdated and no request is pending."""
    if state.plan.needs_new_bar and not state.plan.pending:
        return ask_again(state.but(plan=state.plan.up_to_date()), at)
    return state, []


def next_deadline(state: State) -> float | None:
    """The time (monotonic seconds) at which the next ``Tick`` is needed; None if nothing is due."""
    clock, line = state.clock, state.clock.line
    half = state.controllers.bindings.deadline
    due = [time for time in (half, state.ears.due, state.ears.tempo.due) if time is not None]
    waits = [*due, *state.heard.deadlines()]
    if not clock.running:
        return min([*waits, *state.sync.clock_times(line, clock.now)], default=None)
    if clock.behind or state.ears.unplaced:
        return clock.now
    bar = clock.bar + 1
    bar_line = line.second_at_tick(clock.grid.bar_start(bar))
    moments = [bar_line, bar_line - state.setup.commit_ahead]
    moments += request.ask_times(clock, state.setup.look_ahead, bar)
    moments += state.sync.source.deadlines()
    glide_request = point.next_request(state)
    beat = energy_ear.deadline(state)
    moments += [moment for moment in (glide_request, beat) if moment is not None]
    future = [moment for moment in moments if moment > clock.now]
    future += state.sync.clock_times(line, clock.now)
    future += [*waits, *note_times(state)]
    if state.tune.schedule.next_tick is not None:
        future.append(line.second_at_tick(state.tune.schedule.next_tick))
    return min(future, default=clock.now + 1.0)


# --- the worker -------------------------------------------------------------------------


def on_answer(state: State, event: Answered) -> Step:
    """The worker is ready, has a result, or has failed."""
    message = event.message
    if isinstance(message, Result):
        return code_player.start_if_waiting(answer.take_answer(state, event.at, message), event.at)
    if isinstance(message, WorkerReady):
        back = state.worker.state is WorkerState.LOST
        state = state.but(worker=state.worker.but(state=WorkerState.READY))
        state = state.say("the model is back") if back else state
        return (state, []) if state.clock.running else request_first_bar(state, event.at)
    assert isinstance(message, WorkerFailed)
    worker = state.worker.but(state=WorkerState.FAILED) if message.fatal else state.worker
    state = state.but(worker=worker, plan=state.plan.unanswered())
    return state.say(message.message), []


def on_worker_lost(state: State, event: WorkerLost) -> Step:
    """The worker process ended: the last bar repeats until a new one is ready."""
    worker = state.worker.but(state=WorkerState.LOST)
    state = state.but(worker=worker, plan=state.plan.unanswered())
    return state.say(f"{event.why}: starting it again").count(worker_restarts=1), []


def _on_clock(state: State, event: ClockIn | LinkIn) -> Step:
    return state.sync.source.on_message(state, event)


def _on_trial(state: State, event: Trial) -> Step:
    tick = round(state.clock.line.tick_at(event.at))
    return state, [Send(event.part, event.message, event.at, tick, thru=True)]


_HANDLERS: dict[type, Callable[[State, Any], Step]] = {
    MidiIn: on_midi,
    OtherIn: other_ear.on_other,
    InputGone: held_notes.on_input_gone,
    ClockIn: _on_clock,
    LinkIn: _on_clock,
    ClockChosen: on_clock_chosen,
    ClockSentTo: on_clock_sent_to,
    CommandReceived: on_command,
    Answered: on_answer,
    WorkerLost: on_worker_lost,
    Remapped: on_remapped,
    DawIn: lambda state, event: (state.but(daw=event.status), []),
    FormRead: on_form_read,
    Notice: lambda state, event: (state.say(event.text), []),
    SoundTurned: on_sound_turned,
    Trial: _on_trial,
}

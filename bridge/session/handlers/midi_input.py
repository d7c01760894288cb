"""MIDI messages of the player: notes and mapped controls. Pure."""

from __future__ import annotations

from bridge.controllers.bindings import Move
from bridge.midi.messages import NoteOff, NoteOn, decode
from bridge.session.handlers import midi_learn
from bridge.session.handlers.table import move_target
from bridge.session.messages import commands as m
from bridge.session.state.effects import Effect
from bridge.session.state.events import MidiIn, Remapped
from bridge.session.state.listening import Listening
from bridge.session.state.session_state import State, Step
from bridge.session.state.setup import Thru
from bridge.session.transport.keys import key_event


def on_midi(state: State, event: MidiIn) -> Step:
    """A message of the input: it moves targets, is a key of the player, or both; during MIDI learn
    it is only learned from."""
    at = max(event.at, state.clock.now)
    if state.controllers.is_learning:
        bindings = state.controllers.bindings.overheard(event.message, event.port, at)
        state = state.but(controllers=state.controllers.but(bindings=bindings))
        state, effects = midi_learn.hear(state, event.message)
        message = decode(event.message)
        if isinstance(message, NoteOff | NoteOn) and _ends(state.heard, message):
            state, more = key_event(state, event.at, message.pitch, 0, pass_on=True)
            effects += more
        return state, effects
    bindings, moves, taken = state.controllers.bindings.feed(event.message, event.port, at)
    state = state.but(controllers=state.controllers.but(bindings=bindings))
    state, effects = _all_moved(state, event.at, moves)
    message = decode(event.message)
    if not isinstance(message, NoteOn | NoteOff) or (taken and not _ends(state.heard, message)):
        return state, effects
    velocity = message.velocity if isinstance(message, NoteOn) else 0
    pass_on = state.setup.thru == Thru.ALL or (event.keys and state.setup.thru == Thru.KEYS)
    state, more = key_event(state, event.at, message.pitch, velocity, pass_on=pass_on)
    return state, effects + more


def _ends(heard: Listening, message: NoteOn | NoteOff) -> bool:
    """True if a message ends a note that sounds, also one whose key was mapped in the meantime."""
    held = message.pitch in heard.passed_notes or message.pitch in heard.phrase.held_pitches()
    return held and isinstance(message, NoteOff)


def on_remapped(state: State, event: Remapped) -> Step:
    """Use other bindings from now on; the targets' values stay."""
    bindings = state.controllers.bindings.rebound(event.bindings)
    state = state.but(controllers=state.controllers.but(bindings=bindings))
    return midi_learn.synced(state.say(event.text or state.message)), []


def on_waited(state: State, at: float) -> Step:
    """The moves of 14-bit controls of which one half waited in vain for the other."""
    deadline = state.controllers.bindings.deadline
    if deadline is None or deadline > at:
        return state, []
    bindings, moves = state.controllers.bindings.due(at)
    state = state.but(controllers=state.controllers.but(bindings=bindings))
    return _all_moved(state, at, moves)


def _all_moved(state: State, at: float, moves: list[Move]) -> Step:
    effects: list[Effect] = []
    for move in moves:
        state, more = _on_move(state, at, move)
        effects += more
    return state, effects


def _on_move(state: State, at: float, move: Move) -> Step:
    """Move the target of a mapped control."""
    return move_target(state, at, m.MoveTarget(move.target, move.value))

"""MIDI messages of the player: notes, pedals, mapped controls, and what is passed on. Pure."""

from __future__ import annotations

from bridge.controllers.bindings import Move
from bridge.midi.messages import (
    Aftertouch,
    ControlChange,
    Message,
    NoteOff,
    NoteOn,
    PitchBend,
    PolyAftertouch,
    Realtime,
    decode,
)
from bridge.music.notes import PlayerKey
from bridge.session.handlers import held_notes, midi_learn
from bridge.session.handlers.table import move_target
from bridge.session.messages import commands as m
from bridge.session.state.effects import Effect
from bridge.session.state.events import MidiIn, Remapped
from bridge.session.state.listening import InputKeys
from bridge.session.state.session_state import State, Step
from bridge.session.transport import thru
from bridge.session.transport.keys import key_event

NOTES_COME_BACK = (
    "notes that we sent come back on the input, and are ignored: turn Local Control or the loop off"
)


def on_midi(state: State, event: MidiIn) -> Step:
    """A message of the input: it moves targets, is played, or both; during MIDI learn it is only
    learned from, but a note that sounds may end. A note that we sent and that comes back is
    ignored."""
    at = max(event.at, state.clock.now)
    if state.heard.sensed:
        state = state.but(heard=state.heard.heard_from(event.port, event.at))
    message = decode(event.message)
    if isinstance(message, Realtime):
        return held_notes.on_system(state, event.at, event.port, message.status)
    if isinstance(message, NoteOn | NoteOff):
        state, is_echo = _without_echo(state, event, message)
        if is_echo:
            return state, []
    if state.controllers.is_learning:
        bindings = state.controllers.bindings.overheard(event.message, event.port, at)
        state = state.but(controllers=state.controllers.but(bindings=bindings))
        state, effects = midi_learn.hear(state, event.message)
        taken = True
    else:
        controllers = state.controllers
        bindings, moves, taken = controllers.bindings.feed(event.message, event.port, at)
        if bindings is not controllers.bindings:
            state = state.but(controllers=controllers.but(bindings=bindings))
        state, effects = _all_moved(state, event.at, moves)
    if taken and not _ends(state.heard.keys_of(event.port), event.port, message):
        return state, effects
    state, more = _play(state, event, message)
    return state, effects + more


def _without_echo(state: State, event: MidiIn, message: NoteOn | NoteOff) -> tuple[State, bool]:
    """The state that knows which notes may still come back, and True if this one did."""
    heard, key = state.heard, _key(event, message)
    down = key in heard.keys_of(event.port).down
    ended = down and state.band.passes_all and not thru.sounds_at(state, key)
    echoes, is_echo = heard.echoes.hear(event.at, key, event.message, down=down, ended=ended)
    if echoes is not heard.echoes:
        state = state.but(heard=heard.but(echoes=echoes))
    if not is_echo or isinstance(message, NoteOff):
        return state, is_echo
    first = not state.counters.notes_returned
    return (state.say(NOTES_COME_BACK) if first else state).count(notes_returned=1), True


def _ends(keys: InputKeys, port: str, message: Message | None) -> bool:
    """True if a message ends a note that sounds, also one whose key was mapped in the meantime."""
    if isinstance(message, NoteOff):
        return PlayerKey(message.pitch, message.channel, port) in keys.down
    return isinstance(message, ControlChange) and held_notes.ends(keys, message)


def _play(state: State, event: MidiIn, message: Message | None) -> Step:
    """Play a message of the player: a note, a pedal, or another that is only passed on."""
    all_passed = state.band.passes_all
    if isinstance(message, NoteOn | NoteOff):
        velocity = message.velocity if isinstance(message, NoteOn) else 0
        return key_event(state, event.at, _key(event, message), velocity, pass_on=all_passed)
    if isinstance(message, ControlChange):
        state, effects = held_notes.hear_control(state, event.at, event.port, message)
        all_passed = all_passed and message.control not in held_notes.ENDING
    elif isinstance(message, PolyAftertouch | Aftertouch | PitchBend):
        effects = []
    else:
        return state, []
    if not all_passed:
        return state, effects
    state, more = thru.pass_control(state, event.at, event.port, event.message)
    return state, effects + more


def _key(event: MidiIn, message: NoteOn | NoteOff) -> PlayerKey:
    return PlayerKey(message.pitch, message.channel, event.port)


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

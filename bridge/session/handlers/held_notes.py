"""Ends of the player's notes besides note-offs: pedals, mode messages, lost inputs. Pure."""

from __future__ import annotations

from typing import Final

from bridge.midi.messages import (
    ACTIVE_SENSING,
    CC_ALL_NOTES_OFF,
    CC_ALL_SOUND_OFF,
    CC_DOWN,
    CC_MODES,
    CC_PEDAL,
    CC_RESET,
    CC_SOSTENUTO,
    RESET,
    ControlChange,
)
from bridge.session.ears import other_ear
from bridge.session.state.events import InputGone
from bridge.session.state.listening import SENSING_SECONDS, InputKeys
from bridge.session.state.session_state import State, Step
from bridge.session.transport import thru
from bridge.session.transport.keys import change_keys

HOLDING: Final = frozenset((CC_PEDAL, CC_SOSTENUTO))
"""Controllers of the pedals that hold notes."""
NOTES_OFF: Final = frozenset((CC_ALL_NOTES_OFF, *CC_MODES))
ENDING: Final = NOTES_OFF | {CC_ALL_SOUND_OFF, CC_RESET}
"""Controllers that end notes or lift pedals, whatever their value."""


def ends(keys: InputKeys, message: ControlChange) -> bool:
    """True if a control change ends notes: a mode message, or a pedal that was down and goes up."""
    up = message.control in HOLDING and message.value < CC_DOWN
    down = up and keys.is_down(message.control)
    return down or message.control in ENDING


def hear_control(state: State, at: float, port: str, message: ControlChange) -> Step:
    """A pedal, or a mode message; another controller changes nothing."""
    keys, control = state.heard.keys_of(port), message.control
    if control in HOLDING:
        return change_keys(state, at, port, keys.pedalled(control, message.value >= CC_DOWN))
    if control in NOTES_OFF:
        after = keys.released(keys.of_channel(message.channel))
        return change_keys(state, at, port, after)
    if control == CC_ALL_SOUND_OFF:
        state, effects = change_keys(state, at, port, keys.silenced(message.channel))
        return state, effects + thru.damp(state, at, port, message.channel)
    if control == CC_RESET:
        state, effects = change_keys(state, at, port, keys.pedals_up())
        state, more = thru.rest_controls(state, at, port=port, channel=message.channel)
        return state, effects + more
    return state, []


def on_system(state: State, at: float, port: str, status: int) -> Step:
    """Active Sensing (from now on the port's silence is its end), or System Reset."""
    if status == ACTIVE_SENSING and port not in state.heard.sensed:
        sensed = {**state.heard.sensed, port: at}
        return state.but(heard=state.heard.but(sensed=sensed)), []
    return _let_go(state, at, port) if status == RESET else (state, [])


def on_input_gone(state: State, event: InputGone) -> Step:
    """An input was unplugged or closed: what it held ends."""
    state, effects = _let_go(state, event.at, event.port)
    state = other_ear.on_port_gone(state, event.port, event.at)
    text = f"input {event.port!r} is gone, its keys are released: plug it in again"
    return state.say(text), effects


def watch(state: State, at: float) -> Step:
    """As time advances: let go of inputs that have fallen silent, pass on what waited."""
    state, effects = thru.pass_doubtful(state, at)
    for port, last in state.heard.sensed.items():
        if at >= last + SENSING_SECONDS:
            state, more = _let_go(state, at, port)
            effects += more
            state = state.say(f"input {port!r} is silent, its keys are released: is it still on?")
    return state, effects


def _let_go(state: State, at: float, port: str) -> Step:
    """End all keys of a port, lift its pedals, and forget that it sends Active Sensing."""
    state, effects = change_keys(state, at, port, InputKeys())
    state, more = thru.rest_controls(state, at, port=port)
    sensed = {name: last for name, last in state.heard.sensed.items() if name != port}
    return state.but(heard=state.heard.but(sensed=sensed)), effects + more

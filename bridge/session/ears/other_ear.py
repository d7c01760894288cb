"""Other tracks of the session: they count as harmony and energy, and are not accompanied. Pure.

A bass among them makes our bass lay out, drums our drums, while they play.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bridge.midi.messages import NoteOff, NoteOn, decode
from bridge.music.notes import PlayerKey
from bridge.session.bars.render import replace_future
from bridge.session.state.events import OtherIn
from bridge.session.state.session_state import State, Step

SILENT_BEATS: Final = 8
"""Beats without a note after which another track's part is ours again."""


def on_other(state: State, event: OtherIn) -> Step:
    """A message of another track: its notes are heard, all else is not for us."""
    message = decode(event.message)
    if not isinstance(message, NoteOn | NoteOff) or not state.clock.running:
        return state, []
    tick = state.clock.line.tick_at(event.at)
    velocity = message.velocity if isinstance(message, NoteOn) else 0
    key = PlayerKey(message.pitch, message.channel, event.port)
    others = state.ears.others.with_key(tick, key, velocity)
    ears = replace(state.ears, others=others)
    if velocity and not others.is_drums(key):
        ears = ears.key_down(event.at, message.pitch, hands=False)
    return state.but(ears=ears), []


def on_port_gone(state: State, port: str, at: float) -> State:
    """A port of another track is gone: its notes end."""
    tick = state.clock.line.tick_at(at)
    return state.but(ears=replace(state.ears, others=state.ears.others.without_port(tick, port)))


def watch(state: State, at: float) -> State:
    """Once a beat: the parts that other tracks play now lay out."""
    others = state.ears.others
    if not others.tracks or not state.clock.running:
        return state
    tick = state.clock.line.tick_at(at)
    played = others.parts_since(tick - SILENT_BEATS * state.clock.metre.ticks_per_beat)
    played = played if state.ears.lay_out else frozenset()
    if played == others.laid_out:
        return state
    state = state.but(ears=replace(state.ears, others=replace(others, laid_out=played)))
    return replace_future(state, at)

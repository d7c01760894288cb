"""What the player does: keys, controls, and the built-in player's tunes. Pure."""

from __future__ import annotations

from dataclasses import replace

from bridge.midi.messages import NOTE_ON
from bridge.music.grid import bar_of, bar_start
from bridge.music.notes import Part
from bridge.session.bars import phrase_ends
from bridge.session.bars.render import replace_future
from bridge.session.state.effects import Effect, PlayerNote, Send
from bridge.session.state.session_state import State, Step
from bridge.session.transport.start_stop import off, start


def key_event(state: State, at: float, pitch: int, velocity: int, *, pass_on: bool) -> Step:
    """A key went down, or (velocity 0) up: listened to, and passed on if wanted."""
    effects: list[Effect] = []
    if velocity and not state.running and state.setup.sync_start and state.follower is None:
        state, effects = start(state, at, count_in=False)
    tick = state.line.tick_at(at)
    if state.running:
        rested = bool(velocity) and phrase_ends.resting(state, state.bar)
        state = state.but(phrase=state.phrase.note_on(tick, pitch, velocity))
        state = replace_future(state, at) if rested else state
        effects.append(PlayerNote(tick, pitch, velocity))
    if velocity:
        state = state.count(notes_in=1)
    state, more = _pass_on(state, at, tick, pitch, velocity) if pass_on else (state, [])
    return state, effects + more


def _pass_on(state: State, at: float, tick: int, pitch: int, velocity: int) -> Step:
    """Send the player's note on; a key that is down already is closed first."""
    effects: list[Effect] = []
    thru = dict(state.thru)
    if pitch in thru:
        del thru[pitch]
        effects.append(off(state, Part.MELODY, pitch, at, tick, thru=True))
    if velocity and Part.MELODY not in state.muted:
        thru[pitch] = velocity
        message = bytes((NOTE_ON | state.setup.channels[Part.MELODY], pitch, velocity))
        effects.append(Send(Part.MELODY, message, at, tick, thru=True))
    return state.but(thru=thru), effects


def feed_player(state: State, bar: int) -> State:
    """Put the tune's notes of ``bar`` on the built-in player's lane, round and round."""
    notes = state.setup.tunes.get(state.tune, ())
    if not notes:
        return state
    bars = bar_of(max(n.end for n in notes) - 1) + 1
    by = bar_start(bar) - bar_start(bar % bars)
    mine = [replace(n, tick=n.tick + by) for n in notes if bar_of(n.tick) == bar % bars]
    return state.but(player=state.player.place(bar_start(bar), bar_start(bar + 1), mine))

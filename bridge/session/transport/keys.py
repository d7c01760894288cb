"""Keys of the player or of the built-in tune: added to the phrase, and passed on. Pure."""

from __future__ import annotations

from dataclasses import replace

from bridge.midi.messages import NOTE_ON
from bridge.music.grid import bar_of, bar_start
from bridge.music.notes import Note, Part
from bridge.session.bars import phrase_ends
from bridge.session.bars.render import replace_future
from bridge.session.state.effects import Effect, PlayerNote, Send
from bridge.session.state.listening import Tune
from bridge.session.state.session_state import State, Step
from bridge.session.transport.start_stop import start
from bridge.session.transport.take import note_off


def key_event(state: State, at: float, pitch: int, velocity: int, *, pass_on: bool) -> Step:
    """A key went down, or (velocity 0) up: add it to the phrase; ``pass_on``: send it to the melody
    output too. A key may start the music (sync start)."""
    effects: list[Effect] = []
    may_start = state.setup.sync_start and state.sync.source.owns_transport
    if velocity and not state.clock.running and may_start:
        state, effects = start(state, at, count_in=False)
    tick = state.clock.line.tick_at(at)
    if state.clock.running:
        rested = bool(velocity) and phrase_ends.is_rest(state, state.clock.bar)
        state = state.but(heard=state.heard.with_key(tick, pitch, velocity))
        state = replace_future(state, at) if rested else state
        effects.append(PlayerNote(tick, pitch, velocity))
    if velocity:
        state = state.count(notes_in=1)
    state, more = _pass_on(state, at, tick, pitch, velocity) if pass_on else (state, [])
    return state, effects + more


def _pass_on(state: State, at: float, tick: int, pitch: int, velocity: int) -> Step:
    """Send the player's note to the melody output; a note that sounds there already ends first."""
    effects: list[Effect] = []
    passed = dict(state.heard.passed_notes)
    if pitch in passed:
        del passed[pitch]
        effects.append(note_off(state.setup, Part.MELODY, pitch, at, tick, thru=True))
    if velocity and Part.MELODY not in state.band.muted:
        passed[pitch] = velocity
        message = bytes((NOTE_ON | state.setup.channels[Part.MELODY], pitch, velocity))
        effects.append(Send(Part.MELODY, message, at, tick, thru=True))
    return state.but(heard=state.heard.but(passed_notes=passed)), effects


def with_bar_of_tune(tune: Tune, notes: tuple[Note, ...], bar: int) -> Tune:
    """The tune with the keys of ``bar`` scheduled; its ``notes`` repeat by whole bars."""
    if not notes:
        return tune
    bars = bar_of(max(n.end for n in notes) - 1) + 1
    by = bar_start(bar) - bar_start(bar % bars)
    of_bar = [replace(n, tick=n.tick + by) for n in notes if bar_of(n.tick) == bar % bars]
    return tune.but(schedule=tune.schedule.place(bar_start(bar), bar_start(bar + 1), of_bar))

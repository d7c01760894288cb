"""Keys of the player or of the built-in tune: added to the phrase, and passed on. Pure."""

from __future__ import annotations

from dataclasses import replace

from bridge.music.grid import Grid
from bridge.music.notes import Note, PlayerKey
from bridge.session.bars import phrase_ends
from bridge.session.bars.render import replace_future
from bridge.session.ears import chord_ear
from bridge.session.state.effects import Effect, FreeNote, PlayerNote
from bridge.session.state.listening import InputKeys, Tune
from bridge.session.state.session_state import State, Step
from bridge.session.transport import tempo_listen, thru
from bridge.session.transport.start_stop import start


def key_event(state: State, at: float, key: PlayerKey, velocity: int, *, pass_on: bool) -> Step:
    """A key went down, or (velocity 0) up: add it to the phrase; ``pass_on``: send it to the melody
    output too. A key may start the music (sync start)."""
    state = tempo_listen.on_key(state, at, key, velocity)
    if not velocity:
        released = state.heard.keys_of(key.port).released((key,))
        return change_keys(chord_ear.on_release(state, at), at, key.port, released)
    effects: list[Effect] = []
    may_start = state.setup.sync_start and state.sync.source.owns_transport
    may_start = may_start and not state.ears.tempo.active
    if not state.clock.running and may_start:
        state, effects = start(state, at, count_in=False)
    after = state.heard.keys_of(key.port).pressed(key)
    state, more = change_keys(state, at, key.port, after)
    effects += more
    if state.clock.running:
        tick = state.clock.line.tick_at(at)
        rested = phrase_ends.is_rest(state, state.clock.bar)
        state = state.but(heard=state.heard.with_key(tick, key, velocity))
        state = replace_future(state, at) if rested else state
        state = chord_ear.on_key(state, at, key)
        effects.append(PlayerNote(tick, key, velocity, state.band.transpose))
    else:
        effects.append(FreeNote(at, key, velocity, state.clock.line.bpm))
    state = state.count(notes_in=1)
    state, more = thru.pass_note(state, at, key, velocity) if pass_on else (state, [])
    return state, effects + more


def change_keys(state: State, at: float, port: str, after: InputKeys) -> Step:
    """Keys of an input port went up or their sound ended: ``after`` is the port from now on.

    What was passed on ends when its key goes up, since the receiver hears the pedal too; in the
    phrase a note that a pedal holds goes on. A key that went down is added by ``key_event``.
    """
    heard, phrase = state.heard, state.heard.phrase
    before = heard.keys_of(port)
    effects: list[Effect] = []
    up = before.down - after.down
    ended = up
    if before.sustained or after.sustained:
        for key in sorted(after.sustained - before.sustained):
            phrase = phrase.lift(key)
        ended = before.sounding - after.sounding
    if ended:
        tick = state.clock.line.tick_at(at)
        for key in sorted(filter(phrase.sounds, ended)):
            phrase = phrase.note_off(tick, key)
            effects.append(PlayerNote(tick, key, 0))
    if not state.clock.running:
        freed = (key for key in sorted(before.sounding - after.sounding) if key not in after.down)
        effects += [FreeNote(at, key, 0, state.clock.line.bpm) for key in freed]
    state = state.but(heard=heard.but(phrase=phrase, inputs={**heard.inputs, port: after}))
    state, more = thru.end_notes(state, at, sorted(up)) if up else (state, [])
    return state, effects + more


def with_bar_of_tune(tune: Tune, notes: tuple[Note, ...], bar: int, grid: Grid) -> Tune:
    """The tune with the keys of ``bar`` scheduled; its ``notes``, in bars of the metre of ``bar``
    from tick 0 on, repeat by whole bars."""
    if not notes:
        return tune
    metre, start = grid.metre_of(bar), grid.bar_start(bar)
    here = bar % metre.bars_until(max(n.end for n in notes))
    by = start - metre.bar_start(here)
    of_bar = [replace(n, tick=n.tick + by) for n in notes if metre.bar_of(n.tick) == here]
    return tune.but(schedule=tune.schedule.place(start, grid.bar_start(bar + 1), of_bar))

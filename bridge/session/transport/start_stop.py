"""Start, stop, panic and tempo, for every clock source. Pure."""

from __future__ import annotations

from bridge.session.bars import request
from bridge.session.bars.render import place_count_in
from bridge.session.state.effects import Effect, PlayerNote, Silence, TempoSet
from bridge.session.state.session_state import State, Step
from bridge.session.transport import print_clips, take_notes, thru
from bridge.session.transport.bar_turn import turn
from bridge.session.transport.take import fresh_take, new_take, release
from bridge.timing.tempo import clamp_bpm


def start(state: State, at: float, *, count_in: bool = True) -> Step:
    """The player asks to start the music: the clock source decides when."""
    return state.sync.source.start(state, at, count_in=count_in)


def start_now(state: State, at: float, *, count_in: bool) -> Step:
    """Start a new take from bar 0 on our own beat, after the count-in (if ``count_in``)."""
    bars = state.arranger.count_in if count_in else 0
    line, metre = state.clock.line, state.clock.metre
    origin = at + line.seconds_per_beat * bars * metre.quarters
    state = state.but(clock=state.clock.but(line=line.moved_to(0.0, origin)))
    state, effects = fresh_take(state, at, first_bar=-bars, from_tick=0)
    return place_count_in(state, bars), [*effects, new_take(state)]


def stop(state: State, at: float) -> Step:
    """Stop at once: note-offs for all that sounds, and empty lanes."""
    if state.clock.running:
        first = state.plan.bars.get(state.clock.bar, state.plan.first_bar_ready)
        state = state.but(plan=state.plan.with_first(first))
    state, turned = turn(state, at, state.clock.coming_bar)
    state = state.but(arranger=state.arranger.jumped())
    clock = state.clock.stopped(at)
    rest = print_clips.rest(state, state.clock.line.tick_at(at))
    rest += take_notes.at_stop(state, at)
    state, effects = _end_playing(state, at)
    effects = [*turned, *effects, *rest]
    state = state.but(clock=clock, sync=state.sync.stopped(), tune=state.tune.but(name=""))
    if not state.chords or not state.worker.is_ready:
        return state, effects
    state = state.but(chords=state.chords.restarted())
    state, more = request.ask(state, at, 0, 0)  # the next take begins with its chord
    return state, effects + more


def _end_playing(state: State, at: float) -> Step:
    """End all that sounds, also what the player holds: keys, and the pedals that were passed on."""
    tick, phrase = state.clock.line.tick_at(at), state.heard.phrase
    ended: list[Effect] = [PlayerNote(tick, k, 0) for k in (*phrase.held, *phrase.sustained)]
    state = state.but(heard=state.heard.but(phrase=phrase.note_offs(tick)))
    state, effects = release(state, at)
    state, more = thru.rest_controls(state, at)
    return state, effects + ended + more


def stop_all(state: State, at: float) -> Step:
    """Stop, and tell others who share the clock (Link)."""
    state, effects = stop(state, at)
    state, more = state.sync.source.after_stop(state, at)
    return state, effects + more


def panic(state: State, at: float) -> Step:
    """Silence all outputs at once, past every queue, and stop."""
    state, effects = stop_all(state, at)
    return state.say("panic: all notes off"), [Silence(), *effects]


def set_tempo(state: State, at: float, bpm: float) -> Step:
    """The player asks for another tempo (clamped to 30..300 BPM): the clock source decides."""
    return state.sync.source.set_tempo(state, at, clamp_bpm(bpm))


def set_tempo_now(state: State, at: float, bpm: float) -> Step:
    """Change the tempo (BPM) of our own beat from ``at`` on; the phase does not jump."""
    line = state.clock.line.with_tempo(bpm, at)
    state = state.but(clock=state.clock.but(line=line))
    return state, [TempoSet(line.tick_at(at), line.bpm)]

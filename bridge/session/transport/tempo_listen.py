"""Tempo and bar line from the player: found before the band enters, corrected after. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bridge.errors import ModelError
from bridge.listening.tempo.tempo_ear import TempoEar
from bridge.listening.tempo.tempo_finder import FoundTempo
from bridge.music.grid import FOUR_FOUR, TICKS_PER_BEAT, Metre
from bridge.music.notes import PlayerKey
from bridge.music.phrase import Phrase
from bridge.session.messages.commands import SetMetre
from bridge.session.messages.ear_commands import ListenTempo, ScaleTempo, ThisIsOne
from bridge.session.state.session_state import State, Step
from bridge.session.transport.metre import set_metre
from bridge.session.transport.start_stop import set_tempo, set_tempo_now, stop
from bridge.session.transport.take import fresh_take, jump, new_take
from bridge.timing.tempo import clamp_bpm

ENTER_SECONDS: Final = 0.25
"""Least time before the bar line that the band enters on: its first bar is requested."""
NOT_OURS: Final = "the tempo is the master's: it is not listened for"
NO_MORE: Final = "no tempo is listened for"
LISTENING: Final = "listening for a tempo: play two to four bars"
DRIFT_SHARE: Final = 0.12
"""Share of a note's deviation that the tempo makes good until the next beat."""
MOST_DRIFT: Final = 0.04
"""Largest change of the tempo by following the player, as a share of the tempo it began with."""
NEAR_BEAT: Final = 0.12
"""Deviation in beats up to which a note belongs to a beat."""


def listen(state: State, at: float, command: ListenTempo) -> Step:
    """Begin to listen: the band stops and waits for what the player plays. Asked for again, it is
    listened no more."""
    if not state.sync.source.owns_transport:
        return state.say(NOT_OURS), []
    if state.ears.tempo.active:
        return ended(state).say(NO_MORE), []
    state, effects = stop(state, at) if state.clock.running else (state, [])
    return _with(state, state.ears.tempo.listening()).say(LISTENING), effects


def _with(state: State, ear: TempoEar) -> State:
    return state.but(ears=replace(state.ears, tempo=ear))


def ended(state: State) -> State:
    """The state with the listening ended: the player starts or stops the music by hand."""
    return _with(state, state.ears.tempo.ended()) if state.ears.tempo.active else state


def on_key(state: State, at: float, key: PlayerKey, velocity: int) -> State:
    """A key went down, or (velocity 0) up, while a tempo is listened for or followed."""
    ear = state.ears.tempo
    if not state.clock.running:
        if not ear.active:
            return state
        heard = ear.key_down(at, key.pitch, velocity) if velocity else ear.key_up(at, key.pitch)
        return _with(state, heard)
    return _drifted(state, at) if ear.follows and velocity else state


def watch(state: State, at: float) -> Step:
    """Look for the tempo when a key's group is complete; the band enters once it is sure."""
    ear = state.ears.tempo
    if ear.due is None or ear.due > at:
        return state, []
    if state.clock.running:
        return _with(state, ear.ended()), []
    state = _with(state, ear.looked(named_metre(state.clock.metre)))
    found = state.ears.tempo.found
    if found is None:
        return state, []
    if not state.ears.tempo.is_sure:
        metre = metre_for(found, state.clock.metre)
        return state.say(f"heard so far: {bpm_in(found, metre):.0f} BPM in {metre.name}"), []
    return enter(state, at, found)


def enter(state: State, at: float, found: FoundTempo) -> Step:
    """Start the music in the metre that was found, so that bar 0 is the next bar line of the tempo
    found. What was played before it is music heard, in the bars before 0."""
    state, effects = _in_metre(state, at, metre_for(found, state.clock.metre))
    metre = state.clock.metre
    bpm = clamp_bpm(bpm_in(found, metre))
    line = state.clock.line.with_tempo(bpm, at).moved_to(0.0, found.next_bar(at + ENTER_SECONDS))
    played = state.ears.tempo
    state = state.but(clock=state.clock.but(line=line))
    state, more = fresh_take(state, at, first_bar=-1, from_tick=0)
    phrase = Phrase()
    for note in played.notes:
        key = PlayerKey(note.pitch)
        phrase = phrase.note_on(line.tick_at(note.at), key, note.velocity)
        phrase = phrase.note_off(line.tick_at(note.at + note.length), key)
    state = state.but(heard=state.heard.but(phrase=phrase))
    state = _with(state, replace(played.ended(), base=bpm))
    text = f"{bpm:.1f} BPM in {metre.name}: tap, halve, double, or say where the one is"
    return state.say(text), [*effects, *more, new_take(state)]


def named_metre(metre: Metre) -> Metre | None:
    """The metre that the player has named: one other than the usual 4/4; None: it is found."""
    return None if metre == FOUR_FOUR else metre


def metre_for(found: FoundTempo, present: Metre) -> Metre:
    """The metre to play in: the ``present`` one where a bar that was found is one or more of its
    bars (four beats are also 12/8, 4/4 in triplets, or two bars of 6/8), else the one found."""
    return found.metre if found.metre.beats % present.beats else present


def bpm_in(found: FoundTempo, metre: Metre) -> float:
    """The tempo found in quarter notes a minute, with its beats as those of ``metre``."""
    return found.bpm * metre.ticks_per_beat / TICKS_PER_BEAT


def _in_metre(state: State, at: float, metre: Metre) -> Step:
    """The state, stopped, in another metre; as it is where the model or the mode has no other."""
    if metre == state.clock.metre:
        return state, []
    try:
        return set_metre(state, at, SetMetre(metre.name))
    except ModelError:
        return state, []


def scale(state: State, at: float, command: ScaleTempo) -> Step:
    """Halve or double the tempo, of the music or of what is being listened to."""
    found = state.ears.tempo.found
    if state.ears.tempo.active and found is not None:
        scaled = replace(found, bpm=clamp_bpm(found.bpm * command.factor))
        return enter(state, at, scaled) if state.ears.tempo.is_sure else (state, [])
    return set_tempo(state, at, state.clock.line.bpm * command.factor)


def this_is_one(state: State, at: float, command: ThisIsOne) -> Step:
    """The bar begins now: the music jumps to the nearest bar line; while a tempo is listened for,
    the band enters by it."""
    when = command.at or at
    found = state.ears.tempo.found
    if not state.clock.running:
        if not state.ears.tempo.active or found is None:
            return state.say("nothing plays yet, and no tempo was heard: play first"), []
        return enter(state, at, found.one_at(when))
    if not state.sync.source.owns_transport:
        return state.say(NOT_OURS), []
    tick = state.clock.line.tick_at(when)
    metre = state.clock.metre
    start = metre.bar_start(max(0, round(tick / metre.ticks)))
    line = state.clock.line.moved_to(start / TICKS_PER_BEAT, when)
    state, effects = jump(state, line, start, at)
    return state.say("the bar begins here"), effects


def _drifted(state: State, at: float) -> State:
    """The state with the tempo moved a little towards a note played near a beat."""
    line, ear, grid = state.clock.line, state.ears.tempo, state.clock.grid
    beat = line.beat_at(at)
    length = grid.span_of(line.tick_at(at)).metre.ticks_per_beat
    nearest = grid.beat_start(grid.beat_of(line.tick_at(at) + length // 2))
    off = (beat * TICKS_PER_BEAT - nearest) / length
    if abs(off) > NEAR_BEAT or not state.sync.source.owns_transport or beat < 1:
        return state
    base = ear.base or line.bpm
    wanted = line.bpm * (1.0 + DRIFT_SHARE * -off)
    bpm = min(base * (1 + MOST_DRIFT), max(base * (1 - MOST_DRIFT), wanted))
    state, _ = set_tempo_now(_with(state, replace(ear, base=base)), at, bpm)
    return state

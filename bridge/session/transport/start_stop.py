"""Start, stop, panic, tempo. Pure."""

from __future__ import annotations

from dataclasses import replace

from bridge.midi.messages import NOTE_OFF
from bridge.music.arrange import count_in_clicks
from bridge.music.grid import BEATS_PER_BAR, bar_of, bar_start
from bridge.music.notes import Part
from bridge.music.phrase import Phrase
from bridge.music.repetition import RepetitionMemory
from bridge.session.bars import request
from bridge.session.bars.chord_chart import from_bar_0
from bridge.session.bars.form_sections import from_the_top
from bridge.session.bars.render import place_bar
from bridge.session.latent import point
from bridge.session.latent.walks import from_the_start
from bridge.session.messages.status import WorkerState
from bridge.session.state.effects import Effect, LinkOut, NewTake, Send, Silence, TempoSet
from bridge.session.state.session_state import State, Step
from bridge.session.transport.clock_out import clocks_started, clocks_stopped
from bridge.timing.clock_follower import TransportMotion
from bridge.timing.schedule import Schedule
from bridge.timing.tempo import clamp_bpm


def start(state: State, at: float, *, count_in: bool = True) -> Step:
    """From bar 0, after the count-in: a new take. While a master's clock is followed it
    starts us; if it runs already we join at its next beat. Where others are in our Link
    session, it starts us on its next bar line."""
    if state.follower is not None:
        if state.follower.motion is TransportMotion.RUNNING:
            return state.but(joining=not state.running), []
        return state.but(message=f"press play on {state.setup.clock}: its clock leads"), []
    if state.linked is not None and state.linked.peers:
        state = state.but(joining=not state.running, message="Link: from the next bar on")
        return tell_link(state, LinkOut(0, at, play=True))
    bars = state.setup.count_in_bars if count_in else 0
    origin = at + state.line.seconds_per_beat * bars * BEATS_PER_BAR
    line = state.line.moved_to(0.0, origin)
    state, effects = fresh_take(state.but(line=line), at, first_bar=-bars, from_tick=0)
    if bars:
        clicks = count_in_clicks(-bars, bars, state.setup.drum_map)
        drums = state.lanes[Part.DRUMS].place(bar_start(-bars), 0, clicks)
        state = state.but(lanes={**state.lanes, Part.DRUMS: drums})
    state, told = tell_link(state, LinkOut(0, origin, play=True))
    return state, [*effects, *told, NewTake(state.line.bpm)]


def fresh_take(state: State, at: float, *, first_bar: int, from_tick: int) -> Step:
    """Run, with nothing remembered, the prepared bar placed from tick ``from_tick`` on; what
    sounded before is closed. The line must be set already."""
    opening = state.bars.get(state.bar, state.opening) if state.running else state.opening
    state, effects = release(state, at)
    bar = bar_of(from_tick)
    state = state.but(
        running=True,
        first_bar=first_bar,
        bar=first_bar - 1,
        opening=opening,
        bars={} if opening is None else {bar: opening},
        phrase=Phrase(),
        loop=None,
        form=RepetitionMemory(),
        stage=(-1, -1),
        asked={},
    )
    state = from_bar_0(state)
    state = clocks_started(from_the_top(from_the_start(state)), at, from_tick)
    return place_bar(point.settled(state), bar, from_tick), effects


def stop(state: State, at: float) -> Step:
    """Stop at once: offs for all that sounds, nothing pending."""
    if state.running:
        opening = state.bars.get(state.bar, state.opening)
        state = state.but(opening=opening, stopped_at=state.line.beat_at(at))
    state, effects = release(state, at)
    state = clocks_stopped(state).but(running=False, joining=False, tune="")
    if not state.chart.classes or state.worker is not WorkerState.READY:
        return state, effects
    state, more = request.ask(from_bar_0(state), at, 0, 0)  # the next take begins with its chord
    return state, effects + more


def stop_all(state: State, at: float) -> Step:
    """Stop, and the others in our Link session with us."""
    state, effects = stop(state, at)
    state, told = tell_link(state, LinkOut(0, at, play=False))
    return state, [*effects, *told]


def tell_link(state: State, effect: LinkOut) -> Step:
    """Tell the Link session, if we are in one; the effect gets its number here."""
    if state.linked is None:
        return state, []
    number = state.link_outs + 1
    return state.but(link_outs=number), [replace(effect, number=number)]


def release(state: State, at: float) -> Step:
    """Offs for all that sounds, the player's passed-on notes too; empty lanes."""
    effects: list[Effect] = []
    lanes: dict[Part, Schedule] = {}
    tick = state.line.tick_at(at)
    for part, lane in state.lanes.items():
        pitches, lanes[part] = lane.released()
        effects += [off(state, part, pitch, at, tick) for pitch in pitches]
    effects += [off(state, Part.MELODY, pitch, at, tick, thru=True) for pitch in state.thru]
    _, player = state.player.released()
    return state.but(lanes=lanes, player=player, thru={}), effects


def panic(state: State, at: float) -> Step:
    """Silence at once, past every queue; the session stops."""
    state, effects = stop_all(state, at)
    return state.but(message="panic: all notes off"), [Silence(), *effects]


def off(state: State, part: Part, pitch: int, at: float, tick: int, *, thru: bool = False) -> Send:
    """A note-off to send at once."""
    message = bytes((NOTE_OFF | state.setup.channels[part], pitch, 0))
    return Send(part, message, at, tick, thru)


def set_tempo(state: State, at: float, bpm: float) -> Step:
    """Another tempo from now on; the phase does not jump. A master's clock has its own."""
    if state.follower is not None:
        return state.but(message=f"the tempo is {state.setup.clock}'s"), []
    line = state.line.with_tempo(clamp_bpm(bpm), at)
    state, told = tell_link(state.but(line=line), LinkOut(0, at, bpm=line.bpm))
    return state, [TempoSet(line.tick_at(at), line.bpm), *told]

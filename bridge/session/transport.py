"""Start, stop, panic, tempo. Pure."""

from __future__ import annotations

from bridge.midi.messages import NOTE_OFF
from bridge.music.arrange import count_in_clicks
from bridge.music.grid import BEATS_PER_BAR, bar_start
from bridge.music.notes import Part
from bridge.music.phrase import Phrase
from bridge.session import plan
from bridge.session.state import Effect, NewTake, Send, Silence, State, Step, TempoSet
from bridge.timing.schedule import Schedule
from bridge.timing.tempo import clamp_bpm


def start(state: State, at: float, *, count_in: bool = True) -> Step:
    """From bar 0, after the count-in: a new take."""
    state, effects = stop(state, at)
    bars = state.setup.count_in_bars if count_in else 0
    origin = at + state.line.seconds_per_beat * bars * BEATS_PER_BAR
    first = -bars
    state = state.but(
        running=True,
        line=state.line.moved_to(0.0, origin),
        first_bar=first,
        bar=first - 1,
        bars={},
        phrase=Phrase(),
        loop=None,
        stage=(-1, -1),
        asked={},
    )
    if state.opening is not None:
        state = state.but(bars={0: state.opening})
        state = plan.place_bar(state, 0, bar_start(0))
    if bars:
        clicks = count_in_clicks(first, bars, state.setup.drum_map)
        drums = state.lanes[Part.DRUMS].place(bar_start(first), 0, clicks)
        state = state.but(lanes={**state.lanes, Part.DRUMS: drums})
    return state, [*effects, NewTake(state.line.bpm)]


def stop(state: State, at: float) -> Step:
    """Stop at once: offs for all that sounds, nothing pending."""
    effects: list[Effect] = []
    lanes: dict[Part, Schedule] = {}
    tick = state.line.tick_at(at)
    for part, lane in state.lanes.items():
        pitches, lanes[part] = lane.released()
        effects += [off(state, part, pitch, at, tick) for pitch in pitches]
    effects += [off(state, Part.MELODY, pitch, at, tick, thru=True) for pitch in state.thru]
    _, player = state.player.released()
    opening = state.bars.get(state.bar, state.opening)
    stopped_at = state.line.beat_at(at) if state.running else state.stopped_at
    return state.but(
        running=False,
        lanes=lanes,
        player=player,
        thru={},
        opening=opening,
        tune="",
        stopped_at=stopped_at,
    ), effects


def panic(state: State, at: float) -> Step:
    """Silence at once, past every queue; the session stops."""
    state, effects = stop(state, at)
    return state.but(message="panic: all notes off"), [Silence(), *effects]


def off(state: State, part: Part, pitch: int, at: float, tick: int, *, thru: bool = False) -> Send:
    """A note-off to send at once."""
    message = bytes((NOTE_OFF | state.setup.channels[part], pitch, 0))
    return Send(part, message, at, tick, thru)


def set_tempo(state: State, at: float, bpm: float) -> Step:
    """Another tempo from now on; the phase does not jump."""
    line = state.line.with_tempo(clamp_bpm(bpm), at)
    return state.but(line=line), [TempoSet(line.tick_at(at), line.bpm)]

"""Following a master's clock: its messages in, the session's transport and beat line out. Pure."""

from __future__ import annotations

from collections.abc import Callable

from bridge.midi.messages import CLOCK, CONTINUE, START, STOP, Realtime, SongPosition, decode
from bridge.music.grid import CLOCKS_PER_BEAT, TICKS_PER_BEAT, TICKS_PER_CLOCK, bar_of
from bridge.session import plan
from bridge.session.leading import rolled
from bridge.session.state import ClockIn, NewTake, State, Step
from bridge.session.transport import fresh_take, release, stop
from bridge.timing.follow import LOSS_SECONDS, Follower, Motion
from bridge.timing.tempo import BeatLine

FREEWHEEL_SECONDS = 4.0
"""How long the band goes on alone when the clock is lost, before it holds."""
JUMP_TICKS = TICKS_PER_BEAT // 4
"""A clock further from where we are than this is a jump in position, not jitter."""
STEADY_CLOCKS = 3

_SAYS: dict[int, Callable[[Follower], Follower]] = {
    START: Follower.start,
    CONTINUE: Follower.resume,
    STOP: Follower.stop,
}


def on_clock(state: State, event: ClockIn) -> Step:
    """One message from the master that is followed; others are ignored."""
    follower = state.follower
    if follower is None:
        return state, []
    at = max(event.at, state.now)
    match decode(event.message):
        case Realtime(status) if status == CLOCK:
            return _on_pulse(state, follower, event.at, at)
        case Realtime(status) if status in _SAYS:
            state = state.but(follower=_SAYS[status](follower))
            return stop(state, at) if status == STOP and state.running else (state, [])
        case SongPosition(units):
            return _on_position(state, follower.song_position(units), at)
    return state, []


def _on_pulse(state: State, before: Follower, stamp: float, at: float) -> Step:
    """A clock: the tempo while stopped, the beat while running, a start when armed."""
    if before.lost and state.running:
        joined = round(state.line.beat_at(stamp) * CLOCKS_PER_BEAT) - 1
        before = before.at_position(joined)
        state = state.but(message=f"following {state.setup.clock} again")
    follower = before.clock(stamp)
    state = state.but(follower=follower)
    line = follower.line if len(follower.pulse.points) >= STEADY_CLOCKS else None
    if follower.motion is not Motion.RUNNING:
        return (state.but(line=state.line.with_tempo(line.bpm, at)) if line else state), []
    if line is None:
        line = state.line.moved_to(follower.position / CLOCKS_PER_BEAT, stamp + follower.offset)
    if before.motion is Motion.ARMED and not state.running:
        return _start_at(state, line, follower.tick, at)
    if not state.running:  # stopped by the player: the next Start of the master counts
        return state, []
    if abs(follower.tick - state.line.tick_at(stamp + follower.offset)) > JUMP_TICKS:
        return _jump(state, line, follower.tick, at)
    return state.but(line=line), []


def _on_position(state: State, follower: Follower, at: float) -> Step:
    """A song position; while running it is where the next clock will be (a loop in a DAW)."""
    state = state.but(follower=follower)
    if not state.running or follower.motion is not Motion.RUNNING or not follower.pulse.steady:
        return state, []
    beat = (follower.position + 1) / CLOCKS_PER_BEAT
    next_clock = follower.pulse.second_at(follower.number + 1) + follower.offset
    line = state.line.moved_to(beat, next_clock)
    return _jump(state, line, follower.tick + TICKS_PER_CLOCK, at)


def _start_at(state: State, line: BeatLine, tick: int, at: float) -> Step:
    """The master starts, or continues in the middle: a new take at its position."""
    state, effects = fresh_take(state.but(line=line), at, first_bar=bar_of(tick), from_tick=tick)
    return state, [*effects, NewTake(line.bpm)]


def _jump(state: State, line: BeatLine, tick: int, at: float) -> Step:
    """The position jumped (a loop, a relocation): what sounds is closed, and the bar at the
    new place plays on from there, as it was if it was played before."""
    state, effects = release(state, at)
    bar = bar_of(tick)
    groove = state.bars.get(bar) or state.bars.get(state.bar) or state.opening
    bars = {**state.bars, bar: groove} if groove is not None else state.bars
    state = state.but(
        line=line,
        bar=bar - 1,
        first_bar=min(bar, state.first_bar),
        bars={b: placed for b, placed in bars.items() if b <= bar},
        phrase=state.phrase.until(tick),
        stage=(-1, -1),
        asked={},
        fill_bar=-1,
    )
    return plan.place_bar(rolled(state, at, tick), bar, tick), effects


def watch(state: State, at: float) -> Step:
    """Notice that the clock is gone: go on alone for a while, then hold."""
    follower = state.follower
    if follower is None or follower.last is None or not state.running:
        return state, []
    if at - follower.last > LOSS_SECONDS + FREEWHEEL_SECONDS:
        state, effects = stop(state.but(follower=follower.quiet(at).stop()), at)
        return state.but(message="clock lost: holding until it is back"), effects
    if not follower.lost and at - follower.last > LOSS_SECONDS:
        return state.but(follower=follower.quiet(at), message="clock lost: going on alone"), []
    return state, []


def watch_times(state: State) -> list[float]:
    """When ``watch`` has something to notice (seconds)."""
    follower = state.follower
    if follower is None or follower.last is None:
        return []
    margin = 1e-3
    lost = follower.last + LOSS_SECONDS + margin
    return [lost, lost + FREEWHEEL_SECONDS]

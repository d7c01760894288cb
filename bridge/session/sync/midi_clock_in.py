"""Following a master's clock: its messages in, the session's transport and beat line out. Pure."""

from __future__ import annotations

from bridge.music.grid import CLOCKS_PER_BEAT, TICKS_PER_BEAT, TICKS_PER_CLOCK, bar_of
from bridge.session.bars.render import place_bar
from bridge.session.state.effects import NewTake
from bridge.session.state.events import ClockIn
from bridge.session.state.session_state import State, Step
from bridge.session.sync.clock_status import TRANSPORT, said_by, update_meter
from bridge.session.transport.clock_out import clocks_started
from bridge.session.transport.start_stop import fresh_take, release, stop
from bridge.timing.clock_follower import LOSS_SECONDS, ClockFollower, TransportMotion
from bridge.timing.clock_sender import ClockMessage
from bridge.timing.tempo import BeatLine

FREEWHEEL_SECONDS = 4.0
"""How long the band goes on alone when the clock is lost, before it holds."""
JUMP_TICKS = TICKS_PER_BEAT // 4
"""A clock so far from where we are is a jump in position, not jitter: Song Position counts
16ths."""
STEADY_CLOCKS = 3
WORD_SECONDS = 0.002
"""A master may say more about a jump (Start, Song Position, Stop) before the clock it is
about: no note of the new place goes out in between."""


def on_clock(state: State, event: ClockIn) -> Step:
    """One message from the master that is followed; others are ignored."""
    follower, said = state.follower, said_by(event.message)
    if follower is None or said is None:
        return state, []
    say, units = said
    at = max(event.at, state.now)
    if say is ClockMessage.CLOCK:
        state, effects = _on_pulse(state, follower, event.at, at)
    elif say is ClockMessage.POSITION:
        state, effects = _on_position(state, follower.song_position(units), at)
    else:
        state, effects = _on_transport(state, TRANSPORT[say](follower), say, at)
    assert state.follower is not None
    return state.but(meter=update_meter(state.meter, state.follower, event.at, say)), effects


def _on_pulse(state: State, before: ClockFollower, stamp: float, at: float) -> Step:
    """A clock: the tempo while we stand, the beat while we run, a start when armed."""
    heard = stamp + before.offset
    if before.lost and (state.running or state.joining):
        joined = round(state.line.beat_at(heard) * CLOCKS_PER_BEAT) - 1
        before = before.at_position(joined)
        state = state.but(message=f"following {state.setup.clock} again")
    follower = before.clock(stamp)
    state = state.but(follower=follower)
    line = follower.line if len(follower.pulse.points) >= STEADY_CLOCKS else None
    if follower.motion is TransportMotion.RUNNING and not state.running:
        if before.motion is TransportMotion.ARMED:
            return _begin(state, line or _by_count(state, follower, heard), at)
        if state.joining and line is not None and follower.position % CLOCKS_PER_BEAT == 0:
            return _begin(state, line, at)
    if not state.running:
        if state.joining or line is None:  # whoever joins a clock that was lost needs our line
            return state, []
        return state.but(line=state.line.with_tempo(line.bpm, at)), []
    line = line or _by_count(state, follower, heard)
    if abs(follower.tick - state.line.tick_at(heard)) >= JUMP_TICKS:
        return jump(state, line, follower.tick, at)
    return state.but(line=line), []


def _by_count(state: State, follower: ClockFollower, heard: float) -> BeatLine:
    """The tempo is not known yet: that of before, at the place that was counted."""
    return state.line.moved_to(follower.position / CLOCKS_PER_BEAT, heard)


def _on_transport(state: State, follower: ClockFollower, say: ClockMessage, at: float) -> Step:
    """Stop stops; Start while we run is a jump to the top; else the next clock decides."""
    state = state.but(follower=follower, joining=False)
    if say is ClockMessage.STOP:
        return stop(state, at) if state.running else (state, [])
    if say is ClockMessage.START and state.running and follower.pulse.steady:
        return _jump_with_next_clock(state, follower, 0, at)
    return state, []


def _on_position(state: State, follower: ClockFollower, at: float) -> Step:
    """A song position; while running it is where the next clock will be (a loop in a DAW)."""
    state = state.but(follower=follower)
    if not state.running or follower.motion is TransportMotion.STOPPED or not follower.pulse.steady:
        return state, []
    return _jump_with_next_clock(state, follower, follower.next_position, at)


def _jump_with_next_clock(state: State, follower: ClockFollower, position: int, at: float) -> Step:
    """Be at ``position`` (in clocks) when the next clock comes; nothing of the old place
    sounds until then."""
    next_clock = follower.pulse.second_at(follower.number + 1) + follower.offset
    next_clock = max(next_clock, at + WORD_SECONDS)
    line = state.line.moved_to(position / CLOCKS_PER_BEAT, next_clock)
    return jump(state, line, position * TICKS_PER_CLOCK, at)


def _begin(state: State, line: BeatLine, at: float) -> Step:
    """The master starts: a new take. It goes on, or is joined: the song goes on with what
    is known of it, as in a DAW that stops for a moment to loop or to relocate."""
    follower = state.follower
    assert follower is not None
    tick = follower.tick
    state = state.but(line=line, joining=False)
    if not follower.anew and state.bars:
        return jump(state.but(running=True), line, tick, at)
    state, effects = fresh_take(state, at, first_bar=bar_of(tick), from_tick=tick)
    return state, [*effects, NewTake(line.bpm)]


def jump(state: State, line: BeatLine, tick: int, at: float) -> Step:
    """The position jumped (a loop, a relocation): what sounds is closed, and the bar at the
    new place plays on from there, as it was if it was played before in this style."""
    state, effects = release(state, at)
    bar = bar_of(tick)
    style = state.pending_style or state.style
    played = (state.bars.get(b) for b in (bar, state.bar))
    groove = next((p for p in played if p is not None and p.style == style), state.opening)
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
    return place_bar(clocks_started(state, at, tick), bar, tick), effects


def watch(state: State, at: float) -> Step:
    """Notice that the clock is gone: go on alone for a while, then hold."""
    follower = state.follower
    if follower is None or follower.last is None or not state.running:
        return state, []
    if at - follower.last > LOSS_SECONDS + FREEWHEEL_SECONDS:
        state, effects = stop(state.but(follower=follower.quiet(at)), at)
        message = "clock lost: holding until it is back"
        return state.but(joining=True, message=message), effects
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

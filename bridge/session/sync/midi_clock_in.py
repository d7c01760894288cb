"""MIDI clock in as the clock source: the master's messages lead transport and beat line. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bridge.music.grid import CLOCKS_PER_BEAT, TICKS_PER_BEAT, TICKS_PER_CLOCK, Metre
from bridge.session.messages.status import ClockStatus
from bridge.session.state.events import ClockIn, LinkIn
from bridge.session.state.session_state import State, Step
from bridge.session.state.value import Value
from bridge.session.sync.clock_status import (
    TRANSPORT,
    TWICE_ADVICE,
    clock_message,
    status_of,
    update_meter,
)
from bridge.session.transport.start_stop import stop
from bridge.session.transport.take import fresh_take, jump, new_take
from bridge.timing.clock_follower import ClockFollower, TransportMotion
from bridge.timing.clock_meter import ClockMeter
from bridge.timing.clock_sender import ClockMessage
from bridge.timing.tempo import BeatLine

FREEWHEEL_SECONDS = 4.0
"""Seconds that the band plays on after the clock is lost, before it stops and waits."""
JUMP_TICKS = TICKS_PER_BEAT // 4
"""A clock at least this far from our position is a jump: Song Position counts 16ths."""
STEADY_CLOCKS = 3
"""Clocks in a row that are needed before their tempo is used."""
JUMP_MESSAGES_SECONDS = 0.002
"""A master may send more about a jump (Start, Song Position, Stop) before the clock it is
about: no note of the new place goes out in between."""


class MidiClock(Value, frozen=True):
    """The clock of the ``master`` (its port's name): the follower's estimate of its beat, and
    the meter that measures its quality. ``by_hand``: the player began on its clocks, and the
    master has said nothing of its transport since."""

    master: str
    follower: ClockFollower
    meter: ClockMeter = msgspec.field(default_factory=ClockMeter)
    by_hand: bool = False

    @property
    def name(self) -> str:
        """The name shown to the player."""
        return self.master

    @property
    def owns_transport(self) -> bool:
        """False: the master starts and stops."""
        return False

    def status(self, metre: Metre) -> ClockStatus | None:
        """The measured quality of the clock."""
        return status_of(self.meter, self.follower, metre)

    def start(self, state: State, at: float, *, count_in: bool) -> Step:
        """The master starts us; where it runs already we join at its next beat. Where it sends
        clocks and does not run, the player begins on the next of them."""
        if self.follower.motion is TransportMotion.RUNNING:
            return state.but(sync=state.sync.but(joining=not state.clock.running)), []
        if self.follower.motion is TransportMotion.ARMED or not self.follower.ticks(at):
            return state.say(f"press play on {self.master}: its clock leads"), []
        source = self.but(follower=self.follower.start(), by_hand=True)
        state = state.but(sync=state.sync.but(source=source, joining=False))
        return state.say(f"joined the clock of {self.master}"), []

    def after_stop(self, state: State, at: float) -> Step:
        """The master is not told. Who began by hand begins again by hand."""
        return (_follow(state, self.follower.stop()) if self.by_hand else state), []

    def set_tempo(self, state: State, at: float, bpm: float) -> Step:
        """Refused with a message: the master sets the tempo."""
        return state.say(f"{self.master} sets the tempo"), []

    def after_metre(self, state: State, at: float) -> Step:
        """Nothing to do: a clock says nothing of bars."""
        return state, []

    def on_message(self, state: State, event: ClockIn | LinkIn) -> Step:
        """A message of the master."""
        found = clock_message(event.message) if isinstance(event, ClockIn) else None
        if found is None:
            return state, []
        say, units = found
        at = max(event.at, state.clock.now)
        if say is ClockMessage.CLOCK:
            state, effects = _on_pulse(state, self, event.at, at)
        elif say is ClockMessage.POSITION:
            state, effects = _on_position(state, self.follower.song_position(units), at)
        else:
            state, effects = _on_transport(state, TRANSPORT[say](self.follower), say, at)
        source = _source(state)
        meter = update_meter(source.meter, source.follower, event.at, say)
        by_hand = source.by_hand and say is ClockMessage.CLOCK
        source = source.but(meter=meter, by_hand=by_hand)
        state = state.but(sync=state.sync.but(source=source))
        if source.follower.twice and not self.follower.twice:
            state = state.say(f"the clock of {self.master} comes twice: {TWICE_ADVICE}")
        return state, effects

    def watch(self, state: State, at: float) -> Step:
        """If the clock is lost, play on for :data:`FREEWHEEL_SECONDS`, then stop."""
        last, lost = self.follower.last, self.follower.lost
        if last is None or not state.clock.running:
            return state, []
        loss = self.follower.loss_seconds
        if at - last > loss + FREEWHEEL_SECONDS:
            state, effects = stop(_follow(state, self.follower.quiet(at)), at)
            state = state.but(sync=state.sync.but(joining=True))
            return state.say("clock lost: holding until it is back"), effects
        if not lost and at - last > loss:
            state = _follow(state, self.follower.quiet(at))
            return state.say("clock lost: going on alone"), []
        return state, []

    def deadlines(self) -> Sequence[float]:
        """The times (seconds) at which the clock counts as lost and at which the band stops."""
        if self.follower.last is None:
            return ()
        margin = 1e-3
        lost = self.follower.last + self.follower.loss_seconds + margin
        return (lost, lost + FREEWHEEL_SECONDS)


def _source(state: State) -> MidiClock:
    source = state.sync.source
    assert isinstance(source, MidiClock)
    return source


def _follow(state: State, follower: ClockFollower) -> State:
    """The state with the source's follower replaced."""
    return state.but(sync=state.sync.but(source=_source(state).but(follower=follower)))


def _on_pulse(state: State, source: MidiClock, stamp: float, at: float) -> Step:
    """A clock message: it sets the tempo while we are stopped, the beat while we run, and starts
    the music if the master has announced it."""
    before, clock, joining = source.follower, state.clock, state.sync.joining
    heard = stamp + before.offset
    if before.lost and (clock.running or joining):
        if not _told_place(before):
            joined = round(clock.line.beat_at(heard) * CLOCKS_PER_BEAT) - 1
            before = before.at_position(joined)
        again = "" if before.last is None else " again"
        state = state.say(f"following {source.master}{again}")
    follower = before.clock(stamp)
    state = _follow(state, follower)
    line = follower.line if len(follower.pulse.points) >= STEADY_CLOCKS else None
    if follower.motion is TransportMotion.RUNNING and not clock.running:
        if before.motion is TransportMotion.ARMED:
            return _begin(state, line or _by_count(clock.line, follower, heard), at)
        if joining and line is not None and follower.position % CLOCKS_PER_BEAT == 0:
            return _begin(state, line, at)
    if not clock.running:
        if joining or line is None:  # our line is needed to join a clock that was lost
            return state, []
        return state.but(clock=clock.but(line=clock.line.with_tempo(line.bpm, at))), []
    line = line or _by_count(clock.line, follower, heard)
    if abs(follower.tick - clock.line.tick_at(heard)) >= JUMP_TICKS:
        return jump(state, line, follower.tick, at)
    return state.but(clock=clock.but(line=line)), []


def _told_place(follower: ClockFollower) -> bool:
    """True if the master has said where its next clock is."""
    return follower.placed or follower.motion is TransportMotion.ARMED


def _by_count(line: BeatLine, follower: ClockFollower, heard: float) -> BeatLine:
    """The line at the counted position with the tempo as before: the new one is not known yet."""
    return line.moved_to(follower.position / CLOCKS_PER_BEAT, heard)


def _on_transport(state: State, follower: ClockFollower, say: ClockMessage, at: float) -> Step:
    """Start, Continue or Stop. Stop takes effect at once; Start while we run is a jump to bar 0;
    otherwise the next clock decides."""
    state = _follow(state, follower)
    state = state.but(sync=state.sync.but(joining=False))
    if say is ClockMessage.STOP:
        return stop(state, at) if state.clock.running else (state, [])
    if say is ClockMessage.START and state.clock.running and follower.pulse.steady:
        return _jump_with_next_clock(state, follower, 0, at)
    return state, []


def _on_position(state: State, follower: ClockFollower, at: float) -> Step:
    """A Song Position. While we run it is the position of the next clock (a DAW loops)."""
    state = _follow(state, follower)
    running = state.clock.running and follower.motion is not TransportMotion.STOPPED
    if not running or not follower.pulse.steady:
        return state, []
    return _jump_with_next_clock(state, follower, follower.next_position, at)


def _jump_with_next_clock(state: State, follower: ClockFollower, position: int, at: float) -> Step:
    """Jump so that the next clock falls on ``position`` (in clocks); until then no note of the old
    place sounds."""
    next_clock = follower.pulse.second_at(follower.number + 1) + follower.offset
    next_clock = max(next_clock, at + JUMP_MESSAGES_SECONDS)
    line = state.clock.line.moved_to(position / CLOCKS_PER_BEAT, next_clock)
    return jump(state, line, position * TICKS_PER_CLOCK, at)


def _begin(state: State, line: BeatLine, at: float) -> Step:
    """The master starts: begin a new take. If it continues, or is joined, the take goes on with all
    that was heard, because a DAW may stop for a moment to loop or to relocate."""
    follower = _source(state).follower
    tick = follower.tick
    clock = state.clock.but(line=line)
    state = state.but(clock=clock, sync=state.sync.but(joining=False))
    if not follower.anew and state.plan.bars:
        return jump(state.but(clock=clock.but(running=True)), line, tick, at)
    metre = state.clock.metre
    state, effects = fresh_take(state, at, first_bar=metre.bar_of(tick), from_tick=tick)
    return state, [*effects, new_take(state)]

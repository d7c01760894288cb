"""Ableton Link as the clock source: beat, transport and tempo are shared with all peers. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bridge.music.grid import TICKS_PER_BEAT, Metre
from bridge.session.messages.status import ClockStatus
from bridge.session.state.effects import Effect, LinkOut, TempoSet
from bridge.session.state.events import ClockIn, LinkIn
from bridge.session.state.session_state import State, Step
from bridge.session.state.value import Value
from bridge.session.transport.start_stop import set_tempo_now, start_now, stop
from bridge.session.transport.take import fresh_take, jump, new_take

LATE_TICKS: Final = TICKS_PER_BEAT // 4
"""A session that began no longer ago than this is joined at its beginning."""
JUMP_TICKS: Final = TICKS_PER_BEAT // 4
"""A beat at least this far from ours is a jump of the position; smaller steps are followed."""


class LinkClock(Value, frozen=True):
    """A Link session: ``last`` is its newest state, ``sent`` the number of changes that we made.
    ``entering``: the music plays already and the session has not been heard of yet."""

    last: LinkIn
    sent: int = 0
    entering: bool = False

    @property
    def name(self) -> str:
        """The name shown to the player."""
        return "Link"

    @property
    def owns_transport(self) -> bool:
        """True: every peer may start and stop."""
        return True

    def status(self, metre: Metre) -> ClockStatus | None:
        """None: Link has no clock messages to measure."""
        return None

    def start(self, state: State, at: float, *, count_in: bool) -> Step:
        """Start at once if there is no other peer; else on the session's next bar line."""
        if self.last.peers:
            joining = state.sync.but(joining=not state.clock.running)
            state = state.but(sync=joining, message="Link: starting on the next bar")
            return _tell(state, LinkOut(0, at, play=True))
        state, effects = start_now(state, at, count_in=count_in)
        *before, take = effects
        origin = state.clock.line.second_at_tick(0)
        state, told = _tell(state, LinkOut(0, origin, play=True))
        return state, [*before, *told, take]

    def after_stop(self, state: State, at: float) -> Step:
        """Stop the other peers too."""
        return _tell(state, LinkOut(0, at, play=False))

    def set_tempo(self, state: State, at: float, bpm: float) -> Step:
        """Set the tempo of all peers."""
        state, effects = set_tempo_now(state, at, bpm)
        state, told = _tell(state, LinkOut(0, at, bpm=state.clock.line.bpm))
        return state, [*effects, *told]

    def after_metre(self, state: State, at: float) -> Step:
        """The quantum of our peer is a bar of the new metre; all keep their beat."""
        return _tell(state, LinkOut(0, at))

    def on_message(self, state: State, event: ClockIn | LinkIn) -> Step:
        """The session's beat, transport or number of peers has changed. A state that does not
        include our last change yet is ignored."""
        if not isinstance(event, LinkIn) or event.done < self.sent:
            return state, []
        at, running = state.clock.now, state.clock.running
        source = self.but(last=event, entering=False)
        state = state.but(sync=state.sync.but(source=source))
        if event.peers != self.last.peers:
            others = {0: "nobody else", 1: "one other"}.get(event.peers, f"{event.peers} others")
            state = state.say(f"Link: {others}")
        if self.last.playing and not event.playing and running:
            return stop(state, at)
        if running:
            return _enter(state, event) if self.entering else _on_beat(state, event, at)
        if event.playing and (state.sync.joining or not self.last.playing):
            return _begin(state, event, at)
        line = state.clock.line.with_tempo(event.line.bpm, at)
        return state.but(clock=state.clock.but(line=line)), []

    def watch(self, state: State, at: float) -> Step:
        """Nothing to watch: the beat goes on without other peers."""
        return state, []

    def deadlines(self) -> Sequence[float]:
        """None: there is nothing to watch."""
        return ()


def _tell(state: State, effect: LinkOut) -> Step:
    """Change the Link session; the effect gets its number here."""
    source = state.sync.source
    assert isinstance(source, LinkClock)
    source = source.but(sent=source.sent + 1)
    state = state.but(sync=state.sync.but(source=source))
    return state, [replace(effect, number=source.sent, quarters=state.clock.metre.quarters)]


def _enter(state: State, event: LinkIn) -> Step:
    """Enter the session while the music plays. Alone we bring our beat and tempo along, and the
    music goes on; among others our bars keep their numbers and begin on theirs: a jump back by
    less than a bar."""
    line = state.clock.line
    origin = line.second_at_tick(0)
    if event.peers:
        return _tell(state, LinkOut(0, origin, align=True))
    return _tell(state, LinkOut(0, origin, play=True, bpm=line.bpm))


def _begin(state: State, event: LinkIn, at: float) -> Step:
    """The session plays: begin on its beat 0, or, if that is past, on its next bar line."""
    now, metre = event.line.tick_at(at), state.clock.metre
    tick = 0 if now < LATE_TICKS else metre.bar_start(metre.bars_until(now))
    first = metre.bar_of(tick) or min(metre.bar_of(now), 0)
    state = state.but(clock=state.clock.but(line=event.line), sync=state.sync.but(joining=False))
    state, effects = fresh_take(state, at, first_bar=first, from_tick=tick)
    return state, [*effects, new_take(state)]


def _on_beat(state: State, event: LinkIn, at: float) -> Step:
    """Follow the session's beat: a small step is taken over, a larger one is a jump."""
    effects: list[Effect] = []
    line = state.clock.line
    tick = event.line.tick_at(at)
    if event.line.seconds_per_beat != line.seconds_per_beat:
        effects.append(TempoSet(tick, event.line.bpm))
    if abs(tick - line.tick_at(at)) < JUMP_TICKS:
        return state.but(clock=state.clock.but(line=event.line)), effects
    state, more = jump(state, event.line, max(tick, 0), at)
    return state, effects + more

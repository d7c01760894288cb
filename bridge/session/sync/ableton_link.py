"""In a Link session: its beat is ours, its transport and tempo are everybody's. Pure."""

from __future__ import annotations

from bridge.music.grid import TICKS_PER_BAR, TICKS_PER_STEP, bar_of, bar_start
from bridge.session.state.effects import Effect, NewTake, TempoSet
from bridge.session.state.events import LinkIn
from bridge.session.state.session_state import State, Step
from bridge.session.sync.midi_clock_in import JUMP_TICKS, jump
from bridge.session.transport.start_stop import fresh_take, stop


def on_link(state: State, event: LinkIn) -> Step:
    """The session's beat, transport or number of peers has changed. What was so before it
    heard our last wish is no news: we know better."""
    before, at = state.linked, state.now
    if before is None or event.done < state.link_outs:
        return state, []
    state = state.but(linked=event)
    if event.peers != before.peers:
        others = {0: "nobody else", 1: "one other"}.get(event.peers, f"{event.peers} others")
        state = state.but(message=f"Link: {others}")
    if before.playing and not event.playing and state.running:
        return stop(state, at)
    if state.running:
        return _on_beat(state, event, at)
    if event.playing and (state.joining or not before.playing):
        return _begin(state, event, at)
    return state.but(line=state.line.with_tempo(event.line.bpm, at)), []


def _begin(state: State, event: LinkIn, at: float) -> Step:
    """The session plays: we begin on its beat 0, or, where that is past, on the next bar."""
    now = event.line.tick_at(at)
    tick = 0 if now < TICKS_PER_STEP else bar_start(-(-now // TICKS_PER_BAR))
    first = bar_of(tick) or min(bar_of(now), 0)
    state = state.but(line=event.line, joining=False)
    state, effects = fresh_take(state, at, first_bar=first, from_tick=tick)
    return state, [*effects, NewTake(event.line.bpm)]


def _on_beat(state: State, event: LinkIn, at: float) -> Step:
    """The beat where the session has it: a little aside is taken up, more is a jump."""
    effects: list[Effect] = []
    tick = event.line.tick_at(at)
    if event.line.seconds_per_beat != state.line.seconds_per_beat:
        effects.append(TempoSet(tick, event.line.bpm))
    if abs(tick - state.line.tick_at(at)) < JUMP_TICKS:
        return state.but(line=event.line), effects
    state, more = jump(state, event.line, max(tick, 0), at)
    return state, effects + more

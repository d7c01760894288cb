"""The metronome's clicks: placed at bar lines, sent when they are due. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.midi.messages import NOTE_OFF, NOTE_ON
from bridge.session.state.effects import Click, Effect
from bridge.session.state.session_state import State, Step
from bridge.timing.schedule import EntryKind, ScheduleEntry

LEVEL = "metronome level"


def placed(state: State) -> State:
    """The session with the clicks of the bar that plays and the next, as far as they are to come;
    without any where the metronome is off."""
    metronome = state.metronome
    if not state.clock.running or not (metronome.on or metronome.clicks.pending):
        return state
    level = state.band.control(LEVEL)
    return state.but(metronome=metronome.placed(state.clock.grid, state.clock.bar, level))


def switched(state: State, at: float, on: bool) -> Step:
    """The session with the metronome on, from the next beat, or off, at once."""
    state, effects = (state, []) if on else released(state, at)
    state = state.but(metronome=state.metronome.but(on=on))
    clicks = state.metronome.clicks.commit_to(state.clock.line.tick_at(at) + 1)
    return placed(state.but(metronome=state.metronome.but(clicks=clicks))), effects


def due(state: State, at: float) -> Step:
    """The clicks due at ``at`` (seconds); late ones are left out, as late notes are."""
    clicks, line = state.metronome.clicks, state.clock.line
    found = clicks.due(line.tick_at(at), line.tick_at(at - state.setup.patience))
    if found.after is clicks:
        return state, []
    metronome = state.metronome.but(clicks=found.after)
    effects: list[Effect] = [_click(state, entry) for entry in found.entries]
    return state.but(metronome=metronome), effects


def released(state: State, at: float) -> Step:
    """The session without clicks; one that sounds ends."""
    pitches, clicks = state.metronome.clicks.released()
    tick = state.clock.line.tick_at(at)
    channel = state.metronome.sound.channel
    effects: list[Effect] = [
        Click(bytes((NOTE_OFF | channel, pitch, 0)), at, tick) for pitch in pitches
    ]
    return state.but(metronome=state.metronome.but(clicks=clicks)), effects


def times(state: State) -> Sequence[float]:
    """The time (seconds) at which the next click begins or ends; none without one."""
    tick = state.metronome.clicks.next_tick
    return () if tick is None else (state.clock.line.second_at_tick(tick),)


def _click(state: State, entry: ScheduleEntry) -> Click:
    status = NOTE_ON if entry.kind is EntryKind.ON else NOTE_OFF
    message = bytes((status | state.metronome.sound.channel, entry.pitch, entry.velocity))
    return Click(message, state.clock.line.second_at_tick(entry.tick), entry.tick)

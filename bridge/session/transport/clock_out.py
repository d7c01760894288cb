"""Our clock for others: what the session's transport makes each output say. Pure."""

from __future__ import annotations

from typing import Final

from bridge.midi.messages import CLOCK, CONTINUE, START, STOP, Realtime, SongPosition, encode
from bridge.session.state.effects import ClockOut, Effect
from bridge.session.state.session_state import State, Step
from bridge.timing.clock_sender import ClockMessage, TimedClockMessage

_BYTES: Final = {
    ClockMessage.CLOCK: encode(Realtime(CLOCK)),
    ClockMessage.START: encode(Realtime(START)),
    ClockMessage.CONTINUE: encode(Realtime(CONTINUE)),
    ClockMessage.STOP: encode(Realtime(STOP)),
}


def clocks_started(state: State, at: float, tick: int) -> State:
    """The music begins or jumps at ``tick``: receivers are told. The line must be set."""
    return state.but(leads=tuple(lead.roll(state.line, at, tick) for lead in state.leads))


def clocks_stopped(state: State) -> State:
    """The music stops: receivers are told."""
    return state.but(leads=tuple(lead.halt() for lead in state.leads))


def lead(state: State, at: float) -> Step:
    """Every system message due at ``at``."""
    if not state.leads:
        return state, []
    effects: list[Effect] = []
    leads = []
    for output, before in enumerate(state.leads):
        after, said = before.due(state.line, at)
        leads.append(after)
        effects += [ClockOut(output, _bytes(message), message.second) for message in said]
    return state.but(leads=tuple(leads)), effects


def lead_times(state: State) -> list[float]:
    """When ``lead`` has something to say (seconds)."""
    return [lead.second(state.line) or state.now for lead in state.leads]


def _bytes(message: TimedClockMessage) -> bytes:
    if message.kind is ClockMessage.POSITION:
        return encode(SongPosition(message.units))
    return _BYTES[message.kind]

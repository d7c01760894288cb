"""The clock that we send: the system messages due on each clock output. Pure."""

from __future__ import annotations

from typing import Final

from bridge.midi.messages import CLOCK, CONTINUE, START, STOP, Realtime, SongPosition, encode
from bridge.session.state.effects import ClockOut, Effect, TurnClockOuts
from bridge.session.state.events import ClockSentTo
from bridge.session.state.session_state import State, Step, Sync
from bridge.timing.clock_sender import ClockMessage, ClockSender, TimedClockMessage
from bridge.timing.tempo import BeatLine

_BYTES: Final = {
    ClockMessage.CLOCK: encode(Realtime(CLOCK)),
    ClockMessage.START: encode(Realtime(START)),
    ClockMessage.CONTINUE: encode(Realtime(CONTINUE)),
    ClockMessage.STOP: encode(Realtime(STOP)),
}


def clocks_due(sync: Sync, line: BeatLine, at: float) -> tuple[Sync, list[Effect]]:
    """Send all system messages due at time ``at`` (seconds) on the clock outputs."""
    if not sync.senders:
        return sync, []
    effects: list[Effect] = []
    senders = []
    for output, before in enumerate(sync.senders):
        after, messages = before.due(line, at)
        senders.append(after)
        effects += [ClockOut(output, _bytes(message), message.second) for message in messages]
    return sync.but(senders=tuple(senders)), effects


def on_clock_sent_to(state: State, event: ClockSentTo) -> Step:
    """Send our clock to other outputs: those before are stopped, and the new ones begin where the
    music is."""
    at, line = state.clock.now, state.clock.line
    stops = [
        ClockOut(output, _BYTES[ClockMessage.STOP], at)
        for output, sender in enumerate(state.sync.senders)
        if sender.rolling
    ]
    sync = state.sync.but(senders=tuple(map(ClockSender, event.offsets)))
    if state.clock.running:
        sync = sync.clocks_started(line, at, max(0, line.tick_at(at)))
    return state.but(sync=sync), [*stops, TurnClockOuts()]


def _bytes(message: TimedClockMessage) -> bytes:
    if message.kind is ClockMessage.POSITION:
        return encode(SongPosition(message.units))
    return _BYTES[message.kind]

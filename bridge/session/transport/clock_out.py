"""The clock that we send: the system messages due on each clock output. Pure."""

from __future__ import annotations

from typing import Final

from bridge.midi.messages import CLOCK, CONTINUE, START, STOP, Realtime, SongPosition, encode
from bridge.session.state.effects import ClockOut, Effect
from bridge.session.state.session_state import Sync
from bridge.timing.clock_sender import ClockMessage, TimedClockMessage
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


def _bytes(message: TimedClockMessage) -> bytes:
    if message.kind is ClockMessage.POSITION:
        return encode(SongPosition(message.units))
    return _BYTES[message.kind]

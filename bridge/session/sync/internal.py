"""Our own clock: the beat is the session's. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.session.messages.status import ClockStatus
from bridge.session.state.events import ClockIn, LinkIn
from bridge.session.state.session_state import State, Step
from bridge.session.state.value import Value
from bridge.session.transport.start_stop import set_tempo_now, start_now


class InternalClock(Value, frozen=True):
    """Nobody leads but the player: starts, stops and tempi are carried out at once."""

    name: str = "internal"
    owns_transport: bool = True
    status: ClockStatus | None = None

    def start(self, state: State, at: float, *, count_in: bool) -> Step:
        """From bar 0, after the count-in."""
        return start_now(state, at, count_in=count_in)

    def after_stop(self, state: State, at: float) -> Step:
        """There is nobody to tell."""
        return state, []

    def set_tempo(self, state: State, at: float, bpm: float) -> Step:
        """From now on."""
        return set_tempo_now(state, at, bpm)

    def on_message(self, state: State, event: ClockIn | LinkIn) -> Step:
        """Other clocks are ignored."""
        return state, []

    def watch(self, state: State, at: float) -> Step:
        """Our own clock is never gone."""
        return state, []

    def deadlines(self) -> Sequence[float]:
        """None."""
        return ()

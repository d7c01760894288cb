"""Our own clock as the source: the session leads. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.music.grid import Metre
from bridge.session.messages.status import ClockStatus
from bridge.session.state.events import ClockIn, LinkIn
from bridge.session.state.session_state import State, Step
from bridge.session.state.value import Value
from bridge.session.transport.start_stop import set_tempo_now, start_now


class InternalClock(Value, frozen=True):
    """The session's own clock: start, stop and tempo take effect at once."""

    name: str = "internal"
    owns_transport: bool = True

    def status(self, metre: Metre) -> ClockStatus | None:
        """None: there is no clock to measure."""
        return None

    def start(self, state: State, at: float, *, count_in: bool) -> Step:
        """Start from bar 0, after the count-in."""
        return start_now(state, at, count_in=count_in)

    def after_stop(self, state: State, at: float) -> Step:
        """Nothing to do: nobody shares the clock."""
        return state, []

    def set_tempo(self, state: State, at: float, bpm: float) -> Step:
        """Change the tempo at once."""
        return set_tempo_now(state, at, bpm)

    def after_metre(self, state: State, at: float) -> Step:
        """Nothing to do: nobody shares the clock."""
        return state, []

    def on_message(self, state: State, event: ClockIn | LinkIn) -> Step:
        """Ignored: no other clock is followed."""
        return state, []

    def watch(self, state: State, at: float) -> Step:
        """Nothing to watch."""
        return state, []

    def deadlines(self) -> Sequence[float]:
        """None: there is nothing to watch."""
        return ()

"""The session's position in time."""

from __future__ import annotations

from bridge.music.grid import USUAL_GRID, Grid, Metre
from bridge.session.state.value import Value
from bridge.timing.tempo import BeatLine


class Clock(Value, frozen=True):
    """The session's position in time.

    ``line`` converts seconds to beats; ``now`` (monotonic seconds) is the time of the last event.
    ``bar`` is the bar that plays, ``first_bar`` the first of the take (negative: a count-in).
    ``since_bar`` is the first bar since the last jump, ``left_bar`` the bar line (its bar) nearest
    to where the music jumped away, None without a jump in this take.
    ``stopped_at`` is the beat of the last stop. ``behind``: notes were sent first and other work
    is still to be done, so one more tick is needed at once. ``grid`` has the bar lines.
    """

    line: BeatLine
    now: float = 0.0
    running: bool = False
    behind: bool = False
    bar: int = 0
    first_bar: int = 0
    since_bar: int = 0
    left_bar: int | None = None
    stopped_at: float = 0.0
    grid: Grid = USUAL_GRID

    def started(self, first_bar: int) -> Clock:
        """The clock running, just before the bar line of ``first_bar``."""
        return self.but(
            running=True, first_bar=first_bar, bar=first_bar - 1, since_bar=first_bar, left_bar=None
        )

    def jumped(self, line: BeatLine, bar: int, left_bar: int | None = None) -> Clock:
        """The clock after a jump away from the bar line of ``left_bar``: just before that of
        ``bar``, on another beat line."""
        first = min(bar, self.first_bar)
        return self.but(line=line, bar=bar - 1, first_bar=first, since_bar=bar, left_bar=left_bar)

    def stopped(self, at: float) -> Clock:
        """The clock stopped at time ``at`` (seconds)."""
        return self.but(running=False, stopped_at=self.beat_at(at))

    def beat_at(self, at: float) -> float:
        """The beat at time ``at`` (seconds); the beat of the last stop while stopped."""
        return self.line.beat_at(at) if self.running else self.stopped_at

    @property
    def metre(self) -> Metre:
        """The metre of the bars to come."""
        return self.grid.metre

    def in_metre(self, metre: Metre) -> Clock:
        """The clock with all bars in one metre, counted from tick 0."""
        return self.but(grid=Grid.of(metre))

    @property
    def coming_bar(self) -> int:
        """The bar after the one that plays; at least 0, also during a count-in."""
        return max(self.bar + 1, 0)

"""The chart: chords that the player has fixed."""

from __future__ import annotations

import msgspec

from bridge.music.chords import Chart
from bridge.session.state.value import Value


class FixedChords(Value, frozen=True):
    """A ``chart`` that repeats from bar ``from_bar`` on; an empty chart fixes nothing."""

    chart: Chart = msgspec.field(default_factory=Chart)
    from_bar: int = 0

    def restarted(self) -> FixedChords:
        """The chart from bar 0 on, for a new take."""
        return self.but(from_bar=0) if self.from_bar else self

    def __bool__(self) -> bool:
        """True if the chart has chords."""
        return bool(self.chart.classes)

"""The chords that the player has fixed."""

from __future__ import annotations

import msgspec

from bridge.music.chords import Chart
from bridge.session.state.value import Value


class FixedChords(Value, frozen=True):
    """A ``chart`` that goes round from the bar ``from_bar`` on; an empty one fixes nothing."""

    chart: Chart = msgspec.field(default_factory=Chart)
    from_bar: int = 0

    def from_the_start(self) -> FixedChords:
        """A new take begins: so does the chart."""
        return self.but(from_bar=0) if self.from_bar else self

    def __bool__(self) -> bool:
        """Whether there are chords."""
        return bool(self.chart.classes)

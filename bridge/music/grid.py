"""The musical grid: integer ticks, and the steps, beats and bars of a metre.

A tick is 1/960 of a quarter note; it divides by 24 (MIDI clock), by 4 (16th steps) and by 3
(triplet steps), so no position is ever a rounded float. Tempo is in quarter notes a minute in
every metre, as DAWs have it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

from bridge.errors import NameUnknown

TICKS_PER_BEAT = 960
"""Ticks of a quarter note, the beat that tempo counts."""
CLOCKS_PER_BEAT = 24
"""MIDI clocks of a quarter note."""
TICKS_PER_CLOCK = TICKS_PER_BEAT // CLOCKS_PER_BEAT
SLOTS_PER_BAR: Final = 16
"""Places of a bar in a model's windows, whatever its metre: see :attr:`Metre.slots`."""


@dataclass(frozen=True)
class Metre:
    """One kind of bar: its time signature, and the beats and steps that it is divided into.

    ``name`` is what a person types and reads; ``numerator`` and ``denominator`` are the time
    signature of a score. A bar has ``beats`` beats of ``steps_per_beat`` steps of
    ``ticks_per_step`` ticks each. ``half_step`` is the step at which the bar's second chord
    begins. ``slots`` are the places 0..15 of its steps in a model's bar of 16 slots: beats lie
    where beats of 4/4 do, and the slots between stay empty.
    """

    name: str
    numerator: int
    denominator: int
    beats: int
    steps_per_beat: int
    ticks_per_step: int
    half_step: int
    slots: tuple[int, ...]

    @property
    def steps(self) -> int:
        """Steps of a bar: 16 or 12."""
        return self.beats * self.steps_per_beat

    @property
    def ticks_per_beat(self) -> int:
        """Ticks of a beat: 960, or 1440 where a beat is a dotted quarter."""
        return self.steps_per_beat * self.ticks_per_step

    @property
    def eighth_steps(self) -> int:
        """Steps of an eighth note: the parts of a beat that are lighter than beats and heavier
        than 16ths. In 4/4 in triplets these are triplets."""
        return 1 if self.steps_per_beat % 2 else 2

    @property
    def ticks(self) -> int:
        """Ticks of a bar."""
        return self.steps * self.ticks_per_step

    @property
    def clocks(self) -> int:
        """MIDI clocks of a bar, 24 a quarter note."""
        return self.ticks // TICKS_PER_CLOCK

    @property
    def quarters(self) -> int:
        """Quarter notes of a bar."""
        return self.ticks // TICKS_PER_BEAT

    def bar_of(self, tick: int) -> int:
        """The bar (0 is the first) that a tick lies in; negative before the origin."""
        return tick // self.ticks

    def bar_start(self, bar: int) -> int:
        """The first tick of a bar."""
        return bar * self.ticks

    def bars_until(self, tick: int) -> int:
        """The number of bars that hold all before a tick."""
        return -(-tick // self.ticks)

    def nearest_step(self, tick: int) -> int:
        """The step (counted from tick 0) nearest to a tick; halves round up."""
        return (tick + self.ticks_per_step // 2) // self.ticks_per_step

    def half_of(self, tick: int) -> int:
        """The half bar (counted from tick 0, two a bar) that a tick lies in: each has a chord."""
        bar, within = divmod(tick, self.ticks)
        return 2 * bar + (within >= self.half_step * self.ticks_per_step)

    def half_start(self, half: int) -> int:
        """The first tick of a half bar, as :meth:`half_of` counts them."""
        bar, second = divmod(half, 2)
        return self.bar_start(bar) + second * self.half_step * self.ticks_per_step

    def swing_delay(self, step: int, amount: float) -> int:
        """Ticks by which swing delays a step.

        ``amount`` 0 is straight and 1 moves the second 8th of each beat to the triplet (a delay
        of a third of an 8th note, the usual "67 %" swing). Only off-beat 8ths and the 16th after
        them move, the latter by half, so that the order of steps never changes. Metres whose
        beats have three parts have no swing: they are triplets already.
        """
        if self.steps_per_beat != len(_SWING_SHARES):
            return 0
        return round(FULL_SWING * _SWING_SHARES[step % self.steps_per_beat] * amount)


FULL_SWING: Final = TICKS_PER_BEAT // 6
"""Ticks from the straight off-beat 8th to the triplet."""
_SWING_SHARES: Final = (0.0, 0.0, 1.0, 0.5)
"""Of the full delay, for each of four steps of a beat."""
_TRIPLE_SLOTS: Final = (0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14)
FOUR_FOUR: Final = Metre("4/4", 4, 4, 4, 4, 240, 8, tuple(range(16)))
THREE_FOUR: Final = Metre("3/4", 3, 4, 3, 4, 240, 8, tuple(range(12)))
SIX_EIGHT: Final = Metre("6/8", 6, 8, 2, 6, 240, 6, (*range(6), *range(8, 14)))
TWELVE_EIGHT: Final = Metre("12/8", 12, 8, 4, 3, 480, 6, _TRIPLE_SLOTS)
FOUR_FOUR_TRIPLETS: Final = Metre("4/4t", 4, 4, 4, 3, 320, 6, _TRIPLE_SLOTS)
"""4/4 with beats in three: "4/4t" is its name in options and files."""
METRES: Final = {
    m.name: m for m in (FOUR_FOUR, THREE_FOUR, SIX_EIGHT, TWELVE_EIGHT, FOUR_FOUR_TRIPLETS)
}


def metre_named(name: str) -> Metre:
    """The metre of a name. NameUnknown for any other than those of :data:`METRES`."""
    if name not in METRES:
        raise NameUnknown("metre", name, METRES, "(4/4t is 4/4 in triplets)")
    return METRES[name]


@dataclass(frozen=True, slots=True)
class Span:
    """Bars of one ``metre``: the first begins at ``tick`` with bar number ``bar``, and with beat
    number ``beat`` of the music."""

    tick: int = 0
    bar: int = 0
    beat: int = 0
    metre: Metre = FOUR_FOUR


_TICK, _BAR, _BEAT = attrgetter("tick"), attrgetter("bar"), attrgetter("beat")
LONG_AGO: Final = -(1 << 62)
SPANS_KEPT: Final = 16
"""Changes of metre that a live grid remembers."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The bar lines of a piece of music: ``spans`` of bars, each in a metre, in order.

    The first span goes back without end, the last goes on. A span may be cut off by the next
    one within a bar: that bar is short.
    """

    spans: tuple[Span, ...] = (Span(),)

    @classmethod
    def of(cls, metre: Metre) -> Grid:
        """Bars of one metre, counted from tick 0."""
        return cls((Span(metre=metre),))

    @property
    def metre(self) -> Metre:
        """The metre that goes on from the last change."""
        return self.spans[-1].metre

    def span_of(self, tick: int) -> Span:
        """The span that a tick lies in."""
        return self._span(tick, _TICK)

    def bar_of(self, tick: int) -> int:
        """The bar that a tick lies in; negative before the origin."""
        span = self._span(tick, _TICK)
        return span.bar + (tick - span.tick) // span.metre.ticks

    def bar_start(self, bar: int) -> int:
        """The first tick of a bar."""
        span = self._span(bar, _BAR)
        return span.tick + (bar - span.bar) * span.metre.ticks

    def metre_of(self, bar: int) -> Metre:
        """The metre of a bar."""
        return self._span(bar, _BAR).metre

    def changed_before(self, bar: int) -> int:
        """The bar at which the metre of ``bar`` began; :data:`LONG_AGO` where it never changed."""
        span = self._span(bar, _BAR)
        return LONG_AGO if span is self.spans[0] else span.bar

    def beat_of(self, tick: int) -> int:
        """The beat (0 is the first) that a tick lies in."""
        span = self._span(tick, _TICK)
        return span.beat + (tick - span.tick) // span.metre.ticks_per_beat

    def beat_start(self, beat: int) -> int:
        """The first tick of a beat."""
        span = self._span(beat, _BEAT)
        return span.tick + (beat - span.beat) * span.metre.ticks_per_beat

    def half_of(self, tick: int) -> int:
        """The half bar (two a bar, from bar 0) that a tick lies in: each has a chord."""
        bar = self.bar_of(tick)
        return 2 * bar + self.metre_of(bar).half_of(tick - self.bar_start(bar))

    def half_start(self, half: int) -> int:
        """The first tick of a half bar, as :meth:`half_of` counts them."""
        bar, second = divmod(half, 2)
        return self.bar_start(bar) + self.metre_of(bar).half_start(second)

    def changed(self, bar: int, metre: Metre) -> Grid:
        """The grid with another metre from ``bar`` on."""
        if metre == self.metre_of(bar):
            return self
        return Grid(self.cut(self.bar_start(bar), bar, metre).spans[-SPANS_KEPT:])

    def cut(self, tick: int, bar: int, metre: Metre) -> Grid:
        """The grid with bars of ``metre`` from ``tick`` on, where ``bar`` begins."""
        kept = tuple(span for span in self.spans if span.tick < tick)
        before = kept[-1] if kept else Span(tick, bar, 0, metre)
        beat = before.beat - (before.tick - tick) // before.metre.ticks_per_beat
        goes_on = kept and metre == before.metre and Grid(kept).bar_start(bar) == tick
        return Grid(kept if goes_on else (*kept, Span(tick, bar, beat, metre)))

    def rows(self) -> tuple[tuple[int, int, str], ...]:
        """The spans as (tick, bar, metre's name), for messages and files."""
        return tuple((span.tick, span.bar, span.metre.name) for span in self.spans)

    @classmethod
    def from_rows(cls, rows: Iterable[tuple[int, int, str]]) -> Grid:
        """The grid of :meth:`rows`."""
        (tick, bar, name), *others = rows
        grid = cls((Span(tick, bar, metre=METRES[name]),))
        for tick, bar, name in others:
            grid = grid.cut(tick, bar, METRES[name])
        return grid

    def _span(self, at: int, key: attrgetter[int]) -> Span:
        """The span that ``at`` lies in, by ticks, bars or beats."""
        if len(self.spans) == 1:
            return self.spans[0]
        return self.spans[max(0, bisect_right(self.spans, at, key=key) - 1)]


USUAL_GRID: Final = Grid()
"""Bars of 4/4 from tick 0 on."""

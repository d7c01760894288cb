"""The musical grid: integer ticks, steps, beats and bars of a metre.

A tick is 1/960 of a quarter note; it divides by 24 (MIDI clock), by 4 (16th steps) and by 3
(triplet steps), so no position is ever a rounded float. Tempo is in quarter notes a minute in
every metre, as DAWs have it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

TICKS_PER_BEAT = 960
BEATS_PER_BAR = 4
STEPS_PER_BEAT = 4
STEPS_PER_BAR = STEPS_PER_BEAT * BEATS_PER_BAR
TICKS_PER_STEP = TICKS_PER_BEAT // STEPS_PER_BEAT
TICKS_PER_BAR = TICKS_PER_BEAT * BEATS_PER_BAR
CLOCKS_PER_BEAT = 24
TICKS_PER_CLOCK = TICKS_PER_BEAT // CLOCKS_PER_BEAT


@dataclass(frozen=True)
class Metre:
    """One kind of bar: its time signature, and the beats and steps that it is divided into.

    ``name`` is what a person types and reads; ``numerator`` and ``denominator`` are the time
    signature of a score. A bar has ``beats`` beats of ``steps_per_beat`` steps of
    ``ticks_per_step`` ticks each. ``half_step`` is the step at which the bar's second chord
    begins.
    """

    name: str
    numerator: int
    denominator: int
    beats: int
    steps_per_beat: int
    ticks_per_step: int
    half_step: int

    @property
    def steps(self) -> int:
        """Steps of a bar: 16 or 12."""
        return self.beats * self.steps_per_beat

    @property
    def ticks_per_beat(self) -> int:
        """Ticks of a beat: 960, or 1440 where a beat is a dotted quarter."""
        return self.steps_per_beat * self.ticks_per_step

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


FOUR_FOUR: Final = Metre("4/4", 4, 4, 4, 4, 240, 8)
THREE_FOUR: Final = Metre("3/4", 3, 4, 3, 4, 240, 8)
SIX_EIGHT: Final = Metre("6/8", 6, 8, 2, 6, 240, 6)
TWELVE_EIGHT: Final = Metre("12/8", 12, 8, 4, 3, 480, 6)
FOUR_FOUR_TRIPLETS: Final = Metre("4/4t", 4, 4, 4, 3, 320, 6)
"""4/4 with beats in three: "4/4t" is its name in options and files."""
METRES: Final = {
    m.name: m for m in (FOUR_FOUR, THREE_FOUR, SIX_EIGHT, TWELVE_EIGHT, FOUR_FOUR_TRIPLETS)
}


def bar_of(tick: int) -> int:
    """The bar (0 is the first) that a tick lies in; negative before the origin."""
    return tick // TICKS_PER_BAR


def bar_start(bar: int) -> int:
    """The first tick of a bar."""
    return bar * TICKS_PER_BAR


def nearest_step(tick: int) -> int:
    """The 16th step (counted from tick 0) nearest to a tick; halves round up."""
    return (tick + TICKS_PER_STEP // 2) // TICKS_PER_STEP


def swing_delay(step: int, amount: float) -> int:
    """Ticks by which swing delays a 16th step.

    ``amount`` 0 is straight and 1 moves the second 8th of each beat to the triplet (a delay
    of a third of an 8th note, the usual "67 %" swing). Only off-beat 8ths and the 16th after
    them move, the latter by half, so that the order of steps never changes.
    """
    delay = TICKS_PER_BEAT // 6
    share = {2: 1.0, 3: 0.5}.get(step % STEPS_PER_BEAT, 0.0)
    return round(delay * share * amount)

"""The musical grid: integer ticks, 16th-note steps, beats and bars of 4/4.

A tick is 1/960 of a quarter note; it divides by 24 (MIDI clock) and by 4 (16th steps), so
no position is ever a rounded float.
"""

from __future__ import annotations

TICKS_PER_BEAT = 960
BEATS_PER_BAR = 4
STEPS_PER_BEAT = 4
STEPS_PER_BAR = STEPS_PER_BEAT * BEATS_PER_BAR
TICKS_PER_STEP = TICKS_PER_BEAT // STEPS_PER_BEAT
TICKS_PER_BAR = TICKS_PER_BEAT * BEATS_PER_BAR
CLOCKS_PER_BEAT = 24
TICKS_PER_CLOCK = TICKS_PER_BEAT // CLOCKS_PER_BEAT


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

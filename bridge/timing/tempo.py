"""Tempo as a value: a linear map between seconds and beats, and tap tempo.

One affine value that clock sources update and the scheduler reads, as in monome norns (matron's
clock): the scheduler does not know the source of the beat.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from bridge.music.grid import TICKS_PER_BEAT

BPM_MIN, BPM_MAX, BPM_USUAL = 30.0, 300.0, 120.0
"""The tempi that a session takes, whoever sets them, and the one that it begins with."""
KNOB_BPM_MIN, KNOB_BPM_MAX = 40.0, 240.0
"""The way of a knob or fader. It is narrower than what is allowed, so that the 128 steps of a
MIDI controller are 1.6 BPM each and mapping files with ``low`` and ``high`` keep their tempi."""
TAP_TIMEOUT_SECONDS = 2.0
TAPS_NEEDED = 3
TAPS_KEPT = 8


def clamp_bpm(bpm: float) -> float:
    """``bpm`` limited to ``BPM_MIN``..``BPM_MAX``."""
    return min(BPM_MAX, max(BPM_MIN, bpm))


@dataclass(frozen=True, slots=True)
class BeatLine:
    """The linear map between monotonic seconds and beats (quarter notes).

    At time ``second`` the music is at ``beat``; a beat lasts ``seconds_per_beat`` (> 0).
    """

    beat: float
    second: float
    seconds_per_beat: float

    @classmethod
    def at_tempo(cls, bpm: float, *, beat: float = 0.0, second: float = 0.0) -> BeatLine:
        """The line that passes ``beat`` at ``second`` with ``bpm``."""
        return cls(beat, second, 60.0 / bpm)

    @property
    def bpm(self) -> float:
        """Quarter notes a minute."""
        return 60.0 / self.seconds_per_beat

    def beat_at(self, second: float) -> float:
        """The beat at a time."""
        return self.beat + (second - self.second) / self.seconds_per_beat

    def second_at(self, beat: float) -> float:
        """The time of a beat."""
        return self.second + (beat - self.beat) * self.seconds_per_beat

    def tick_at(self, second: float) -> int:
        """The last tick that begins at or before a time.

        A thousandth of a tick of grace absorbs float rounding, so that
        ``tick_at(second_at_tick(t)) == t``.
        """
        return math.floor(self.beat_at(second) * TICKS_PER_BEAT + 1e-3)

    def second_at_tick(self, tick: int) -> float:
        """The time at which a tick begins."""
        return self.second_at(tick / TICKS_PER_BEAT)

    def with_tempo(self, bpm: float, at: float) -> BeatLine:
        """The line with another tempo from ``at`` on, continuous in phase."""
        return BeatLine(self.beat_at(at), at, 60.0 / bpm)

    def moved_to(self, beat: float, at: float) -> BeatLine:
        """The line with the same tempo through ``beat`` at time ``at``."""
        return replace(self, beat=beat, second=at)


@dataclass(frozen=True, slots=True)
class Taps:
    """Tap tempo: the times of the last taps. Three taps give a tempo; a pause of 2 s resets."""

    times: tuple[float, ...] = ()

    def tap(self, at: float) -> Taps:
        """Add a tap at monotonic time ``at``; after a pause it is the first of a new series."""
        fresh = not self.times or not 0 < at - self.times[-1] <= TAP_TIMEOUT_SECONDS
        return Taps((at,) if fresh else (*self.times, at)[-TAPS_KEPT:])

    @property
    def bpm(self) -> float | None:
        """The tempo of the taps (mean interval, clamped as any); None before three."""
        if len(self.times) < TAPS_NEEDED:
            return None
        interval = (self.times[-1] - self.times[0]) / (len(self.times) - 1)
        return clamp_bpm(60.0 / interval)

"""Measure the quality of a clock: tempo, jitter, drift, the last transport messages. Pure.

A reading is taken once a beat and kept until the next, so that it can be read on screen. Jitter is
the distance of clocks from the straight line through them (up to eight beats while the tempo is
steady); drift is the relative tempo difference (parts per million, positive: getting faster)
between the newer and the older half of the last minute's beats. A change of tempo restarts the
long measurement.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from bridge.music.grid import CLOCKS_PER_BEAT, FOUR_FOUR, TICKS_PER_CLOCK, Metre
from bridge.timing.clock_follower import CLOCKS_PER_SONG_POSITION, ClockFollower
from bridge.timing.clock_sender import ClockMessage
from bridge.timing.pulse_fit import Pulse

BEATS_KEPT = 128
BEATS_FOR_TEMPO = 8
BEATS_FOR_DRIFT = 16
NOTICES_KEPT = 8
TEMPO_CHANGE = 0.005
"""Relative difference from the tempo of the last minute that counts as a change of tempo."""


class TransportNotice(NamedTuple):
    """A transport message: its time (seconds), its kind, and its position in clocks."""

    second: float
    kind: ClockMessage
    position: int

    def text(self, metre: Metre = FOUR_FOUR) -> str:
        """The message with its position in bars of ``metre``."""
        return f"{self.kind.value} {format_position(self.position, metre)}"


def format_position(position: int, metre: Metre = FOUR_FOUR) -> str:
    """A position in clocks as bar.beat.sixteenth of a metre, counted from 1.1.1."""
    bar, clock = divmod(position, metre.clocks)
    beat, clock = divmod(clock, metre.ticks_per_beat // TICKS_PER_CLOCK)
    return f"{bar + 1}.{beat + 1}.{clock // CLOCKS_PER_SONG_POSITION + 1}"


class ClockReading(msgspec.Struct, frozen=True):
    """A reading of the meter. ``bpm`` is 0 before there is a tempo; None is not known yet.

    ``jitter_sd_ms`` is a standard deviation, ``jitter_p99_ms`` the 99th percentile;
    ``drift_ppm`` is positive when the clock is getting faster.
    """

    bpm: float = 0.0
    jitter_sd_ms: float | None = None
    jitter_p99_ms: float | None = None
    drift_ppm: float | None = None


class Beat(NamedTuple):
    """A clock's number and its time on the line through the clocks, sampled once a beat."""

    number: int
    second: float


class ClockMeter(msgspec.Struct, frozen=True):
    """Measures the clock of a follower. ``clocks`` counts all that arrived."""

    clocks: int = 0
    reading: ClockReading = ClockReading()
    beats: tuple[Beat, ...] = ()
    notices: tuple[TransportNotice, ...] = ()

    def clock(self, follower: ClockFollower) -> ClockMeter:
        """The meter after one more clock; ``follower`` has processed it."""
        clocks = self.clocks + 1
        pulse = follower.pulse
        due = not self.beats or follower.number - self.beats[-1].number >= CLOCKS_PER_BEAT
        if not due or len(pulse.points) < CLOCKS_PER_BEAT:
            return replace(self, clocks=clocks)
        beats = self._with_beat(follower.number, pulse)
        bpm = 60.0 / (CLOCKS_PER_BEAT * (_period(beats) or pulse.period))
        sd, p99 = jitter(pulse)
        reading = ClockReading(bpm, sd * 1e3, p99 * 1e3, _drift_ppm(beats))
        return replace(self, clocks=clocks, beats=beats, reading=reading)

    def _with_beat(self, number: int, pulse: Pulse) -> tuple[Beat, ...]:
        beat = Beat(number, pulse.second_at(number))
        if not self.beats or pulse.points[0][1] > self.beats[-1].second:
            return (beat,)  # after a gap or a step of the tempo
        long = _period(self.beats)
        if long is not None and abs(pulse.period / long - 1) > TEMPO_CHANGE:
            return (beat,)
        return (*self.beats, beat)[-BEATS_KEPT:]

    def transport(self, at: float, kind: ClockMessage, follower: ClockFollower) -> ClockMeter:
        """The meter after a transport message; ``follower`` has processed it."""
        notice = TransportNotice(at, kind, follower.next_position)
        return replace(self, notices=(*self.notices, notice)[-NOTICES_KEPT:])


def jitter(pulse: Pulse) -> tuple[float, float]:
    """(standard deviation, 99th percentile) of the clocks' distance from their line, seconds."""
    errors = sorted(abs(at - pulse.second_at(number)) for number, at in pulse.points)
    sd = math.sqrt(sum(error * error for error in errors) / len(errors))
    return sd, errors[min(len(errors) - 1, len(errors) * 99 // 100)]


def _period(beats: tuple[Beat, ...]) -> float | None:
    """Mean seconds a clock over all ``beats``; None where there are too few."""
    if len(beats) < BEATS_FOR_TEMPO:
        return None
    return (beats[-1].second - beats[0].second) / (beats[-1].number - beats[0].number)


def _drift_ppm(beats: tuple[Beat, ...]) -> float | None:
    if len(beats) < BEATS_FOR_DRIFT:
        return None
    middle = len(beats) // 2
    older, newer = _period(beats[: middle + 1]), _period(beats[middle:])
    assert older is not None
    assert newer is not None
    return (older / newer - 1) * 1e6

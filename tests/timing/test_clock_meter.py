"""The clock meter on clocks with known tempo, jitter and drift."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.timing.clock_follower import ClockFollower
from bridge.timing.clock_meter import ClockMeter, ClockReading, format_position
from bridge.timing.clock_sender import ClockMessage


def measure(arrivals: list[float]) -> tuple[ClockMeter, ClockFollower, list[ClockReading]]:
    """The meter after some clocks, and what it showed after each."""
    meter, follower, shown = ClockMeter(), ClockFollower(), []
    for at in arrivals:
        follower = follower.clock(at)
        meter = meter.clock(follower)
        shown.append(meter.reading)
    return meter, follower, shown


def arrivals(bpm: float, beats: int, jitter: float = 0.0, drift: float = 0.0) -> list[float]:
    """Clocks of a tempo that grows by ``drift`` (a share) over all of them."""
    randomly = random.Random(5)
    at, out = 100.0, []
    for k in range(beats * 24):
        out.append(at + randomly.gauss(0, jitter))
        at += 60 / bpm / 24 / (1 + drift * k / (beats * 24))
    return out


@pytest.mark.parametrize("bpm", [40.0, 93.7, 120.0, 240.0])
def test_a_perfect_clock_has_its_tempo_and_no_jitter(bpm: float) -> None:
    meter, follower, _ = measure(arrivals(bpm, 40))
    assert meter.reading.bpm == pytest.approx(bpm, abs=1e-4)
    assert meter.reading.jitter_sd_ms == pytest.approx(0.0, abs=1e-3)
    assert meter.reading.drift_ppm == pytest.approx(0.0, abs=0.5)
    assert (meter.clocks, follower.missed) == (960, 0)


@pytest.mark.parametrize("sd_ms", [0.5, 1.0, 2.0])
def test_jitter_is_measured_to_a_fifth(sd_ms: float) -> None:
    """Normal jitter: its 99th percentile is 2.6 deviations away."""
    meter, _, _ = measure(arrivals(120, 64, jitter=sd_ms / 1e3))
    assert meter.reading.jitter_sd_ms == pytest.approx(sd_ms, rel=0.2)
    assert meter.reading.jitter_p99_ms == pytest.approx(2.58 * sd_ms, rel=0.3)


def test_digits_stand_still() -> None:
    """With 1 ms of jitter the tempo, once known, keeps within a twentieth of a BPM, and it
    changes once a beat."""
    _, _, shown = measure(arrivals(120, 120, jitter=0.001))
    late = [r.bpm for r in shown[24 * 24 :]]
    assert max(late) - min(late) < 0.05
    assert len(set(late)) <= 97


def test_drift_is_seen() -> None:
    """A tempo that grows by 400 ppm: the newer half is 200 ppm faster than the older."""
    meter, _, _ = measure(arrivals(120, 100, drift=400e-6))
    assert meter.reading.drift_ppm == pytest.approx(200, rel=0.1)


def test_another_tempo_is_shown_within_two_beats_and_no_drift() -> None:
    after = arrivals(120, 40)
    shift = after[-1] + 60 / 132 / 24 - 100.0
    after += [at + shift for at in arrivals(132, 20)]
    _, _, shown = measure(after)
    assert shown[24 * 42].bpm == pytest.approx(132, abs=0.1)
    assert shown[-1].drift_ppm == pytest.approx(0.0, abs=5)


def test_after_a_gap_the_long_measure_begins_anew() -> None:
    """Ten seconds without a clock are no slow tempo."""
    first = arrivals(120, 30)
    meter, _, _ = measure([*first, *(at + first[-1] - 90 for at in arrivals(120, 12))])
    assert meter.reading.bpm == pytest.approx(120, abs=1e-3)


def test_the_last_transport_messages_are_kept_with_their_positions() -> None:
    meter, follower = ClockMeter(), ClockFollower()
    for at, say in [
        (1.0, ClockMessage.POSITION),
        (1.1, ClockMessage.CONTINUE),
        (1.2, ClockMessage.CLOCK),
        (1.3, ClockMessage.STOP),
    ]:
        change = {
            ClockMessage.POSITION: lambda f: f.song_position(68),
            ClockMessage.CONTINUE: ClockFollower.resume,
            ClockMessage.CLOCK: lambda f: f.clock(1.2),
            ClockMessage.STOP: ClockFollower.stop,
        }[say]
        follower = change(follower)
        if say is not ClockMessage.CLOCK:
            meter = meter.transport(at, say, follower)
    assert [said.text() for said in meter.notices] == [
        "song position 5.2.1",
        "continue 5.2.1",
        "stop 5.2.1",
    ]


@given(st.integers(0, 1_000_000))
def test_a_place_is_counted_from_one(position: int) -> None:
    bar, beat, sixteenth = map(int, format_position(position).split("."))
    back = ((bar - 1) * 4 + beat - 1) * 24 + (sixteenth - 1) * 6
    assert 0 <= position - back < 6
    assert 1 <= beat <= 4
    assert 1 <= sixteenth <= 4

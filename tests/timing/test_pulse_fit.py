"""The line through clocks is equal with running and recomputed sums."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.timing.pulse_fit import CLOCKS_KEPT, SUMS_CLOCKS, Pulse, fit_pulse

NANOSECOND = 1e-9


def same_line(pulse: Pulse) -> None:
    """The pulse's line is the least-squares line of its points, to a nanosecond."""
    anew = fit_pulse(pulse.points, pulse.noise)
    last = pulse.points[-1][0]
    for number in (pulse.points[0][0], last, last + 24):
        assert pulse.second_at(number) == pytest.approx(anew.second_at(number), abs=NANOSECOND)
    assert pulse.period == pytest.approx(anew.period, abs=NANOSECOND)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 1 << 32),
    period=st.floats(0.0104, 0.0625),
    jitter=st.floats(0.0, 0.003),
    begin=st.floats(0.0, 1e6),
    missing=st.sampled_from([0.0, 0.01]),
)
def test_kept_sums_say_what_all_points_say(
    seed: int, period: float, jitter: float, begin: float, missing: float
) -> None:
    chance, pulse = Random(seed), Pulse()
    for number in range(SUMS_CLOCKS + CLOCKS_KEPT):
        if chance.random() < missing:
            continue
        pulse = pulse.with_clock(number, begin + number * period + chance.gauss(0, jitter))
        if pulse.sums is not None and number % 37 == 0:
            same_line(pulse)
    assert len(pulse.points) <= CLOCKS_KEPT


def test_an_hour_of_clocks_loses_no_digits() -> None:
    """On a machine that has been up for months."""
    chance, pulse, begin = Random(1), Pulse(), 1e7
    for number in range(20_000):
        pulse = pulse.with_clock(number, begin + number / 48 + chance.gauss(0, 0.001))
    same_line(pulse)
    assert pulse.sums is not None
    assert pulse.points[-1][0] - pulse.sums.number <= SUMS_CLOCKS + 1

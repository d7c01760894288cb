"""Clocks delivered in periods as long as a clock are detected, counted and smoothed."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.cli.bench.clock import wrong_clocks
from bridge.timing.batched_clocks import delivery_period
from bridge.timing.clock_follower import ClockFollower
from bridge.timing.simulated_masters import (
    COARSE_WIRES,
    WIRES,
    MasterKind,
    Wire,
    arrival_times,
    random_scenario,
    steady_clocks,
)

PERIOD = 1024 / 48_000
BEATS = 32


def read(at: list[float], chance: Random) -> list[float]:
    """Arrivals as seen by the reader: a little late, once in fifty by up to 3 ms."""
    seen: list[float] = []
    for moment in at:
        late = abs(chance.gauss(0, 0.0001)) + (chance.random() < 0.02) * chance.uniform(0, 0.003)
        seen.append(max(moment + late, seen[-1] + 1e-5 if seen else 0.0))
    return seen


@pytest.mark.parametrize("bpm", [60.0, 110.0, 116.0, 120.0, 121.0, 126.0, 150.0, 200.0])
@pytest.mark.parametrize("wire", COARSE_WIRES.values(), ids=COARSE_WIRES)
def test_every_clock_counts_and_the_tempo_is_known(wire: Wire, bpm: float) -> None:
    """Two that come together are two, and after a period without one none is made up. The beat
    predicted one ahead is right to 8 ms by the line's own mean delay of half a period, and to
    3 ms in the middle."""
    sent = steady_clocks(bpm, BEATS * 24, start=10.003)
    follower, off = ClockFollower().start(), []
    for number, at in enumerate(read(arrival_times(sent, wire, Random(1)), Random(2))):
        follower = follower.clock(at)
        assert follower.position == number
        if number >= 16 * 24 and follower.line is not None:
            off.append(follower.line.second_at_tick((number + 24) * 40) - sent[number] - 60 / bpm)
    assert (follower.missed, follower.doubled) == (0, 0)
    assert follower.line is not None
    assert follower.line.bpm == pytest.approx(bpm, rel=0.005)
    mean = sum(off) / len(off)
    assert max(abs(each - mean) for each in off) < 0.008
    assert sorted(abs(each - mean) for each in off)[len(off) // 2] < 0.003


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 1 << 32),
    wire=st.sampled_from(sorted(COARSE_WIRES)),
    kind=st.sampled_from([MasterKind.STEADY, MasterKind.TEMPO, MasterKind.DRIFT]),
)
def test_through_any_story_the_position_is_the_masters(
    seed: int, wire: str, kind: MasterKind
) -> None:
    assert wrong_clocks(random_scenario(Random(seed), COARSE_WIRES[wire], kind)) == 0


def test_a_step_of_the_tempo_with_two_periods_a_clock_is_no_lost_clock() -> None:
    """Here four clocks of the new tempo look like those after a lost one."""
    story = random_scenario(Random(44630), WIRES["JACK, 256 frames at 48 kHz"], MasterKind.TEMPO)
    assert wrong_clocks(story) == 0


def test_a_change_of_periods_is_noticed() -> None:
    """From periods to a wire without them, on which a doubled clock is one again."""
    chance = Random(3)
    sent = steady_clocks(120.0, 480)
    framed = arrival_times(sent[:240], COARSE_WIRES["JACK, 1024 frames at 48 kHz"], chance)
    follower = ClockFollower().start()
    for at in framed:
        follower = follower.clock(at)
    assert follower.pulse.frame == pytest.approx(PERIOD)
    for at in sent[240:]:
        follower = follower.clock(max(at, framed[-1]))
    assert follower.pulse.frame == 0.0
    follower = follower.clock(sent[-1] + 0.0005)
    assert (follower.position, follower.doubled) == (479, 1)


@pytest.mark.parametrize("wire", ["exact", "normal, sd 2 ms", "uniform, 0 to 5 ms"])
@pytest.mark.parametrize("bpm", [60.0, 90.0, 120.0, 140.0])
def test_a_wire_without_periods_has_none(wire: str, bpm: float) -> None:
    at = arrival_times(steady_clocks(bpm, 96), WIRES[wire], Random(4))
    assert delivery_period(at, 60 / bpm / 24) == 0.0


def test_a_short_period_is_only_jitter_and_few_arrivals_tell_nothing() -> None:
    sent = steady_clocks(120.0, 96)
    assert (
        delivery_period(arrival_times(sent, WIRES["JACK, 256 frames at 48 kHz"], Random(5)), 1 / 48)
        == 0
    )
    coarse = arrival_times(sent, COARSE_WIRES["JACK, 1024 frames at 48 kHz"], Random(5))
    assert delivery_period(coarse[:8], 1 / 48) == 0.0
    assert delivery_period(coarse, 1 / 48) == pytest.approx(PERIOD)

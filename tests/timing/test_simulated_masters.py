"""Simulated masters are correct themselves."""

from __future__ import annotations

import statistics
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.timing.clock_follower import ClockFollower, TransportMotion
from bridge.timing.clock_sender import ClockMessage
from bridge.timing.simulated_masters import (
    WIRES,
    MasterKind,
    SimulatedMaster,
    apply_message,
    arrival_times,
    random_scenario,
    steady_clocks,
)

SEEDS = st.integers(0, 1 << 32)


@pytest.mark.parametrize("wire", WIRES)
def test_a_wire_keeps_order_and_the_tempo(wire: str) -> None:
    """It delays and jitters; it does not reorder, and its mean delay is constant."""
    sent = steady_clocks(120.0, 4800)
    came = arrival_times(sent, WIRES[wire], Random(1))
    assert all(a <= b for a, b in pairwise(came))
    delays = [b - a for a, b in zip(sent, came, strict=True)]
    assert min(delays) > -0.01
    assert max(delays) < 0.011
    assert statistics.fmean(delays[:2400]) == pytest.approx(
        statistics.fmean(delays[2400:]), abs=2e-4
    )


@settings(deadline=None)
@given(SEEDS, st.sampled_from(list(WIRES)), st.sampled_from(MasterKind))
def test_a_story_is_in_order_and_repeatable(seed: int, wire: str, kind: MasterKind) -> None:
    """Equal seeds give equal scenarios, which end stopped."""
    story = random_scenario(Random(seed), WIRES[wire], kind)
    assert story == random_scenario(Random(seed), WIRES[wire], kind)
    assert all(a.at <= b.at and a.sent <= b.sent for a, b in pairwise(story))
    assert story[-1].position is None


def test_a_ramp_ends_at_its_tempo() -> None:
    """60 to 200 BPM in 96 clocks, then steady."""
    master = SimulatedMaster(Random(1), bpm=60.0)
    master.ramp(200.0, 96)
    master.clocks(3)
    times = [s.sent for s in master.messages]
    assert times[1] - times[0] == pytest.approx(60 / 24 / (60 + 140 / 96))
    assert times[-1] - times[-2] == pytest.approx(60 / 200 / 24)
    assert all(b - a <= d - c + 1e-12 for (c, d), (a, b) in pairwise(pairwise(times)))


def test_lost_and_doubled_clocks_still_count_for_the_master() -> None:
    """Its position goes on with those that do not arrive."""
    master = SimulatedMaster(Random(3), lose=0.3, double=0.3)
    master.send(ClockMessage.START)
    master.clocks(200)
    places = [s.position for s in master.messages if s.position is not None]
    assert places[0] == 0
    assert len(set(places)) < 180
    assert max(places) >= 198
    assert len(places) > len(set(places))
    assert all(b - a <= 2 for a, b in pairwise(places))


def test_a_follower_obeys_each_word() -> None:
    """Every message of a master has its effect on a follower."""
    master = SimulatedMaster(Random(1))
    master.send(ClockMessage.POSITION, 8)
    master.send(ClockMessage.CONTINUE)
    master.clocks(2)
    master.send(ClockMessage.STOP)
    follower, motions = ClockFollower(), []
    for said in master.messages:
        follower = apply_message(follower, said)
        motions.append(follower.motion)
    assert motions == [
        TransportMotion.STOPPED,
        TransportMotion.ARMED,
        TransportMotion.RUNNING,
        TransportMotion.RUNNING,
        TransportMotion.STOPPED,
    ]
    assert follower.position == 50

"""Clocks lost or doubled amid jitter are told from tempo changes by their shape."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.timing.clock_follower import ClockFollower
from bridge.timing.missed_clocks import CLOCKS_KEPT, find_slips, renumbered
from bridge.timing.simulated_masters import WIRES, MasterKind, random_scenario, steady_clocks

SEEDS = st.integers(0, 1 << 32)


def jittered(seed: int, sd: float, times: list[float]) -> list[float]:
    """Times with normal jitter, in order."""
    chance = Random(seed)
    return sorted(at + chance.gauss(0, sd) for at in times)


@pytest.mark.parametrize("bpm", [60.0, 200.0, 240.0])
@pytest.mark.parametrize(("by", "after"), [(1, 10), (-1, 10), (1, 16), (-1, 16)])
def test_a_lost_or_doubled_clock_is_found_by_those_after_it(
    bpm: float, by: int, after: int
) -> None:
    """One of 32 clocks is gone, or there twice, with 1 ms of jitter: the place is right to
    one clock and the numbers after it are put right."""
    times = jittered(1, 0.001, steady_clocks(bpm, CLOCKS_KEPT + 1))
    place = CLOCKS_KEPT - after
    times = times[:place] + times[place + 1 :] if by > 0 else [*times[:place], *times[place - 1 :]]
    clocks = list(enumerate(times[-CLOCKS_KEPT:] if by > 0 else times[:CLOCKS_KEPT]))
    found = find_slips(clocks)
    assert found is not None
    numbers, direction = found
    assert (len(numbers), direction) == (1, by)
    assert abs(numbers[0] - place) <= 1
    assert renumbered(clocks, numbers, direction)[-1][0] == CLOCKS_KEPT - 1 + by


def test_two_lost_clocks_close_together_are_both_found() -> None:
    """Neither of them has a clean stretch of clocks behind it."""
    times = jittered(2, 0.001, steady_clocks(200.0, CLOCKS_KEPT + 2))
    kept = [at for number, at in enumerate(times) if number not in (16, 21)]
    found = find_slips(list(enumerate(kept)))
    assert found is not None
    assert (len(found[0]), found[1]) == (2, 1)


@settings(deadline=None, max_examples=60)
@given(
    SEEDS,
    st.floats(60, 240),
    st.floats(0.8, 1.25),
    st.integers(0, CLOCKS_KEPT),
    st.floats(0, 0.002),
)
def test_another_tempo_is_no_lost_clock(
    seed: int, bpm: float, ratio: float, since: int, sd: float
) -> None:
    """A step of up to a quarter anywhere among the clocks moves no number."""
    times, at = [], 10.0
    for number in range(CLOCKS_KEPT):
        times.append(at)
        at += 60.0 / 24 / (bpm * (ratio if number >= since else 1.0))
    assert find_slips(list(enumerate(jittered(seed, sd, times)))) is None


@settings(deadline=None, max_examples=15)
@given(SEEDS, st.sampled_from(list(WIRES)), st.sampled_from([1, -1]), st.floats(40, 200))
def test_the_position_is_right_again_within_a_beat(
    seed: int, wire: str, by: int, bpm: float
) -> None:
    """A clock lost or doubled on a wire that jitters: a beat later the count is the
    master's, without a Song Position."""
    chance = Random(seed)
    sent = steady_clocks(bpm, 24 * 8)
    place = 24 * 6 + chance.randint(0, 12)
    kept = sent[:place] + sent[place + 1 :] if by > 0 else [*sent[:place], *sent[place - 1 :]]
    follower, last = ClockFollower().start(), 0.0
    for moment in kept:
        last = max(last, WIRES[wire](chance, moment))
        follower = follower.clock(last)
    assert follower.position == len(sent) - 1


@settings(deadline=None, max_examples=12)
@given(SEEDS, st.sampled_from(list(WIRES)))
def test_a_story_without_faults_is_never_recounted(seed: int, wire: str) -> None:
    """Whatever the transport and the tempo do."""
    follower = ClockFollower()
    for said in random_scenario(Random(seed), WIRES[wire], MasterKind.TEMPO):
        if said.kind.value == "clock":
            follower = follower.clock(said.at)
    assert follower.missed == follower.doubled == 0


def test_a_clock_lost_before_start_does_not_move_the_song() -> None:
    """Start says where the next clock is; what is found out later about an earlier clock
    changes the tempo's count only."""
    times = jittered(5, 0.0015, steady_clocks(220.0, 200))
    lost, begin = 100, 103
    follower = ClockFollower()
    for number, at in enumerate(times):
        if number == begin:
            follower = follower.start()
        if number != lost:
            follower = follower.clock(at)
    assert follower.missed == 1
    assert follower.position == len(times) - 1 - begin

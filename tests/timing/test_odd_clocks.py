"""Odd clocks: steps of any size, clocks that come twice, slow clocks; guesses are taken back."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bridge.cli.bench.clock import GUESS_CLOCKS, TWICE_WIRES, wrong_clocks
from bridge.timing.batched_clocks import PERIODS
from bridge.timing.clock_follower import ClockFollower, TransportMotion
from bridge.timing.doubled_clocks import PAIRS, come_twice, is_a_third
from bridge.timing.simulated_masters import (
    COARSE_WIRES,
    STEP_WIRES,
    WIRES,
    MasterKind,
    SimulatedMaster,
    arrival_times,
    random_scenario,
    steady_clocks,
)

SEEDS = st.integers(0, 1 << 32)
TEMPI = st.floats(20.0, 400.0)
WIRE_NAMES = st.sampled_from(sorted(STEP_WIRES))


def follow(times: list[float], follower: ClockFollower | None = None) -> ClockFollower:
    """The follower after clocks at some times, from Start on."""
    follower = follower or ClockFollower().start()
    for at in times:
        follower = follower.clock(at)
    return follower


def steps(*bpms: float, clocks: int = 144, wire: str = "exact") -> list[float]:
    """When clocks arrive whose tempo steps after every ``clocks``."""
    master = SimulatedMaster(Random(1), STEP_WIRES[wire])
    for bpm in bpms:
        master.bpm = bpm
        master.clocks(clocks)
    return [said.at for said in master.messages]


def twice(times: list[float], after: float) -> list[float]:
    """Each clock and its copy ``after`` seconds later."""
    return sorted(at + late for at in times for late in (0.0, after))


@pytest.mark.parametrize(("slow", "quick"), [(40, 140), (50, 180), (60, 210), (40, 240), (20, 400)])
def test_the_position_is_the_masters_after_a_large_step(slow: float, quick: float) -> None:
    """288 clocks are 287 clocks on, up and down; nothing is said to be doubled or missed."""
    for tempi in ((slow, quick), (quick, slow)):
        after = follow(steps(*tempi))
        assert after.position == 287
        assert (after.missed, after.doubled) == (0, 0)
        assert after.rival is None


@settings(deadline=None, max_examples=60)
@given(st.lists(TEMPI, min_size=2, max_size=5), WIRE_NAMES, st.integers(24, 100))
def test_steps_of_any_size_in_a_row_lose_no_clock(bpms: list[float], wire: str, n: int) -> None:
    """Between 20 and 400 BPM, on the wires of real devices."""
    assert follow(steps(*bpms, clocks=n, wire=wire)).position == n * len(bpms) - 1


@settings(deadline=None, max_examples=60)
@given(SEEDS, WIRE_NAMES)
def test_through_any_story_with_large_steps_a_guess_is_soon_taken_back(
    seed: int, wire: str
) -> None:
    """Transport in any order, steps and ramps: never wrong for more than half a beat."""
    story = random_scenario(Random(seed), STEP_WIRES[wire], MasterKind.STEPS)
    assert wrong_clocks(story) <= GUESS_CLOCKS


@pytest.mark.parametrize("word", ["start", "song position", "stop"])
def test_a_word_of_the_master_amid_a_guess_holds_when_the_guess_is_taken_back(word: str) -> None:
    """A step from 40 to 240 BPM: after its first clock, which looks like a copy, the master
    speaks; the position is as it would be without any guess."""
    times = steps(40.0, 240.0, clocks=48)
    follower, later = follow(times[:50]), times[50:]
    assert follower.rival is not None
    if word == "start":
        assert follow(later, follower.start()).position == len(later) - 1
    elif word == "song position":
        assert follow(later, follower.song_position(16)).position == 96 + len(later) - 1
    else:
        stopped = follow(later, follower.stop())
        assert (stopped.position, stopped.motion) == (50, TransportMotion.STOPPED)


def test_a_lone_copy_is_still_a_copy() -> None:
    """The clocks after it confirm the guess: they come when the old tempo has them."""
    times = steps(120.0)
    after = follow(sorted([*times, times[60] + 0.001]))
    assert (after.position, after.doubled, after.rival) == (len(times) - 1, 1, None)


@pytest.mark.parametrize("bpm", [40.0, 93.0, 120.0, 200.0])
@pytest.mark.parametrize("after", [0.0001, 0.001, 0.002])
def test_clocks_that_come_twice_from_the_first_on_are_counted_once(
    bpm: float, after: float
) -> None:
    """Known after six pairs: neither the tempo nor the position is doubled."""
    times = steady_clocks(bpm, 96)
    follower = follow(twice(times, after))
    assert follower.twice
    assert follower.position == 95
    assert follower.doubled == 96
    assert follower.line is not None
    assert follower.line.bpm == pytest.approx(bpm, rel=1e-6)
    assert follow(twice(times[:PAIRS], after)).twice


def like_a_period(clock: float) -> bool:
    """Whether pairs of this distance are those that an audio system delivers."""
    return any(abs(clock * k / frame - 1) < 0.006 for frame in PERIODS for k in (1, 2, 4, 8))


@settings(deadline=None, max_examples=40)
@given(SEEDS, st.sampled_from(sorted(TWICE_WIRES)))
def test_through_any_story_clocks_that_come_twice_count_once(seed: int, wire: str) -> None:
    """But for the tempi at which a clock is as long as a period of an audio system."""
    story = random_scenario(Random(seed), WIRES[wire], MasterKind.TWICE)
    assume(not like_a_period(story[2].sent - story[0].sent))
    assert wrong_clocks(story) == 0


@settings(deadline=None, max_examples=30)
@given(st.floats(60.0, 240.0), st.sampled_from(sorted({**WIRES, **COARSE_WIRES})), SEEDS)
def test_clocks_that_come_once_are_not_taken_for_pairs(bpm: float, wire: str, seed: int) -> None:
    """Not on any wire, nor where an audio system delivers two of them in each period."""
    at = arrival_times(steady_clocks(bpm, 200), {**WIRES, **COARSE_WIRES}[wire], Random(seed))
    follower = follow(at)
    assert not follower.twice
    assert follower.position == 199


def test_pairs_of_an_unknown_period_are_taken_back_at_the_first_three() -> None:
    """Periods of 1008 frames at 48 kHz, 240 BPM: two clocks at once look like one and its copy
    until three come; then all of them count."""
    period = 1008 / 48_000
    at = [-(-sent // period) * period for sent in steady_clocks(240.0, 200, 10.0 + period / 24)]
    follower, seen = ClockFollower().start(), set()
    for each in at:
        follower = follower.clock(each)
        seen.add(follower.twice)
    assert seen == {None, True, False}
    assert follower.position == 199


def test_clocks_that_come_twice_no_longer_stay_where_they_are() -> None:
    """One of two cables is pulled out after two beats: nothing jumps."""
    times = steady_clocks(120.0, 144)
    follower = follow([*twice(times[:48], 0.001), *times[48:]])
    assert (follower.position, follower.twice, follower.left_out) == (143, None, 0)


def test_three_at_once_after_a_stall_are_late_ones() -> None:
    """They say nothing of how clocks are delivered."""
    assert is_a_third([1.0, 1.02, 1.02, 1.0201], 0.02)
    assert not is_a_third([1.0, 1.06, 1.06, 1.0601], 0.02)
    assert not is_a_third([1.0, 1.001], 0.02)
    assert not come_twice([], [])


@pytest.mark.parametrize("bpm", [5.0, 10.0, 20.0, 25.0, 400.0])
def test_no_limit_of_a_display_moves_the_beat_line(bpm: float) -> None:
    """The next beat is where the clocks say, however slow or quick they are."""
    times = steady_clocks(bpm, 97)
    follower = follow(times)
    assert (follower.position, follower.lost) == (96, False)
    assert follower.line is not None
    assert follower.line.second_at(5.0) == pytest.approx(times[-1] + 60 / bpm, abs=1e-6)
    assert follower.line.bpm == pytest.approx(bpm)


def test_a_slow_clock_is_lost_later_than_others() -> None:
    """At 5 BPM a clock comes each half second: four of them missing are a loss."""
    slow = follow(steady_clocks(5.0, 24))
    assert slow.last is not None
    assert not slow.quiet(slow.last + 1.9).lost
    assert slow.quiet(slow.last + 2.1).lost
    assert follow(steady_clocks(120.0, 24)).loss_seconds == 0.5

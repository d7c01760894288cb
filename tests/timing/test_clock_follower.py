"""Following a MIDI clock: phase, tempo, position, through jitter, gaps and transport."""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.timing.clock_follower import ClockFollower, TransportMotion

CLOCKS = 24


def times(bpms: list[float]) -> list[float]:
    """When each clock truly happens; one tempo a clock."""
    out = [10.0]
    for bpm in bpms[:-1]:
        out.append(out[-1] + 60.0 / bpm / CLOCKS)
    return out


def follow(arrivals: list[float], follower: ClockFollower | None = None) -> Iterator[ClockFollower]:
    """The follower after each clock, from Start on."""
    follower = follower or ClockFollower().start()
    for at in arrivals:
        follower = follower.clock(at)
        yield follower


JITTER: dict[str, Callable[[random.Random, float], float]] = {
    "normal, 2 ms": lambda r, t: t + r.gauss(0, 0.002),
    "uniform, 3 ms": lambda r, t: t + r.uniform(0, 0.003),
    "USB frames of 1 ms": lambda r, t: -(-t // 0.001) * 0.001,
    "a JACK period of 256 frames": lambda r, t: -(-t // (256 / 48000)) * (256 / 48000),
    "bursts of 5 ms": lambda r, t: t + (0.005 if r.random() < 0.1 else 0.0),
}


@pytest.mark.parametrize("kind", JITTER)
@pytest.mark.parametrize("bpm", [40.0, 93.0, 120.0, 240.0])
def test_the_beat_predicted_a_beat_ahead_is_within_a_millisecond(kind: str, bpm: float) -> None:
    """Whatever the jitter, the predicted beat is off by a millisecond (deviation) once the
    window is full, and no clock is taken for missed or doubled."""
    randomly = random.Random(1)
    true = times([bpm] * 24 * 60)
    arrivals = [JITTER[kind](randomly, t) for t in true]
    errors = []
    for number, after in enumerate(follow(arrivals)):
        if 300 < number < len(true) - CLOCKS:
            assert after.line is not None
            errors.append(after.line.second_at((number + CLOCKS) / CLOCKS) - true[number + CLOCKS])
    assert statistics.pstdev(errors) < 0.0011
    assert (after.missed, after.doubled) == (0, 0)
    assert after.position == len(true) - 1


@pytest.mark.parametrize("factor", [0.8, 1.2])
@pytest.mark.parametrize("sd", [0.0, 0.001, 0.002])
def test_a_tempo_step_is_locked_within_a_beat(factor: float, sd: float) -> None:
    """24 clocks after a step of 20 % the coming beat is known to 5 ms, and so it stays."""
    randomly = random.Random(3)
    true = times([120.0] * 24 * 16 + [120.0 * factor] * 24 * 8)
    arrivals = [t + randomly.gauss(0, sd) for t in true]
    step = 24 * 16
    for number, after in enumerate(follow(arrivals)):
        if step + CLOCKS <= number < len(true) - CLOCKS:
            assert after.line is not None
            predicted = after.line.second_at((number + CLOCKS) / CLOCKS)
            assert predicted == pytest.approx(true[number + CLOCKS], abs=0.005)


def test_a_ramp_from_60_to_200_is_followed_and_locked_two_beats_after() -> None:
    """Tripling the tempo in 16 beats: the next clock is never more than 35 ms off, and two
    beats after the ramp it is known to 2 ms."""
    beats = 16 * CLOCKS
    true = times([60.0 + 140.0 * k / beats for k in range(beats)] + [200.0] * 96)
    for number, after in enumerate(follow(true)):
        if 2 * CLOCKS < number < len(true) - 1:
            assert after.line is not None
            predicted = after.line.second_at((number + 1) / CLOCKS)
            tolerance = 0.002 if number > beats + 2 * CLOCKS else 0.035
            assert predicted == pytest.approx(true[number + 1], abs=tolerance)


def test_the_first_clock_after_start_is_beat_0() -> None:
    """Start arms; clocks before it give the tempo, so the line is right at once."""
    follower = ClockFollower()
    for k in range(48):
        follower = follower.clock(k / 48)
    assert follower.motion is TransportMotion.STOPPED
    assert follower.line is not None
    assert follower.line.bpm == pytest.approx(120.0)
    follower = follower.start()
    assert follower.motion is TransportMotion.ARMED
    follower = follower.clock(1.0)
    assert follower.motion is TransportMotion.RUNNING
    assert follower.position == 0
    assert follower.line is not None
    assert follower.line.beat_at(1.0) == pytest.approx(0.0, abs=1e-3)


def test_continue_goes_on_from_the_song_position() -> None:
    """Position 16 (bar 2), Continue, clock: that clock is beat 4."""
    follower = ClockFollower().song_position(16).resume().clock(5.0)
    assert follower.position == 96
    assert follower.tick == 4 * 960


def test_a_master_that_counts_clocks_is_believed_if_told_so() -> None:
    """Ardour 7 says 96 where the specification has 16."""
    follower = ClockFollower(unit=1).song_position(96).resume().clock(5.0)
    assert follower.position == 96
    assert follower.stop().song_position(48).position == 48


def test_clocks_between_song_position_and_continue_do_not_count() -> None:
    """jack_midi_clock sends the position two seconds ahead, clocks at once, Continue later."""
    follower = ClockFollower().song_position(32)
    for k in range(96):
        follower = follower.clock(k / 48)
    follower = follower.resume().clock(2.0)
    assert follower.position == 192


def test_a_song_position_while_running_moves_the_next_clock() -> None:
    """A loop in the DAW: the position jumps back, the clock goes on."""
    follower = list(follow(times([120.0] * 97)))[-1]
    follower = follower.song_position(0)
    assert follower.clock(follower.last + 0.0208).position == 0  # type: ignore[operator]


def test_a_missed_clock_is_made_up_and_a_doubled_one_ignored() -> None:
    """Lost and repeated clocks do not move the position."""
    true = times([120.0] * 240)
    lossy = [t for k, t in enumerate(true) if k not in (100, 150)]
    lossy.insert(60, lossy[59] + 0.0005)
    after = list(follow(lossy))[-1]
    assert after.position == 239
    assert (after.missed, after.doubled) == (2, 1)


def test_half_the_tempo_is_not_a_row_of_missed_clocks() -> None:
    """120 to 60 at once: after a beat the tempo is 60."""
    after = list(follow(times([120.0] * 96 + [60.0] * 48)))[-1]
    assert after.line is not None
    assert after.line.bpm == pytest.approx(60.0, abs=0.5)


def test_half_a_second_without_a_clock_is_a_loss() -> None:
    """The line goes on (freewheel), ``lost`` is set, and the next clock restarts the pulse."""
    follower = list(follow(times([120.0] * 96)))[-1]
    last = follower.last
    assert last is not None
    assert not follower.quiet(last + 0.4).lost
    lost = follower.quiet(last + 0.6)
    assert lost.lost
    assert lost.line == follower.line
    assert not lost.clock(last + 3.0).lost


stories = st.lists(
    st.one_of(
        st.tuples(st.just("clock"), st.integers(1, 60)),
        st.tuples(st.just("start"), st.just(0)),
        st.tuples(st.just("stop"), st.just(0)),
        st.tuples(st.just("continue"), st.just(0)),
        st.tuples(st.just("position"), st.integers(0, 500)),
    ),
    max_size=40,
)


@settings(deadline=None)
@given(stories, st.floats(40, 240))
def test_the_position_is_always_the_masters(story: list[tuple[str, int]], bpm: float) -> None:
    """Random transport scenarios of a simulated master that keeps its own count."""
    at, period = 1.0, 60.0 / bpm / CLOCKS
    follower = ClockFollower()
    running, upcoming = False, 0
    for what, value in story:
        if what == "clock":
            for _ in range(value):
                follower = follower.clock(at)
                at += period
                if running:
                    assert follower.position == upcoming
                    upcoming += 1
        elif what == "start":
            follower, running, upcoming = follower.start(), True, 0
        elif what == "stop":
            follower, running = follower.stop(), False
        elif what == "continue":
            follower, running = follower.resume(), True
        else:
            follower, upcoming = follower.song_position(value), value * 6
    assert follower.missed == follower.doubled == 0

"""The beat line and tapped tempo."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.music.grid import TICKS_PER_BEAT
from bridge.timing.tempo import BeatLine, Taps

bpms = st.floats(30, 300)
seconds = st.floats(0, 1e6)


@given(bpms, seconds, st.integers(-100_000, 10_000_000))
def test_a_tick_comes_back_from_its_time(bpm: float, second: float, tick: int) -> None:
    """tick_at(second_at_tick(t)) is t, at any tempo and any age of the clock."""
    line = BeatLine.at_tempo(bpm, second=second)
    assert line.tick_at(line.second_at_tick(tick)) == tick


@given(bpms, bpms, st.floats(0, 1e4))
def test_a_tempo_change_keeps_the_phase(before: float, after: float, at: float) -> None:
    """At the moment of the change both lines are at the same beat."""
    line = BeatLine.at_tempo(before)
    changed = line.with_tempo(after, at)
    assert changed.beat_at(at) == pytest.approx(line.beat_at(at), abs=1e-6)
    assert changed.bpm == pytest.approx(after)


def test_half_a_second_at_120_is_one_beat() -> None:
    """The plain case, by hand."""
    line = BeatLine.at_tempo(120.0, beat=4.0, second=10.0)
    assert line.beat_at(10.5) == 5.0
    assert line.second_at(3.0) == 9.5
    assert line.tick_at(10.5) == 5 * TICKS_PER_BEAT


def test_moving_the_line_keeps_the_tempo() -> None:
    """A position jump is not a tempo change."""
    line = BeatLine.at_tempo(90.0).moved_to(32.0, 7.0)
    assert line.beat_at(7.0) == 32.0
    assert line.bpm == pytest.approx(90.0)


def test_three_taps_make_a_tempo_and_two_do_not() -> None:
    """Taps half a second apart are 120 BPM, from the third on."""
    taps = Taps().tap(1.0).tap(1.5)
    assert taps.bpm is None
    assert taps.tap(2.0).bpm == pytest.approx(120.0)


def test_a_tap_after_two_seconds_begins_anew() -> None:
    """A pause forgets the old taps."""
    taps = Taps().tap(1.0).tap(1.5).tap(2.0).tap(4.1)
    assert taps.times == (4.1,)


@given(st.lists(st.floats(0, 100), max_size=30))
def test_tapped_tempo_is_always_in_range(times: list[float]) -> None:
    """Whatever is tapped, in whatever order, the tempo is 30..300 or none."""
    taps = Taps()
    for at in times:
        taps = taps.tap(at)
        assert taps.bpm is None or 30.0 <= taps.bpm <= 300.0

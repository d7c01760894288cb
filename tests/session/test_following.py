"""The session behind a master's clock: on its bar line through starts, jumps and gaps."""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playing import run
from test_core import assert_closed, ons

from bridge.music.grid import TICKS_PER_BAR, TICKS_PER_BEAT, TICKS_PER_CLOCK
from bridge.session.offline import Played
from bridge.session.state import ClockIn, Event, State

Make = Callable[..., State]
START, CONTINUE, STOP, CLOCK = (bytes((b,)) for b in (0xFA, 0xFB, 0xFC, 0xF8))
PERIOD = 60 / 120 / 24
AHEAD = 0.0002


def position(units: int) -> bytes:
    """Song Position."""
    return bytes((0xF2, units & 0x7F, units >> 7))


class Master:
    """A clock master on paper: what it sends when, and where it truly is."""

    def __init__(self, *, jitter: float = 0.0, period: float = PERIOD) -> None:
        self.events: list[Event] = []
        self.now = 1.0
        self.period = period
        self.running = False
        self.next = 0
        self.true: list[tuple[float, int]] = []
        self._random = random.Random(4)
        self._jitter = jitter

    def say(self, *messages: bytes) -> Master:
        """Send transport messages now, just before the next clock."""
        self.events += [ClockIn(self.now - AHEAD, message) for message in messages]
        for message in messages:
            if message == START:
                self.running, self.next = True, 0
            elif message in (CONTINUE, STOP):
                self.running = message == CONTINUE
            else:
                self.next = 6 * (message[1] | message[2] << 7)
        return self

    def clocks(self, count: int) -> Master:
        """Send clocks, the first of them now."""
        for _ in range(count):
            late = abs(self._random.gauss(0, self._jitter)) if self._jitter else 0.0
            self.events.append(ClockIn(self.now + late, CLOCK))
            if self.running:
                self.true.append((self.now, self.next * TICKS_PER_CLOCK))
                self.next += 1
            self.now += self.period
        return self

    def bars(self, count: float) -> Master:
        """Clocks for some bars."""
        return self.clocks(round(count * 96))

    def wait(self, seconds: float) -> Master:
        """Send nothing for a while."""
        self.now += seconds
        return self


def follow(session: Make, master: Master, extra: float = 0.5) -> Played:
    """A session that follows the master."""
    return run(session(clock="DAW"), master.events, master.now + extra - 1.0)


def test_it_starts_with_the_first_clock_after_start(session: Make) -> None:
    """Clocks before it give the tempo; bar 0 begins on the first clock after Start."""
    master = Master().clocks(48).say(START).bars(4).say(STOP)
    played = follow(session, master)
    first_at, first = played.sent[0]
    assert first.tick == 0
    assert first_at == pytest.approx(1.0 + 48 * PERIOD, abs=1e-6)
    assert played.state.line.bpm == pytest.approx(120.0, abs=0.01)
    assert {r.tick // TICKS_PER_BAR for r in ons(played, "drums")} == {0, 1, 2, 3}


def test_notes_keep_to_a_jittery_clock(session: Make) -> None:
    """Two milliseconds of jitter on the clock, half a millisecond on the notes."""
    master = Master(jitter=0.002).clocks(48).say(START).bars(16)
    played = follow(session, master, 0.0)
    start = master.true[0][0]
    errors = [
        at - (start + s.tick / TICKS_PER_BEAT * 0.5)
        for at, s in played.sent
        if s.tick > 2 * TICKS_PER_BAR and s.message[0] & 0xF0 == 0x90
    ]
    assert len(errors) > 50
    assert statistics.pstdev(errors) < 0.0005


def test_stop_silences_at_once_and_nothing_sounds_after(session: Make) -> None:
    """The clock goes on while stopped; the band does not."""
    master = Master().say(START).bars(1.3).say(STOP)
    stopped = master.now
    played = follow(session, master.bars(2))
    assert_closed(played)
    assert max(at for at, _ in played.sent) == pytest.approx(stopped, abs=2 * AHEAD)


def test_continue_after_a_song_position_plays_that_bar(session: Make) -> None:
    """Bar 8, beat 2: the first notes are of that place, on its ticks."""
    master = Master().clocks(24).say(position(8 * 16 + 4), CONTINUE).bars(2).say(STOP)
    played = follow(session, master)
    begin = 8 * TICKS_PER_BAR + TICKS_PER_BEAT
    assert min(r.tick for r in played.rows) >= begin
    assert {r.tick // TICKS_PER_BAR for r in ons(played, "drums")} == {8, 9, 10}
    assert played.sent[0][1].tick == begin


def test_a_loop_in_the_daw_brings_the_bars_back(session: Make) -> None:
    """Two bars round and round: no note twice at once, none lost, all closed."""
    master = Master().say(START).bars(2)
    for _ in range(3):
        master.say(position(0)).bars(2)
    played = follow(session, master.say(STOP))
    assert_closed(played)
    kicks = [(at, r.tick) for at, r in played.sent if r.message[:2] == bytes((0x99, 36))]
    assert [tick for _, tick in kicks] == [0, 1920, 3840, 5760] * 4
    gaps = [b - a for (a, _), (b, _) in pairwise(kicks)]
    assert gaps == pytest.approx([1.0] * 15, abs=0.002)


def test_a_lost_clock_is_ridden_out_and_joined_again(session: Make) -> None:
    """One second of silence: the groove goes on and is in step when the clock is back."""
    master = Master().say(START).bars(3).wait(1.0)
    master.next += 48
    played = follow(session, master.bars(3).say(STOP))
    kicks = [at for at, r in played.sent if r.message[:2] == bytes((0x99, 36))]
    assert [b - a for a, b in pairwise(kicks)] == pytest.approx([1.0] * (len(kicks) - 1), abs=0.01)
    assert len(kicks) >= 12


def test_a_clock_that_stays_away_makes_the_band_hold(session: Make) -> None:
    """After some seconds alone it stops, says so, and nothing is left sounding."""
    played = follow(session, Master().say(START).bars(2), 12.0)
    assert not played.state.running
    assert "clock lost" in played.state.message
    assert_closed(played)
    assert max(at for at, _ in played.sent) < 1.0 + 4.0 + 5.0


def test_a_tempo_step_is_taken_up(session: Make) -> None:
    """120 to 144 BPM: two beats later the kicks are on the new grid."""
    master = Master().say(START).bars(4)
    master.period = PERIOD / 1.2
    played = follow(session, master.bars(4).say(STOP))
    true = {tick: at for at, tick in master.true}
    late = [
        at - true[s.tick]
        for at, s in played.sent
        if s.message[:2] == bytes((0x99, 36)) and s.tick >= 4 * TICKS_PER_BAR + 1920
    ]
    assert late
    assert max(abs(v) for v in late) < 0.003


stories = st.lists(
    st.one_of(
        st.tuples(st.just("bars"), st.floats(0.05, 2.5)),
        st.tuples(st.just("start"), st.just(0.0)),
        st.tuples(st.just("stop"), st.just(0.0)),
        st.tuples(st.just("continue"), st.just(0.0)),
        st.tuples(st.just("position"), st.integers(0, 400).map(float)),
        st.tuples(st.just("wait"), st.floats(0.0, 0.4)),
    ),
    max_size=14,
)


@given(stories)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_through_any_story_notes_close_and_positions_are_the_masters(
    session: Make, story: list[tuple[str, float]]
) -> None:
    """Random transports: what sounds is where the master is, nothing sounds after a stop."""
    master = Master().clocks(30)
    for what, value in story:
        if what == "bars":
            master.bars(value)
        elif what == "wait":
            master.wait(value)
        elif what == "position":
            master.say(position(int(value)))
        else:
            master.say({"start": START, "stop": STOP, "continue": CONTINUE}[what])
    master.clocks(2).say(STOP)
    end = master.now
    played = follow(session, master.clocks(60))
    assert_closed(played)
    assert all(at <= end + 1e-6 for at, _ in played.sent)

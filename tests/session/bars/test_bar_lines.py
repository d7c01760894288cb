"""Punctual generation: each bar is there before its first tick, or the one before repeats."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from clock_master import CONTINUE, START, STOP, Master, position
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playing import T0, assert_closed, run, simple_answer, told

from bridge.model.messages import Request, Result
from bridge.music.arrange import GM_DRUMS
from bridge.music.grid import FOUR_FOUR, TICKS_PER_BEAT, TICKS_PER_CLOCK
from bridge.session.messages import commands as m
from bridge.session.simulation import Played
from bridge.session.state.effects import Send
from bridge.session.state.events import ClockIn, Event, MidiIn
from bridge.session.state.session_state import State

Make = Callable[..., State]
TAGS = 7
"""The number of marks: bar n has the mark n modulo 7, a drum class on its second 16th."""
TEMPI = (40.0, 97.3, 240.0)


def tagged(request: Request) -> Result:
    """An answer that carries the mark of the bar that it was generated for."""
    plain = simple_answer(request)
    (bar, *_) = plain.bars
    drums = list(bar.drums)
    drums[1] = 4 << request.target_bar % TAGS
    marked = type(bar)(bar.melody, bar.bass, tuple(drums))
    return Result(
        plain.generation, plain.target_bar, (marked,) * len(plain.bars), plain.code, (1,) * 8, 1.0
    )


def tags(played: Played) -> dict[int, set[int]]:
    """For each bar that sounded, the remainders of the bars that its notes were made for."""
    tag_of = {GM_DRUMS.notes[2 + k]: k for k in range(TAGS)}
    found: dict[int, set[int]] = {}
    for _, sent in drum_ons(played):
        bar, inside = divmod(sent.tick, FOUR_FOUR.ticks)
        if inside == TICKS_PER_BEAT // 4:
            found.setdefault(bar, set()).add(tag_of[sent.message[1]])
    return found


def drum_ons(played: Played) -> list[tuple[float, Send]]:
    """The drummer's hits."""
    return [(at, s) for at, s in played.sent if s.message[0] == 0x99 and s.message[2]]


def keys(bars: int, bpm: float, start: float = T0) -> list[Event]:
    """A quarter-note melody."""
    events: list[Event] = []
    for beat in range(bars * FOUR_FOUR.beats):
        at = start + beat * 60 / bpm
        pitch = (60, 64, 67, 64)[beat % 4]
        events += [MidiIn(at, bytes((0x90, pitch, 90))), MidiIn(at + 0.1, bytes((0x80, pitch, 0)))]
    return events


def at_tempo(state: State, bpm: float) -> State:
    """A stopped session at another tempo."""
    return state.but(clock=state.clock.but(line=state.clock.line.with_tempo(bpm, 0.0)))


@pytest.mark.parametrize("mode", m.Mode)
@pytest.mark.parametrize("bpm", TEMPI)
def test_every_bar_is_committed_before_its_first_tick(
    session: Make, bpm: float, mode: m.Mode
) -> None:
    """A worker that takes 80 ms, from 40 to 240 BPM, in every mode: bar n is bar n's, whole."""
    bars = 8
    state = at_tempo(session(mode=mode), bpm)
    length = bars * FOUR_FOUR.beats * 60 / bpm
    events = [told(0, m.Start()), *keys(bars, bpm)]
    played = run(state, events, length - 1e-3, tagged, latency=0.08)
    assert {bar: t for bar, t in tags(played).items() if bar} == {
        bar: {bar % TAGS} for bar in range(1, bars)
    }
    assert played.state.counters.results_late == 0
    assert all(at == pytest.approx(s.due, abs=1e-6) for at, s in drum_ons(played))


@pytest.mark.parametrize("bpm", [40.0, 120.0, 240.0])
def test_under_load_late_results_are_dropped_and_counted_and_nothing_plays_late(
    session: Make, bpm: float
) -> None:
    """A worker that takes up to two bars: what comes late is counted; every bar is a whole
    one of those that came in time; each note leaves at its time."""
    bars, rng = 16, random.Random(7)
    bar = FOUR_FOUR.beats * 60 / bpm
    state = at_tempo(session(), bpm)
    events = [told(0, m.Start()), *keys(bars, bpm)]
    played = run(
        state, events, bars * bar - 1e-3, tagged, latency=lambda _: rng.uniform(0.0, 2 * bar)
    )
    counters = played.state.counters
    assert counters.results_late + counters.results_stale > 0
    assert counters.bars_repeated > 0
    found = tags(played)
    first = min(found)  # until the first answer there is nothing to play
    assert all(len(found[n]) == 1 for n in range(first, bars))
    assert any(made == {bar_ % TAGS} for bar_, made in found.items() if bar_)
    assert all(at == pytest.approx(s.due, abs=1e-6) for at, s in drum_ons(played))


class Clocked(Master):
    """A master that changes its tempo, too."""

    def __init__(self) -> None:
        super().__init__()
        self.places: list[tuple[float, int, float]] = []
        self.changes: list[float] = []

    def tempo(self, bpm: float) -> Clocked:
        """Another tempo from now on."""
        self.period = 60 / bpm / 24
        self.changes.append(self.now)
        return self

    def clocks(self, count: int) -> Clocked:
        """Send clocks, and write down where they were and how far apart."""
        before = len(self.true)
        super().clocks(count)
        self.places += [(at, tick, self.period) for at, tick in self.true[before:]]
        return self

    def off_beat(self, played: Played) -> list[float]:
        """Seconds between each note and its true place, but for two beats after a change of
        tempo."""
        found = []
        for at, sent in played.sent:
            if sent.message[0] & 0xF0 != 0x90 or sent.thru:
                continue
            if any(0 <= at - c < 48 * self.period * 1.7 for c in self.changes):
                continue
            clock, rest = divmod(sent.tick, TICKS_PER_CLOCK)
            places = [
                second + rest / TICKS_PER_CLOCK * period
                for second, tick, period in self.places
                if tick == clock * TICKS_PER_CLOCK
            ]
            found.append(min((at - second for second in places), key=abs, default=1.0))
        return found


@pytest.mark.parametrize("mode", m.Mode)
def test_tempo_changes_and_jumps_keep_every_mode_on_the_bar_line(
    session: Make, mode: m.Mode
) -> None:
    """A DAW that changes its tempo, loops, relocates and stops: two beats after each change of
    tempo, and at once after each jump, what sounds is where the master is; turns of call and
    answer and the loop go by its bars."""
    master = Clocked()
    master.clocks(24).say(START)
    master.bars(4)
    master.tempo(150).bars(4)
    master.say(position(4 * 16)).bars(4)
    master.tempo(96).bars(3)
    master.say(STOP, position(2 * 16 + 4), CONTINUE).bars(3)
    master.say(position(12 * 16)).bars(2).say(STOP)
    melody = keys(60, 132.0, 1.5)
    events = [*master.events, *(e for e in melody if e.at < master.now)]
    played = run(session(clock="DAW", mode=mode), events, master.now + 0.5 - T0, tagged)
    assert_closed(played)
    off = master.off_beat(played)
    assert len(off) > 60
    assert max(map(abs, off)) < 0.003
    assert max(at for at, _ in played.sent) <= master.now
    found = tags(played)
    assert sum(found[bar] == {bar % TAGS} for bar in found) >= len(found) - 4


CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("play"), st.floats(0.1, 6.0)),
        st.tuples(st.just("bpm"), st.floats(40, 240)),
        st.tuples(st.just("start"), st.just(0.0)),
        st.tuples(st.just("stop"), st.just(0.0)),
    ),
    min_size=3,
    max_size=10,
)


@given(CHANGES, st.sampled_from(m.Mode), st.floats(0.0, 0.5))
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_the_tempo_does_notes_leave_on_their_ticks(
    session: Make, changes: list[tuple[str, float]], mode: m.Mode, latency: float
) -> None:
    """Our own clock through any tempi, starts and stops: each note leaves when the line is at
    its tick, and all of them end."""
    events: list[Event] = [told(0, m.Start())]
    now = 0.0
    for what, value in changes:
        if what == "play":
            now += value
        else:
            command = {"bpm": m.SetTempo(value), "start": m.Start(), "stop": m.Stop()}[what]
            events.append(told(now, command))
    events.append(told(now + 0.5, m.Stop()))
    events += [e for e in keys(40, 117.0) if e.at < T0 + now]
    played = run(session(mode=mode), events, now + 1.0, tagged, latency=latency)
    assert_closed(played)
    ons = [(at, s) for at, s in played.sent if s.message[0] & 0xF0 == 0x90 and not s.thru]
    assert all(abs(at - s.due) < 1e-6 for at, s in ons)


def test_the_clock_of_a_second_master_is_not_ours_to_count(session: Make) -> None:
    """Its bytes arrive among the keys (that is where another port's messages come in): the
    chosen master's tempo and position stay."""
    master = Master().clocks(24).say(START).bars(4).say(STOP)
    other = Master(period=60 / 93 / 24).clocks(10).say(START).bars(2).say(position(64)).bars(1)
    noise = [MidiIn(e.at, e.message) for e in other.events if isinstance(e, ClockIn)]
    alone = run(session(clock="DAW"), master.events, master.now - 0.5)
    both = run(session(clock="DAW"), [*master.events, *noise], master.now - 0.5)
    assert both.rows == alone.rows
    assert both.state.clock.line.bpm == pytest.approx(120.0, abs=0.01)

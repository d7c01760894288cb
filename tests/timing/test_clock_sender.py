"""Sending a clock: clocks, Start, Continue, Song Position and Stop in order."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.music.grid import TICKS_PER_CLOCK
from bridge.timing.clock_sender import CLOCKS_AT_ONCE, ClockMessage, ClockSender, TimedClockMessage
from bridge.timing.tempo import BeatLine

BPMS = st.floats(30, 300)
PERIOD = 60 / 120 / 24


@dataclass
class Stand:
    """A sender on a simulated clock, polled at each deadline."""

    lead: ClockSender = field(default_factory=ClockSender)
    line: BeatLine = field(default_factory=lambda: BeatLine.at_tempo(120.0))
    now: float = 0.0
    said: list[TimedClockMessage] = field(default_factory=list)

    def ask(self) -> None:
        """Say what is due now."""
        self.lead, said = self.lead.due(self.line, self.now)
        self.said += said

    def until(self, end: float) -> Stand:
        """Let time pass, waking up for each deadline."""
        while True:
            self.ask()
            due = self.lead.second(self.line)
            assert due is not None
            if due > end:
                break
            self.now = max(due, self.now)
        self.now = end
        self.ask()
        return self

    def roll(self, tick: int = 0) -> Stand:
        """The music begins now at ``tick``."""
        self.line = self.line.moved_to(tick / 960, self.now)
        self.lead = self.lead.roll(self.line, self.now, tick)
        self.ask()
        return self

    def tempo(self, bpm: float) -> Stand:
        """Change the tempo now."""
        self.line = self.line.with_tempo(bpm, self.now)
        return self

    def halt(self) -> Stand:
        """The music stops now."""
        self.lead = self.lead.halt()
        self.ask()
        return self

    def clocks(self) -> list[float]:
        """When clocks were due."""
        return [m.second for m in self.said if m.kind is ClockMessage.CLOCK]

    def words(self) -> list[str]:
        """The messages as words, with runs of clocks shortened to one."""
        out: list[str] = []
        for message in self.said:
            word = message.kind.value + (f" {message.units}" if message.units else "")
            if word != "clock" or out[-1:] != ["clock"]:
                out.append(word)
        return out


def test_the_clock_flows_while_nothing_plays() -> None:
    """Two seconds at 120 BPM: 4 beats of 24 clocks, evenly, and no transport."""
    stand = Stand().until(2.0 - 1e-6)
    assert len(stand.clocks()) == 96
    assert stand.words() == ["clock"]
    assert [b - a for a, b in pairwise(stand.clocks())] == pytest.approx([PERIOD] * 95)


@given(st.floats(0, 10), BPMS)
def test_start_goes_out_with_the_first_clock_which_is_beat_0(at: float, bpm: float) -> None:
    """Start, then at the same moment the clock of the musical zero."""
    stand = Stand().tempo(bpm).until(at).roll()
    start = next(i for i, m in enumerate(stand.said) if m.kind is ClockMessage.START)
    clock = stand.said[start + 1]
    assert clock.kind is ClockMessage.CLOCK
    assert clock.second == pytest.approx(at)
    assert stand.line.beat_at(clock.second) == pytest.approx(0.0)


def test_a_count_in_has_its_clocks_and_start_comes_after_it() -> None:
    """Clocks flow on the new grid through the count-in; Start is with beat 0."""
    stand = Stand().until(1.0)
    stand.line = stand.line.moved_to(0.0, 3.0)
    stand.lead = stand.lead.roll(stand.line, 1.0, 0)
    before = len(stand.said)
    stand.until(3.5)
    since = stand.said[before:]
    start = [m.kind for m in since].index(ClockMessage.START)
    assert start == 96
    assert since[start].second == pytest.approx(3.0)
    clocks = [m.second for m in since if m.kind is ClockMessage.CLOCK]
    assert clocks == pytest.approx([1.0 + PERIOD * k for k in range(121)])


def test_going_on_in_the_middle_is_song_position_then_continue() -> None:
    """Bar 5, beat 2: unit 68 is told at once; Continue comes with that very clock."""
    stand = Stand().until(1.0).roll(tick=(4 * 4 + 1) * 960).until(1.2)
    assert stand.words() == ["clock", "song position 68", "continue", "clock"]
    at = {m.kind: m.second for m in stand.said}
    assert at[ClockMessage.POSITION] == at[ClockMessage.CONTINUE] == pytest.approx(1.0)


def test_between_two_16ths_receivers_join_at_the_next_one() -> None:
    """Song Position counts 16ths: a start at clock 8 is announced as clock 12."""
    stand = Stand().until(1.0).roll(tick=8 * TICKS_PER_CLOCK).until(1.3)
    assert stand.words() == ["clock", "song position 2", "clock", "continue", "clock"]
    begun = next(m.second for m in stand.said if m.kind is ClockMessage.CONTINUE)
    assert begun == pytest.approx(1.0 + 4 * PERIOD)


def test_a_jump_stops_them_places_them_and_lets_them_go_on() -> None:
    """Song Position is sent to stopped receivers only."""
    stand = Stand().roll().until(4.0).roll(tick=2 * 3840).until(5.0).halt()
    assert stand.words() == [
        "start", "clock", "stop", "song position 32", "continue", "clock", "stop",
    ]  # fmt: skip


def test_stop_before_the_first_clock_says_nothing_at_all() -> None:
    """A delayed output: the music was stopped before its receivers heard of it."""
    stand = Stand(ClockSender(offset=0.3)).until(1.0).roll().until(1.2).halt().until(2.0)
    assert stand.words() == ["clock"]


@pytest.mark.parametrize("offset", [-0.012, 0.0, 0.05, 0.4])
def test_the_offset_shifts_all_of_it(offset: float) -> None:
    """Clock 24 is due a beat after the start, and the offset."""
    stand = Stand(ClockSender(offset=offset)).until(1.0).roll().until(3.0)
    start = [m.kind for m in stand.said].index(ClockMessage.START)
    clocks = [m.second for m in stand.said[start:] if m.kind is ClockMessage.CLOCK]
    assert clocks[24] == pytest.approx(1.5 + offset)


def test_after_a_stall_there_is_no_burst_and_the_position_is_right() -> None:
    """Half a second without a wake-up: the clocks of it are left out, and receivers are told
    where the music is."""
    stand = Stand().roll().until(2.0)
    before = len(stand.said)
    stand.now = 2.5
    stand.ask()
    stand.until(3.0)
    words = [m.kind for m in stand.said[before:]]
    assert words[:2] == [ClockMessage.STOP, ClockMessage.POSITION]
    units = stand.said[before + 1].units
    begun = next(m.second for m in stand.said[before:] if m.kind is ClockMessage.CONTINUE)
    assert stand.line.beat_at(begun) * 4 == pytest.approx(units)
    assert min(stand.clocks()[-20:]) > 2.5
    assert stand.lead.skipped == 24


def test_a_short_stall_is_made_up() -> None:
    """Three clocks late go out together and the count is right."""
    stand = Stand().roll().until(1.0)
    stand.now = 1.0 + CLOCKS_AT_ONCE * PERIOD
    stand.ask()
    stand.until(2.0)
    assert stand.lead.skipped == 0
    assert stand.words() == ["start", "clock"]
    assert len(stand.clocks()) == 97


STORIES = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.floats(0.0, 3.0)),
        st.tuples(st.just("tempo"), BPMS),
        st.tuples(st.just("roll"), st.sampled_from([0.0, 0.0, 40.0, 960.0, 7680.0, 3840e3])),
        st.tuples(st.just("halt"), st.just(0.0)),
        st.tuples(st.just("stall"), st.floats(0.0, 2.0)),
    ),
    max_size=15,
)


@settings(deadline=None, max_examples=150)
@given(STORIES, st.floats(-0.2, 0.2))
def test_through_any_story_a_receiver_is_where_the_music_is(
    story: list[tuple[str, float]], offset: float
) -> None:
    """A receiver that does what the specification says, counting clocks, is never off by one;
    what was due never goes back; Song Position comes to those that stand; no burst."""
    stand = Stand(ClockSender(offset=offset))
    running, position, expected = False, 0, 0
    stand.now = 1.0
    for what, value in [*story, ("wait", 1.0), ("halt", 0.0), ("wait", 0.3)]:
        before = len(stand.said)
        if what == "wait":
            stand.until(stand.now + value)
        elif what == "tempo":
            stand.tempo(value).ask()
        elif what == "roll":
            stand.roll(int(value))
        elif what == "halt":
            stand.halt()
        else:
            stand.now += value
            stand.ask()
            assert sum(m.kind is ClockMessage.CLOCK for m in stand.said[before:]) <= CLOCKS_AT_ONCE
        for message in stand.said[before:]:
            match message.kind:
                case ClockMessage.START:
                    running, position = True, 0
                case ClockMessage.CONTINUE:
                    running = True
                case ClockMessage.STOP:
                    running = False
                case ClockMessage.POSITION:
                    assert not running
                    position = 6 * message.units
                case ClockMessage.CLOCK if running:
                    expected = round(stand.line.beat_at(message.second - offset) * 24)
                    if what != "tempo":
                        assert position == expected
                    position += 1
    assert not running
    clocks = stand.clocks()
    # The offset holds as many clocks more or fewer as the tempo has changed.
    tempi = [120.0, *(value for what, value in story if what == "tempo")]
    back = abs(offset) * max(tempi) / min(tempi)
    assert all(b >= a - back - 1e-9 for a, b in pairwise(clocks))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.floats(0.01, 2.0), BPMS), min_size=1, max_size=12))
def test_a_tempo_change_is_no_jump_in_phase(changes: list[tuple[float, float]]) -> None:
    """Each beat has exactly 24 clocks, and no gap is outside the two tempi that it spans."""
    stand = Stand().roll()
    true = [0.0]  # the beat at each change, by the tempi themselves
    for wait, bpm in changes:
        true.append(true[-1] + wait / stand.line.seconds_per_beat)
        stand.until(stand.now + wait).tempo(bpm)
    assert stand.line.beat_at(stand.now) == pytest.approx(true[-1], abs=1e-6)
    assert len(stand.clocks()) == int(true[-1] * 24 + 1e-4) + 1
    bpms = [120.0, *(bpm for _, bpm in changes)]
    shortest, longest = (60 / bpm / 24 for bpm in (max(bpms), min(bpms)))
    gaps = [b - a for a, b in pairwise(stand.clocks())]
    assert all(shortest - 1e-9 <= gap <= longest + 1e-9 for gap in gaps)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.floats(0.01, 2.0), st.floats(100, 140)), max_size=12))
def test_a_delayed_output_jumps_by_its_offset_times_the_change_at_most(
    changes: list[tuple[float, float]],
) -> None:
    """Its notes do so too: 20 ms of offset and 40 % of tempo are 8 ms."""
    stand = Stand(ClockSender(offset=0.02)).roll()
    for wait, bpm in changes:
        stand.until(stand.now + wait).tempo(bpm)
    gaps = [b - a for a, b in pairwise(stand.clocks())]
    assert all(60 / 140 / 24 - 0.008 <= gap <= 60 / 100 / 24 + 0.008 for gap in gaps)

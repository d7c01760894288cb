"""The session behind a master's clock: on its bar line through starts, jumps and gaps."""

from __future__ import annotations

import statistics
from bisect import bisect_right
from collections.abc import Callable
from itertools import pairwise

import pytest
from clock_master import AHEAD, CLOCK, CONTINUE, PERIOD, START, STOP, Master, position
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playing import assert_closed, ons, run

from bridge.music.grid import FOUR_FOUR, TICKS_PER_BEAT, TICKS_PER_CLOCK
from bridge.session.messages import commands as m
from bridge.session.messages.status import Timing
from bridge.session.simulation import Played
from bridge.session.snapshot import snapshot
from bridge.session.state.effects import NewTake
from bridge.session.state.events import ClockIn, CommandReceived, Event, MidiIn
from bridge.session.state.session_state import State

Make = Callable[..., State]


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
    assert played.state.clock.line.bpm == pytest.approx(120.0, abs=0.01)
    assert {r.tick // FOUR_FOUR.ticks for r in ons(played, "drums")} == {0, 1, 2, 3}


def test_notes_keep_to_a_jittery_clock(session: Make) -> None:
    """Two milliseconds of jitter on the clock, half a millisecond on the notes."""
    master = Master(jitter=0.002).clocks(48).say(START).bars(16)
    played = follow(session, master, 0.0)
    start = master.true[0][0]
    errors = [
        at - (start + s.tick / TICKS_PER_BEAT * 0.5)
        for at, s in played.sent
        if s.tick > 2 * FOUR_FOUR.ticks and s.message[0] & 0xF0 == 0x90
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
    begin = 8 * FOUR_FOUR.ticks + TICKS_PER_BEAT
    assert min(r.tick for r in played.rows) >= begin
    assert {r.tick // FOUR_FOUR.ticks for r in ons(played, "drums")} == {8, 9, 10}
    assert played.sent[0][1].tick == begin


def test_a_loop_in_the_daw_brings_the_bars_back(session: Make) -> None:
    """Two bars that repeat: no note twice at once, none lost, all ended."""
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
    assert not played.state.clock.running
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
        if s.message[:2] == bytes((0x99, 36)) and s.tick >= 4 * FOUR_FOUR.ticks + 1920
    ]
    assert late
    assert max(abs(v) for v in late) < 0.003


def kick_times(played: Played) -> list[float]:
    """The times (seconds) of the bass drum."""
    return [at for at, s in played.sent if s.message[:2] == bytes((0x99, 36)) and s.message[2]]


def off_by(played: Played, master: Master) -> list[int]:
    """The distance of each note-on from the master's true position in ticks."""
    found = []
    for at, sent in played.sent:
        if sent.message[0] & 0xF0 == 0x90 and not sent.thru:
            k = bisect_right(master.true, (at + 1e-6, 1 << 60)) - 1
            second, tick = master.true[k]
            found.append(round(tick + (at - second) / master.period * TICKS_PER_CLOCK) - sent.tick)
    return found


def test_a_held_band_joins_at_the_next_beat_when_the_clock_is_back(session: Make) -> None:
    """Ten seconds of silence: held, said so; then on the grid again, in the right bar."""
    master = Master().clocks(24).say(START).bars(3).wait(20 * 0.5)
    master.next += 20 * 24
    back = master.now
    played = follow(session, master.bars(2.5).say(STOP))
    after = [s.tick for at, s in played.sent if at >= back - 1e-6 and s.message[0] == 0x99]
    assert after
    assert min(after) >= (3 * 4 + 20) * TICKS_PER_BEAT
    late = [
        off for off, at in zip(off_by(played, master), ons_at(played), strict=True) if at > back
    ]
    assert max(map(abs, late)) <= 3
    first = next(at for at, s in played.sent if at > back - 1e-6)
    assert first - back < 2 * 0.5 + 0.01
    assert_closed(played)


def ons_at(played: Played) -> list[float]:
    """The times (seconds) of the band's note-ons."""
    return [at for at, s in played.sent if s.message[0] & 0xF0 == 0x90 and not s.thru]


def test_a_master_that_says_stop_while_we_hold_starts_nothing(session: Make) -> None:
    """The clock is back, but its transport is stopped."""
    master = Master().say(START).bars(2).wait(8.0).say(STOP).bars(2)
    played = follow(session, master)
    assert not played.state.clock.running
    assert max(at for at, _ in played.sent) < master.now - 6.0


def test_the_player_stops_and_joins_again_while_the_master_runs(session: Make) -> None:
    """Start during the DAW's play joins at its next beat, in its bar, at its tempo."""
    master = Master().clocks(24).say(START).bars(2)
    master.period = PERIOD / 1.5
    master.bars(6)
    start = master.true[0][0]
    events = [
        *master.events,
        CommandReceived(start + 1.2, m.Stop()),
        CommandReceived(start + 7.1, m.Start()),
    ]
    played = run(session(clock="DAW"), events, master.now - 1.0)
    back = [off for off, at in zip(off_by(played, master), ons_at(played), strict=True) if at > 7.1]
    assert len(back) > 8
    assert max(map(abs, back)) <= 3
    first = next(at for at in ons_at(played) if at > start + 7.1)
    assert first - start - 7.1 < 2 * 60 / 180
    assert played.state.clock.line.bpm == pytest.approx(180, abs=0.1)


def test_start_while_the_master_stands_asks_for_its_play_button(session: Make) -> None:
    """Its clock leads, and none has come for a second."""
    played = run(
        session(clock="DAW"), [*Master().clocks(48).events, CommandReceived(3.0, m.Start())], 3.5
    )
    assert not played.state.clock.running
    assert "press play on DAW" in played.state.message


def by_hand(master: Master, *commands: tuple[float, m.Command]) -> list[Event]:
    """What comes from a master, and from the player at some times."""
    return [*master.events, *(CommandReceived(at, command) for at, command in commands)]


def test_a_clock_without_a_start_is_joined_by_hand_on_its_next_clock(session: Make) -> None:
    """A groovebox whose transport is off: bar 0 begins on the clock after the player's start, at
    its tempo, and it is said."""
    master = Master(period=PERIOD * 120 / 93).clocks(24 * 12)
    pressed = 1.0 + 50.3 * master.period
    played = run(session(clock="DAW"), by_hand(master, (pressed, m.Start())), master.now - 1.0)
    assert played.state.clock.running
    assert "joined the clock of DAW" in played.state.message
    at, first = played.sent[0]
    assert (at, first.tick) == (pytest.approx(1.0 + 51 * master.period, abs=1e-3), 0)
    kicks = [b - a for a, b in pairwise(kick_times(played))]
    assert kicks == pytest.approx([4 * 60 / 93 / 2] * len(kicks), abs=1e-3)


def test_who_joined_by_hand_begins_again_by_hand(session: Make) -> None:
    """The player's stop and start: from bar 0, on the next clock, as the first time."""
    master = Master().clocks(24 * 16)
    commands = ((2.0, m.Start()), (4.1, m.Stop()), (5.005, m.Start()))
    played = run(session(clock="DAW"), by_hand(master, *commands), master.now - 1.0)
    again = [(at, s.tick) for at, s in played.sent if at > 5.0 and s.message[0] & 0xF0 == 0x90]
    first = 1.0 + PERIOD * -(-4.005 // PERIOD)
    assert again[0] == (pytest.approx(first, abs=1e-3), 0)


def test_a_master_that_speaks_after_all_is_obeyed(session: Make) -> None:
    """Its Start is the top, its Stop stops the band that the player had begun."""
    master = Master().clocks(60).say(START).bars(2).say(STOP).clocks(24)
    start = master.true[0][0]
    played = run(session(clock="DAW"), by_hand(master, (1.6, m.Start())), master.now - 1.0)
    later = [(at, s.tick) for at, s in played.sent if at > start - 2 * AHEAD]
    assert min(tick for _, tick in later) == 0
    assert max(tick for _, tick in later) <= 2 * FOUR_FOUR.ticks
    assert not played.state.clock.running
    assert_closed(played)


def test_a_clock_slower_than_any_tempo_of_ours_is_played_along(session: Make) -> None:
    """20 BPM: no note comes early, and the tempo is said as it is."""
    master = Master(period=PERIOD * 120 / 20).clocks(24).say(START).bars(3).say(STOP)
    played = follow(session, master, 0.0)
    assert max(map(abs, off_by(played, master))) <= 1
    assert played.state.clock.line.bpm == pytest.approx(20.0)


def test_a_clock_that_comes_twice_is_counted_once_and_it_is_said(session: Make) -> None:
    """USB and DIN of one device merged: 120 BPM, not 240, and one message says what to do."""
    once = Master().clocks(48).say(START).bars(3).say(STOP)
    copies = [
        ClockIn(event.at + 0.001, event.message)
        for event in once.events
        if isinstance(event, ClockIn) and event.message == CLOCK
    ]
    events = sorted([*once.events, *copies], key=lambda event: event.at)
    played = run(session(clock="DAW"), events, once.now - 1.0)
    assert (
        played.state.message
        == "the clock of DAW comes twice: it is counted once; switch one of the two ways off"
    )
    assert played.state.clock.line.bpm == pytest.approx(120.0, abs=0.1)
    assert max(map(abs, off_by(played, once))) <= 1


def test_a_loop_by_stop_position_continue_keeps_what_was_played(session: Make) -> None:
    """As Ardour and others wrap: what was played before the place is not forgotten, and the
    take goes on."""
    master = Master().clocks(24).say(START)
    keys: list[Event] = []
    for beat in range(6):
        at = master.now + beat * 0.5
        keys += [MidiIn(at, bytes((0x90, 67, 90))), MidiIn(at + 0.4, bytes((0x80, 67, 0)))]
    master.bars(4).say(STOP, position(32), CONTINUE).bars(2).say(STOP)
    played = run(session(clock="DAW"), [*master.events, *keys], master.now - 0.5)
    assert sum(isinstance(e, NewTake) for e in played.effects) == 1
    jump = master.true[4 * 96][0]
    bass = [s for at, s in played.sent if at >= jump - 2 * AHEAD and s.message[0] == 0x91]
    assert {s.tick // FOUR_FOUR.ticks for s in bass} == {2, 3}
    assert {s.message[1] % 12 for s in bass} == {7}
    assert_closed(played)


def test_spurious_messages_while_running_do_no_harm(session: Make) -> None:
    """Continue changes nothing; Start twice before its clock is one Start."""
    plain = Master().clocks(24).say(START).bars(4).say(STOP)
    noisy = Master().clocks(24).say(START, START).bars(1.3).say(CONTINUE).bars(1.2)
    noisy.say(CONTINUE, CONTINUE).bars(1.5).say(STOP)
    assert follow(session, noisy).rows == follow(session, plain).rows


def test_start_while_running_begins_again_at_once(session: Make) -> None:
    """Start means: from bar 0. No note from before still sounds."""
    master = Master().clocks(24).say(START).bars(1.4).say(START).bars(2).say(STOP)
    played = follow(session, master)
    assert max(map(abs, off_by(played, master))) <= 3
    assert_closed(played)


@pytest.mark.parametrize("offset", [-0.03, 0.04])
def test_the_clock_offset_shifts_the_band_also_after_a_loss(session: Make, offset: float) -> None:
    """A positive and a negative offset, for a start and for a join."""
    master = Master().clocks(24).say(START).bars(2).wait(1.0)
    master.next += 48
    master.bars(3).say(STOP)
    state = session(clock="DAW", clock_offset=offset)
    played = run(state, master.events, master.now - 1.0)
    ticks = [o for o, at in zip(off_by(played, master), ons_at(played), strict=True) if at > 2.0]
    assert all(o == pytest.approx(offset / PERIOD * TICKS_PER_CLOCK, abs=3) for o in ticks)


def test_the_screen_is_told_how_good_the_clock_is(session: Make) -> None:
    """Tempo, jitter and the last message, in the snapshot."""
    master = Master(jitter=0.001).clocks(48).say(position(16), CONTINUE).bars(10)
    played = run(session(clock="DAW"), master.events, master.now - 1.0)
    shot = snapshot(played.state, master.now, played.recorder, (), Timing())
    assert shot.meter is not None
    assert shot.meter.bpm == pytest.approx(120.0, abs=0.05)
    assert 0.3 < (shot.meter.jitter_sd_ms or 0.0) < 1.2
    assert shot.meter.said[-1] == "continue 2.1.1"
    assert shot.meter.motion == "running"


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


@given(stories, st.sampled_from(m.Mode))
@settings(max_examples=90, deadline=None, suppress_health_check=list(HealthCheck))
def test_through_any_story_notes_close_and_positions_are_the_masters(
    session: Make, story: list[tuple[str, float]], mode: m.Mode
) -> None:
    """Random transports in every mode: what sounds is where the master is, nothing sounds
    after a stop."""
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
    played = run(session(clock="DAW", mode=mode), master.clocks(60).events, master.now - 0.5)
    assert_closed(played)
    assert all(at <= end + 1e-6 for at, _ in played.sent)
    waits = any(what == "wait" and value > 0.0 for what, value in story)
    if master.true and not waits:  # between clocks that wait nobody knows where the music is
        assert max(map(abs, off_by(played, master)), default=0) <= 3

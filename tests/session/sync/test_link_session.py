"""The session in a Link session: its beat, its transport and its tempo."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from clock_master import clocks_from_start, words
from playing import assert_closed, ons, run

from bridge.music.grid import FOUR_FOUR, TICKS_PER_BEAT
from bridge.session.messages import commands as m
from bridge.session.messages.status import Timing
from bridge.session.snapshot import snapshot
from bridge.session.state.effects import LinkOut, TempoSet
from bridge.session.state.events import CommandReceived, LinkIn
from bridge.session.state.session_state import State
from bridge.session.sync.ableton_link import LinkClock
from bridge.timing.tempo import BeatLine

Make = Callable[..., State]


def news(at: float, beat: float, bpm: float = 120.0, **more: object) -> LinkIn:
    """A state of the Link session at a time."""
    return LinkIn(at, BeatLine(beat, at, 60 / bpm), **more)  # type: ignore[arg-type]


def told_link(effects: list[object]) -> list[LinkOut]:
    """The changes of the Link session that the session asked for."""
    return [e for e in effects if isinstance(e, LinkOut)]


def test_others_start_and_the_band_begins_on_their_bar_line(session: Make) -> None:
    """The news comes two beats before beat 0: the first notes are there."""
    played = run(session(link=True), [news(2.0, -2.0, playing=True, peers=1)], 9.0)
    first_at, first = played.sent[0]
    assert first.tick == 0
    assert first_at == pytest.approx(3.0, abs=1e-6)
    assert {r.tick // FOUR_FOUR.ticks for r in ons(played, "drums")} >= {0, 1, 2}
    assert not told_link(played.effects)


def test_whoever_comes_late_begins_on_the_next_bar_in_that_bar(session: Make) -> None:
    """The session plays and is at beat 9: from bar 3 on."""
    played = run(session(link=True), [news(2.0, 9.0, playing=True, peers=2)], 9.0)
    first_at, first = played.sent[0]
    assert first.tick == 3 * FOUR_FOUR.ticks
    assert first_at == pytest.approx(2.0 + 3 * 0.5, abs=1e-6)


def test_start_alone_begins_at_once_and_tells_the_session(session: Make) -> None:
    """Beat 0 is where ours is; the echo of it changes nothing."""
    echo = [news(2.02, 0.04, playing=True, done=1), news(3.0, 2.0, playing=True, done=1)]
    played = run(session(link=True), [CommandReceived(2.0, m.Start()), *echo], 6.0)
    assert told_link(played.effects) == [LinkOut(1, 2.0, play=True)]
    plain = run(session(), [CommandReceived(2.0, m.Start())], 6.0)
    assert played.rows == plain.rows


def test_old_news_are_no_news(session: Make) -> None:
    """States that do not include our Start yet move nothing and stop nothing."""
    stale = [news(2.001, 77.3), news(2.002, 77.3, bpm=90.0, playing=False)]
    played = run(session(link=True), [CommandReceived(2.0, m.Start()), *stale], 6.0)
    plain = run(session(), [CommandReceived(2.0, m.Start())], 6.0)
    assert played.rows == plain.rows
    assert played.state.clock.line.bpm == pytest.approx(120)


def test_start_among_others_waits_for_the_next_bar_of_the_session(session: Make) -> None:
    """Our Start is requested; the session sets beat 0; the band begins there."""
    others = news(1.5, 5.0, peers=1)
    answer = news(2.02, -2.0, playing=True, peers=1, done=1)
    played = run(session(link=True), [others, CommandReceived(2.0, m.Start()), answer], 8.0)
    assert told_link(played.effects)[0].play is True
    assert played.sent[0][0] == pytest.approx(3.02, abs=1e-6)
    assert played.sent[0][1].tick == 0


def test_start_while_the_others_play_joins_at_their_next_bar(session: Make) -> None:
    """Our own form has ended, or the transport still ran when we joined."""
    state = session(link=True)
    playing = news(1.5, 5.0, playing=True, peers=1)
    state = state.but(sync=state.sync.but(source=LinkClock(playing)))
    answer = news(2.02, 6.04, playing=True, peers=1, done=1)
    played = run(state, [playing, CommandReceived(2.0, m.Start()), answer], 8.0)
    assert played.sent[0][1].tick == 2 * FOUR_FOUR.ticks
    assert not played.state.sync.joining


def test_others_stop_and_nothing_sounds_after(session: Make) -> None:
    """Start/stop sync from the other peers to us."""
    events = [news(2.0, 0.0, playing=True, peers=1), news(5.1, 6.2, playing=False, peers=1)]
    played = run(session(link=True), events, 9.0)
    assert not played.state.clock.running
    assert_closed(played)
    assert max(at for at, _ in played.sent) <= 5.1 + 1e-6


@pytest.mark.parametrize("command", [m.Stop(), m.Panic()])
def test_our_stop_is_everybodys(session: Make, command: m.Command) -> None:
    """Stop and panic are told."""
    played = run(
        session(link=True), [CommandReceived(2.0, m.Start()), CommandReceived(4.0, command)], 5.0
    )
    assert [e.play for e in told_link(played.effects)] == [True, False]
    assert_closed(played)


def test_our_tempo_is_everybodys_and_theirs_is_ours(session: Make) -> None:
    """A tempo set here is told; one set there bends our line, and the take knows of it."""
    events = [
        CommandReceived(2.0, m.Start()),
        CommandReceived(4.0, m.SetTempo(100.0)),
        news(6.0, 4 + 2 * 100 / 60, bpm=150.0, playing=True, done=2),
    ]
    played = run(session(link=True), events, 9.0)
    assert [e.bpm for e in told_link(played.effects)] == [0.0, 100.0]
    assert [round(e.bpm) for e in played.effects if isinstance(e, TempoSet)] == [100, 150]
    beat = 4 + 2 * 100 / 60 + 3 * 150 / 60
    assert played.state.clock.line.beat_at(9.0) == pytest.approx(beat, abs=1e-3)


def test_hardware_on_our_clock_follows_the_session(session: Make) -> None:
    """Start goes out at the session's beat 0, 24 clocks to each of its beats, Stop at its end."""
    events = [
        news(1.5, 5.0, peers=1),
        news(2.0, -2.0, playing=True, peers=1),
        news(7.0, 8.0, bpm=150.0, playing=True, peers=1),
        news(9.0, 13.0, bpm=150.0, playing=False, peers=1),
    ]
    played = run(session(link=True, clock_outs=(0.0,)), events, 9.0)
    assert words(played) == ["clock", "start", "clock", "stop", "clock"]
    clocks = clocks_from_start(played)
    assert clocks[0] == pytest.approx(3.0, abs=1e-6)
    assert clocks[8 * 24] == pytest.approx(7.0, abs=1e-6)
    assert clocks[12 * 24] == pytest.approx(7.0 + 4 * 60 / 150, abs=1e-6)


def test_tempo_while_nothing_plays_is_shown(session: Make) -> None:
    """Before the music begins the tempo is the session's; so says the screen."""
    played = run(session(link=True), [news(1.5, 3.0, bpm=97.0, peers=1)], 3.0)
    shot = snapshot(played.state, 4.0, played.recorder, (), Timing())
    assert shot.clock == "Link"
    assert played.state.clock.line.bpm == pytest.approx(97)
    assert "one other" in played.state.message


def test_a_little_aside_is_taken_up_and_a_leap_is_a_jump(session: Make) -> None:
    """Two sessions that meet: ours moves by half a bar, nothing is left over or doubled."""
    begin = news(2.0, 0.0, playing=True)
    aside = news(4.0, 4.01, playing=True)
    leap = news(5.0, 8.0, playing=True, peers=1)
    played = run(session(link=True), [begin, aside, leap, CommandReceived(9.2, m.Stop())], 9.0)
    assert_closed(played)
    for at, sent in played.sent:
        if sent.message[0] & 0xF0 == 0x90 and not sent.thru:
            beat = (at - 2) * 2 if at < 4 else 4.01 + (at - 4) * 2 if at < 5 else 8 + (at - 5) * 2
            assert beat == pytest.approx(sent.tick / TICKS_PER_BEAT, abs=0.011)
    assert any(s.tick == 2 * FOUR_FOUR.ticks for at, s in played.sent)

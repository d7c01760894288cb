"""The band finds the tempo in free playing, enters on a bar line, and is corrected."""

from __future__ import annotations

from collections.abc import Callable

from playing import T0, assert_closed, off, on, ons, run, told

from bridge.music.tunes import TUNES
from bridge.session.messages import commands as m
from bridge.session.messages.ear_commands import ListenTempo, ScaleTempo, SetHearing, ThisIsOne
from bridge.session.state.events import Event
from bridge.session.state.session_state import State

Make = Callable[..., State]
BPM = 96.0
SECONDS = 60.0 / BPM


def tune(bars: int = 8, start: float = 0.0) -> list[Event]:
    """Oh! Susanna at 96 BPM, its bar lines accented."""
    events: list[Event] = []
    for note in TUNES["susanna"].notes():
        if note.tick < bars * 3840:
            at = start + note.tick / 960 * SECONDS
            loud = 84 + 12 * (note.tick % 3840 == 0) + 6 * (note.tick % 960 == 0)
            events += [
                on(at, note.pitch, loud),
                off(at + note.length / 960 * SECONDS * 0.9, note.pitch),
            ]
    return events


def test_the_band_enters_in_the_players_tempo_on_a_bar_line(session: Make) -> None:
    events = [told(-0.5, ListenTempo()), *tune()]
    played = run(session(bpm=120.0), [*events, told(13.0, m.Stop())], 13.5)
    assert abs(played.state.clock.line.bpm / BPM - 1) < 0.02
    first = next(at for at, sent in played.sent if sent.part == "drums") - T0
    bars = first / (4 * SECONDS)
    assert 1.5 < bars < 5.2
    assert ons(played, "drums")[0].tick == 0
    assert_closed(played)


def test_nothing_played_is_waited_for_calmly(session: Make) -> None:
    played = run(session(), [told(0, ListenTempo())], 30)
    assert not played.state.clock.running
    assert not played.sent


def test_halve_double_and_one_correct_it_at_once(session: Make) -> None:
    events = [told(0, m.Start()), told(2.1, ScaleTempo(0.5)), told(4.3, ThisIsOne())]
    played = run(session(bpm=120.0), events, 4.4)
    assert played.state.clock.line.bpm == 60.0
    tick = played.state.clock.line.tick_at(T0 + 4.3)
    assert tick % 3840 == 0


def test_this_is_one_before_anything_was_heard_says_so(session: Make) -> None:
    played = run(session(), [told(0, ThisIsOne())], 1)
    assert "play first" in played.state.message


def test_a_slow_drift_is_followed_within_four_percent(session: Make) -> None:
    faster = [e for k in range(64) for e in (on(k * 0.49, 60), off(k * 0.49 + 0.2, 60))]
    start = [told(0, SetHearing(drift=True)), told(0, m.Start())]
    played = run(session(bpm=120.0), [*start, *faster], 30)
    assert 120.5 < played.state.clock.line.bpm <= 120.0 * 1.04 + 0.01
    still = run(session(bpm=120.0), [told(0, m.Start()), *faster], 5)
    assert still.state.clock.line.bpm == 120.0

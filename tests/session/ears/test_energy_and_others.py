"""The band follows the player's energy by the amount; other tracks are heard and laid out for."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playing import BAR, BEAT, T0, assert_closed, off, on, ons, run, told

from bridge.session.messages import commands as m
from bridge.session.messages.ear_commands import SetHearing
from bridge.session.simulation import Played
from bridge.session.state.events import Event, InputGone, OtherIn
from bridge.session.state.session_state import State

Make = Callable[..., State]


def line(bars: range, velocity: int, count: int = 4) -> list[Event]:
    """Even notes of one velocity."""
    events: list[Event] = []
    for bar in bars:
        for k in range(count):
            at = (bar + k / count) * BAR
            events += [on(at, 60 + k % 5, velocity), off(at + 0.8 * BAR / count, 60 + k % 5)]
    return events


def play(state: State, events: list[Event], bars: float, amount: float = 0.0) -> Played:
    begin = [told(-0.1, m.SetControl("follow energy", amount)), told(0, m.Start())]
    ends = told(bars * BAR - 0.01, m.Stop())
    return run(state, [*begin, *events, ends], bars * BAR)


def loudness(played: Played, bar: int) -> int:
    return sum(r.velocity for r in ons(played, "drums") if r.tick // 3840 == bar)


SCRIPT = line(range(4), 100, 8) + line(range(4, 8), 30, 2) + line(range(8, 12), 110, 16)


def test_a_whisper_is_accompanied_softly_and_sparsely_and_back(session: Make) -> None:
    played = play(session(), SCRIPT, 12, 1.0)
    assert loudness(played, 7) < 0.7 * loudness(played, 3)
    assert loudness(played, 11) > 1.3 * loudness(played, 7)
    assert_closed(played)


def test_at_amount_0_nothing_changes(session: Make) -> None:
    played = play(session(), SCRIPT, 12, 0.0)
    assert loudness(played, 7) == loudness(played, 3) == loudness(played, 11)


def other(at: float, channel: int, pitch: int, velocity: int = 90) -> list[Event]:
    """A note of another track, a beat long."""
    return [
        OtherIn(T0 + at, bytes((0x90 | channel, pitch, velocity)), "DAW"),
        OtherIn(T0 + at + 0.9 * BEAT, bytes((0x80 | channel, pitch, 0)), "DAW"),
    ]


def quarters(bars: int, channel: int, pitch: int) -> list[Event]:
    return [e for beat in range(4 * bars) for e in other(beat * BEAT, channel, pitch)]


@pytest.mark.parametrize(("channel", "pitch", "part"), [(9, 36, "drums"), (3, 38, "bass")])
def test_a_part_lays_out_while_another_track_plays_it(
    session: Make, channel: int, pitch: int, part: str
) -> None:
    played = play(session(), line(range(8), 90) + quarters(3, channel, pitch), 8, 0.5)
    rows = [r.tick // 3840 for r in ons(played, part)]
    assert 2 not in rows
    assert 7 in rows
    assert_closed(played)


def test_laying_out_can_be_switched_off(session: Make) -> None:
    events = [told(0, SetHearing(lay_out=False)), *line(range(4), 90), *quarters(4, 9, 36)]
    played = play(session(), events, 4, 0.5)
    assert 3 in [r.tick // 3840 for r in ons(played, "drums")]


def test_chords_of_another_track_are_harmony_and_are_not_passed_on(session: Make) -> None:
    chords = [e for p in (53, 57, 60) for e in other(BAR, 2, p)]
    played = play(session(), line(range(2), 90) + chords, 2)
    assert [c.chord.name for c in played.state.ears.changes if c.chord] == ["F"]
    assert not [s for _, s in played.sent if s.thru and s.message[1] in (53, 57)]


def test_a_port_that_goes_leaves_nothing_held(session: Make) -> None:
    held = [OtherIn(T0 + 0.1, bytes((0x92, p, 90)), "DAW") for p in (53, 57, 60)]
    gone = InputGone(T0 + 1.0, "DAW")
    played = play(session(), [*held, gone], 1)
    assert not played.state.ears.others.phrase.held

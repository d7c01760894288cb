"""The style of what other tracks play: their last bars go with each request until another style."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from playing import BAR, BEAT, T0, run, told

from bridge.model.messages import Request
from bridge.music.tokens import pitch_to_class
from bridge.session.ears.heard_style import NOTHING
from bridge.session.messages import commands as m
from bridge.session.messages.ear_commands import SetHearing, TakeStyle
from bridge.session.simulation import Played
from bridge.session.state.effects import Ask
from bridge.session.state.events import Event, OtherIn
from bridge.session.state.session_state import State

Make = Callable[..., State]
KICK, SNARE = 36, 38
GROOVE = ((0.0, KICK), (1.0, SNARE), (1.5, KICK), (3.0, SNARE))
"""(Beat of the bar, drum) of a loop."""


def hit(at: float, channel: int, pitch: int) -> list[Event]:
    return [
        OtherIn(T0 + at, bytes((0x90 | channel, pitch, 90)), "DAW"),
        OtherIn(T0 + at + 0.4 * BEAT, bytes((0x80 | channel, pitch, 0)), "DAW"),
    ]


def loop(bars: int, bass: int = 0) -> list[Event]:
    """Drums on channel 10 whose third bar of four has one more kick; a bass note a bar."""
    events: list[Event] = []
    for bar in range(bars):
        more = ((3.5, KICK),) if bar % 4 == 2 else ()
        for beat, drum in (*GROOVE, *more):
            events += hit(bar * BAR + beat * BEAT, 9, drum)
        if bass:
            events += hit(bar * BAR, 1, bass)
    return events


def play(state: State, events: list[Event], bars: float) -> Played:
    begin = [told(-0.2, SetHearing(lay_out=False)), told(0, m.Start())]
    ends = told(bars * BAR - 0.01, m.Stop())
    order = sorted([*begin, *events, ends], key=lambda event: event.at)
    return run(state, order, bars * BAR)


def asked(played: Played) -> list[Request]:
    return [e.request for e in played.effects if isinstance(e, Ask)]


def bar_of(drums: tuple[int, ...], bar: int) -> str:
    return "".join("." if cls == 0 else "k" if cls == 1 else "s" for cls in drums[16 * bar :][:16])


def test_the_last_bars_of_the_drums_go_with_each_request(session: Make) -> None:
    events = [*loop(8), told(5.5 * BAR, TakeStyle())]
    found = asked(play(session(), events, 8))
    before = [r for r in found if r.target_bar <= 4]
    after = [r for r in found if r.target_bar >= 7]
    assert before
    assert after
    assert not any(r.style_drums for r in before)
    for request in after:
        bars = [bar_of(request.style_drums, bar) for bar in range(4)]
        assert bars == ["k...s.k.....s...", "k...s.k.....s...", "k...s.k.....s.k.",
                        "k...s.k.....s..."]  # fmt: skip
        assert not any(cls >= 2 for cls in request.style_bass)


def test_a_bass_among_them_is_taken_too(session: Make) -> None:
    events = [*loop(8, bass=40), told(5.5 * BAR, TakeStyle())]
    last = asked(play(session(), events, 8))[-1]
    assert last.style_bass[0] == pitch_to_class(40)
    assert np.count_nonzero(np.array(last.style_bass) >= 2) == 4


def test_another_style_leaves_it(session: Make) -> None:
    events = [*loop(12), told(5.5 * BAR, TakeStyle()), told(7.5 * BAR, m.SetStyle("swing"))]
    found = asked(play(session(), events, 12))
    assert any(r.style_drums for r in found if r.target_bar == 7)
    assert not any(r.style_drums for r in found if r.target_bar >= 9)


@pytest.mark.parametrize("bars", [0, 2])
def test_without_enough_to_hear_it_says_so_and_nothing_changes(session: Make, bars: int) -> None:
    played = play(session(), [*loop(bars), told(7.5 * BAR, TakeStyle())], 8)
    assert not any(r.style_drums for r in asked(played))
    assert played.state.message == NOTHING

"""Clock out: the messages to receivers of our clock, beside the band's notes."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import pytest
from clock_master import CONTINUE, PERIOD, START, Master, clocks_from_start, position, words
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playing import BAR, BEAT, T0, run, told

from bridge.live.engine import Engine
from bridge.midi.messages import describe
from bridge.midi.ports import MemoryOut
from bridge.music.notes import Part
from bridge.session.messages import commands as m
from bridge.session.simulation import Played
from bridge.session.state.effects import ClockOut, Send
from bridge.session.state.events import Event, Tick
from bridge.session.state.session_state import State

Make = Callable[..., State]
CLOCK = b"\xf8"


def clocks(played: Played, output: int = 0) -> list[float]:
    """The times (seconds) of the clocks sent."""
    return [at for at, c in played.clocks if c.message == CLOCK and c.output == output]


def kicks(played: Played) -> list[float]:
    """The times (seconds) of the bass drum."""
    return [at for at, s in played.sent if s.message[:2] == bytes((0x99, 36)) and s.message[2]]


def test_a_stopped_session_sends_a_steady_clock(session: Make) -> None:
    """Before the start there are 24 clocks a beat too."""
    played = run(session(clock_outs=(0.0,)), [], 4.0)
    gaps = [b - a for a, b in pairwise(clocks(played))]
    assert gaps == pytest.approx([PERIOD] * len(gaps))
    assert len(gaps) >= 5.0 / PERIOD - 2
    assert words(played) == ["clock"]


def test_without_an_output_nothing_is_said_and_nothing_waits(session: Make) -> None:
    """No clock out, no deadline while stopped."""
    played = run(session(), [told(0, m.Start()), told(1.0, m.Stop())], 4.0)
    assert played.clocks == []


def test_start_clock_and_the_first_kick_fall_together(session: Make) -> None:
    """Start comes with beat 0 and Stop with our stop; the clock goes on."""
    events = [told(0.3, m.Start()), told(0.3 + 2.5 * BAR, m.Stop())]
    played = run(session(clock_outs=(0.0,)), events, 4 * BAR)
    assert words(played) == ["clock", "start", "clock", "stop", "clock"]
    start = next(at for at, c in played.clocks if c.message == START)
    assert start == pytest.approx(kicks(played)[0]) == pytest.approx(T0 + 0.3)
    stop = next(at for at, c in played.clocks if describe(c.message) == "stop")
    assert stop == pytest.approx(T0 + 0.3 + 2.5 * BAR)
    assert clocks(played)[-1] > T0 + 3.9 * BAR


def test_a_count_in_counts_them_in_too(session: Make) -> None:
    """A bar of clocks on the grid, then Start with bar 0."""
    played = run(session(clock_outs=(0.0,), count_in_bars=1), [told(0, m.Start())], 3 * BAR)
    start = next(at for at, c in played.clocks if c.message == START)
    assert start == pytest.approx(T0 + BAR)
    assert kicks(played)[0] == pytest.approx(T0 + BAR)


def test_a_second_start_begins_again_for_everybody(session: Make) -> None:
    """Stop, then Start with beat 0."""
    events = [told(0, m.Start()), told(1.1, m.Start()), told(3.0, m.Panic())]
    played = run(session(clock_outs=(0.0,)), events, 3.5)
    assert words(played) == ["clock", "start", "clock", "stop", "start", "clock", "stop", "clock"]


def test_quitting_stops_them(session: Make) -> None:
    """Receivers of our clock stop when the session ends."""
    played = run(session(clock_outs=(0.0,)), [told(0, m.Start()), told(1.0, m.Quit())], 1.0)
    assert words(played)[-1] == "stop"


def test_a_tempo_change_bends_the_clock_without_a_jump(session: Make) -> None:
    """Taps and tempo: 24 clocks a beat, each kick on a clock, no gap beyond the two tempi."""
    events: list[Event] = [told(0, m.Start()), told(1.013, m.SetTempo(171.0))]
    events += [told(2.0 + 0.45 * k, m.Tap(T0 + 2.0 + 0.45 * k)) for k in range(4)]
    played = run(session(clock_outs=(0.0,)), events, 6.0)
    since = clocks_from_start(played)
    gaps = [b - a for a, b in pairwise(since)]
    slow, fast = 60 / 120 / 24, 60 / 171 / 24
    assert min(gaps) > fast - 1e-9
    assert max(gaps) < slow + 1e-9
    assert kicks(played)[1:] == pytest.approx(since[48::48][: len(kicks(played)) - 1], abs=1e-6)


@pytest.mark.parametrize("offset", [-0.02, 0.035])
def test_an_offset_shifts_clock_and_notes_alike(session: Make, offset: float) -> None:
    """Two outputs, one of them shifted with its drums: beat 8 on each."""
    state = session(clock_outs=(0.0, offset), offsets={Part.DRUMS: offset})
    played = run(state, [told(0, m.Start())], 10 * BEAT)
    straight, shifted = (clocks_from_start(played, output) for output in (0, 1))
    assert shifted[192] - straight[192] == pytest.approx(offset)
    assert kicks(played)[4] - straight[192] == pytest.approx(offset)


def test_following_another_clock_we_pass_on_a_smoother_one(session: Make) -> None:
    """Two milliseconds of jitter come in; half of that or less goes out, beat for beat."""
    master = Master(jitter=0.002).clocks(48).say(START).bars(12)
    played = run(session(clock="DAW", clock_outs=(0.0,)), master.events, master.now - 1.001)
    assert words(played)[:3] == ["clock", "start", "clock"]
    ours = clocks_from_start(played)
    errors = [a - b for a, (b, _) in zip(ours, master.true, strict=False)][96:]
    assert len(errors) > 1000
    assert statistics.pstdev(errors) < 0.001


def test_a_loop_of_the_master_is_passed_on(session: Make) -> None:
    """Its jump back is Stop, Song Position and Continue, as the specification wants."""
    master = Master().clocks(24).say(position(32), CONTINUE).bars(2).say(position(32)).bars(1)
    played = run(session(clock="DAW", clock_outs=(0.0,)), master.events, master.now - 1.1)
    assert words(played) == [
        "clock", "position  32 (beat 8)", "continue", "clock",
        "stop", "position  32 (beat 8)", "continue", "clock",
    ]  # fmt: skip


STORIES = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.floats(0.01, 2.0)),
        st.tuples(st.just("start"), st.just(0.0)),
        st.tuples(st.just("stop"), st.just(0.0)),
        st.tuples(st.just("tempo"), st.floats(40, 240)),
    ),
    max_size=12,
)
COMMANDS: dict[str, Callable[[float], m.Command]] = {
    "start": lambda _: m.Start(),
    "stop": lambda _: m.Stop(),
    "tempo": m.SetTempo,
}


@given(STORIES)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_whoever_counts_our_clocks_is_on_our_ticks(
    session: Make, story: list[tuple[str, float]]
) -> None:
    """A receiver by the MIDI specification: each note lies on the clock that it has counted."""
    now, events = 0.0, []
    for what, value in story:
        if what == "wait":
            now += value
        else:
            events.append(told(now, COMMANDS[what](value)))
    events.append(told(now + 0.5, m.Stop()))
    played = run(session(clock_outs=(0.0,)), events, now + 1.0)
    running, counted = False, -1
    for effect in played.effects:
        if isinstance(effect, ClockOut):
            if effect.message == START:
                running, counted = True, -1
            elif effect.message == CLOCK:
                counted += 1
            else:
                running = False
        elif isinstance(effect, Send) and effect.message[0] & 0xF0 == 0x90:
            assert running
            assert counted == effect.tick // 40
    assert not running


def test_the_engine_sends_it_and_stops_them_whatever_happens(session: Make) -> None:
    """Start and clocks on each output; when the loop ends without a stop, Stop all the same."""
    outs = [MemoryOut("a"), MemoryOut("b")]
    state = session(clock_outs=(0.0, 0.0))
    now = [T0]
    engine = Engine(state, {}, ask=lambda _: None, clock=lambda: now[0], clock_outs=outs)
    engine.handle(told(0, m.Start()))
    now[0] += PERIOD
    engine.handle(Tick(now[0]))
    engine.post(Crash(now[0]))  # type: ignore[arg-type]
    with pytest.raises(KeyError):
        engine.run()
    assert [out.sent for out in outs] == [[CLOCK, START, CLOCK, CLOCK, b"\xfc"]] * 2
    assert list(engine.clock_lateness) == pytest.approx([0.0] * 8)


@dataclass
class Crash:
    """An event that the session does not know."""

    at: float

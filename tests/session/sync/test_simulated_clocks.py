"""The session behind hundreds of simulated masters: every connection, every kind of story.

Hours of music offline: the position is the master's at every clock, what sounds is where
the master is, what was opened is closed, and nothing sounds after a stop.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from itertools import pairwise
from random import Random
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playing import assert_closed, run

from bridge.music.grid import TICKS_PER_CLOCK
from bridge.session import core
from bridge.session.messages import commands as m
from bridge.session.simulation import Played
from bridge.session.state.events import ClockIn
from bridge.session.state.session_state import State
from bridge.session.sync.midi_clock_in import MidiClock
from bridge.timing.clock_sender import ClockMessage
from bridge.timing.simulated_masters import (
    USUAL_KINDS,
    WIRES,
    MasterKind,
    MasterMessage,
    SimulatedMaster,
    random_scenario,
)

Make = Callable[..., State]
BYTES: Final = {
    ClockMessage.CLOCK: 0xF8,
    ClockMessage.START: 0xFA,
    ClockMessage.CONTINUE: 0xFB,
    ClockMessage.STOP: 0xFC,
}
OFF_SECONDS: Final = 0.03
"""Largest distance of a note from the master's grid: a JACK period plus a recent tempo step."""
STORIES: Final = st.tuples(
    st.integers(0, 1 << 32), st.sampled_from(list(WIRES)), st.sampled_from(USUAL_KINDS)
)


def message(said: MasterMessage) -> bytes:
    """The MIDI bytes of a master's message."""
    if said.kind is ClockMessage.POSITION:
        return bytes((0xF2, said.units & 0x7F, said.units >> 7))
    return bytes((BYTES[said.kind],))


def events(story: Iterable[MasterMessage]) -> list[ClockIn]:
    """The session's events of a story."""
    return [ClockIn(said.at, message(said)) for said in story]


def note_ons(played: Played) -> list[tuple[float, int]]:
    """The (second, tick) of each of the band's note-ons."""
    return [
        (at, sent.tick)
        for at, sent in played.sent
        if sent.message[0] & 0xF0 == 0x90 and not sent.thru
    ]


def heard_before(story: list[MasterMessage], at: float) -> ClockMessage:
    """The last message before a time."""
    return story[bisect_right(story, at, key=lambda s: s.at) - 1].kind


def seconds_off(at: float, tick: int, true: list[tuple[float, int, float]]) -> float:
    """The distance (seconds) of a note from the master's position, by the clocks (second, position,
    period) around it."""
    k = bisect_right(true, at, key=lambda clock: clock[0])
    clocks = true[max(0, k - 3) : k + 1]
    offs = [at - second - (tick / TICKS_PER_CLOCK - place) * p for second, place, p in clocks]
    return min(offs, key=abs)


def truth(story: list[MasterMessage]) -> list[tuple[float, int, float]]:
    """The master's clocks: second and position of each, and the seconds to the next."""
    clocks = [s for s in story if s.kind is ClockMessage.CLOCK]
    return [
        (a.sent, a.position, b.sent - a.sent)
        for a, b in pairwise(clocks)
        if a.position is not None and b.sent > a.sent
    ]


@given(STORIES, st.sampled_from(m.Mode))
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
def test_behind_any_master_the_band_is_where_the_master_is(
    session: Make, story_of: tuple[int, str, MasterKind], mode: m.Mode
) -> None:
    """Random stories over every wire, in every mode; a thousand bars with lost and doubled
    clocks, drift, steps and ramps."""
    seed, wire, kind = story_of
    story = random_scenario(Random(seed), WIRES[wire], kind)
    played = run(session(clock="DAW", mode=mode), events(story), story[-1].at)
    assert_closed(played)
    ons = note_ons(played)
    stopped = {s.at for s in story if s.kind is ClockMessage.STOP}
    assert not any(_stands(story, at) for at, _ in ons if at not in stopped)
    if kind is MasterKind.FAULTS:
        return
    true = truth(story)
    sure = [(at, tick) for at, tick in ons if heard_before(story, at) is ClockMessage.CLOCK]
    assert max((abs(seconds_off(*on, true)) for on in sure), default=0.0) < OFF_SECONDS


def _stands(story: list[MasterMessage], at: float) -> bool:
    """True if the last transport message is Stop, or there is none."""
    k = bisect_right(story, at, key=lambda s: s.at) - 1
    while k >= 0 and story[k].kind in (ClockMessage.CLOCK, ClockMessage.POSITION):
        k -= 1
    return k < 0 or story[k].kind is ClockMessage.STOP


@given(STORIES)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_at_every_clock_the_sessions_position_is_the_masters(
    session: Make, story_of: tuple[int, str, MasterKind]
) -> None:
    """Without lost clocks the position is exact, over every connection."""
    seed, wire, kind = story_of
    if kind is MasterKind.FAULTS:
        kind = MasterKind.TEMPO
    state = session(clock="DAW")
    for said in random_scenario(Random(seed), WIRES[wire], kind):
        state, _ = core.step(state, ClockIn(said.at, message(said)))
        source = state.sync.source
        assert isinstance(source, MidiClock)
        if said.position is not None:
            assert source.follower.position == said.position


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("ramp", [(60.0, 200.0), (200.0, 60.0)])
def test_a_ramp_of_four_bars_is_played_along(
    session: Make, wire: str, ramp: tuple[float, float]
) -> None:
    """Through it no note is more than 30 ms off; two beats after it, none more than 12."""
    first, last = ramp
    master = SimulatedMaster(Random(7), WIRES[wire], bpm=first)
    master.send(ClockMessage.START)
    master.clocks(96)
    master.ramp(last, 4 * 96)
    steady = master.now + 2 * 60.0 / last
    master.clocks(4 * 96)
    played = run(session(clock="DAW"), events(master.messages), master.now - 1.0)
    true = truth(master.messages)
    offs = [(at, abs(seconds_off(at, tick, true))) for at, tick in note_ons(played)]
    assert len(offs) > 40
    assert max(off for _, off in offs) < OFF_SECONDS
    assert max(off for at, off in offs if at > steady) < 0.012

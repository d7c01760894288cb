"""The metre of a session: bars, clicks, changes at the bar line, masters, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from random import Random

import numpy as np
import pytest
from clock_master import CONTINUE, START, STOP, Master, position
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playing import PRESETS, SPEC, assert_closed, off, on, ons, run, told

from bridge.errors import ModelError
from bridge.latent.directions import Directions
from bridge.model.answering.answer import answer
from bridge.model.contract import GuestModel, Preset
from bridge.model.fake import FakeTrio
from bridge.music.grid import (
    FOUR_FOUR,
    FOUR_FOUR_TRIPLETS,
    METRES,
    SIX_EIGHT,
    THREE_FOUR,
    TICKS_PER_BEAT,
    TWELVE_EIGHT,
    Metre,
)
from bridge.music.smf.song import TimeSignature
from bridge.music.tunes import TUNES
from bridge.session import core
from bridge.session.messages import commands as m
from bridge.session.messages.code_commands import DrawCode, PlayScore, UseModel
from bridge.session.messages.status import Timing
from bridge.session.new_session import first_state
from bridge.session.recorder import Recorder
from bridge.session.simulation import Played
from bridge.session.snapshot import snapshot
from bridge.session.state.effects import KeepCode, LinkOut
from bridge.session.state.events import ClockIn, CommandReceived, LinkIn
from bridge.session.state.session_state import State
from bridge.session.state.setup import FeelSource, ModelFacts, Setup
from bridge.timing.clock_sender import ClockMessage
from bridge.timing.simulated_masters import WIRES, MasterKind, MasterMessage, random_scenario
from bridge.timing.tempo import BeatLine

TRIO = FakeTrio()
FACTS = ModelFacts(TRIO.spec, TRIO.presets, Directions.of(TRIO.directions, 8))
BAND = partial(answer, TRIO)
EVERY = pytest.mark.parametrize("metre", METRES.values(), ids=list(METRES))
BYTES = {ClockMessage.CLOCK: 0xF8, ClockMessage.START: 0xFA, ClockMessage.CONTINUE: 0xFB,
         ClockMessage.STOP: 0xFC}  # fmt: skip
SECOND = 2 * TICKS_PER_BEAT
"""Ticks of a second at 120 BPM."""


def session(**changes: object) -> State:
    """A stopped session of the fake band at 120 BPM, played exactly."""
    setup = replace(
        Setup(bpm=120.0, key="C major", tunes={n: t.notes() for n, t in TUNES.items()},
              tune_metres={n: t.metre for n, t in TUNES.items()}),
        **changes,  # type: ignore[arg-type]
    )  # fmt: skip
    state = first_state(setup, FACTS)
    still = {"humanize": 0.0, "fills": 0.0, "temperature": 0.0, "variation": 0.0, "swing": 0.0}
    return state.but(band=state.band.but(controls={**state.band.controls, **still}))


def kicks(played: Played) -> list[int]:
    """The ticks of the kicks."""
    return [row.tick for row in ons(played, "drums") if row.note == 36]


def perform(state: State, *events: object, bars: float, metre: Metre = FOUR_FOUR) -> Played:
    """Start at once, and play for some bars of ``metre``."""
    until = bars * metre.ticks / SECOND
    told_ = [told(0, m.Start()), *events, told(until - 0.01, m.Stop())]
    return run(state, told_, until, BAND)  # type: ignore[arg-type]


def downbeats(played: Played, metre: Metre, bars: range, start: int = 0) -> bool:
    """True if there is a kick on the first beat of each bar."""
    struck = set(kicks(played))
    return all(start + metre.bar_start(bar) in struck for bar in bars)


@EVERY
def test_the_kick_is_on_one_and_the_snare_where_it_belongs(metre: Metre) -> None:
    played = perform(session(metre=metre), bars=6, metre=metre)
    assert downbeats(played, metre, range(6))
    snares = {row.tick % metre.ticks for row in ons(played, "drums") if row.note == 38}
    beats = {"4/4": (1, 3), "3/4": (1, 2), "6/8": (1,), "12/8": (1, 3), "4/4t": (1, 3)}[metre.name]
    assert {beat * metre.ticks_per_beat for beat in beats} <= snares


@EVERY
def test_every_note_is_on_a_step_of_its_metre(metre: Metre) -> None:
    played = perform(session(metre=metre), bars=8, metre=metre)
    assert_closed(played)
    assert {row.tick % metre.ticks_per_step for row in played.rows if row.kind == "on"} == {0}


@EVERY
def test_the_count_in_clicks_each_beat_and_the_first_of_a_bar_is_louder(metre: Metre) -> None:
    played = perform(session(metre=metre, count_in_bars=2), bars=3, metre=metre)
    clicks = [row for row in ons(played, "drums") if row.tick < 0]
    assert [c.tick for c in clicks] == [
        beat * metre.ticks_per_beat for beat in range(-2 * metre.beats, 0)
    ]
    loud = [c.velocity for c in clicks]
    assert loud[0] == loud[metre.beats] > loud[1]
    assert downbeats(played, metre, range(1))


@EVERY
def test_what_was_played_is_saved_with_its_time_signature(metre: Metre) -> None:
    played = perform(session(metre=metre, count_in_bars=1), bars=4, metre=metre)
    song = played.recorder.song(dict.fromkeys(played.state.lanes, 0))
    assert song is not None
    assert song.signatures == (TimeSignature(0, metre.numerator, metre.denominator),)
    first = min(n.tick for t in song.tracks for n in t.notes)
    assert first == 0  # the count-in fills whole bars


@st.composite
def changes(draw: st.DrawFn) -> list[tuple[float, Metre]]:
    """Changes of metre at some times (seconds)."""
    at, found = 0.0, []
    for _ in range(draw(st.integers(1, 6))):
        at += draw(st.floats(0.05, 5.0))
        found.append((at, draw(st.sampled_from(list(METRES.values())))))
    return found


@given(changes(), st.sampled_from(list(METRES.values())))
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_change_of_metre_comes_at_a_bar_line_and_every_bar_has_its_first_beat(
    wanted: list[tuple[float, Metre]], first: Metre
) -> None:
    events = [told(at, m.SetMetre(metre.name)) for at, metre in wanted]
    played = perform(session(metre=first), *events, bars=9, metre=TWELVE_EIGHT)
    assert_closed(played)
    grid, struck = played.state.clock.grid, set(kicks(played))
    assert grid.metre is wanted[-1][1]
    last = played.state.clock.bar  # the one that was cut off
    assert all(grid.bar_start(bar) in struck for bar in range(last))


def test_the_bar_that_plays_ends_before_the_metre_changes() -> None:
    played = perform(session(), told(2.3, m.SetMetre("3/4")), bars=6)
    # Bar 1 begins at 2 s and lasts to 4 s; from there on bars of 3/4.
    assert played.state.clock.grid.rows() == ((0, 0, "4/4"), (7680, 2, "3/4"))
    assert downbeats(played, THREE_FOUR, range(5), start=7680)
    song = played.recorder.song(dict.fromkeys(played.state.lanes, 0))
    assert song is not None
    assert song.signatures == (TimeSignature(0, 4, 4), TimeSignature(7680, 3, 4))


def test_a_change_without_an_answer_in_time_goes_on_with_the_bar_before_in_the_new_metre() -> None:
    state = session()
    events = [told(0, m.Start()), told(3.95, m.SetMetre("3/4")), told(5.9, m.Stop())]
    played = run(state, events, 6.0, BAND, latency=0.5)
    assert played.state.counters.bars_repeated > 0
    assert downbeats(played, THREE_FOUR, range(1), start=7680)
    assert_closed(played)


def test_the_next_metre_goes_round_those_of_the_model() -> None:
    state = session()
    seen = []
    for _ in METRES:
        state, _ = core.step(state, CommandReceived(0.5, m.SetMetre()))
        seen.append(state.clock.metre.name)
    assert seen == [*list(METRES)[1:], "4/4"]


def test_a_target_sets_the_metre() -> None:
    state, _ = core.step(session(), CommandReceived(0.5, m.MoveTarget("metre:6/8", 1.0)))
    assert state.clock.metre is SIX_EIGHT


def test_a_metre_that_the_model_lacks_is_a_line_that_names_those_it_has(
    session: Callable[..., State],
) -> None:
    state, _ = core.step(session(), CommandReceived(0.5, m.SetMetre("3/4")))
    assert state.clock.metre is FOUR_FOUR
    assert "4/4 only" in state.message
    with pytest.raises(ModelError, match="plays 4/4 only, not 3/4"):
        session(metre=THREE_FOUR)


# --- styles of a metre ----------------------------------------------------------------------

MIXED = {
    **PRESETS,
    "waltz": Preset("waltz", np.full(1, 0.2, np.float32), metre="3/4"),
    "musette": Preset("musette", np.full(1, 0.9, np.float32), metre="3/4"),
    "shuffle": Preset("shuffle", np.full(1, 0.5, np.float32), metre="4/4t"),
}


def mixed(**changes: object) -> State:
    spec = replace(SPEC, metres=tuple(METRES))
    facts = ModelFacts(spec, MIXED, Directions((), np.zeros((0, 2), np.float32)))
    return first_state(replace(Setup(bpm=120.0), **changes), facts)  # type: ignore[arg-type]


def test_a_style_of_another_metre_is_refused_with_the_nearest_of_the_right_one() -> None:
    state, _ = core.step(mixed(), CommandReceived(0.5, m.SetStyle("musette")))
    assert state.band.style == "rock"
    assert "musette is in 3/4" in state.message
    assert "swing" in state.message
    with pytest.raises(ModelError, match="the nearest in 3/4 is waltz"):
        mixed(metre=THREE_FOUR, style="rock")


def test_another_metre_brings_the_nearest_style_of_its_own() -> None:
    state, _ = core.step(mixed(style="swing"), CommandReceived(0.5, m.SetMetre("3/4")))
    assert state.band.style == "musette"
    assert "musette" in state.message


def test_a_session_in_a_metre_begins_with_a_style_of_it() -> None:
    assert mixed(metre=THREE_FOUR).band.style == "waltz"
    assert mixed(metre=FOUR_FOUR_TRIPLETS).band.style == "rock"


def test_a_style_in_triplets_brings_its_beats_in_three_and_another_takes_them_away() -> None:
    state, _ = core.step(mixed(), CommandReceived(0.5, m.SetStyle("shuffle")))
    assert (state.band.style, state.clock.metre) == ("shuffle", FOUR_FOUR_TRIPLETS)
    state, _ = core.step(state, CommandReceived(0.6, m.SetStyle("rock")))
    assert (state.band.style, state.clock.metre) == ("rock", FOUR_FOUR)


def message(said: MasterMessage) -> bytes:
    """The MIDI bytes of a master's message."""
    return (
        position(said.units) if said.kind is ClockMessage.POSITION else bytes((BYTES[said.kind],))
    )


# --- masters --------------------------------------------------------------------------------


@EVERY
def test_a_song_position_lands_on_the_right_bar(metre: Metre) -> None:
    units = metre.clocks // 6
    master = Master().clocks(24).say(position(5 * units), CONTINUE).clocks(2 * metre.clocks)
    played = run(session(clock="DAW", metre=metre), master.say(STOP).events, master.now, BAND)
    struck = kicks(played)
    assert struck[0] == metre.bar_start(5)
    assert metre.bar_start(6) in struck


@EVERY
def test_a_masters_bars_are_counted_in_the_metre(metre: Metre) -> None:
    master = Master().clocks(48).say(START).clocks(4 * metre.clocks + 1)
    played = run(session(clock="DAW", metre=metre), master.events, master.now - 1.0, BAND)
    assert played.state.clock.bar == 4
    assert downbeats(played, metre, range(4))
    shot = snapshot(played.state, master.now, Recorder(120.0), (), Timing())
    assert shot.meter is not None
    assert shot.meter.said[0] == "start 1.1.1"


@EVERY
def test_a_jump_of_the_master_is_told_in_bars_of_the_metre(metre: Metre) -> None:
    units = 3 * metre.clocks // 6
    master = Master().clocks(24).say(position(units)).clocks(2)
    played = run(session(clock="DAW", metre=metre), master.events, master.now - 1.0, BAND)
    shot = snapshot(played.state, master.now, Recorder(120.0), (), Timing())
    assert shot.meter is not None
    assert shot.meter.said == ("song position 4.1.1",)


def test_another_metre_under_a_master_counts_its_bars_from_its_beginning() -> None:
    master = Master().clocks(48).say(START).bars(6).say(STOP)
    change = told(48 / 48 + 5.0, m.SetMetre("3/4"))
    played = run(session(clock="DAW"), [*master.events, change], master.now, BAND)
    assert played.state.clock.grid.rows() == ((0, 0, "3/4"),)
    assert {THREE_FOUR.bar_start(bar) for bar in (4, 5, 6)} <= set(kicks(played))
    assert_closed(played)


@given(
    st.integers(0, 1 << 32), st.sampled_from(list(WIRES)), st.sampled_from(list(METRES.values()))
)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_at_every_clock_of_any_story_the_bar_is_the_masters(
    seed: int, wire: str, metre: Metre
) -> None:
    """Starts, jumps, stops and tempi in any order: no bar is ever another than the master's."""
    state = session(clock="DAW", metre=metre)
    story = random_scenario(Random(seed), WIRES[wire], MasterKind.TEMPO)
    for said in story:
        state, _ = core.step(state, ClockIn(said.at, message(said)))
        if said.kind is ClockMessage.CLOCK and said.position is not None and state.clock.running:
            tick = state.clock.line.tick_at(said.at)
            early = state.clock.grid.bar_of(tick - TICKS_PER_BEAT // 4)
            late = state.clock.grid.bar_of(tick + TICKS_PER_BEAT // 4)
            assert early <= said.position // metre.clocks <= late
            assert state.clock.grid.metre is metre


@EVERY
def test_a_sent_clock_has_as_many_clocks_a_bar_as_the_metre(metre: Metre) -> None:
    played = perform(session(metre=metre, clock_outs=(0.0,)), bars=3, metre=metre)
    messages = [(at, sent.message) for at, sent in played.clocks]
    begin = next(k for k, (_, message) in enumerate(messages) if message == b"\xfa")
    end = messages[begin][0] + metre.ticks / SECOND - 1e-6
    in_bar = [at for at, message in messages[begin:] if message == b"\xf8" and at < end]
    assert len(in_bar) == metre.clocks


# --- tunes, modes, feel ---------------------------------------------------------------------


def test_a_tune_of_another_metre_is_refused() -> None:
    state, _ = core.step(session(), CommandReceived(0.5, m.PlayTune(True, "clementine")))
    assert state.tune.name == ""
    assert "clementine is in 3/4" in state.message


@pytest.mark.parametrize(("metre", "name"), [
    (THREE_FOUR, "clementine"), (SIX_EIGHT, "boat"), (TWELVE_EIGHT, "boat"), (FOUR_FOUR, "ode"),
])  # fmt: skip
def test_a_tune_is_played_in_bars_of_its_metre(metre: Metre, name: str) -> None:
    until = 6 * metre.ticks / SECOND
    played = run(session(metre=metre), [told(0.0, m.PlayTune(True, name))], until, BAND)
    notes = TUNES[name].notes()
    heard = [note.tick for note in played.state.heard.phrase.ended][: len(notes) // 2]
    assert heard
    assert heard == [note.tick for note in notes][: len(heard)]


def test_the_first_tune_is_one_of_the_metre() -> None:
    state, _ = core.step(session(metre=THREE_FOUR), CommandReceived(0.5, m.PlayTune(True)))
    assert state.tune.name == "clementine"
    shot = snapshot(state, 0.6, Recorder(120.0), (), Timing())
    assert shot.tunes == ("clementine",)


def test_tapping_is_for_four_four_only() -> None:
    state, _ = core.step(session(metre=SIX_EIGHT), CommandReceived(0.5, m.SetMode(m.Mode.TAP)))
    assert state.band.mode is m.Mode.FOLLOW
    assert "4/4 only" in state.message


@pytest.mark.parametrize("metre", [THREE_FOUR, SIX_EIGHT, TWELVE_EIGHT])
def test_a_loop_goes_round_in_bars_of_its_metre(metre: Metre) -> None:
    second = metre.ticks / SECOND
    keys = [
        event
        for bar in range(2)
        for event in (
            on(bar * second + 0.01, 60 + bar),
            off(bar * second + 0.3, 60 + bar),
        )
    ]
    state = session(metre=metre, mode=m.Mode.LOOP, loop_bars=2)
    played = run(state, [told(0, m.Start()), *keys], 8 * second, BAND)
    again = [row.tick // metre.ticks for row in ons(played, "melody")]
    assert again[:4] == [2, 3, 4, 5]
    assert played.state.heard.loop is not None


def swung(state: State, late: int, bars: int = 6) -> Played:
    """Eight 8ths a bar, the second of each beat ``late`` ticks after the straight place."""
    events = []
    for beat in range(4 * bars):
        for at in (beat * TICKS_PER_BEAT, beat * TICKS_PER_BEAT + 480 + late):
            events += [on(at / SECOND, 60 + beat % 4), off(at / SECOND + 0.1, 60 + beat % 4)]
    return run(state, [told(0, m.Start()), *events], bars * 2.0, BAND)


def test_the_band_swings_as_the_player_does_and_shows_it() -> None:
    played = swung(session(feel=FeelSource.FOLLOW), late=100)
    assert played.state.band.control("swing") == pytest.approx(100 / 160, abs=0.05)
    shot = snapshot(played.state, 13.0, Recorder(120.0), (), Timing())
    assert shot.feel.startswith("swing 6")


def test_the_band_goes_into_triplets_with_the_player_and_out_again() -> None:
    played = swung(session(feel=FeelSource.FOLLOW), late=160)
    assert played.state.clock.metre is FOUR_FOUR_TRIPLETS
    played = swung(session(feel=FeelSource.FOLLOW, metre=FOUR_FOUR_TRIPLETS), late=0)
    assert played.state.clock.metre is FOUR_FOUR


@pytest.mark.parametrize("metre", [SIX_EIGHT, TWELVE_EIGHT], ids=["6/8", "12/8"])
def test_beats_of_a_dotted_quarter_have_no_swing_to_follow(metre: Metre) -> None:
    played = swung(session(feel=FeelSource.FOLLOW, metre=metre), late=160)
    assert played.state.band.control("swing") == 0.0
    assert snapshot(played.state, 13.0, Recorder(120.0), (), Timing()).feel == ""


def test_a_swing_that_was_set_stays_whatever_is_played() -> None:
    state, _ = core.step(
        session(feel=FeelSource.FOLLOW), CommandReceived(0.5, m.SetControl("swing", 0.3))
    )
    assert swung(state, late=100).state.band.control("swing") == pytest.approx(0.3)
    style = swung(session(feel=FeelSource.STYLE), late=100)
    assert style.state.band.control("swing") == 0.0


def test_a_score_is_played_in_its_metre_only() -> None:
    score = PlayScore((("bass", 2880, 960, 40, 90),), 2, "history 3", metre="3/4")
    state, _ = core.step(session(), CommandReceived(0.5, score))
    assert "history 3 is in 3/4, the band in 4/4" in state.message
    events = [told(0, score), told(2.9, m.Stop())]
    played = run(session(metre=THREE_FOUR), events, 3.0, BAND)
    assert [row.tick for row in ons(played, "bass")] == [2880]


def test_a_model_beside_the_bands_is_in_four_four_only() -> None:
    guest = GuestModel("mel_2bar_small", "melody", 256, 2)
    with pytest.raises(ModelError, match="4/4 only"):
        session(metre=THREE_FOUR, guest=guest)
    state, _ = core.step(session(metre=THREE_FOUR), CommandReceived(0.5, UseModel(guest)))
    assert "4/4 only" in state.message
    state, _ = core.step(session(guest=guest), CommandReceived(0.5, m.SetMetre("3/4")))
    assert state.clock.metre is FOUR_FOUR
    with pytest.raises(ModelError, match="4/4 only"):
        session(metre=SIX_EIGHT, mode=m.Mode.TAP)


def test_a_sample_goes_into_the_history_with_its_metre() -> None:
    _, effects = core.step(session(metre=SIX_EIGHT), CommandReceived(0.5, DrawCode()))
    assert [e.metre for e in effects if isinstance(e, KeepCode)] == ["6/8"]


def test_link_peers_are_joined_on_a_bar_of_the_metre_and_told_its_length() -> None:
    at_nine = LinkIn(2.0, BeatLine(8.0, 2.0, 0.5), playing=True, peers=1)
    events = [at_nine, CommandReceived(4.2, m.SetMetre("6/8")), CommandReceived(6.0, m.Stop())]
    played = run(session(link=True, metre=THREE_FOUR), events, 6.0, BAND)
    assert kicks(played)[0] == 3 * THREE_FOUR.ticks
    told_link = [e for e in played.effects if isinstance(e, LinkOut)]
    assert [(e.number, e.quarters, e.play) for e in told_link] == [(1, 3, None), (2, 3, False)]
    assert played.state.clock.metre is SIX_EIGHT
    assert_closed(played)

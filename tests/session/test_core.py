"""The session offline: bar lines, commit line, modes, stops, stalls, commands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs
from playing import BAR, BEAT, T0, assert_closed, off, on, ons, run, simple_answer, told, tune

from bridge.model.messages import Request, Result, WorkerFailed
from bridge.music.arrange import CRASH, GM_DRUMS
from bridge.music.grid import FOUR_FOUR, TICKS_PER_BEAT
from bridge.music.notes import Part
from bridge.music.tokens import class_to_pitch
from bridge.session import core
from bridge.session.messages import commands as m
from bridge.session.simulation import Played
from bridge.session.state.effects import Silence
from bridge.session.state.events import Answered, MidiIn, WorkerLost
from bridge.session.state.session_state import State

Make = Callable[..., State]


def test_the_band_plays_from_the_first_bar_line(session: Make) -> None:
    """The first bar was generated while stopped, so the start sounds at once, on tick 0."""
    played = run(session(), [told(0, m.Start()), told(3.9 * BAR, m.Stop())], 4 * BAR)
    kicks = [r.tick for r in ons(played, "drums") if r.note == 36]
    assert kicks[:4] == [0, 1920, 3840, 5760]
    assert played.sent[0][0] == pytest.approx(T0)


def test_notes_are_sent_when_they_are_due(session: Make) -> None:
    """On the offline clock nothing is early and nothing is late."""
    played = run(session(), [told(0, m.Start()), *tune(4)], 6 * BAR)
    assert played.sent
    for at, send in played.sent:
        assert at == pytest.approx(send.due, abs=1e-6)


def test_the_next_bar_answers_what_is_played_now(session: Make) -> None:
    """In follow mode a note of this bar is heard in the bass of the next."""
    events = [told(0, m.Start()), on(0.1, 60), off(0.5, 60), on(1.0 * BAR, 67), off(2.5, 67)]
    played = run(session(), events, 3 * BAR)
    by_bar = {r.tick // FOUR_FOUR.ticks: r.note % 12 for r in ons(played, "bass")}
    assert by_bar[1] == 0
    assert by_bar[2] == 7


def test_a_bar_without_an_answer_repeats_the_one_before(session: Make) -> None:
    """A slow worker: late results are counted and dropped, and the last bar repeats."""

    def latency(request: Request) -> float:
        return 0.005 if request.target_bar == 0 else 1.9

    slow = run(session(), [told(0, m.Start()), *tune(6)], 6 * BAR - 0.01, latency=latency)
    assert slow.state.counters.bars_repeated >= 4
    per_bar = Counter(r.tick // FOUR_FOUR.ticks for r in ons(slow, "drums") if r.note == 36)
    assert all(per_bar[bar] == 2 for bar in range(6))


def test_late_results_never_change_a_committed_bar(session: Make) -> None:
    """An answer that comes after the bar line is counted late, and nothing of it sounds."""

    def answer(request: Request) -> Result:
        result = simple_answer(request)
        bar = result.bars[0]
        loud = bar.__class__(bar.melody, bar.bass, (511,) * 16)
        return result.__class__(
            result.generation, result.target_bar, (loud,), result.code, result.chords, 1.0
        )

    def latency(request: Request) -> float:
        return 0.005 if request.target_bar == 0 else 0.6

    events = [told(0, m.Start())]
    fast = run(session(), events, 3 * BAR, simple_answer)
    late = run(session(), events, 3 * BAR, answer, latency=latency)
    assert late.state.counters.results_late + late.state.counters.results_stale >= 2
    assert len(ons(late, "drums")) >= len(ons(fast, "drums")) / 2


def test_stop_closes_everything_at_once(session: Make) -> None:
    """Stop in mid-note: offs go out at the stop, then silence."""
    stop = 1.6 * BAR
    played = run(session(thru="all"), [told(0, m.Start()), *tune(1), on(1.5 * BAR, 72),
                                        told(stop, m.Stop())], 4 * BAR)  # fmt: skip
    assert_closed(played)
    assert played.sent[-1][0] == pytest.approx(T0 + stop)


def test_panic_asks_for_silence_on_every_output_first(session: Make) -> None:
    """Panic is the first effect of its step and stops the session."""
    played = run(session(), [told(0, m.Start()), told(1.3, m.Panic())], 2 * BAR)
    assert any(isinstance(e, Silence) for e in played.effects)
    assert not played.state.clock.running
    assert_closed(played)


def test_a_style_change_waits_for_the_bar_line(session: Make) -> None:
    """Asked for in bar 1, heard from bar 2 on, shown as pending in between."""
    events = [told(0, m.Start()), told(1.5 * BAR, m.SetStyle("swing"))]
    before = run(session(), events, 1.9 * BAR)
    assert (before.state.band.style, before.state.band.pending_style) == ("rock", "swing")
    after = run(session(), events, 4 * BAR)
    assert (after.state.band.style, after.state.band.pending_style) == ("swing", "")
    hats = {r.tick // FOUR_FOUR.ticks for r in ons(after, "drums") if r.note == 42}
    assert hats == {2, 3}


def test_an_unknown_style_is_a_message_and_the_music_goes_on(session: Make) -> None:
    """The nearest name is offered; nothing stops."""
    played = run(session(), [told(0, m.Start()), told(1, m.SetStyle("swng"))], 2 * BAR)
    assert "swing" in played.state.message
    assert played.state.clock.running


def test_a_knob_in_mid_bar_is_heard_from_the_next_beat(session: Make) -> None:
    """A direction knob changes the rest of the playing bar, not what has been."""
    turn = told(1.1 * BEAT, m.SetControl("direction:density", 1.0))
    played = run(session(), [told(0, m.Start()), turn], BAR - 0.01)
    rides = [r.tick for r in ons(played, "drums") if r.note == 51]
    assert rides
    assert min(rides) == 2 * TICKS_PER_BEAT


def test_tempo_changes_keep_the_grid(session: Make) -> None:
    """Ticks do not change with the tempo, only their times; the phase does not jump."""
    events = [told(0, m.Start()), told(1.3, m.SetTempo(60.0))]
    played = run(session(), events, 8.0)
    assert all(r.tick % 240 == 0 for r in ons(played, "drums") if r.note == 36)
    kicks = [(at, s.tick) for at, s in played.sent if s.message[:2] == bytes((0x99, 36))]
    times = {tick: at - T0 for at, tick in kicks}
    assert times[1920] == pytest.approx(1.0, abs=1e-6)
    assert times[3840] == pytest.approx(1.3 + (4 - 2.6) * 1.0, abs=1e-6)


def test_taps_set_the_tempo(session: Make) -> None:
    """Three taps 0.4 s apart are 150 BPM."""
    played = run(session(), [told(t, m.Tap(T0 + t)) for t in (0.0, 0.4, 0.8)], 1.0)
    assert played.state.clock.line.bpm == pytest.approx(150.0)


def test_the_first_key_starts_the_band_when_it_waits(session: Make) -> None:
    """Sync start: bar 0 begins with the key."""
    played = run(session(sync_start=True), [on(0.7, 60), off(1.0, 60)], 3 * BAR)
    first = played.sent[0]
    assert first[0] == pytest.approx(T0 + 0.7)
    assert first[1].tick == 0


def test_a_count_in_clicks_before_bar_0(session: Make) -> None:
    """Two bars of clicks, then the band."""
    played = run(session(count_in_bars=2), [told(0, m.Start())], 4 * BAR)
    early = [r for r in ons(played, "drums") if r.tick < 0]
    assert [r.tick for r in early] == [k * TICKS_PER_BEAT for k in range(-8, 0)]
    assert min(r.tick for r in ons(played, "bass")) == 0


def test_loop_mode_repeats_the_phrase_with_its_accompaniment(session: Make) -> None:
    """After two bars of playing the melody comes back every two bars, as it was."""
    state = session(mode=m.Mode.LOOP, loop_bars=2)
    played = run(state, [told(0, m.Start()), *tune(2, (60, 62, 64, 65, 67, 69, 71, 72))], 8 * BAR)
    melody = [(r.tick, r.note) for r in ons(played, "melody")]
    assert [n for _, n in melody[:8]] == [60, 62, 64, 65, 67, 69, 71, 72]
    assert melody[0][0] == 2 * FOUR_FOUR.ticks
    assert [(t - 2 * FOUR_FOUR.ticks, n) for t, n in melody[8:16]] == melody[:8]


def test_respond_mode_takes_turns(session: Make) -> None:
    """Two bars of call, two bars in which the band plays a melody of its own."""
    played = run(session(mode=m.Mode.RESPOND, respond_bars=2), [told(0, m.Start()), *tune(8)],
                 8 * BAR)  # fmt: skip
    bars = {r.tick // FOUR_FOUR.ticks for r in ons(played, "melody")}
    assert bars == {2, 3, 6, 7}


def test_a_fill_starts_at_once_and_ends_with_the_bar(session: Make) -> None:
    """The bar changes from there on; the next bar is unchanged."""
    plain = run(session(), [told(0, m.Start())], 3 * BAR)
    filled = run(session(), [told(0, m.Start()), told(1.25 * BAR, m.Fill())], 3 * BAR)

    def bar(played: Played, number: int) -> list[tuple[int, int]]:
        return [
            (r.tick, r.note) for r in ons(played, "drums") if r.tick // FOUR_FOUR.ticks == number
        ]

    assert bar(filled, 1) != bar(plain, 1)
    crash = (2 * FOUR_FOUR.ticks, GM_DRUMS.notes[CRASH])
    assert sorted([*bar(plain, 2), crash]) == bar(filled, 2)  # which lands on the one
    assert bar(filled, 0) == bar(plain, 0)


def test_muting_a_part_silences_it_at_once_and_it_comes_back(session: Make) -> None:
    """The bass stops sounding when muted and plays again when not."""
    events = [told(0, m.Start()), told(1.1 * BAR, m.Mute(Part.BASS, True)),
              told(2.9 * BAR, m.Mute(Part.BASS, False))]  # fmt: skip
    played = run(session(), events, 5 * BAR - 0.01)
    bars = {r.tick // FOUR_FOUR.ticks for r in ons(played, "bass")}
    assert bars == {0, 1, 3, 4}


def test_the_worker_dies_and_the_music_goes_on(session: Make) -> None:
    """Without a worker the last bar repeats."""

    def answer(request: Request) -> Result | WorkerFailed:
        if 2 <= request.target_bar <= 3:
            return WorkerFailed("out of memory", request.generation)
        return simple_answer(request)

    events = [told(0, m.Start()), WorkerLost(T0 + 1.2 * BAR)]
    played = run(session(), events, 6 * BAR - 0.01, answer)
    bars = {r.tick // FOUR_FOUR.ticks for r in ons(played, "drums")}
    assert bars == set(range(6))
    assert played.state.counters.bars_repeated == 2


def test_why_the_model_is_lost_is_said(session: Make) -> None:
    state, _ = core.step(session(), WorkerLost(T0, "the model did not answer for 20 s"))
    assert state.message == "the model did not answer for 20 s: starting it again"


def test_the_built_in_player_is_heard_like_anybody(session: Make) -> None:
    """A tune's notes come in as key presses and are passed on."""
    from bridge.music.notes import Note

    notes = tuple(Note(k * 960, 60 + k, 480) for k in range(4))
    state = session(tunes={"test": notes})
    played = run(state, [told(0, m.PlayTune(True, "test")), told(2.5 * BAR, m.Stop())], 4 * BAR)
    thru = [s for _, s in played.sent if s.thru and s.message[0] == 0x90]
    assert [s.message[1] for s in thru[:4]] == [60, 61, 62, 63]
    assert played.state.counters.notes_in >= 8
    assert_closed(played)


def test_output_offsets_shift_on_and_off_alike(session: Make) -> None:
    """Drums 20 ms late, bass 10 ms early: every message of the part by just that."""
    state = session(offsets={Part.DRUMS: 0.02, Part.BASS: -0.01})
    played = run(state, [told(0, m.Start()), told(4 * BAR, m.Stop())], 5 * BAR)
    for at, send in played.sent:
        if T0 + BAR < at < T0 + 3.5 * BAR:
            shift = {Part.DRUMS: 0.02, Part.BASS: -0.01}[send.part]
            assert at - (T0 + send.tick / TICKS_PER_BEAT * BEAT) == pytest.approx(shift, abs=1e-6)


def test_a_coarse_timer_makes_notes_late_but_loses_none(session: Make) -> None:
    """Deadlines rounded up to 15 ms (an old Windows timer): same notes, each under 15 ms late."""
    exact = run(session(), [told(0, m.Start()), told(4 * BAR - 0.02, m.Stop())], 4 * BAR)
    coarse = run(session(), [told(0, m.Start()), told(4 * BAR - 0.02, m.Stop())], 4 * BAR,
                 granularity=0.015)  # fmt: skip
    assert ons(coarse, "drums") == ons(exact, "drums")
    assert max(at - s.due for at, s in coarse.sent) < 0.0151


def test_the_same_session_twice_gives_the_same_rows(session: Make) -> None:
    """Everything is seeded: same keys in, same notes out."""
    events = [told(0, m.Start()), *tune(6)]
    assert run(session(), events, 8 * BAR).rows == run(session(), events, 8 * BAR).rows


def test_stray_answers_are_counted_and_ignored(session: Make) -> None:
    """A result without a pending request changes nothing."""
    stray = Result(999, 5, (), (), (), 1.0)
    played = run(session(), [Answered(T0 + 1.0, stray)], 2.0)
    assert played.state.counters.results_stale == 1
    assert not played.state.plan.bars


commands = st.one_of(
    st.builds(m.Start),
    st.builds(m.Stop),
    st.builds(m.Panic),
    st.builds(m.Tap, st.floats(0, 40)),
    st.builds(m.SetTempo, st.floats(-10, 1000)),
    st.builds(m.SetStyle, st.sampled_from(["rock", "swing", "none"])),
    st.builds(m.SetMode, st.sampled_from(m.Mode)),
    st.builds(m.KeyDown, st.floats(0, 40), st.integers(0, 127)),
    st.builds(m.KeyUp, st.floats(0, 40), st.integers(0, 127)),
    st.builds(m.SetControl, st.sampled_from(["swing", "direction:wild", "x"]), st.floats(-9, 9)),
    st.builds(m.Mute, st.sampled_from(Part), st.booleans()),
    st.builds(m.Fill),
    st.builds(m.Clear),
    st.builds(m.SetKey, st.sampled_from(["", "A minor", "H dur"])),
)
happenings = st.lists(
    st.one_of(
        st.tuples(st.floats(0, 20), commands).map(lambda x: told(x[0], x[1])),
        st.tuples(st.floats(0, 20), st.binary(min_size=1, max_size=4)).map(
            lambda x: MidiIn(T0 + x[0], x[1])
        ),
        st.floats(0, 20).map(lambda t: WorkerLost(T0 + t)),
    ),
    max_size=40,
)


@given(happenings, st.floats(0.001, 1.0))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_happens_all_notes_are_closed_after_stop(
    session: Make, events: list[object], latency: float
) -> None:
    """Random commands, bytes and crashes: no exception, no stuck note, no note-on twice."""
    state = session(thru="all", sync_start=True)
    played = run(state, [*events, told(21.0, m.Stop())], 22.0, latency=latency)  # type: ignore[list-item]
    assert_closed(played)
    assert not played.state.clock.running


def test_the_off_of_a_dropped_note_does_not_hold_up_the_clock(session: Make) -> None:
    """A start dated back drops notes that are already past; their offs go silently."""
    key = told(0.591, m.KeyDown(at=0.0, pitch=9))
    played = run(session(sync_start=True), [key, WorkerLost(T0 + 0.6)], 20.0, latency=0.24)
    assert played.state.clock.bar > 5


def test_the_bass_waits_until_a_key_is_known(session: Make) -> None:
    """Before anything is heard the drums play alone; from the next bar on the bass is there."""
    played = run(session(key=""), [told(0, m.Start()), *tune(3)], 4 * BAR - 0.01)
    assert min(r.tick for r in ons(played, "drums")) == 0
    assert {r.tick // FOUR_FOUR.ticks for r in ons(played, "bass")} == {1, 2, 3}


def test_the_second_time_round_the_chords_of_the_first_are_given(session: Make) -> None:
    """Four bars that repeat: from the second round on requests carry the bar's chords, until a
    clear forgets them."""
    asked: list[Request] = []

    def answer(request: Request) -> Result:
        asked.append(request)
        return simple_answer(request)

    four = (60, 64, 67, 72, 62, 65, 69, 74, 59, 62, 67, 71, 60, 67, 64, 72)
    events = [told(0, m.Start()), *tune(12, four)]
    played = run(session(), events, 12 * BAR, answer)
    assert played.state.heard.memory.period == 4
    first = [r for r in asked if 0 < r.target_bar < 5]
    later = [r for r in asked if r.target_bar > 8]
    assert not any(r.chords for r in first)
    assert all(r.chords[-2:] == (1, 1) and set(r.chords[:-2]) == {-1} for r in later)
    cleared = run(session(), [*events, told(11.9 * BAR, m.Clear())], 12 * BAR)
    assert cleared.state.heard.memory.period == 0


def test_chords_are_named_anew_when_what_came_after_them_was_heard(session: Make) -> None:
    """The last twelve bars take the newest reading; older ones keep theirs."""

    def answer(request: Request) -> Result:
        newest = 1 + request.target_bar % 24
        before = (newest,) * (len(request.before) // 8)
        return structs.replace(simple_answer(request), chords=(newest,) * 8, chords_before=before)

    played = run(session(key="C major"), [told(0, m.Start()), *tune(20)], 20 * BAR, answer)
    chords = played.state.heard.memory.chords
    last = max(chords)
    assert {chords[bar] for bar in range(last - 11, last + 1)} == {(2 + last, 2 + last)}
    assert chords[last - 12] == (1 + last, 1 + last)


def test_chords_held_below_the_split_are_what_the_band_plays(session: Make) -> None:
    """A left hand on F major: the request gives F for the coming bar, whatever the right
    hand plays, and the left hand's notes are not taken for melody."""
    asked: list[Request] = []

    def answer(request: Request) -> Result:
        asked.append(request)
        return simple_answer(request)

    left = [on(0.1, pitch) for pitch in (41, 45, 48)]
    run(session(split=54), [told(0, m.Start()), *left, *tune(2)], 2 * BAR - 0.01, answer)
    later = {r.target_bar: r for r in asked if r.target_bar >= 1}
    assert later
    assert all(r.chords[-2:] == (6, 6) for r in later.values())
    assert all(c < 2 or class_to_pitch(c) >= 54 for r in later.values() for c in r.melody)

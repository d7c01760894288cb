"""Chords played live: the bass moves to them at once, by the setting, and without the model."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest
from msgspec import structs
from playing import BAR, BEAT, T0, assert_closed, off, on, ons, run, simple_answer, told

from bridge.listening.ears import BassMove
from bridge.listening.live_chord import ListenMode
from bridge.model.messages import Request, Result
from bridge.session.bars.chord_chart import read_chart
from bridge.session.messages import commands as m
from bridge.session.simulation import Played
from bridge.session.state.events import Event, MidiIn
from bridge.session.state.session_state import State

Make = Callable[..., State]
C, F, G, AM = (48, 52, 55), (53, 57, 60), (43, 47, 50), (45, 48, 52)


def chord(at: float, pitches: Iterable[int], beats: float = 3.8, late: float = 0.0) -> list[Event]:
    """Keys of a chord, each ``late`` seconds after the one before."""
    events: list[Event] = []
    for index, pitch in enumerate(pitches):
        events += [on(at + index * late, pitch), off(at + beats * BEAT, pitch)]
    return events


def in_c(request: Request) -> Result:
    """A band that is always in C: its bass has the root on each half bar."""
    return simple_answer(structs.replace(request, heard=(0,) * len(request.heard)))


def play(state: State, events: list[Event], bars: float) -> Played:
    ends = told(bars * BAR - 0.01, m.Stop())
    return run(state, [told(0, m.Start()), *events, ends], bars * BAR, in_c)


def bass_at(played: Played, tick: int) -> int | None:
    """The pitch class of the bass that sounds at a tick."""
    sounding: int | None = None
    for row in played.rows:
        if row.part == "bass" and row.tick <= tick:
            if row.kind == "on":
                sounding = row.note % 12
            elif sounding == row.note % 12:
                sounding = None
    return sounding


def test_the_bass_follows_a_chord_that_the_plan_did_not_have(session: Make) -> None:
    events = chord(0, C) + chord(BAR, F) + chord(2 * BAR, G)
    played = play(session(), events, 3)
    assert bass_at(played, 3840 + 400) == 5
    assert bass_at(played, 3840 + 1920 + 100) == 5
    assert bass_at(played, 2 * 3840 + 400) == 7
    assert_closed(played)


def test_a_chord_struck_80_ms_late_corrects_the_bass_at_once(session: Make) -> None:
    played = play(session(), chord(0, C) + chord(BAR + 0.08, F), 2)
    struck = round((BAR + 0.08) / BEAT * 960)
    assert bass_at(played, struck + 20) == 5
    assert_closed(played)


def test_fingers_60_ms_apart_are_one_chord(session: Make) -> None:
    played = play(session(), chord(0, C) + chord(BAR, (45, 48, 53), late=0.025), 2)
    assert [c.chord.name for c in played.state.ears.changes if c.chord] == ["C", "F/A"]


def test_the_bass_plays_the_bass_note_of_a_slash_chord(session: Make) -> None:
    played = play(session(), chord(0, C) + chord(BAR, (40, 48, 55, 60)), 2)
    assert bass_at(played, 3840 + 400) == 4
    assert played.state.ears.chord is not None
    assert played.state.ears.chord.name == "C/E"


@pytest.mark.parametrize(
    ("move", "first"), [(BassMove.AT_ONCE, 5), (BassMove.NEXT_EIGHTH, 0), (BassMove.NEVER, 0)]
)
def test_the_sounding_note_moves_by_the_setting(session: Make, move: BassMove, first: int) -> None:
    state = session()
    state = state.but(ears=replace(state.ears, bass=move))
    played = play(state, chord(0, C) + chord(BAR + 0.05, F), 2)
    assert bass_at(played, 3840 + 200) == first
    later = bass_at(played, 3840 + 960)
    assert later == (0 if move is BassMove.NEVER else 5)
    assert bass_at(played, 3840 + 1920 + 100) == 5


def test_a_passing_note_is_no_change_of_chord(session: Make) -> None:
    scale = [e for i, p in enumerate((72, 74, 76, 77, 79, 77, 76, 74))
             for e in (on(i * 0.25, p), off(i * 0.25 + 0.2, p))]  # fmt: skip
    played = play(session(), chord(0, C) + scale, 1)
    assert {c.chord.root for c in played.state.ears.changes if c.chord} == {0}


def test_a_single_line_is_left_to_the_model(session: Make) -> None:
    pitches = [60 + i % 5 for i in range(16)]
    line = [e for i, p in enumerate(pitches) for e in (on(i * BEAT, p), off(i * BEAT + 0.4, p))]
    played = play(session(), line, 4)
    assert played.state.ears.changes == ()


def test_mode_melody_hears_no_chords(session: Make) -> None:
    state = session()
    state = state.but(ears=replace(state.ears, mode=ListenMode.MELODY))
    played = play(state, chord(0, C) + chord(BAR, F), 2)
    assert played.state.ears.changes == ()
    assert bass_at(played, 3840 + 400) == 0


def test_fixed_chords_stand_above_what_is_heard(session: Make) -> None:
    played = play(session(chart=read_chart("C")), chord(0, C) + chord(BAR, F), 2)
    assert bass_at(played, 3840 + 400) == 0


def test_the_right_hand_never_moves_the_bass_while_the_left_holds(session: Make) -> None:
    left = chord(0, (36, 43, 48), 8) + chord(2 * BAR, (36, 43, 48), 8)
    run_down = [e for i, p in enumerate((79, 77, 76, 74, 72, 71, 69, 67, 65, 64, 62, 60) * 2)
                for e in (on(0.5 + i * 0.25, p), off(0.5 + i * 0.25 + 0.2, p))]  # fmt: skip
    played = play(session(), left + run_down, 4)
    heard = [c.chord for c in played.state.ears.changes if c.chord]
    assert {c.bass_note for c in heard} == {0}


@pytest.mark.parametrize(
    "keys",
    [
        [(i * 0.01, 36 + i % 60) for i in range(700)],
        [(i * 0.03, 60 + i % 2) for i in range(200)],
        [(i * 0.2, p) for i in range(20) for p in range(60, 72)],
        [(i * 0.2, p + i % 7) for i in range(40) for p in range(40, 46)],
        [(i * 0.06, 40 + i % 2) for i in range(130)],
        [(i * 0.04, 30 + 37 * i % 60) for i in range(200)],
        [(i * 0.125, 36 + 2 * (i % 4)) for i in range(64)],
    ],
    ids=["a cat", "a trill", "clusters", "low clusters", "a low trill", "any keys", "drums"],
)
def test_the_band_stays_in_time_and_calm_under_any_keys(
    session: Make, keys: list[tuple[float, int]]
) -> None:
    events = [e for at, p in keys for e in (on(at, p), off(at + 0.15, p))]
    played = play(session(), events, 4)
    downbeats = {r.tick for r in ons(played, "drums")}
    assert {bar * 3840 for bar in range(4)} <= downbeats
    assert all(at <= T0 + 4 * BAR + 0.1 for at, _ in played.sent)
    bass = ons(played, "bass")
    assert all(28 <= r.note <= 52 for r in bass)
    assert len(bass) <= 6 * 4
    assert_closed(played)


def test_without_hold_the_chord_ends_when_the_keys_lift(session: Make) -> None:
    state = session()
    events = chord(0, C) + chord(BAR, F, 1)
    held = play(state, events, 2)
    let_go = play(state.but(ears=replace(state.ears, hold=False)), events, 2)
    at = 3840 + 1920 + 100
    assert (bass_at(held, at), bass_at(let_go, at)) == (5, 0)


def test_in_left_hand_mode_the_chord_stays_until_the_next(session: Make) -> None:
    state = session(split=60)
    state = state.but(ears=replace(state.ears, mode=ListenMode.LEFT))
    played = play(state, chord(0, F, 1), 4)
    assert [bass_at(played, bar * 3840 + 2000) for bar in range(4)] == [5] * 4


def test_the_model_is_told_the_chords_that_were_heard(session: Make) -> None:
    asked: list[Request] = []

    def answer(request: Request) -> Result:
        asked.append(request)
        return in_c(request)

    events = [told(0, m.Start()), *chord(0, C), *chord(BAR, F), *chord(2 * BAR, G)]
    run(session(), events, 3 * BAR, answer)
    last = [r for r in asked if r.target_bar == 3][-1]
    assert last.chords[:6] == (1, 1, 6, 6, 8, 8)


def test_sixteen_channels_of_an_mpe_keyboard_are_one_player(session: Make) -> None:
    def key(at: float, channel: int, pitch: int, loud: int) -> MidiIn:
        return MidiIn(T0 + at, bytes((0x90 | channel, pitch, loud)), "MPE")

    events: list[Event] = []
    for bar, keys in enumerate((C, F, G)):
        for channel, pitch in enumerate(keys, 1 + 4 * bar):
            events += [
                key(bar * BAR, channel, pitch, 90),
                key((bar + 0.9) * BAR, channel, pitch, 0),
            ]
    played = play(session(), events, 3)
    assert [c.chord.name for c in played.state.ears.changes if c.chord] == ["C", "F", "G"]
    assert_closed(played)


def test_a_pedal_held_for_minutes_does_not_hold_the_harmony(session: Make) -> None:
    down = [MidiIn(T0, bytes((0xB0, 64, 127)))]
    changes = [e for bar in range(30) for e in chord(bar * BAR, (C, F, G, AM)[bar % 4], 2)]
    played = play(session(), down + changes, 30)
    last = played.state.ears.changes[-1]
    assert last.chord is not None
    assert last.chord.root == 5  # bar 29 is the second of four
    assert bass_at(played, 29 * 3840 + 2400) == 5
    assert_closed(played)


def test_drums_on_the_keyboards_channel_leave_the_band_in_time(session: Make) -> None:
    hits = [(i * 0.125, 36 + 2 * (i % 4)) for i in range(64)]
    beat = [e for at, drum in hits for e in (on(at, drum), off(at + 0.1, drum))]
    played = play(session(), beat, 4)
    assert {bar * 3840 for bar in range(4)} <= {r.tick for r in ons(played, "drums")}
    assert all(28 <= r.note <= 52 for r in ons(played, "bass"))
    assert_closed(played)


def test_no_notes_at_all_change_nothing(session: Make) -> None:
    played = play(session(), [], 4)
    assert played.state.ears.changes == ()
    assert len(ons(played, "bass")) == 8

"""Solo beside mute, transposition, and the metronome."""

from __future__ import annotations

from itertools import pairwise

import pytest
from arranging import BAR_TICKS, Make, at, fake_answer, fake_session, notes, take
from playing import BAR, BEAT, assert_closed, off, on, run, told

from bridge.music.grid import METRES
from bridge.music.notes import Part
from bridge.music.smf.song import Song
from bridge.session.messages import commands as m
from bridge.session.messages.arranger_commands import Solo, SwitchMetronome, Transpose
from bridge.session.simulation import Played
from bridge.session.state.effects import Click
from bridge.session.state.song.metronome import ClickSound

# --- solo ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("muted", "solo", "heard"),
    [
        ((), (), {"bass", "drums"}),
        ((), (Part.BASS,), {"bass"}),
        ((), (Part.BASS, Part.DRUMS), {"bass", "drums"}),
        ((Part.BASS,), (Part.BASS,), set()),
        ((Part.DRUMS,), (Part.BASS,), {"bass"}),
        ((), (Part.MELODY,), set()),
    ],
)
def test_a_part_is_heard_if_it_is_not_muted_and_nothing_else_is_soloed(
    session: Make, muted: tuple[Part, ...], solo: tuple[Part, ...], heard: set[str]
) -> None:
    choices = [at(1.4, m.Mute(part, True)) for part in muted]
    choices += [at(1.5, Solo(part, True)) for part in solo]
    played = run(session(), take(4, *choices), 4 * BAR)
    assert {part for _, part, _, _ in notes(played, 3)} == heard


def test_a_sounding_note_of_another_part_ends_when_one_is_soloed(session: Make) -> None:
    played = run(session(), take(2, at(1.1, Solo(Part.DRUMS, True)), at(1.9, m.Stop())), 2 * BAR)
    ends = [row.tick for row in played.rows if row.part == "bass" and row.kind == "off"]
    assert round(1.1 * BAR_TICKS) in range(max(ends) - 10, max(ends) + 10)
    assert_closed(played)


def test_a_solo_of_the_drums_silences_what_is_passed_on_too(session: Make) -> None:
    events = [told(0, m.Start()), on(0.5, 60), told(0.8, Solo(Part.DRUMS, True)), on(1.0, 64)]
    played = run(session(thru="all"), events, 1.5)
    passed = [send.message for _, send in played.sent if send.thru]
    assert [message[0] & 0xF0 for message in passed] == [0x90, 0x80]


def test_solos_go_and_mutes_stay(session: Make) -> None:
    events = take(
        4, at(0.5, m.Mute(Part.DRUMS, True)), at(0.6, Solo(Part.BASS, True)),
        at(1.5, Solo(Part.BASS, False)),
    )  # fmt: skip
    state = run(session(), events, 3 * BAR).state
    assert (state.band.silenced, state.band.muted) == ({Part.DRUMS}, {Part.DRUMS})


# --- transpose ----------------------------------------------------------------------------


def test_the_band_is_transposed_and_the_drums_are_not(session: Make) -> None:
    plain = run(session(), take(4), 4 * BAR)
    higher = run(session(), [told(-0.5, m.SetControl("transpose", 3.0)), *take(4)], 4 * BAR)
    assert notes(higher, 2, ["drums"]) == notes(plain, 2, ["drums"])
    moved = [(t, p, pitch + 3, v) for t, p, pitch, v in notes(plain, 2, ["bass"])]
    assert notes(higher, 2, ["bass"]) == moved


def test_transposing_while_notes_sound_leaves_none_behind(session: Make) -> None:
    steps = [told(0.3 + 0.17 * i, Transpose(1 if i % 3 else -2)) for i in range(40)]
    keys = [e for i in range(12) for e in (on(0.2 + 0.6 * i, 60), off(0.55 + 0.6 * i, 60))]
    events = [told(0, m.Start()), *keys, *steps, told(8.1, m.Stop())]
    played = run(session(thru="all"), events, 8.5)
    assert_closed(played)
    assert played.state.heard.passed_notes == {}


def test_a_key_that_is_passed_on_sounds_transposed_and_ends_as_it_began(session: Make) -> None:
    events = [
        told(0, Transpose(2)),
        on(0.1, 60),
        told(0.2, Transpose(-5)),
        off(0.4, 60),
        on(0.5, 60),
    ]
    played = run(session(thru="all"), events, 0.8)
    passed = [tuple(send.message[:2]) for _, send in played.sent if send.thru]
    assert passed == [(0x90, 62), (0x80, 62), (0x90, 57)]


def test_a_take_holds_the_player_as_heard(session: Make) -> None:
    events = [
        told(0, m.Start()), told(0.1, Transpose(2)), on(0.5, 60), told(0.6, Transpose(2)),
        off(0.9, 60), told(1.9, m.Stop()),
    ]  # fmt: skip
    song = run(session(), events, 2.0).recorder.song(dict.fromkeys(Part, 0))
    assert isinstance(song, Song)
    (melody,) = [t.notes for t in song.tracks if t.name == "Melody"]
    assert [(n.pitch, n.length) for n in melody] == [(62, 768)]


def test_a_knob_of_the_transposition_stands_on_semitones(session: Make) -> None:
    state = run(session(), [told(0, m.MoveTarget("transpose", 0.56))], 0.2).state
    assert state.band.control("transpose") == 1.0
    assert run(state, [told(0.3, Transpose(0))], 0.5).state.band.transpose == 0


# --- metronome ----------------------------------------------------------------------------


def clicks(played: Played) -> list[tuple[int, int]]:
    """(Tick, pitch) of the clicks."""
    return [
        (e.tick, e.message[1])
        for e in played.effects
        if isinstance(e, Click) and e.message[0] & 0xF0 == 0x90
    ]


@pytest.mark.parametrize("name", list(METRES))
def test_it_clicks_on_every_beat_with_an_accent_on_the_one_in_every_metre(name: str) -> None:
    metre = METRES[name]
    seconds = metre.quarters * BEAT
    events = [told(0, m.Start()), told(3 * seconds - 0.05, m.Stop())]
    played = run(fake_session(metre=metre, metronome=True), events, 3 * seconds, fake_answer)
    beats = [(beat * metre.ticks_per_beat) for beat in range(3 * metre.beats)]
    assert clicks(played) == [
        (tick, 77 if index % metre.beats else 76) for index, tick in enumerate(beats)
    ]
    sent = [e.message for e in played.effects if isinstance(e, Click)]
    assert len([s for s in sent if s[0] & 0xF0 == 0x80]) == len(beats)


def test_a_change_of_metre_changes_the_click_with_the_bar() -> None:
    events = [told(0, m.Start()), told(2.5, m.SetMetre("3/4"))]
    played = run(fake_session(metronome=True), events, 7.9, fake_answer)
    accents = [tick for tick, pitch in clicks(played) if pitch == 76]
    assert accents == [0, 3840, 7680, 7680 + 2880, 7680 + 2 * 2880]


def test_it_is_switched_on_at_the_next_beat_and_off_at_once(session: Make) -> None:
    events = take(4, at(0.6, SwitchMetronome()), at(2.05, SwitchMetronome()))
    played = run(session(), events, 4 * BAR)
    assert [tick for tick, _ in clicks(played)] == [2880, *range(3840, 7681, 960)]
    assert played.rows == run(session(), take(4), 4 * BAR).rows


def test_it_leaves_the_count_in_its_own_clicks(session: Make) -> None:
    played = run(session(metronome=True, count_in_bars=1), take(2), 2.4 * BAR)
    assert min(tick for tick, _ in clicks(played)) == 0


def test_it_is_on_a_channel_and_notes_of_choice_and_as_loud_as_set(session: Make) -> None:
    state = session(metronome=True, click=ClickSound(channel=3, accent=90, beat=91))
    played = run(state, [told(-0.5, m.SetControl("metronome level", 0.5)), *take(1)], 0.9 * BAR)
    sent = [e.message for e in played.effects if isinstance(e, Click)]
    assert sent[0] == bytes((0x93, 90, 59))
    assert {message[0] & 0x0F for message in sent} == {3}
    silent = run(state, [told(-0.5, m.SetControl("metronome level", 0.0)), *take(1)], 0.9 * BAR)
    assert clicks(silent) == []


def test_no_click_is_left_after_a_stop_and_none_is_in_the_take(session: Make) -> None:
    events = [*take(2, at(1.01, m.Stop()))]
    played = run(session(metronome=True), events, 2 * BAR)
    sent = [e.message for e in played.effects if isinstance(e, Click)]
    assert sum(s[0] & 0xF0 == 0x90 for s in sent) == sum(s[0] & 0xF0 == 0x80 for s in sent)
    pitches = {n.pitch for n in played.recorder.take.notes[Part.DRUMS]}
    assert not pitches & {76, 77}


def test_late_clicks_are_left_out_and_none_comes_in_a_burst(session: Make) -> None:
    played = run(session(metronome=True), take(4), 4 * BAR, granularity=0.7)
    times = [e.due for e in played.effects if isinstance(e, Click) and e.message[0] & 0xF0 == 0x90]
    assert all(b - a > 0.4 for a, b in pairwise(times))

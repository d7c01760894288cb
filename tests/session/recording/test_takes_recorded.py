"""From effects to records, to a take, to a song."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from playing import BAR, BEAT, T0, off, on, run, simple_answer, told, tune

from bridge.model.messages import FromWorker, Request
from bridge.music.chords import parse_chord
from bridge.music.grid import FOUR_FOUR, TICKS_PER_BEAT
from bridge.music.notes import Part, PlayerKey
from bridge.session.messages import commands as m
from bridge.session.recorder import FREE_PAUSE, Recorder
from bridge.session.recording.take import Take
from bridge.session.recording.take_records import (
    BandMove,
    ChordMove,
    MetreMove,
    PlayerMove,
    RecordsLost,
    SectionMove,
    StyleMove,
    TakeEnd,
    TakeHead,
    TakeJump,
    TakeRecord,
    TempoMove,
    packed_record,
    read_records,
)
from bridge.session.recording.take_song import take_song
from bridge.session.simulation import Played, play
from bridge.session.state.effects import FreeNote, NewTake, PlayerNote, TakeOver
from bridge.session.state.session_state import State

Make = Callable[..., State]
CHANNELS = {Part.MELODY: 0, Part.BASS: 1, Part.DRUMS: 9}
TICK = st.integers(-100_000, 10**9)
PITCH, LOUD = st.integers(0, 127), st.integers(0, 127)
BPM = st.floats(30, 300)
TEXT = st.text(max_size=12)
METRE = st.sampled_from(["4/4", "3/4", "6/8", "12/8", "4/4t"])
RECORDS = st.one_of(
    st.builds(TakeHead, bpm=BPM, metre=METRE, style=TEXT, when=TEXT, free=st.booleans()),
    st.builds(BandMove, part=st.integers(0, 2), tick=TICK, pitch=PITCH, velocity=LOUD),
    st.builds(PlayerMove, TICK, PITCH, LOUD, st.integers(0, 15), TEXT),
    st.builds(TempoMove, TICK, BPM),
    st.builds(MetreMove, TICK, METRE),
    st.builds(TakeJump, TICK, TICK),
    st.builds(SectionMove, TICK, TEXT),
    st.builds(ChordMove, TICK, TEXT),
    st.builds(StyleMove, TICK, TEXT),
    st.builds(TakeEnd, st.floats(0, 1e6), st.integers(0, 2**40), st.booleans()),
    st.builds(RecordsLost, st.integers(0, 2**40)),
)


def recorded(effects: Played) -> list[TakeRecord]:
    """The records of a simulated session."""
    found: list[TakeRecord] = []
    recorder = Recorder(120.0, write=found.append)
    for effect in effects.effects:
        recorder.hear(effect)
    recorder.over()
    return found


def take_from(records: list[TakeRecord]) -> Take:
    head = next(r for r in records if isinstance(r, TakeHead))
    take = Take.of(head)
    for record in records:
        take.hear(record)
    return take


@given(st.lists(RECORDS, max_size=8))
def test_a_record_is_read_as_it_was_written(records: list[TakeRecord]) -> None:
    assert list(read_records(map(packed_record, records))) == records


@given(st.binary(max_size=30))
def test_bytes_that_are_no_record_are_left_out(data: bytes) -> None:
    for record in read_records([data]):
        Take(120.0).hear(record)


def test_a_port_whose_name_is_no_unicode_is_written() -> None:
    (record,) = read_records([packed_record(PlayerMove(0, 60, 90, 0, "MPK\udcff"))])
    assert record == PlayerMove(0, 60, 90, 0, "MPK\\udcff")


def test_the_records_of_a_take_give_its_song(session: Make) -> None:
    played = run(session(), [told(0, m.Start()), *tune(4), told(4 * BAR, m.Stop())], 10.0)
    records = recorded(played)
    assert isinstance(records[0], TakeHead)
    assert isinstance(records[-1], TakeEnd)
    assert take_song(take_from(records), CHANNELS) == played.recorder.song(CHANNELS)
    assert (records[0].style, records[0].bpm, records[0].key) == ("rock", 120.0, "C major")
    assert records[-1].seconds == pytest.approx(4 * BAR, abs=0.01)


def test_a_take_begins_with_its_first_note_and_an_empty_one_is_none(session: Make) -> None:
    played = run(session(), [told(0, m.SetTempo(90)), told(1, m.SetTempo(100))], 3.0)
    assert recorded(played) == []


def test_every_start_is_a_take_of_its_own(session: Make) -> None:
    events = [told(at, command) for at, command in (
        (0, m.Start()), (BAR, m.Stop()), (2 * BAR, m.SetTempo(60)), (2 * BAR, m.Start()),
        (4 * BAR, m.Stop()))]  # fmt: skip
    records = recorded(run(session(), events, 6 * BAR))
    kinds = [type(r) for r in records if isinstance(r, TakeHead | TakeEnd)]
    assert kinds == [TakeHead, TakeEnd, TakeHead, TakeEnd]
    assert [r.bpm for r in records if isinstance(r, TakeHead)] == [120.0, 60.0]


def test_the_chords_of_each_bar_are_markers(session: Make) -> None:
    def answer(request: Request) -> FromWorker:
        """C in even bars, F in odd ones."""
        chord = parse_chord("F" if request.target_bar % 2 else "C")
        assert chord is not None
        return msgspec.structs.replace(simple_answer(request), chords=(chord.cls,) * 8)

    events = [told(0, m.Start()), told(4.6 * BAR, m.Stop())]
    played = play(session(), events, answer, T0 + 6 * BAR)
    song = take_song(take_from(recorded(played)), CHANNELS)
    bar = FOUR_FOUR.ticks
    assert [marker for marker in song.markers if marker[0] >= bar] == [
        (bar, "F"), (2 * bar, "C"), (3 * bar, "F"), (4 * bar, "C")]  # fmt: skip


def test_a_change_of_style_is_noted_where_it_is_heard(session: Make) -> None:
    events = [told(0, m.Start()), told(BAR / 2, m.SetStyle("swing"))]
    records = recorded(run(session(), events, 4 * BAR))
    assert [r.name for r in records if isinstance(r, StyleMove)] == ["swing"]


# --- played while the band stands ---------------------------------------------------------


def test_what_is_played_while_the_band_stands_is_a_take_too(session: Make) -> None:
    """Where no key starts the band: its first note is tick 0, at the tempo that is set."""
    events = [on(0, 60), off(BEAT, 60), on(BEAT, 64), off(3 * BEAT, 64)]
    records = recorded(run(session(sync_start=False), events, 5.0))
    head, *moves, end = records
    assert isinstance(head, TakeHead)
    assert head.free
    assert [(r.tick, r.pitch, r.velocity) for r in moves if isinstance(r, PlayerMove)] == [
        (0, 60, 96), (TICKS_PER_BEAT, 60, 0), (TICKS_PER_BEAT, 64, 96),
        (3 * TICKS_PER_BEAT, 64, 0)]  # fmt: skip
    assert isinstance(end, TakeEnd)
    assert (end.notes, end.seconds) == (2, pytest.approx(3 * BEAT, abs=0.01))


def test_a_pause_ends_what_was_played_freely_and_so_does_the_band() -> None:
    found: list[TakeRecord] = []
    recorder, key = Recorder(120.0, write=found.append), PlayerKey(60)
    for at in (1.0, 2.0, 2.0 + 2 * FREE_PAUSE):
        recorder.hear(FreeNote(at, key, 90, 120.0))
        recorder.hear(FreeNote(at + 0.1, key, 0, 120.0))
    recorder.hear(NewTake(100.0))
    recorder.hear(PlayerNote(0, key, 90))
    recorder.hear(TakeOver())
    heads = [r for r in found if isinstance(r, TakeHead)]
    assert [head.free for head in heads] == [True, True, False]
    assert [r.notes for r in found if isinstance(r, TakeEnd)] == [2, 1, 1]


def test_a_key_that_was_down_as_the_band_stopped_begins_nothing() -> None:
    found: list[TakeRecord] = []
    recorder = Recorder(120.0, write=found.append)
    recorder.hear(FreeNote(1.0, PlayerKey(60), 0, 120.0))
    assert found == []


# --- jumps --------------------------------------------------------------------------------


def test_what_a_daw_loops_follows_one_another_in_the_song() -> None:
    """Four bars, twice again: the song has twelve bars, on bar lines, as it was heard."""
    bar = FOUR_FOUR.ticks
    take = Take(120.0)
    for round_ in range(3):
        for number in range(4):
            take.event(Part.DRUMS, number * bar, 36 + round_, 100)
            take.event(Part.DRUMS, number * bar + 200, 36 + round_, 0)
        if round_ < 2:
            take.jumped(4 * bar + 3, 0)  # a clock's jitter
    drums = next(t for t in take_song(take, CHANNELS).tracks if t.name == "Drums")
    assert [(n.tick // bar, n.tick % bar, n.pitch) for n in drums.notes] == [
        (k, 0, 36 + k // 4) for k in range(12)
    ]
    assert take.seconds == pytest.approx((11 * bar + 200) / TICKS_PER_BEAT / 2, abs=0.02)


def test_a_jump_ahead_is_no_silence() -> None:
    bar = FOUR_FOUR.ticks
    take = Take(120.0)
    for number in (0, 1):
        take.event(Part.BASS, number * bar, 40, 90)
        take.event(Part.BASS, number * bar + 960, 40, 0)
    take.jumped(2 * bar, 32 * bar)
    take.tempo(33 * bar, 90.0)
    take.event(Part.BASS, 32 * bar, 41, 90)
    take.event(Part.BASS, 32 * bar + 960, 41, 0)
    song = take_song(take, CHANNELS)
    bass = next(t for t in song.tracks if t.name == "Bass")
    assert [n.tick for n in bass.notes] == [0, bar, 2 * bar]
    assert [(c.tick, c.bpm) for c in song.tempi] == [(0, 120.0), (3 * bar, 90.0)]


# --- the window ---------------------------------------------------------------------------


def test_a_window_says_what_has_left_it() -> None:
    take = Take(120.0, window=4)
    for number in range(6):
        take.event(Part.BASS, 960 * number, 40, 90)
        take.event(Part.BASS, 960 * number + 480, 40, 0)
    assert len(take.notes[Part.BASS]) == 4
    assert take.count == 6
    assert take.covers(2400)
    assert not take.covers(960)


def test_the_take_under_way_has_its_length_and_notes(session: Make) -> None:
    recorder = Recorder(120.0)
    assert recorder.status is None
    played = run(session(), [told(0, m.Start()), *tune(2)], T0 + 2 * BAR)
    for effect in played.effects:
        recorder.hear(effect)
    status = recorder.status
    assert status is not None
    assert status.notes == recorder.take.count
    assert 1.5 * BAR < status.seconds <= T0 + 2 * BAR

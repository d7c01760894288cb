"""A band for a whole melody: windows that overlap, keys, pickups, repeatable."""

from __future__ import annotations

from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.model.answering.answer import answer
from bridge.model.contract import Preset
from bridge.model.fake import FakeTrio
from bridge.model.messages import BarTokens, Request, Result
from bridge.music.chords import class_name
from bridge.music.grid import FOUR_FOUR, TICKS_PER_BEAT
from bridge.music.key import Key
from bridge.music.notes import Note
from bridge.music.smf.song import Song, Track
from bridge.music.tokens import pitch_to_class
from bridge.music.tunes import TUNES
from bridge.offline.accompany import (
    Accompaniment,
    AccompanyOptions,
    accompany,
    first_bar,
    keys_by_bar,
)

ROCK = AccompanyOptions(Preset("rock", np.zeros(4, np.float32)))
SWING = Preset("swing", np.zeros(4, np.float32), swing=1.0)


class Band:
    """Answers every request with the same bar, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Request] = []

    def __call__(self, request: Request) -> Result:
        self.asked.append(request)
        bass = (pitch_to_class(36), *[0] * 15)
        bar = BarTokens((0,) * 16, bass, (1,) + (4,) * 15)
        chords = tuple(1 + (request.target_bar + k) % 12 for k in range(8))
        return Result(
            request.generation, request.target_bar, (bar,) * len(request.bars), (), chords, 1.0
        )


def song_of(*notes: Note, name: str = "Melody", channel: int = 0) -> Song:
    return Song((Track(name, channel, 0, tuple(sorted(notes))),))


def beats(count: int, start: int = 0, pitch: int = 60) -> list[Note]:
    return [Note(start + b * 960, pitch + (0, 2, 4, 7)[b % 4], 900) for b in range(count)]


def play(song: Song, wish: AccompanyOptions = ROCK, origin: int = 0) -> tuple[Accompaniment, Band]:
    band = Band()
    return accompany(band, 4, song, song.tracks[0], wish, origin=origin), band


def test_every_bar_is_asked_for_once_with_music_on_both_sides() -> None:
    done, band = play(song_of(*beats(40)))
    assert done.bars == 10
    assert [r.target_bar for r in band.asked] == [0, 2, 4, 6, 8]
    assert all(r.bars == (1, 2) for r in band.asked)
    inner = band.asked[2]
    assert set(inner.heard) == {1}
    assert all(any(inner.melody[bar * 16 : bar * 16 + 16]) for bar in range(4))


def test_what_lies_outside_the_piece_is_not_heard() -> None:
    _, band = play(song_of(*beats(16)))
    assert band.asked[0].heard == (0,) * 16 + (1,) * 48
    assert band.asked[-1].heard == (1,) * 48 + (0,) * 16


def test_a_window_of_silence_counts_as_not_heard() -> None:
    _, band = play(song_of(*beats(4), *beats(4, FOUR_FOUR.bar_start(12))))
    silent = [r for r in band.asked if 2 <= r.target_bar <= 8]
    assert silent
    assert all(not any(r.heard) for r in silent)


def test_chords_are_handed_on_where_windows_overlap() -> None:
    _, band = play(song_of(*beats(40)))
    first, second = band.asked[:2]
    assert first.chords == (-1,) * 8
    given = [1 + (first.target_bar + k) % 12 for k in range(8)]
    assert list(second.chords[:4]) == given[4:]
    assert second.chords[4:] == (-1,) * 4


@pytest.mark.parametrize("semitones", range(-5, 7))
def test_the_model_hears_every_key_as_the_common_one(semitones: int) -> None:
    tune = TUNES["saints"].notes()
    plain, band = play(song_of(*tune))
    moved = [Note(n.tick, n.pitch + semitones, n.length, n.velocity) for n in tune]
    other, moved_band = play(song_of(*moved))
    assert other.key == Key((plain.key.tonic + semitones) % 12, plain.key.mode)
    for a, b in zip(band.asked, moved_band.asked, strict=True):
        assert [c if c < 2 else (c - 2 + 21) % 12 for c in a.melody] == [
            c if c < 2 else (c - 2 + 21) % 12 for c in b.melody
        ]
    assert {(n.pitch - semitones) % 12 for n in other.bass} == {n.pitch % 12 for n in plain.bass}
    assert class_name(other.chords[0]) != class_name(plain.chords[0]) or semitones == 0


def test_the_original_comes_first_and_unchanged() -> None:
    song = Song(
        (
            Track("Lead", 1, 5, tuple(beats(8))),
            Track("Bells", 3, 14, (Note(100, 90, 7, 1),)),
        ),
        length=50_000,
    )
    done, _ = play(song)
    assert done.song.tracks[:2] == song.tracks
    assert [t.name for t in done.song.tracks[2:]] == ["Bass", "Drums"]
    assert (done.song.tempi, done.song.signatures, done.song.end) == (
        song.tempi,
        song.signatures,
        song.end,
    )
    assert done.song.tracks[2].channel not in {1, 3, 9}
    assert done.song.tracks[3].channel == 9


def test_nothing_sounds_after_the_end() -> None:
    song = song_of(*beats(5))
    done, _ = play(song)
    assert max(n.end for n in done.bass + done.drums) <= song.end


def test_a_pickup_in_a_full_bar_is_left_alone() -> None:
    pickup = [Note(3 * 960, 67, 900), *beats(8, FOUR_FOUR.bar_start(1))]
    done, band = play(song_of(*pickup))
    assert band.asked[0].target_bar == 1
    assert min(n.tick for n in done.drums) >= FOUR_FOUR.bar_start(1)
    assert first_bar(pickup) == 1
    assert first_bar(beats(4)) == 0
    assert first_bar([Note(3 * 960, 67, 900)]) == 0, "all there is, is no pickup"


def test_a_short_first_bar_moves_the_bar_lines() -> None:
    notes = [Note(0, 67, 900), *beats(8, TICKS_PER_BEAT)]
    done, _ = play(song_of(*notes), origin=TICKS_PER_BEAT)
    assert done.bars == 2
    assert {(n.tick - TICKS_PER_BEAT) % FOUR_FOUR.ticks for n in done.bass} == {0}


def test_a_key_change_is_followed() -> None:
    def saints(start: int, up: int) -> list[Note]:
        return [Note(n.tick + start, n.pitch + up, n.length) for n in TUNES["saints"].notes()]

    notes = [*saints(0, 0), *saints(FOUR_FOUR.bar_start(16), 6)]
    keys = keys_by_bar(notes, 0, 32)
    assert keys[2].tonic == 0
    assert keys[28].tonic == 6
    changes = sum(a != b for a, b in pairwise(keys))
    assert changes == 1


def test_the_same_wish_gives_the_same_notes_and_another_seed_does_not() -> None:
    trio = FakeTrio()
    song = song_of(*TUNES["ode"].notes())
    takes = [
        accompany(
            partial(answer, trio),
            4,
            song,
            song.tracks[0],
            AccompanyOptions(trio.presets["funk"], seed=seed),
        )
        for seed in (1, 1, 2)
    ]
    assert takes[0] == takes[1]
    assert takes[0].drums != takes[2].drums


def test_the_style_swings() -> None:
    done, _ = play(song_of(*beats(8)), AccompanyOptions(SWING, humanize=0.0))
    assert 640 in {n.tick % TICKS_PER_BEAT for n in done.drums}


def test_progress_goes_to_the_last_bar() -> None:
    told: list[tuple[int, int]] = []
    song = song_of(*beats(36))
    accompany(
        Band(), 4, song, song.tracks[0], ROCK, progress=lambda done, of: told.append((done, of))
    )
    assert told == [(2, 9), (4, 9), (6, 9), (8, 9), (9, 9)]


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.builds(Note, st.integers(0, 40_000), st.integers(0, 127), st.integers(1, 9000)),
        min_size=1,
        max_size=30,
    ),
    st.sampled_from([0, 960, 2880]),
)
def test_any_notes_get_a_band_within_the_piece(notes: list[Note], origin: int) -> None:
    song = song_of(*notes)
    done, _ = play(song, origin=origin)
    for note in done.bass + done.drums:
        assert origin <= note.tick < note.end <= song.end
    assert len(done.chords) == 2 * max(0, done.bars)
    starts = {FOUR_FOUR.bar_of(n.tick - origin) for n in done.drums}
    assert starts <= set(range(max(1, done.bars)))

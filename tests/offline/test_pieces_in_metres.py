"""Whole pieces in every metre: accompanied, composed, restyled, and with a bar of 2/4."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from bridge.errors import ModelError
from bridge.model.answering.answer import answer
from bridge.model.fake import FakeTrio
from bridge.music.grid import FOUR_FOUR, METRES, SIX_EIGHT, THREE_FOUR, TICKS_PER_BEAT, Metre
from bridge.music.key import Key
from bridge.music.notes import Note
from bridge.music.rhythm.song_bars import song_bars
from bridge.music.smf.song import Song, TimeSignature, Track, signature_of
from bridge.music.song_form import FIBONACCI, Section, SongForm, bars_for_minutes, lay_out
from bridge.offline.accompany import Accompaniment, AccompanyOptions, accompany, chord_track
from bridge.offline.compose import ComposeOptions, compose
from bridge.offline.restyle import style_from

TRIO = FakeTrio()
EVERY = pytest.mark.parametrize("metre", METRES.values(), ids=list(METRES))
PLAIN = AccompanyOptions(TRIO.presets["rock"], temperature=0.0, humanize=0.0, fills=0.0)


def tune(metre: Metre, bars: int = 8) -> Song:
    """A note on each beat, a chord's notes going up."""
    beat = metre.ticks_per_beat
    notes = tuple(
        Note(metre.bar_start(bar) + at * beat, 60 + 4 * (at % 3), beat // 2)
        for bar in range(bars)
        for at in range(metre.beats)
    )
    return Song((Track("Melody", 0, 0, notes),), signatures=(signature_of(metre),))


def accompanied(song: Song, metre: Metre | None = None) -> Accompaniment:
    placed = song_bars(song, metre)
    return accompany(
        partial(answer, TRIO), 4, song, song.tracks[0], PLAIN,
        origin=placed.origin, grid=placed.grid,
    )  # fmt: skip


def kicks(notes: tuple[Note, ...]) -> set[int]:
    return {note.tick for note in notes if note.pitch == 36}


@EVERY
def test_a_melody_is_accompanied_in_bars_of_its_metre(metre: Metre) -> None:
    done = accompanied(tune(metre), metre)
    assert done.bars == 8
    assert done.grid.metre is metre
    assert len(done.chords) == 16
    assert {metre.bar_start(bar) for bar in range(8)} <= kicks(done.drums)
    assert {note.tick % metre.ticks_per_step for note in (*done.drums, *done.bass)} == {0}
    assert done.song.signatures == (TimeSignature(0, metre.numerator, metre.denominator),)


def test_after_a_bar_of_two_quarters_the_band_is_on_the_first_beat_again() -> None:
    half = 2 * TICKS_PER_BEAT
    song = Song(
        tune(FOUR_FOUR, 9).tracks,
        signatures=(
            TimeSignature(0, 4, 4),
            TimeSignature(3 * FOUR_FOUR.ticks, 2, 4),
            TimeSignature(3 * FOUR_FOUR.ticks + half, 4, 4),
        ),
    )
    done = accompanied(song)
    starts = [done.grid.bar_start(bar) for bar in range(done.bars)]
    assert starts[3:6] == [3 * 3840, 3 * 3840 + half, 4 * 3840 + half]
    assert set(starts) <= kicks(done.drums)
    inside = [n for n in done.drums if starts[3] <= n.tick < starts[4]]
    assert inside
    ends = {bar: starts[bar + 1] for bar in range(done.bars - 1)}
    assert all(n.end <= ends.get(done.grid.bar_of(n.tick), n.end) for n in done.bass)


@EVERY
def test_the_chords_of_a_track_change_where_the_halves_of_a_bar_do(metre: Metre) -> None:
    first, second = metre.half_start(1), metre.ticks - metre.half_start(1)
    notes = []
    for bar in range(4):
        start = metre.bar_start(bar)
        notes += [Note(start, pitch, first) for pitch in (60, 64, 67)]
        notes += [Note(start + first, pitch, second) for pitch in (55, 59, 62)]
    track = Track("Keys", 0, 0, tuple(sorted(notes)))
    grid = song_bars(Song((track,)), metre).grid
    found = chord_track(track, 0, 4, grid)
    assert found == found[:2] * 4
    assert found[0] != found[1]


FORM = SongForm(
    "short",
    {"a": Section("a", 4, chords=("C", "F")), "b": Section("b", 4, close=True, fill=True)},
    ("a", "b"),
)


@EVERY
def test_a_piece_is_composed_in_its_metre(metre: Metre) -> None:
    options = ComposeOptions(
        lay_out(FORM), Key.parse("C major"), 120.0, "", temperature=0.0, humanize=0.0, metre=metre
    )
    piece = compose(TRIO, options)
    assert piece.song.signatures == (signature_of(metre),)
    assert piece.song.length == metre.bar_start(8)
    assert [tick for tick, _ in piece.song.markers] == [0, metre.bar_start(4)]
    drums = next(t.notes for t in piece.song.tracks if t.name == "Drums")
    assert {metre.bar_start(bar) for bar in range(8)} <= kicks(drums)
    assert {len(tokens.drums) for tokens in piece.tokens} == {metre.steps}
    last = [n for n in drums if n.tick >= metre.bar_start(7)]
    assert {n.tick for n in last} == {metre.bar_start(7)}  # one beat, held


@EVERY
def test_fibonacci_lengths_are_bars_of_any_metre(metre: Metre) -> None:
    form = SongForm("f", FORM.sections, ("a", "b"), lengths=FIBONACCI)
    bars = bars_for_minutes(1.0, 120.0, metre)
    assert bars == round(120 / metre.quarters)
    assert [s.bars for s in lay_out(form, bars).sections][:4] == [1, 1, 2, 3]


@pytest.mark.parametrize("metre", [THREE_FOUR, SIX_EIGHT])
def test_the_style_of_a_performance_is_of_its_metre(metre: Metre) -> None:
    band = accompanied(tune(metre), metre).song
    style = style_from(TRIO, band, "other")
    assert style.metre == metre.name
    assert int(np.argmax(style.vector)) == 0  # rock


def test_a_style_of_another_metre_is_refused_for_a_piece() -> None:

    class Mixed(FakeTrio):
        def in_metre(self, metre: str) -> Mixed:
            return Mixed(metre)

        @property
        def presets(self):  # type: ignore[no-untyped-def]
            rock = super().presets["rock"]
            return {"rock": rock, "waltz": replace(rock, name="waltz", metre="3/4")}

    options = ComposeOptions(lay_out(FORM), Key.parse("C major"), 120.0, "rock", metre=THREE_FOUR)
    with pytest.raises(ModelError, match="the nearest in 3/4 is waltz"):
        compose(Mixed(), options)
    assert compose(Mixed(), replace(options, style="")).song.tracks

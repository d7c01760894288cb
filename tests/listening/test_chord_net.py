"""The network of chords: its features, all keys alike, live and whole."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bridge.listening.chord_features import (
    GROUPS,
    WIDTH,
    beat_features,
    context,
    in_beats,
    low_at_start,
    pitch_classes,
    places,
    with_low_of,
)
from bridge.listening.chord_net import KINDS, Hearing, chord_net
from bridge.listening.chord_reader import QUALITIES, STATES
from bridge.listening.lines import has_harmony, lines_of
from bridge.listening.live_chord import LiveChord, heard_at, prepare
from bridge.music.grid import FOUR_FOUR, METRES, Metre
from bridge.music.notes import Note

BEAT = FOUR_FOUR.ticks_per_beat

notes_of_any_kind = st.lists(
    st.builds(Note, st.integers(-5000, 30_000), st.integers(0, 127), st.integers(1, 40_000)),
    max_size=40,
)


def turned(features: np.ndarray, semitones: int) -> np.ndarray:
    """The features with all pitch classes moved."""
    found = features.copy()
    pcs = found[:, : GROUPS * 12].reshape(len(found), GROUPS, 12)
    found[:, : GROUPS * 12] = np.roll(pcs, semitones, axis=2).reshape(len(found), -1)
    return found


@pytest.mark.parametrize("hearing", Hearing)
@given(
    features=arrays(np.float32, (5, WIDTH), elements=st.floats(0, 2, width=32)),
    semitones=st.integers(0, 11),
)
def test_music_moved_to_another_key_has_its_chords_moved(
    hearing: Hearing, features: np.ndarray, semitones: int
) -> None:
    net, where = chord_net(hearing), places(FOUR_FOUR, 0, 5)
    moved = turned(features, semitones)
    around, around_moved = (context(pitch_classes(f), ahead=True) for f in (features, moved))
    chords, basses = net.read(hearing, features, where, around)
    chords_moved, basses_moved = net.read(hearing, moved, where, around_moved)
    by_root = np.roll(chords.reshape(5, KINDS, 12), semitones, axis=2).reshape(5, -1)
    assert np.allclose(chords_moved, by_root, atol=1e-3)
    assert np.allclose(basses_moved, np.roll(basses, semitones, axis=1), atol=1e-3)


@pytest.mark.parametrize("hearing", Hearing)
def test_the_scores_are_logarithms_of_probabilities(hearing: Hearing) -> None:
    features = np.random.default_rng(0).random((7, WIDTH), np.float32)
    around = context(pitch_classes(features), ahead=True)
    chords, basses = chord_net(hearing).read(hearing, features, places(FOUR_FOUR, 0, 7), around)
    assert chords.shape == (7, len(STATES))
    assert basses.shape == (7, 12)
    assert np.allclose(np.exp(chords).sum(axis=1), 1, atol=1e-4)
    assert np.allclose(np.exp(basses).sum(axis=1), 1, atol=1e-4)


@given(notes=notes_of_any_kind, first=st.integers(0, 8), count=st.integers(0, 8))
def test_features_of_any_notes_are_finite_and_those_of_a_part_are_a_part(
    notes: list[Note], first: int, count: int
) -> None:
    played = in_beats(notes, FOUR_FOUR)
    all_beats = beat_features(played, 0, first + count)
    assert np.isfinite(all_beats).all()
    assert np.allclose(beat_features(played, first, count), all_beats[first:], atol=1e-5)


def test_a_beat_has_what_sounds_in_it_its_lowest_and_its_highest_note() -> None:
    notes = [Note(0, 36, BEAT), Note(0, 64, 2 * BEAT), Note(BEAT, 43, BEAT // 2)]
    found = beat_features(in_beats(notes, FOUR_FOUR), 0, 3)
    assert np.flatnonzero(pitch_classes(found)[0]).tolist() == [0, 4]
    assert [low_at_start(found[b : b + 1]) for b in range(3)] == [36, 43, 128]
    assert not found[2].any()


def test_a_note_a_little_early_belongs_to_the_next_beat() -> None:
    early = in_beats([Note(BEAT - 100, 60, BEAT)], FOUR_FOUR)
    sounding = pitch_classes(beat_features(early, 0, 2))
    assert not sounding[0].any()
    assert sounding[1, 0] > 0


def test_the_left_hand_gives_the_lowest_notes_where_it_plays() -> None:
    run = in_beats([Note(0, 40, BEAT), Note(BEAT, 41, BEAT)], FOUR_FOUR)
    left = in_beats([Note(0, 48, BEAT)], FOUR_FOUR)
    found = with_low_of(beat_features(run, 0, 2), beat_features(left, 0, 2))
    assert [low_at_start(found[b : b + 1]) for b in range(2)] == [48, 41]


@pytest.mark.parametrize("metre", METRES.values(), ids=METRES)
def test_each_bar_has_one_beat_on_its_line_and_one_at_its_half(metre: Metre) -> None:
    where = places(metre, metre.beats, 3 * metre.beats)
    assert where.sum(axis=1).tolist() == [1] * len(where)
    assert where[:, 0].sum() == 3
    assert where[:, 1].sum() == 3
    assert where[0, 0] == 1


def test_lines_are_counted_while_they_sound() -> None:
    notes = [Note(0, 60, BEAT), Note(0, 64, BEAT), Note(BEAT, 60, BEAT // 2)]
    assert lines_of(in_beats(notes, FOUR_FOUR), 3).tolist() == [2, 1, 0]
    assert lines_of(np.zeros((0, 3)), 2).tolist() == [0, 0]


@given(notes=notes_of_any_kind)
def test_there_are_at_most_as_many_lines_as_notes(notes: list[Note]) -> None:
    lines = lines_of(in_beats(notes, FOUR_FOUR), 12)
    assert ((lines == 0) | (lines >= 1 - 1e-6)).all()
    assert (lines <= len(notes) + 1e-6).all()
    assert len(has_harmony(in_beats(notes, FOUR_FOUR), 12)) == 12


def test_a_prepared_network_is_not_loaded_again_for_the_first_chord() -> None:
    chord_net.cache_clear()
    prepare()
    loaded = chord_net.cache_info().misses
    heard = heard_at(LiveChord(), [Note(0, key, 60) for key in (36, 52, 55)], 50, FOUR_FOUR)
    assert heard.chord is not None
    assert chord_net.cache_info().misses == loaded == 1


@pytest.mark.parametrize("root", range(12))
def test_common_chords_struck_over_their_root_are_named_at_once(root: int) -> None:
    named = []
    for quality in ("", "m", "7", "m7", "maj7", "sus4", "dim"):
        tones = next(q.tones for q in QUALITIES if q.value == quality)
        keys = [36 + root, *(48 + root + tone for tone in tones)]
        live = heard_at(LiveChord(), [Note(0, key, 60) for key in keys], 50, FOUR_FOUR)
        assert live.chord is not None
        named.append((live.chord.root, live.chord.quality.value, live.chord.bass))
    wanted = [(root, q, None) for q in ("", "m", "7", "m7", "maj7", "sus4", "dim")]
    assert named == wanted

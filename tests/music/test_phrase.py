"""The phrase: held keys, ended notes and their melody classes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bridge.music.grid import FOUR_FOUR
from bridge.music.notes import Note, PlayerKey
from bridge.music.phrase import NOTES_KEPT, TICKS_KEPT, Phrase, skyline
from bridge.music.tokens import NOTE_OFF, pitch_to_class

C, D, E, G = (PlayerKey(pitch) for pitch in (60, 62, 64, 67))
C4 = pitch_to_class(60)
MOVES = st.lists(
    st.tuples(st.integers(0, 2000), st.integers(0, 127), st.integers(0, 127)), max_size=80
)
NOTES = st.lists(
    st.builds(Note, st.integers(0, 5000), st.integers(0, 127), st.integers(1, 4000)), max_size=40
)


def played(moves: list[tuple[int, int, int]]) -> Phrase:
    """(ticks since the last move, pitch, velocity; 0 lifts the key)."""
    phrase, tick = Phrase(), 0
    for wait, pitch, velocity in moves:
        tick += wait
        phrase = phrase.note_on(tick, PlayerKey(pitch), velocity)
    return phrase


@given(MOVES)
def test_every_press_is_a_note_however_keys_are_moved(moves: list[tuple[int, int, int]]) -> None:
    phrase = played(moves)
    presses = sum(velocity > 0 for _, _, velocity in moves)
    now = phrase.last_tick + 1
    assert len(phrase.notes(now)) <= presses
    if phrase.last_tick < TICKS_KEPT:
        assert len(phrase.notes(now)) == presses
    assert all(n.end <= now + 1 for n in phrase.notes(now))


@given(MOVES, st.integers(0, 40))
def test_classes_exist_whatever_is_played(moves: list[tuple[int, int, int]], bar: int) -> None:
    classes = played(moves).classes(bar * FOUR_FOUR.ticks, 64)
    assert classes.shape == (64,)
    assert ((classes >= 0) & (classes < 90)).all()


def test_hammered_keys_are_bounded() -> None:
    phrase = Phrase()
    for tick in range(3 * NOTES_KEPT):
        phrase = phrase.note_on(tick, PlayerKey(60 + tick % 2), 100)
    assert len(phrase.ended) == NOTES_KEPT
    assert phrase.ended[-1].end == 3 * NOTES_KEPT - 1
    assert len(phrase.held) == 2


def test_the_distant_past_is_forgotten() -> None:
    phrase = Phrase().note_on(0, C, 90).note_off(960, C)
    later = 2 * TICKS_KEPT
    phrase = phrase.note_on(later, D, 90).note_off(later + 960, D)
    assert [n.pitch for n in phrase.ended] == [62]


def test_a_key_tapped_between_two_looks_is_kept() -> None:
    phrase = Phrase().note_on(960, C, 90).note_off(960, C)
    assert phrase.notes(2000) == [Note(960, 60, 1, 90)]
    assert phrase.classes(0, 16).tolist()[4:6] == [C4, NOTE_OFF]


def test_a_key_pressed_again_without_an_off_is_two_notes() -> None:
    phrase = Phrase().note_on(0, C, 90).note_on(480, C, 80).note_off(960, C)
    assert phrase.notes(960) == [Note(0, 60, 480, 90), Note(480, 60, 480, 80)]


def test_an_off_for_a_key_that_is_up_is_ignored() -> None:
    phrase = Phrase().note_on(0, C, 90)
    assert phrase.note_off(10, PlayerKey(61)) is phrase


def test_a_held_key_has_no_end_yet() -> None:
    phrase = Phrase().note_on(0, C, 90)
    assert phrase.classes(0, 32).tolist() == [C4] + [0] * 31


def test_a_note_played_early_belongs_to_the_step_that_comes() -> None:
    early = FOUR_FOUR.ticks - FOUR_FOUR.ticks_per_step // 2 + 1
    phrase = Phrase().note_on(early, C, 90).note_off(FOUR_FOUR.ticks + 960, C)
    assert phrase.classes(FOUR_FOUR.ticks, 16)[0] == C4
    assert C4 not in phrase.classes(0, 16)


def test_an_early_tap_that_ends_before_the_bar_line_still_belongs_behind_it() -> None:
    early = FOUR_FOUR.ticks - 100
    phrase = Phrase().note_on(early, C, 90).note_off(early + 30, C)
    assert phrase.classes(FOUR_FOUR.ticks, 16)[0] == C4


def test_clearing_forgets_the_past_and_keeps_held_keys() -> None:
    phrase = Phrase().note_on(0, C, 90).note_off(960, C).note_on(1000, E, 90).cleared()
    assert phrase.ended == ()
    assert phrase.held_pitches() == {64}
    assert phrase.first_tick == 1000
    assert Phrase().cleared().first_tick is None


def test_the_key_listens_to_the_recent_more_than_to_the_past() -> None:
    phrase = Phrase().note_on(0, C, 90).note_off(960, C)
    late = 16 * FOUR_FOUR.ticks
    weights = phrase.note_on(late, G, 90).note_off(late + 960, G).weights()
    assert weights[7] > 3 * weights[0] > 0
    assert np.count_nonzero(weights) == 2


def test_two_keys_below_the_split_are_a_chord() -> None:
    phrase = (
        Phrase()
        .note_on(0, PlayerKey(52), 90)
        .note_on(0, PlayerKey(48), 90)
        .note_on(0, PlayerKey(72), 90)
    )
    assert phrase.chord_held(60) == (48, 52)
    assert phrase.note_off(10, PlayerKey(48)).chord_held(60) == ()


def test_a_pedal_holds_a_note_in_the_melody_until_the_next_key() -> None:
    phrase = Phrase().note_on(0, E, 90).lift(E)
    assert phrase.held_pitches() == {64}
    assert phrase.notes(960) == [Note(0, 64, 960, 90)]
    phrase = phrase.note_on(960, C, 90)
    assert phrase.held_pitches() == {60, 64}
    assert phrase.note_off(1920, E).notes(1920) == [Note(0, 64, 960, 90), Note(960, 60, 960, 90)]
    assert phrase.note_off(1920, E).held_pitches() == {60}


def test_a_key_pressed_again_is_no_longer_held_by_the_pedal() -> None:
    phrase = Phrase().note_on(0, C, 90).lift(C).note_on(480, C, 80)
    assert phrase.sustained == frozenset()
    assert phrase.note_off(960, C).ended == (Note(0, 60, 480, 90), Note(480, 60, 480, 80))


def test_keys_of_one_pitch_on_two_channels_are_two() -> None:
    other = PlayerKey(60, channel=1)
    phrase = Phrase().note_on(0, C, 90).note_on(100, other, 80).note_off(200, other)
    assert phrase.held == {C: (0, 90)}
    assert phrase.held_pitches() == {60}


def test_fingers_name_the_chord_before_the_pedal_does() -> None:
    held = [PlayerKey(pitch) for pitch in (48, 52, 55)]
    phrase = Phrase()
    for key in held:
        phrase = phrase.note_on(0, key, 90)
    for key in held:
        phrase = phrase.lift(key)
    assert phrase.chord_held(60) == (48, 52, 55)
    for pitch in (53, 57):
        phrase = phrase.note_on(960, PlayerKey(pitch), 90)
    assert phrase.chord_held(60) == (53, 57)


def test_releasing_all_lets_go_of_the_pedals_notes() -> None:
    phrase = Phrase().note_on(0, C, 90).lift(C).note_on(480, E, 90).note_offs(960)
    assert phrase.held_pitches() == set()
    assert [n.end for n in phrase.ended] == [480, 960]


@given(NOTES)
def test_the_skyline_is_one_voice_of_notes_that_were_played(notes: list[Note]) -> None:
    voice = skyline(notes)
    starts = {(n.tick, n.pitch) for n in notes}
    assert all((n.tick, n.pitch) in starts for n in voice)
    assert all(a.end <= b.tick for a, b in pairwise(voice))
    assert bool(voice) == bool(notes)


@given(NOTES)
def test_the_highest_of_all_notes_is_in_the_skyline(notes: list[Note]) -> None:
    if notes:
        assert max(n.pitch for n in notes) in {n.pitch for n in skyline(notes)}


def test_the_skyline_of_chords_is_their_tops() -> None:
    chords = [Note(t, p, 900) for t in (0, 960) for p in (60, 64, 67 + t // 480)]
    assert [n.pitch for n in skyline(chords)] == [67, 69]


def test_the_skyline_keeps_a_lower_note_after_a_legato_overlap() -> None:
    assert [n.pitch for n in skyline([Note(0, 72, 970), Note(960, 60, 900)])] == [72, 60]
    assert [n.pitch for n in skyline([Note(0, 72, 1920), Note(960, 60, 900)])] == [72]

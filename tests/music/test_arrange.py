"""Arranged bars: within the bar, in register, reproducible humanizing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.music.arrange import (
    BASS_HIGHEST,
    BASS_LOWEST,
    DRUM_MAPS,
    MIN_VELOCITY,
    Feel,
    arrange_bar,
    count_in_clicks,
    fill_bar,
)
from bridge.music.grid import FOUR_FOUR, TICKS_PER_BEAT
from bridge.music.notes import Note, Part
from bridge.music.tokens import pitch_to_class


@dataclass(frozen=True)
class Bar:
    """One decoded bar; tracks not given are silent."""

    melody: tuple[int, ...] = (0,) * 16
    bass: tuple[int, ...] = (0,) * 16
    drums: tuple[int, ...] = (0,) * 16
    touch: tuple[tuple[int, int], ...] = ()


def line(*pitches: int) -> tuple[int, ...]:
    """Classes of pitches spread evenly over a bar; 0 for none."""
    every = 16 // len(pitches)
    return tuple(
        pitch_to_class(pitches[s // every]) if s % every == 0 and pitches[s // every] else 0
        for s in range(16)
    )


def classes(limit: int) -> st.SearchStrategy[tuple[int, ...]]:
    return st.tuples(*[st.integers(0, limit - 1)] * 16)


BARS = st.builds(Bar, classes(90), classes(90), classes(512))
FEELS = st.builds(
    Feel,
    swing=st.floats(0, 1),
    humanize=st.floats(0, 1),
    volumes=st.dictionaries(st.sampled_from(Part), st.floats(0, 1)),
    drum_map=st.sampled_from(list(DRUM_MAPS.values())),
    seed=st.integers(0, 2**40),
)
BAR_NUMBERS = st.integers(-4, 10_000)
SHIFTS = st.integers(-6, 6)


def check(notes: list[Note], bar: int) -> None:
    """Within the bar, and no pitch struck while it sounds."""
    for note in notes:
        assert FOUR_FOUR.bar_start(bar) <= note.tick < note.end <= FOUR_FOUR.bar_start(bar + 1)
    by_pitch: dict[int, list[Note]] = {}
    for note in sorted(notes):
        by_pitch.setdefault(note.pitch, []).append(note)
    for same in by_pitch.values():
        assert all(a.end <= b.tick for a, b in pairwise(same))


@given(BARS, BAR_NUMBERS, FEELS, SHIFTS)
def test_all_notes_lie_within_the_bar_and_no_pitch_overlaps(
    steps: Bar, bar: int, feel: Feel, shift: int
) -> None:
    arranged = arrange_bar(steps, bar, feel, transpose=shift)
    assert set(arranged) == set(Part)
    check(arranged[Part.BASS], bar)
    check(arranged[Part.DRUMS], bar)


@given(BARS, BAR_NUMBERS, FEELS, SHIFTS, st.none() | st.integers(0, 127))
def test_the_bass_plays_one_note_at_a_time_in_its_register(
    steps: Bar, bar: int, feel: Feel, shift: int, near: int | None
) -> None:
    bass = arrange_bar(steps, bar, feel, transpose=shift, near=near)[Part.BASS]
    assert all(a.end <= b.tick for a, b in pairwise(bass))
    assert all(BASS_LOWEST <= n.pitch <= BASS_HIGHEST for n in bass)
    wanted = [c - 2 + 21 + shift for c in steps.bass if c > 1]
    assert [n.pitch % 12 for n in bass] == [p % 12 for p in wanted]


@given(BARS, BAR_NUMBERS, FEELS, SHIFTS)
def test_the_same_seed_and_bar_are_played_the_same(
    steps: Bar, bar: int, feel: Feel, shift: int
) -> None:
    first, again = (arrange_bar(steps, bar, feel, transpose=shift) for _ in range(2))
    assert first == again


def test_another_seed_has_another_hand() -> None:
    steps = Bar(drums=(1,) * 16)
    played = [arrange_bar(steps, 0, Feel(humanize=1.0, seed=s))[Part.DRUMS] for s in (1, 2)]
    assert played[0] != played[1]


def test_without_humanizing_every_note_is_on_the_grid() -> None:
    arranged = arrange_bar(Bar(bass=line(40, 41, 43, 45), drums=(5,) * 16), 3, Feel())
    for part in (Part.BASS, Part.DRUMS):
        assert all(n.tick % FOUR_FOUR.ticks_per_step == 0 for n in arranged[part])


@given(st.floats(0, 1), st.floats(0, 1), st.integers(0, 999))
def test_swing_and_hand_never_change_the_order_of_steps(
    swing: float, humanize: float, seed: int
) -> None:
    feel = Feel(swing=swing, humanize=humanize, seed=seed)
    hats = arrange_bar(Bar(drums=(4,) * 16), 1, feel)[Part.DRUMS]
    assert all(a.tick < b.tick for a, b in pairwise(hats))
    assert hats[0].tick >= FOUR_FOUR.bar_start(1)


def test_full_swing_is_the_triplet() -> None:
    hats = arrange_bar(Bar(drums=(4, 0) * 8), 0, Feel(swing=1.0))[Part.DRUMS]
    assert hats[1].tick == 640 == 2 * FOUR_FOUR.ticks_per_step + FOUR_FOUR.swing_delay(2, 1.0)


def test_a_bass_shape_is_kept_by_moving_all_of_it() -> None:
    high = arrange_bar(Bar(bass=line(60, 67, 72, 67)), 0, Feel())[Part.BASS]
    assert [n.pitch for n in high] == [36, 43, 48, 43]


@pytest.mark.parametrize(("near", "expected"), [(32, 33), (47, 45), (None, 33)])
def test_the_bass_goes_on_near_where_it_was(near: int | None, expected: int) -> None:
    bass = arrange_bar(Bar(bass=line(45)), 1, Feel(), near=near)[Part.BASS]
    assert bass[0].pitch == expected


def test_steps_up_the_scale_do_not_leap_between_bars() -> None:
    near, leaps = None, []
    for pitch in (36, 38, 40, 41, 43, 45, 47, 45, 43, 41, 40, 38, 36):
        bass = arrange_bar(Bar(bass=line(pitch)), 0, Feel(), near=near)[Part.BASS]
        leaps.append(abs(bass[0].pitch - (near or bass[0].pitch)))
        near = bass[-1].pitch
    assert max(leaps) <= 2


def test_the_drum_map_names_the_notes() -> None:
    for drum_map in DRUM_MAPS.values():
        steps = tuple(1 << drum for drum in range(9))
        hits = arrange_bar(Bar(drums=(*steps, *[0] * 7)), 0, Feel(drum_map=drum_map))[Part.DRUMS]
        assert tuple(n.pitch for n in hits) == drum_map.notes
        assert len(set(drum_map.notes)) == 9


def test_a_hi_hat_is_open_or_closed_and_keeps_its_touch() -> None:
    closed, opened, both = 1 << 2, 1 << 3, 0b1100
    touch = ((30, 0), (120, 0), (60, 0), (90, 0))
    bar = Bar(drums=(closed, both, opened, *[0] * 13), touch=touch)
    hits = arrange_bar(bar, 0, Feel(humanize=1.0))[Part.DRUMS]
    notes = Feel().drum_map.notes
    assert [n.pitch for n in hits] == [notes[2], notes[3], notes[3]]
    assert [n.velocity for n in hits] == pytest.approx([30, 60, 90], abs=9)


def test_volume_scales_and_never_silences() -> None:
    steps = Bar(drums=(511,) * 16)
    loud, soft, none = (
        arrange_bar(steps, 0, Feel(volumes={Part.DRUMS: v}))[Part.DRUMS] for v in (1.0, 0.5, 0.0)
    )
    assert all(MIN_VELOCITY <= n.velocity <= 127 for n in loud)
    assert all(abs(s.velocity - n.velocity / 2) <= 1 for s, n in zip(soft, loud, strict=True))
    assert {n.velocity for n in none} == {1}


@given(BARS, BAR_NUMBERS, FEELS)
def test_a_fill_takes_the_place_of_the_groove_and_stays_in_the_bar(
    steps: Bar, bar: int, feel: Feel
) -> None:
    drums = arrange_bar(steps, bar, feel)[Part.DRUMS]
    half = FOUR_FOUR.bar_start(bar) + FOUR_FOUR.ticks // 2
    fill = fill_bar(drums, bar, feel, FOUR_FOUR.steps // 2)
    check(fill, bar)
    early = half - FOUR_FOUR.ticks_per_step // 2
    assert sorted(n for n in drums if n.tick < early) == [n for n in fill if n.tick < early]
    assert fill == fill_bar(drums, bar, feel, FOUR_FOUR.steps // 2) == sorted(fill)
    assert sum(n.tick >= early for n in fill) >= 4


def test_fills_differ_from_bar_to_bar() -> None:
    fills = [
        [replace(n, tick=n.tick - FOUR_FOUR.bar_start(bar)) for n in fill_bar([], bar, Feel())]
        for bar in range(4)
    ]
    assert fills[0] != fills[1]


def test_the_count_in_clicks_each_beat_and_the_one_louder() -> None:
    clicks = count_in_clicks(-1, 1, DRUM_MAPS["gm"])
    assert [n.tick for n in clicks] == [-3840, -2880, -1920, -960]
    assert clicks[0].velocity > clicks[1].velocity


BACKBEAT = Bar(drums=(1, 0, 0, 0, 2) + (0,) * 11, touch=((40, 9), (120, -7)))
"""A kick played softly and late, a snare hard and early."""


def drums_of(steps: Bar, humanize: float) -> list[Note]:
    return arrange_bar(steps, 1, Feel(humanize=humanize, seed=5))[Part.DRUMS]


def test_a_drummers_touch_is_heard_as_far_as_humanize_says() -> None:
    stiff, half, whole = (drums_of(BACKBEAT, h) for h in (0.0, 0.5, 1.0))
    assert stiff == drums_of(replace(BACKBEAT, touch=()), 0.0)
    kick, snare = zip(stiff, half, whole, strict=True)
    assert kick[0].velocity > kick[1].velocity > kick[2].velocity
    assert snare[0].velocity < snare[1].velocity < snare[2].velocity
    assert kick[0].tick < kick[2].tick
    assert snare[2].tick < snare[0].tick


def test_the_bass_lies_with_the_kick_as_far_as_humanize_says() -> None:
    drums = (1, 0, 0, 0, 2, 0, 0, 0, 1, *[0] * 7)
    touch = ((110, 8), (90, 40), (70, 24))
    steps = Bar(bass=line(40, 40, 40, 40), drums=drums, touch=touch)
    stiff, human = (arrange_bar(steps, 0, Feel(humanize=h))[Part.BASS] for h in (0.0, 1.0))
    bare = arrange_bar(replace(steps, touch=()), 0, Feel(humanize=1.0))[Part.BASS]
    assert [n.tick % (TICKS_PER_BEAT // 4) for n in stiff] == [0, 0, 0, 0]
    late = [a.tick - b.tick for a, b in zip(human, bare, strict=True)]
    assert late[1:] == [40, 24, 0]
    louder = [a.velocity - b.velocity for a, b in zip(human, bare, strict=True)]
    assert louder == [10, 0, -10, 0]


def test_a_touch_never_moves_a_hit_over_the_bar_line() -> None:
    early = replace(BACKBEAT, touch=((100, -FOUR_FOUR.ticks_per_step // 3), (100, 0)))
    assert drums_of(early, 1.0)[0].tick == FOUR_FOUR.bar_start(1)


def test_hits_without_a_touch_keep_their_own_loudness() -> None:
    one = drums_of(replace(BACKBEAT, touch=((40, 0),)), 1.0)
    assert one[1] == drums_of(replace(BACKBEAT, touch=()), 1.0)[1]

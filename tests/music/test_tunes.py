"""The built-in tunes and their subset of ABC notation."""

from __future__ import annotations

from itertools import pairwise

import pytest

from bridge.music.key import Key, estimate_key, pitch_class_weights
from bridge.music.notes import Note
from bridge.music.tunes import DEMO_TUNE, GAP_TICKS, TUNES, BuiltInTune, parse

EVERY = pytest.mark.parametrize("tune", TUNES.values(), ids=list(TUNES))


@EVERY
def test_every_tune_is_one_voice_that_fills_its_bars(tune: BuiltInTune) -> None:
    notes = tune.notes()
    assert all(a.end <= b.tick for a, b in pairwise(notes))
    assert tune.metre.bar_start(tune.bars - 2) < notes[-1].end <= tune.metre.bar_start(tune.bars)
    assert tune.bars % 4 == 0


@EVERY
def test_every_tune_is_in_the_key_that_it_says(tune: BuiltInTune) -> None:
    wanted = Key.parse(tune.key)
    weights = pitch_class_weights((n.pitch, n.length) for n in tune.notes())
    found = estimate_key(weights)
    assert found.shift == wanted.shift


@EVERY
def test_every_tune_can_be_sung(tune: BuiltInTune) -> None:
    pitches = [n.pitch for n in tune.notes()]
    assert min(pitches) >= 55
    assert max(pitches) <= 79
    assert 60 <= tune.bpm <= 160


def test_tunes_go_by_their_names() -> None:
    assert all(name == tune.name for name, tune in TUNES.items())
    assert DEMO_TUNE.name in TUNES


def test_abc_is_read_as_written() -> None:
    notes = parse("C c' _B,2 | ^F3/ z/ G/ A/ z")
    assert [(n.tick, n.pitch, n.length + GAP_TICKS) for n in notes] == [
        (0, 60, 960),
        (960, 84, 960),
        (1920, 58, 1920),
        (3840, 66, 1440),
        (3840 + 1920, 67, 480),
        (3840 + 2400, 69, 480),
    ]


def test_the_first_and_third_beat_are_louder() -> None:
    assert [n.velocity for n in parse("C C C C")] == [100, 88, 100, 88]


@pytest.mark.parametrize(
    ("abc", "words"),
    [("C C C", "bar 1 has 3 beats"), ("C4 | C5", "bar 2 has 5"), ("C4 | H4", "'H4' is not a note")],
)
def test_a_bar_that_is_wrong_is_named(abc: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse(abc)


def test_nothing_is_no_notes() -> None:
    assert parse("") == ()
    assert parse("z4 | C4") == (Note(3840, 60, 3840 - GAP_TICKS, 100),)

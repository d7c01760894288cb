"""Keys whose release never comes."""

from __future__ import annotations

from bridge.music.grid import FOUR_FOUR, TICKS_PER_BEAT
from bridge.music.notes import PlayerKey
from bridge.music.phrase import LONGEST_HELD_TICKS, Phrase
from bridge.music.tokens import pitch_to_class

C, HIGH = PlayerKey(60), PlayerKey(100)


def test_a_key_that_never_comes_up_hides_the_melody_below_it_only_for_a_while() -> None:
    late = LONGEST_HELD_TICKS + TICKS_PER_BEAT
    phrase = Phrase().note_on(0, HIGH, 90).note_on(late, C, 90).note_off(late + 480, C)
    step = TICKS_PER_BEAT // FOUR_FOUR.ticks_per_step
    assert phrase.classes(LONGEST_HELD_TICKS, 16)[step] == pitch_to_class(C.pitch)


def test_a_key_held_for_less_still_leads() -> None:
    phrase = Phrase().note_on(0, HIGH, 90).note_on(TICKS_PER_BEAT, C, 90)
    assert phrase.classes(0, 16).tolist() == [pitch_to_class(HIGH.pitch)] + [0] * 15

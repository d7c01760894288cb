"""The band's melody is monophonic."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bridge.music.arrange import Feel, arrange_bar
from bridge.music.grid import FOUR_FOUR
from bridge.music.notes import Part
from bridge.music.tokens import MELODY_CLASSES

SILENCE = (0,) * FOUR_FOUR.steps


@dataclass(frozen=True)
class Bar:
    melody: tuple[int, ...]
    bass: tuple[int, ...] = SILENCE
    drums: tuple[int, ...] = SILENCE
    touch: tuple[tuple[int, int], ...] = ()


@given(
    st.tuples(*[st.integers(0, MELODY_CLASSES - 1)] * FOUR_FOUR.steps),
    st.floats(0, 1),
    st.floats(0, 1),
    st.integers(0, 99),
)
def test_a_melody_with_a_human_touch_never_strikes_a_note_that_sounds(
    melody: tuple[int, ...], swing: float, humanize: float, seed: int
) -> None:
    feel = Feel(swing=swing, humanize=humanize, seed=seed)
    voice = arrange_bar(Bar(melody), 0, feel)[Part.MELODY]
    assert len(voice) == sum(c > 1 for c in melody)
    assert all(a.end <= b.tick for a, b in pairwise(voice))


def test_a_repeated_note_is_let_go_before_it_is_struck_again() -> None:
    for seed in range(40):
        voice = arrange_bar(Bar((41,) * FOUR_FOUR.steps), 0, Feel(humanize=1.0, seed=seed))
        assert all(a.end <= b.tick for a, b in pairwise(voice[Part.MELODY]))

"""A drummer's touch: from the graph's output to a velocity and a delay for each hit."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from bridge.errors import ModelError
from bridge.model.answering.answer import answer
from bridge.model.answering.drum_touch import MAX_OFFSET, touches
from bridge.model.contract import DRUMMER_WIDTH, Floats, Ints, Touch
from bridge.model.fake import FakeTrio
from bridge.model.messages import Request
from bridge.music.grid import FOUR_FOUR
from bridge.music.tokens import decode_drums

REQUEST = Request(
    generation=1,
    target_bar=4,
    bars=(0, 3),
    melody=(41, *[0] * 15) * 4,
    heard=(1,) * 64,
    style=(1.0, 0.0, 0.0, 0.0),
    tempo=96.0,
    drummer=8,
)
DRUMS = np.array([[1, 0, 0, 4, 3, *[0] * 11], [0] * 16])


class Drummer(FakeTrio):
    """A fake with a constant touch that records its arguments."""

    def __init__(self, velocity: float = 0.5, offset: float = 0.1) -> None:
        super().__init__()
        self.say = (velocity, offset)
        self.asked: list[tuple[Floats, Floats]] = []

    def feel(self, drums: Ints, tempo: Floats, drummer: Floats) -> Touch:
        self.asked.append((tempo, drummer))
        shape = (*drums.shape, 9)
        return Touch(*(np.full(shape, value, np.float32) for value in self.say))


def test_each_hit_gets_a_velocity_and_a_delay() -> None:
    first, silent = touches(Drummer(), DRUMS, REQUEST)
    assert len(first) == len(decode_drums(DRUMS[0])) == 4
    assert set(first) == {(64, round(0.1 * FOUR_FOUR.ticks_per_step))}
    assert silent == ()


def test_velocities_are_midis_and_delays_are_no_swing() -> None:
    wild, _ = touches(Drummer(3.0, -2.0), DRUMS, REQUEST)
    assert set(wild) == {(127, -round(MAX_OFFSET * FOUR_FOUR.ticks_per_step))}
    gentle, _ = touches(Drummer(0.0), DRUMS, REQUEST)
    assert {loud for loud, _ in gentle} == {1}


def test_the_same_drummer_sits_there_for_every_bar_and_another_for_another_number() -> None:
    model = Drummer()
    for who in (8, 8, 9):
        touches(model, DRUMS, msgspec.structs.replace(REQUEST, drummer=who))
    tempo, people = zip(*model.asked, strict=True)
    assert all((t == 96.0).all() and len(t) == 2 for t in tempo)
    assert people[0].shape == (2, DRUMMER_WIDTH)
    assert np.array_equal(people[0][0], people[0][1])
    assert np.array_equal(people[0], people[1])
    assert not np.array_equal(people[0], people[2])


def test_a_model_that_knows_no_touch_gives_none() -> None:
    assert touches(FakeTrio(), DRUMS, REQUEST) == ((), ())


def test_a_touch_that_is_no_number_is_an_error_and_not_music() -> None:
    with pytest.raises(ModelError, match="not finite"):
        touches(Drummer(float("nan")), DRUMS, REQUEST)


def test_an_answer_carries_a_touch_for_each_of_its_hits() -> None:
    for bar in answer(Drummer(), REQUEST).bars:
        assert len(bar.touch) == len(decode_drums(bar.drums)) > 0

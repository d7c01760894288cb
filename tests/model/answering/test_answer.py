"""Answers to requests: seeds, chords, widths, and invalid model output."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.errors import ModelError
from bridge.model.answering.answer import answer
from bridge.model.contract import Floats, Gaussian, Guess, Ints, Trio
from bridge.model.fake import FakeTrio
from bridge.model.messages import PartPoint, PriorContinuation, Request

MODEL = FakeTrio()
SPEC = MODEL.spec


def request(**changes: object) -> Request:
    base = Request(
        generation=3,
        target_bar=7,
        bars=(1,),
        melody=(41, *[0] * 15) * 4,
        heard=(1,) * 64,
        style=(1.0, 0.0, 0.0, 0.0),
    )
    return msgspec.structs.replace(base, **changes)


def bars_of(**changes: object) -> tuple[object, ...]:
    return answer(MODEL, request(**changes)).bars


def test_the_fake_is_a_trio_to_the_type_checker_and_to_a_caller() -> None:
    model: Trio = MODEL
    assert len(model.presets) == 4
    assert {v.shape for v in model.directions.values()} == {(SPEC.latent,)}


def test_the_answer_carries_the_requests_numbers_and_has_the_bars_asked() -> None:
    result = answer(MODEL, request(bars=(2, 0)))
    assert (result.generation, result.target_bar) == (3, 7)
    assert [len(bar.drums) for bar in result.bars] == [16, 16]
    assert len(result.code) == SPEC.latent
    assert len(result.chords) == 8


def test_the_clock_alone_decides_the_milliseconds() -> None:
    times = iter([10.0, 10.25])
    assert answer(MODEL, request(), lambda: next(times)).milliseconds == 250.0


@given(seed=st.integers(0, 2**63 - 1), heat=st.floats(0, 2), wild=st.floats(0, 1))
@settings(max_examples=50, deadline=None)
def test_the_same_request_gives_the_same_bars_and_legal_classes(
    seed: int, heat: float, wild: float
) -> None:
    changes = {"seed": seed, "temperature": heat, "variation": wild, "bars": (0, 1, 2, 3)}
    bars = bars_of(**changes)
    assert bars == bars_of(**changes)
    for bar in bars:
        assert max(bar.bass) < 90  # type: ignore[attr-defined]
        assert max(bar.drums) < 512  # type: ignore[attr-defined]


@given(seed=st.integers(0, 1000), bar=st.integers(0, 3))
@settings(max_examples=20, deadline=None)
def test_a_bar_is_the_same_alone_and_among_others(seed: int, bar: int) -> None:
    alone = bars_of(seed=seed, bars=(bar,), temperature=1.5)
    together = bars_of(seed=seed, bars=(0, 1, 2, 3), temperature=1.5)
    assert alone[0] == together[bar]


def test_seeds_matter_with_temperature_and_not_without() -> None:
    hot = {bars_of(seed=s, temperature=1.5, bars=(0, 1, 2, 3)) for s in range(8)}
    cold = {bars_of(seed=s, temperature=0.0, bars=(0, 1, 2, 3)) for s in range(8)}
    assert len(hot) > 1
    assert len(cold) == 1


def test_styles_and_offsets_change_the_bars() -> None:
    rows = np.eye(4)
    assert len({bars_of(style=tuple(row), temperature=0.0) for row in rows.tolist()}) == 4
    for name, vector in MODEL.directions.items():
        more = bars_of(offset=tuple(vector.tolist()), temperature=0.0)
        assert more != bars_of(temperature=0.0), name


def test_the_offset_and_the_variation_move_the_code() -> None:
    plain = np.array(answer(MODEL, request()).code)
    moved = np.array(answer(MODEL, request(offset=(0.5,) * 7 + (0.0,))).code)
    np.testing.assert_allclose(moved - plain, [0.5] * 7 + [0.0], atol=1e-6)
    wild = np.array(answer(MODEL, request(variation=1.0)).code)
    assert np.abs(wild - plain)[:7].min() > 0


def test_given_chords_are_kept_and_the_others_predicted() -> None:
    given_chords = (8, -1, -1, -1, -1, -1, 0, -1)  # G, then unknown; "no chord" is a chord too
    chords = answer(MODEL, request(chords=given_chords)).chords
    assert chords[0] == 8
    assert chords[6] == 0
    assert chords[1:6] == answer(MODEL, request()).chords[1:6]
    assert all(0 <= c < 25 for c in chords)


def test_the_bass_follows_the_chords() -> None:
    in_g = answer(MODEL, request(chords=(8,) * 8, temperature=0.0)).bars[0]
    in_c = answer(MODEL, request(chords=(1,) * 8, temperature=0.0)).bars[0]
    assert in_g.bass[0] - in_c.bass[0] == 7


def test_the_style_of_a_styles_own_bars_is_that_style() -> None:
    for row, (name, preset) in enumerate(MODEL.presets.items()):
        result = answer(
            MODEL, request(style=tuple(preset.vector.tolist()), bars=(0, 1, 2, 3), temperature=0.0)
        )
        tokens = np.array(
            [[list(bar.melody), list(bar.bass), list(bar.drums)] for bar in result.bars]
        )
        window = tokens.transpose(0, 2, 1).reshape(1, 64, 3)
        assert MODEL.style_of(window[..., 1], window[..., 2]).argmax() == row, name
        assert MODEL.encode(window).mu[0, 2:6].argmax() == row


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"melody": (0,) * 63}, "63 melody classes"),
        ({"heard": (1,) * 65}, "65 heard flags"),
        ({"style": (1.0,)}, "1 style values"),
        ({"style": (float("nan"), 0.0, 0.0, 0.0)}, "style holds a value that is not finite"),
        ({"chords": (1,) * 4}, "4 chords"),
        ({"chords": (25,) * 8}, "chord class of 25"),
        ({"offset": (0.0,)}, "1 offset values"),
        ({"offset": (float("inf"),) * 8}, "offset holds a value that is not finite"),
        ({"bars": ()}, "no bars"),
        ({"bars": (4,)}, "bar of 4"),
        ({"melody": (90, *[0] * 63)}, "melody class of 90"),
        ({"heard": (2, *[0] * 63)}, "heard flag of 2"),
        ({"temperature": float("nan")}, "temperature of nan"),
        ({"temperature": 2.5}, "temperature of 2.5"),
        ({"variation": -0.1}, "variation of -0.1"),
        ({"seed": -1}, "seed of -1"),
    ],
)
def test_a_request_that_does_not_fit_is_refused_in_words(
    changes: dict[str, object], words: str
) -> None:
    with pytest.raises(ModelError, match=words):
        answer(MODEL, request(**changes))


class Broken(FakeTrio):
    """A model whose surrogate or decoder gives invalid output."""

    def __init__(self, mu: float = 0.0, cls: int = 0, width: int = 8) -> None:
        super().__init__()
        self.mu, self.cls, self.width = mu, cls, width

    def surrogate(self, *args: object) -> Guess:
        good = super().surrogate(*args)  # type: ignore[arg-type]
        mu = np.full((1, self.width), self.mu, np.float32)
        return replace(good, code=Gaussian(mu, good.code.sigma))

    def decode(self, *args: object) -> Ints:
        return super().decode(*args) * 0 + self.cls  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (Broken(mu=float("nan")), "mu that are not finite"),
        (Broken(mu=float("inf")), "mu that are not finite"),
        (Broken(width=7), "mu of shape"),
        (Broken(cls=90), "class that does not exist"),
        (Broken(cls=-1), "class that does not exist"),
    ],
)
def test_an_impossible_answer_of_the_model_is_an_error_and_not_music(
    model: Trio, words: str
) -> None:
    with pytest.raises(ModelError, match=words):
        answer(model, request())


# --- places -------------------------------------------------------------------------------


def test_parts_are_decoded_at_points_of_their_own() -> None:
    funk, still = (0.0, 0.0, -2.0, 2.0, 0, 0, 0, 0), request(temperature=0.0)
    (plain,) = answer(MODEL, still).bars
    at_drums = msgspec.structs.replace(still, points=(PartPoint("drums", funk),))
    (apart,) = answer(MODEL, at_drums).bars
    (moved,) = answer(MODEL, msgspec.structs.replace(still, offset=funk)).bars
    assert apart.drums == moved.drums != plain.drums
    assert apart.bass == plain.bass != moved.bass
    assert apart.melody == plain.melody


def test_listening_is_how_much_of_the_melodys_code_is_taken() -> None:
    whole, half, none = (answer(MODEL, request(listen=x)) for x in (1.0, 0.5, 0.0))
    assert np.allclose(np.asarray(whole.code) / 2, half.code)
    assert not any(none.code)
    assert whole.heard == half.heard == none.heard == whole.code


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"listen": 1.5}, "a listen of 1.5, outside 0..1"),
        ({"points": (PartPoint("drums", listen=float("nan")),)}, "a listen of nan"),
        ({"points": (PartPoint("drum"),)}, "'drum', which is not a part"),
        ({"points": (PartPoint("drums", (1.0,)),)}, "1 offset values"),
        ({"points": (PartPoint("bass", (float("inf"),) * 8),)}, "offset holds a value that is not"),
    ],
)
def test_a_place_that_is_none_is_refused(changes: dict[str, object], says: str) -> None:
    with pytest.raises(ModelError, match=says):
        answer(MODEL, request(**changes))


class Reading(FakeTrio):
    """A fake with a chord reader that hears one chord everywhere."""

    def __init__(self, cls: int) -> None:
        super().__init__()
        self.cls = cls
        self.rows: list[int] = []

    def harmony(self, features: Floats) -> Floats:
        self.rows.append(features.shape[1])
        logits = np.zeros((1, features.shape[1], 25), np.float32)
        logits[..., self.cls] = 5
        return logits


def test_the_chord_reader_names_the_chords_that_nobody_gave() -> None:
    given_chords = (-1, 3, *(-1,) * 6)
    result = answer(Reading(8), request(chords=given_chords))
    assert result.chords == (8, 3, *(8,) * 6)


def test_the_band_plays_what_the_chord_reader_heard() -> None:
    read = answer(Reading(8), request(bars=(0, 1)))
    told = answer(MODEL, request(bars=(0, 1), chords=(8,) * 8))
    assert read.bars == told.bars


def test_the_chord_reader_hears_the_bars_before_the_window() -> None:
    model = Reading(1)
    result = answer(model, request(before=(41, *[0] * 15) * 3))
    assert model.rows == [2 * (3 + 4)]
    assert result.chords_before == (1,) * 6


def test_the_chord_reader_is_not_asked_when_all_chords_are_given() -> None:
    model = Reading(8)
    assert answer(model, request(chords=(3,) * 8)).chords == (3,) * 8
    assert model.rows == []


def test_half_a_bar_before_the_window_is_refused() -> None:
    with pytest.raises(ModelError, match="no whole bars"):
        answer(MODEL, request(before=(0,) * 8))


PAST = ((0.5, *[0.0] * 7), (0.7, *[0.0] * 7))


def test_the_prior_takes_its_share_of_the_code() -> None:
    plain = answer(MODEL, request(variation=0.0))
    whole = answer(
        MODEL, request(variation=0.0, onward=PriorContinuation(PAST, 1.0, temperature=0.0))
    )
    half = answer(
        MODEL, request(variation=0.0, onward=PriorContinuation(PAST, 0.5, temperature=0.0))
    )
    assert whole.code != plain.code
    middle = (np.array(plain.code) + np.array(whole.code)) / 2
    assert np.allclose(half.code, middle, atol=1e-5)
    assert whole.heard == plain.heard
    none = answer(MODEL, request(variation=0.0, onward=PriorContinuation(PAST, 0.0)))
    assert none.code == plain.code


def test_the_prior_goes_by_what_was_played_and_by_its_seed() -> None:
    ways = [
        answer(MODEL, request(onward=PriorContinuation(past, 1.0, seed))).code
        for past, seed in ((PAST, (1,)), (PAST, (1,)), (PAST, (2,)), (PAST[:1], (1,)), ((), (1,)))
    ]
    assert ways[0] == ways[1]
    assert len(set(ways)) == 4


@pytest.mark.parametrize(
    ("onward", "says"),
    [
        (PriorContinuation(PAST, 1.5), "share of 1.5"),
        (PriorContinuation(((0.0,) * 3,), 1.0), "3 values of a past code"),
        (PriorContinuation(PAST, 1.0, steps=0), "number of steps of 0"),
        (PriorContinuation(PAST, 1.0, temperature=float("nan")), "temperature of nan"),
        (PriorContinuation(((float("nan"),) * 8,), 1.0), "not finite"),
    ],
)
def test_a_prior_that_is_asked_wrongly_is_refused(onward: PriorContinuation, says: str) -> None:
    with pytest.raises(ModelError, match=says):
        answer(MODEL, request(onward=onward))


class Asked(FakeTrio):
    """A fake that records the requested phase."""

    def __init__(self) -> None:
        super().__init__()
        self.phases: list[int] = []

    def surrogate(self, *args: object) -> Guess:
        self.phases.append(int(args[-1][0]))  # type: ignore[index]
        return super().surrogate(*args)  # type: ignore[arg-type]


def test_the_model_is_told_which_bar_of_the_groove_the_window_begins_with() -> None:
    model = Asked()
    for phase in (0, 6, -3):
        answer(model, request(phase=phase))
    assert model.phases == [0, 6, -3]

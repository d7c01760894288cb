"""Metres at the model's edge: 16 slots a bar inside, the metre's own steps outside."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from bridge.errors import ModelError, NameUnknown
from bridge.model.answering.answer import answer
from bridge.model.codec import TrioCodec
from bridge.model.contract import Preset, Touch
from bridge.model.fake import FakeTrio
from bridge.model.messages import Request
from bridge.model.styles.style_metres import nearest_in, style_in_metre, styles_in, suits
from bridge.model.windows import song_of, windows_of
from bridge.music.grid import FOUR_FOUR, METRES, THREE_FOUR, TWELVE_EIGHT, Metre
from bridge.music.rhythm.song_bars import song_bars
from bridge.music.smf.song import TimeSignature
from bridge.music.tokens import NOTE_OFF, decode_drums, pitch_to_class, to_slots

EVERY = pytest.mark.parametrize("metre", METRES.values(), ids=list(METRES))
TRIO = FakeTrio()


def asked(metre: Metre, **changes: object) -> Request:
    bar = [pitch_to_class(64)] + [0] * (metre.steps - 1)
    request = Request(
        generation=1,
        target_bar=0,
        bars=(3,),
        melody=tuple(bar * 4),
        heard=(1,) * (4 * metre.steps),
        style=(1.0, 0.0, 0.0, 0.0),
        temperature=0.0,
        metre=metre.name,
    )
    return msgspec.structs.replace(request, **changes)


@EVERY
def test_a_bar_comes_back_in_the_steps_of_its_metre(metre: Metre) -> None:
    result = answer(TRIO, asked(metre))
    (bar,) = result.bars
    assert {len(bar.melody), len(bar.bass), len(bar.drums)} == {metre.steps}
    assert result.metre == metre.name
    assert len(result.chords) == 8
    kick, snare = ([s for s, d in decode_drums(bar.drums) if d == drum] for drum in (0, 1))
    assert kick[0] == 0
    assert snare
    assert {step % metre.steps_per_beat for step in snare} == {0}
    assert bar.bass[0] > NOTE_OFF


@EVERY
def test_the_model_sees_beats_on_slots_where_beats_of_four_four_are(metre: Metre) -> None:
    seen: list[np.ndarray] = []

    class Watched(FakeTrio):
        def in_metre(self, metre: str) -> Watched:
            return Watched(metre)

        def surrogate(self, melody, heard, style, chords, phase):  # type: ignore[no-untyped-def]
            seen.append(melody)
            assert melody.shape == heard.shape == (1, 64)
            return super().surrogate(melody, heard, style, chords, phase)

    answer(Watched(), asked(metre))
    line = to_slots(np.array(asked(metre).melody), metre)
    assert seen[0][0].tolist() == line.tolist()
    assert np.flatnonzero(seen[0][0]).tolist() == [0, 16, 32, 48]


def test_a_touch_stays_with_its_hit_in_a_metre_of_twelve_steps() -> None:
    class Touched(FakeTrio):
        def in_metre(self, metre: str) -> Touched:
            return Touched(metre)

        def feel(self, drums, tempo, drummer):  # type: ignore[no-untyped-def]
            loud = np.broadcast_to(np.arange(16)[:, None] / 127, (len(drums), 16, 9))
            return Touch(loud.astype(np.float32), np.full((len(drums), 16, 9), 0.1, np.float32))

    (bar,) = answer(Touched(), asked(TWELVE_EIGHT)).bars
    hits = decode_drums(bar.drums)
    assert len(bar.touch) == len(hits)
    assert [v for v, _ in bar.touch] == [max(1, TWELVE_EIGHT.slots[step]) for step, _ in hits]
    assert {late for _, late in bar.touch} == {round(0.1 * TWELVE_EIGHT.ticks_per_step)}


def test_a_melody_that_is_no_whole_bars_is_refused() -> None:
    with pytest.raises(ModelError, match="no bars of 3/4"):
        answer(TRIO, asked(THREE_FOUR, before=(0,) * 16))


def test_a_metre_that_the_model_lacks_is_one_line_that_names_its_own() -> None:
    class Plain(FakeTrio):
        @property
        def spec(self):  # type: ignore[no-untyped-def]
            return replace(super().spec, metres=("4/4",))

    with pytest.raises(ModelError, match=r"plays 4/4 only, not 3/4"):
        answer(Plain(), asked(THREE_FOUR))


@EVERY
def test_codes_become_a_song_in_their_metre_and_the_song_its_windows_again(metre: Metre) -> None:
    codec = TrioCodec(TRIO).in_metre(metre.name)
    codes = np.random.default_rng(3).normal(size=(3, 8)).astype(np.float32)
    noise = np.full(codec.noise_shape(3), 0.5, np.float32)
    windows = codec.decode(codes, 0.0, noise)
    song = song_of(codec.spec, windows, metre=metre)
    assert song.signatures == (TimeSignature(0, metre.numerator, metre.denominator),)
    assert song.length == metre.bar_start(12)
    back = windows_of(codec.spec, song, silent=True, placed=song_bars(song, metre))
    assert (back[..., 2] == windows[..., 2]).all()


# --- styles ---------------------------------------------------------------------------------

PRESETS = {
    "rock": Preset("rock", np.array([0.0, 0.0], np.float32)),
    "shuffle": Preset("shuffle", np.array([0.0, 1.0], np.float32), metre="4/4t"),
    "waltz": Preset("waltz", np.array([0.2, 0.1], np.float32), metre="3/4"),
    "jazz waltz": Preset("jazz waltz", np.array([0.1, 0.9], np.float32), metre="3/4"),
}


def test_styles_are_of_their_metre_and_of_none_without_styles_of_its_own_all() -> None:
    assert list(styles_in(PRESETS, "3/4")) == ["waltz", "jazz waltz"]
    assert list(styles_in(PRESETS, "4/4")) == ["rock", "shuffle"]
    assert list(styles_in(PRESETS, "6/8")) == list(PRESETS)


def test_triplets_and_straight_beats_share_their_styles() -> None:
    assert suits(PRESETS["shuffle"], "4/4")
    assert suits(PRESETS["rock"], "4/4t")
    assert not suits(PRESETS["waltz"], "6/8")


def test_the_nearest_style_of_a_metre_is_named() -> None:
    assert nearest_in(PRESETS, PRESETS["shuffle"], "3/4") == "jazz waltz"
    with pytest.raises(ModelError, match="rock is in 4/4, not in 3/4: the nearest in 3/4 is waltz"):
        style_in_metre(PRESETS, "rock", "3/4")
    with pytest.raises(NameUnknown):
        style_in_metre(PRESETS, "polka", FOUR_FOUR.name)

"""Guest models: decoded bars, and the band's answer to them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bridge.errors import ModelError
from bridge.model.answering.answer import answer
from bridge.model.answering.guest import Guests, answer_with_guest, bar_of_window, guest_of
from bridge.model.contract import ModelSpec
from bridge.model.fake import FakeTrio
from bridge.model.messages import GuestVoice, Request
from bridge.music.tokens import class_to_pitch, pitch_to_class, shift_classes

BAND = FakeTrio()
MEL = ModelSpec(
    name="mel", kind="melody", title="t", licence="none", bars=2, steps_per_bar=16, latent=3,
    tracks={"melody": 90}, graphs={},
)  # fmt: skip
D_MAJOR = (62, 66, 69, 62, 67, 71, 69, 62)


class Melody:
    """A codec whose windows are a scale in D major, moved by the code's first number."""

    spec = MEL
    loads = 0

    def noise_shape(self, count: int) -> tuple[int, ...]:
        return (count, 32)

    def decode(
        self, z: Any, temperature: float, noise: Any, controls: Any = None, chords: Any = None
    ) -> Any:
        window = np.zeros((len(z), 32, 1), np.int64)
        for row, code in enumerate(z):
            for n in range(16):
                window[row, 2 * n, 0] = pitch_to_class(D_MAJOR[n % 8] + int(code[0]))
        return window


def guests() -> Guests:
    def load(name: str) -> Any:
        if name != "mel":
            raise ModelError(f"no model {name}")
        return Melody()

    return Guests(load)


def request(voice: GuestVoice, **changes: Any) -> Request:
    steps = BAND.spec.steps
    return Request(
        generation=1, target_bar=4, bars=(3,), melody=(0,) * steps, heard=(0,) * steps,
        style=(0.0,) * BAND.spec.style, voice=voice, **changes,
    )  # fmt: skip


def voice(at: int = 1, leads: bool = True, shift: int | None = None) -> GuestVoice:
    places = ((0, 0), (0, 1), (0, 0), (0, 1)) if leads else ((0, at % 2),)
    return GuestVoice(
        "mel", ((0.0, 0.0, 0.0),), (5,), places, at if leads else 0, 0.5, leads, shift
    )


def pitches(classes: tuple[int, ...]) -> list[int]:
    return [class_to_pitch(cls) for cls in classes if cls > 1]


def test_the_melody_sounds_as_its_model_has_it_and_the_band_hears_it_in_the_common_key() -> None:
    result = answer_with_guest(BAND, guests(), request(voice()))
    assert pitches(result.bars[0].melody) == list(D_MAJOR)
    assert result.shift == -2
    heard = shift_classes(np.tile(np.asarray(result.bars[0].melody), 4), -2)
    plain = request(voice(), seed=0)
    asked = replace_struct(plain, melody=tuple(heard.tolist()), heard=(1,) * 64, bars=(1,))
    assert result.bars[0].bass == answer(BAND, asked).bars[0].bass


def replace_struct(value: Any, **changes: Any) -> Any:
    from msgspec import structs

    return structs.replace(value, voice=None, **changes)


def test_where_chords_are_fixed_their_key_is_the_bands() -> None:
    assert answer_with_guest(BAND, guests(), request(voice(shift=3))).shift == 3


def test_on_a_way_of_its_own_the_melody_is_moved_into_the_bands_key() -> None:
    result = answer_with_guest(BAND, guests(), request(voice(leads=False)))
    assert pitches(result.bars[0].melody) == [p - 2 for p in D_MAJOR]
    assert result.shift is None


def test_a_model_is_loaded_once_and_a_wrong_one_says_so() -> None:
    found = guests()
    assert found.ready("mel") is found.ready("mel")
    with pytest.raises(ModelError, match="no model other"):
        found.ready("other")


@pytest.mark.parametrize(("kind", "track"), [("multitrack", "events"), ("shape", "shape")])
def test_what_is_no_notes_on_a_grid_is_refused_in_one_line(kind: str, track: str) -> None:
    spec = replace(MEL, kind=kind, tracks={track: 20})
    with pytest.raises(ModelError, match="no notes to play live: choose one of trio") as caught:
        guest_of(spec)
    assert "\n" not in str(caught.value)


def test_the_lowest_pitch_of_a_model_is_kept() -> None:
    window = np.full((32, 1), 2, np.int64)
    low = replace(MEL, lowest_pitch=48)
    assert pitches(bar_of_window(low, window, 1).melody) == [48] * 16


def test_drums_and_grooves_give_a_bar_of_hits() -> None:
    drums = replace(MEL, kind="drums", tracks={"drums": 512})
    window = np.zeros((32, 1), np.int64)
    window[16, 0] = 0b101
    assert bar_of_window(drums, window, 0).drums == (0,) * 16
    assert bar_of_window(drums, window, 1).drums == (5, *[0] * 15)
    groove = replace(MEL, kind="groove", tracks={"groove": 27})
    hits = np.zeros((32, 27), np.float32)
    hits[20, [1, 10, 19]] = 1.0, 0.5, -0.5  # a snare, half as loud, a quarter of a step early
    bar = bar_of_window(groove, hits, 1)
    assert bar.drums[4] == 2
    assert bar.touch == ((64, -60),)

"""Models of every kind encode and decode whole windows."""

from __future__ import annotations

import numpy as np
import pytest
from model_folders import make_folder, write_spec

from bridge.errors import ModelError
from bridge.model import library
from bridge.model.answering.answer import decode_windows, encode_windows
from bridge.model.codec import OnnxCodec, load_codec
from bridge.model.worker.child import load_model
from bridge.system.resources import shipped_folder

needs_model = pytest.mark.skipif(
    not (shipped_folder("onnx") / library.DEFAULT / library.SPEC_FILE).is_file(),
    reason=f"the model {library.DEFAULT} is not here",
)
NAMES = ["fake", pytest.param(library.DEFAULT, marks=needs_model)]


@pytest.mark.parametrize("name", NAMES)
def test_codes_become_windows_and_windows_codes(name: str) -> None:
    codec = load_codec(name)
    codes = np.random.default_rng(1).normal(size=(2, codec.spec.latent)).astype(np.float32)
    window = decode_windows(codec, codes, temperature=0.8, seed=3)
    assert window.shape == (2, codec.spec.steps, 3)
    assert np.array_equal(window, decode_windows(codec, codes, temperature=0.8, seed=3))
    assert not np.array_equal(window, decode_windows(codec, codes, temperature=0.8, seed=4))
    assert encode_windows(codec, window).mu.shape == codes.shape


@needs_model
def test_a_codec_gives_what_the_band_gives() -> None:
    codec, trio = load_codec(library.DEFAULT), load_model(library.DEFAULT)
    codes = np.random.default_rng(2).normal(size=(3, codec.spec.latent)).astype(np.float32)
    noise = np.random.default_rng(3).random(codec.noise_shape(3), dtype=np.float32)
    bars = trio.decode(codes, np.arange(trio.spec.bars), 0.7, noise)
    assert np.array_equal(codec.decode(codes, 0.7, noise), bars.reshape(3, -1, 3))


@pytest.mark.parametrize(
    ("codes", "temperature", "words"),
    [
        (np.zeros((1, 7)), 0.0, "codes of shape (1, 7), not (1, 8)"),
        (np.full((1, 8), np.nan), 0.0, "codes that are not finite"),
        (np.zeros((1, 8)), 3.0, "temperature of 3.0, outside 0..2"),
    ],
)
def test_codes_that_do_not_fit_are_refused(
    codes: np.ndarray, temperature: float, words: str
) -> None:
    with pytest.raises(ModelError) as caught:
        decode_windows(load_codec("fake"), codes, temperature=temperature)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("window", "words"),
    [
        (np.zeros((1, 64, 2), int), "windows of shape (1, 64, 3)"),
        (np.zeros((1, 64, 3)), "windows of shape (1, 64, 3), not float64"),
        (np.full((1, 64, 3), 90), "a class that does not exist"),
    ],
)
def test_windows_that_do_not_fit_are_refused(window: np.ndarray, words: str) -> None:
    with pytest.raises(ModelError) as caught:
        encode_windows(load_codec("fake"), window)
    assert words in str(caught.value)


def test_a_folder_without_a_decoder_is_refused(tmp_path) -> None:
    folder = make_folder(tmp_path / "tiny")
    write_spec(folder, graphs={})
    with pytest.raises(ModelError, match="the graph 'decoder' is missing"):
        OnnxCodec(folder)
    with pytest.raises(ModelError, match="has no surrogate, so it cannot accompany"):
        library.check_band(library.read_spec(folder))


def test_a_band_can_accompany_and_a_decoder_alone_cannot_encode(tmp_path) -> None:
    folder = make_folder(tmp_path / "tiny")
    spec = library.read_spec(folder)
    assert library.abilities(spec) == ["accompany", "sample", "interpolate", "encode"]
    write_spec(folder, graphs={"decoder": {"file": "decoder.onnx", "sha256": "0" * 64,
               "inputs": {"z": ["N", 3], "temperature": [], "noise": ["N", 64, 3]},
               "outputs": {"tokens": ["N", 64, 3]}}})  # fmt: skip
    assert library.abilities(library.read_spec(folder)) == ["sample", "interpolate"]
    codec = OnnxCodec(folder)
    assert codec.noise_shape(5) == (5, 64, 3)
    with pytest.raises(ModelError, match="has no encoder"):
        codec.encode(np.zeros((1, 64, 3), np.int64))

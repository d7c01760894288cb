"""The shipped model in ONNX Runtime; damaged folders are refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import yaml
from model_folders import make_folder, sha256, write_spec

from bridge.errors import ModelError
from bridge.model import library, loading, runtime
from bridge.model.answering.answer import answer
from bridge.model.contract import Trio
from bridge.model.messages import Request, Result
from bridge.model.worker.child import load_model
from bridge.model.worker.client import FakeWorker
from bridge.system.resources import shipped_folder

SHIPPED = shipped_folder("onnx") / library.DEFAULT
needs_model = pytest.mark.skipif(
    not (SHIPPED / library.SPEC_FILE).is_file(), reason=f"the model {library.DEFAULT} is not here"
)


@pytest.fixture(scope="module")
def trio() -> Trio:
    return load_model(library.DEFAULT)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED, tmp_path / "copied"))


def refused(action: Callable[[], object]) -> str:
    with pytest.raises(ModelError) as caught:
        action()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def change_spec(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    path = folder / library.SPEC_FILE
    spec = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(spec)
    path.write_text(json.dumps(spec), encoding="utf-8")


def request(trio: Trio, style: str = "", **changes: Any) -> Request:
    presets = trio.presets
    vector = presets[style].vector if style else next(iter(presets.values())).vector
    base = Request(
        generation=1,
        target_bar=0,
        bars=tuple(range(trio.spec.bars)),
        melody=(41, *[0] * 15) * trio.spec.bars,
        heard=(1,) * trio.spec.steps,
        style=tuple(vector.tolist()),
        temperature=0.0,
    )
    return msgspec.structs.replace(base, **changes)


@needs_model
def test_the_shipped_model_answers_every_style_with_legal_bars(trio: Trio) -> None:
    assert trio.presets
    for style in trio.presets:
        result = answer(trio, request(trio, style, temperature=1.0, variation=1.0, seed=3))
        assert len(result.bars) == trio.spec.bars
        assert len(result.code) == trio.spec.latent


@needs_model
def test_the_shipped_model_repeats_itself_and_heeds_seed_and_temperature(trio: Trio) -> None:
    hot = [answer(trio, request(trio, temperature=2.0, seed=s)).bars for s in (1, 1, 2)]
    assert hot[0] == hot[1]
    assert hot[0] != hot[2]
    cold = [answer(trio, request(trio, seed=s)).bars for s in (1, 2)]
    assert cold[0] == cold[1]


@needs_model
def test_a_bar_alone_is_the_bar_among_others(trio: Trio) -> None:
    window = answer(trio, request(trio, temperature=0.8, seed=5)).bars
    alone = answer(trio, request(trio, temperature=0.8, seed=5, bars=(2,))).bars
    assert alone[0] == window[2]


@needs_model
def test_bars_in_place_of_a_style_are_played(trio: Trio) -> None:
    """Drums that no style has, over a bass of the style where none is given."""
    drums = (3, 0, 0, 4, 0, 0, 2, 0, 1, 0, 4, 0, 2, 0, 0, 8) * trio.spec.bars
    silent, low = (0,) * trio.spec.steps, (17, *[0] * 7) * 2 * trio.spec.bars
    plain = answer(trio, request(trio, "rock"))
    alone, both = (
        answer(trio, request(trio, "rock", style_drums=drums, style_bass=bass))
        for bass in (silent, low)
    )
    for result in (alone, both):
        played = [cls for bar in result.bars for cls in bar.drums]
        assert np.mean(np.array(played) == drums) > 0.9
    onsets = [[bar.bass[n] >= 2 for bar in r.bars for n in range(16)] for r in (plain, alone, both)]
    assert np.mean(np.equal(onsets[0], onsets[1])) > 0.9
    assert np.mean(np.equal(onsets[2], np.array(low) >= 2)) > 0.9


@needs_model
def test_the_encoder_is_loaded_when_it_is_used(trio: Trio) -> None:
    tokens = np.zeros((2, trio.spec.steps, 3), np.int64)
    code = trio.encode(tokens)
    assert code.mu.shape == code.sigma.shape == (2, trio.spec.latent)
    assert (code.sigma > 0).all()
    assert trio.style_of(tokens[..., 1], tokens[..., 2]).shape == (2, trio.spec.style)


@needs_model
def test_the_directions_of_the_trio_and_of_the_library_are_the_same(trio: Trio) -> None:
    read = library.read_directions(SHIPPED, trio.spec)
    assert tuple(trio.directions) == read.names
    np.testing.assert_array_equal(np.stack(list(trio.directions.values())), read.vectors)


@needs_model
def test_other_integers_and_views_are_taken_too(trio: Trio) -> None:
    """numpy's int32 (Windows) and strided arrays are converted for the graph."""
    tokens = np.zeros((3, trio.spec.steps, 1), np.int32).transpose(2, 1, 0)
    assert trio.encode(tokens).mu.shape == (1, trio.spec.latent)  # type: ignore[arg-type]


@needs_model
def test_a_wrong_feed_is_our_error_in_one_line(trio: Trio) -> None:
    message = refused(lambda: trio.encode(np.zeros((1, 5, 3), np.int64)))
    assert "takes windows of 64 slots, not of 5" in message


@needs_model
def test_the_inline_worker_plays_the_shipped_model(trio: Trio) -> None:
    said: list[Any] = []
    FakeWorker(trio, on_message=said.append).ask(request(trio))
    assert isinstance(said[1], Result)


# --- damaged folders


@needs_model
def test_a_damaged_graph_is_refused_before_it_is_parsed(copied: Path) -> None:
    path = copied / "decoder.onnx"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert "decoder.onnx differs from its checksum" in refused(lambda: loading.load(copied))


@needs_model
def test_even_a_graph_that_is_loaded_later_has_to_be_there_at_once(copied: Path) -> None:
    (copied / "encoder.onnx").unlink()
    assert "encoder.onnx is missing" in refused(lambda: loading.load(copied))


@needs_model
def test_a_specification_of_another_width_is_refused(copied: Path) -> None:
    change_spec(copied, lambda spec: spec.update(latent=spec["latent"] // 2))
    message = refused(lambda: loading.load(copied))
    assert "model.yaml: the outputs of 'encoder'" in message


@needs_model
def test_a_graph_that_is_not_what_the_specification_promises_is_refused(copied: Path) -> None:
    """Both files whole, their checksums right, but one in the place of the other."""
    shutil.copy(copied / "harmony.onnx", copied / "decoder.onnx")
    digest = sha256(copied / "decoder.onnx")
    change_spec(copied, lambda spec: spec["graphs"]["decoder"].update(sha256=digest))
    message = refused(lambda: loading.load(copied))
    assert "decoder.onnx has the inputs ['features']" in message


@needs_model
def test_a_specification_without_a_graph_is_refused(copied: Path) -> None:
    change_spec(copied, lambda spec: spec["graphs"].pop("encoder") and None)
    assert "the graph 'encoder' is missing" in refused(lambda: loading.load(copied))
    change_spec(copied, lambda spec: spec["graphs"].pop("surrogate") and None)
    assert "has no surrogate, so it cannot accompany" in refused(lambda: loading.load(copied))


def test_a_graph_that_is_no_onnx_is_refused_even_with_a_right_checksum(tmp_path: Path) -> None:
    tiny = make_folder(tmp_path / "tiny")
    message = refused(lambda: loading.load(tiny))
    assert "is no graph that ONNX Runtime" in message


def test_graphs_in_another_order_of_inputs_are_refused(tmp_path: Path) -> None:
    tiny = make_folder(tmp_path / "tiny")
    change_spec(
        tiny,
        lambda spec: spec["graphs"]["style"].update(inputs={"drums": ["N", 64], "bass": ["N", 64]}),
    )
    assert "the inputs of 'style'" in refused(lambda: loading.load(tiny))
    write_spec(tiny)
    assert "the inputs of" not in refused(lambda: loading.load(tiny))


# --- counting


@needs_model
def test_the_multiply_adds_are_counted_for_what_is_fed() -> None:
    """Four bars cost the decoder less than four times one: the window's part runs once."""
    spec = library.read_spec(SHIPPED)

    def count(bars: int) -> int:
        feed = {
            "z": np.zeros((1, spec.latent), np.float32),
            "bars": np.arange(bars),
            "metre": np.zeros(1, np.int64),
            "temperature": np.array(0.5, np.float32),
            "noise": np.zeros((1, bars, spec.steps_per_bar, 3), np.float32),
        }
        return runtime.multiply_adds(SHIPPED, "decoder", feed)

    one, four = count(1), count(4)
    assert one < four < 4 * one
    assert four - one == count(3) + count(3) - count(2) - one  # linear in the bars

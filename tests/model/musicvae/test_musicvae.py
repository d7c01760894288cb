"""Graphs built from a MusicVAE's tensors match the reference implementation."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import onnxruntime
import pytest
from published_data import DECODER, REFERENCE, needs_published_files

from bridge.errors import ModelError
from bridge.model.contract import KINDS
from bridge.model.musicvae.checkpoint import Checkpoint
from bridge.model.musicvae.family import Family
from tools.parity.random_checkpoint import PUBLISHED, tensors_of, tiny

graphs = pytest.importorskip("bridge.model.musicvae.graphs", reason="the package onnx is not here")

NAMES = list(PUBLISHED)
Built = tuple[Family, dict[str, bytes]]


def small(name: str, seed: int = 1) -> Checkpoint:
    """A checkpoint of that form, with few cells."""
    published = tiny(PUBLISHED[name])
    return Checkpoint(name, published.spec(), tensors_of(published, seed))


def run(built: Built, graph: str, **feed: Any) -> list[np.ndarray]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(built[1][graph], options)
    return session.run(None, feed)


def inputs(built: Built, graph: str, count: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Random input of the right shapes, for ``count`` windows."""
    rng = np.random.default_rng(seed)
    feed: dict[str, np.ndarray] = {}
    for name, dims in graphs.ports_of(built[0])[graph][0].items():
        shape = [{"N": count, "K": built[0].segments}.get(d, d) for d in dims]
        feed[name] = rng.random(shape).astype(np.float32)
        if name == "bars":
            feed[name] = np.arange(built[0].segments)
        if name == "tokens":
            columns = [rng.integers(0, t.classes, shape[:-1]) for t in built[0].tracks]
            feed[name] = np.stack(columns, axis=-1)
    return feed


@needs_published_files
def test_the_published_melody_decoder_chooses_what_magenta_js_chose() -> None:
    files = json.loads((DECODER / "manifest.json").read_text())
    tensors = {
        name: np.fromfile(DECODER / entry["filename"], np.float32).reshape(entry["shape"])
        for name, entry in files.items()
        if (DECODER / entry["filename"]).is_file()
    }
    built = graphs.build(
        Checkpoint("mel", json.loads((DECODER / "converter.json").read_text()), tensors)
    )
    assert list(built[1]) == ["decoder"]
    reference = json.loads(REFERENCE.read_text())
    z = np.array([entry["z"] for entry in reference], np.float32)
    noise = np.zeros((len(z), 32, 1), np.float32)
    (tokens,) = run(built, "decoder", z=z, temperature=np.array(0, np.float32), noise=noise)
    assert np.array_equal(tokens[..., 0], [entry["steps"] for entry in reference])


@pytest.mark.parametrize("name", NAMES)
def test_every_family_becomes_graphs_of_the_ports_it_tells(name: str) -> None:
    built = graphs.build(small(name))
    assert tuple(t.name for t in built[0].tracks) == KINDS[graphs.KINDS[built[0].converter]]
    for graph in ("encoder", "decoder"):
        outputs = run(built, graph, **inputs(built, graph, 2))
        for value, dims in zip(outputs, graphs.ports_of(built[0])[graph][1].values(), strict=True):
            assert value.shape == tuple({"N": 2, "K": built[0].segments}.get(d, d) for d in dims)
            assert np.isfinite(value).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_window_is_the_same_alone_and_among_others(name: str) -> None:
    built = graphs.build(small(name))
    for graph in ("encoder", "decoder"):
        feed = inputs(built, graph, 3)
        alone = {k: v[1:2] if v.ndim > 1 else v for k, v in feed.items()}
        for many, one in zip(run(built, graph, **feed), run(built, graph, **alone), strict=True):
            np.testing.assert_allclose(many[1:2], one, atol=1e-5)


@pytest.mark.parametrize("name", ["mel_2bar_small", "trio_4bar", "drums_2bar_nade_9_q2"])
def test_noise_counts_only_when_it_is_warm(name: str) -> None:
    built = graphs.build(small(name))
    feed = inputs(built, "decoder", 4)
    cold = {**feed, "temperature": np.array(0, np.float32)}
    warm = {**feed, "temperature": np.array(1.5, np.float32)}
    for heat, same in ((cold, True), (warm, False)):
        first = run(built, "decoder", **heat)[0]
        again = run(built, "decoder", **{**heat, "noise": 1 - heat["noise"]})[0]
        assert np.array_equal(first, again) is same
        assert np.array_equal(first, run(built, "decoder", **heat)[0])


def test_what_follows_a_tracks_end_does_not_change_its_code() -> None:
    built = graphs.build(small("multitrack"))
    tokens = inputs(built, "encoder", 1)["tokens"]
    end = built[0].end
    tokens[0, 10] = end
    other = tokens.copy()
    other[0, 11:64] = 5
    before = tokens.copy()
    before[0, 9] += 1
    codes = [run(built, "encoder", tokens=value)[0] for value in (tokens, other, before)]
    assert np.array_equal(codes[0], codes[1])
    assert not np.array_equal(codes[0], codes[2])


def test_bars_are_decoded_in_any_order_and_alone() -> None:
    built = graphs.build(small("trio_4bar"))
    feed = inputs(built, "decoder", 2)
    (every,) = run(built, "decoder", **feed)
    some = {**feed, "bars": np.array([2, 0, 1]), "noise": feed["noise"][:, [2, 0, 1]]}
    assert np.array_equal(run(built, "decoder", **some)[0], every[:, [2, 0, 1]])
    cold = {**feed, "temperature": np.array(0, np.float32)}
    (every,) = run(built, "decoder", **cold)
    one = {**cold, "bars": np.array([3]), "noise": feed["noise"][:, 3:]}
    assert np.array_equal(run(built, "decoder", **one)[0], every[:, 3:])


def _without(name: str, tensors: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in tensors.items() if key != name}


BIAS = "decoder/output_projection/bias"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: _without(BIAS, t), f"lacks the tensor {BIAS}"),
        (lambda t: {**t, BIAS: t[BIAS][:-1]}, f"{BIAS} has the shape [89], not [90]"),
        (lambda t: {**t, BIAS: t[BIAS] * np.nan}, f"{BIAS} has values that are not finite"),
        (lambda t: {**t, "decoder/more": t[BIAS]}, "unknown tensor decoder/more"),
        (lambda t: {}, "lacks the tensor decoder/z_to_initial_state/kernel"),
    ],
)
def test_tensors_that_do_not_fit_are_refused(change: Any, words: str) -> None:
    checkpoint = small("mel_2bar_small")
    torn = Checkpoint("torn", checkpoint.config, change(dict(checkpoint.tensors)))
    with pytest.raises(ModelError) as caught:
        graphs.build(torn)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"type": "MusicRNN", "dataConverter": {}}, "'MusicRNN', not a MusicVAE"),
        ({"dataConverter": {"type": "Nothing", "args": {}}}, "no data converter 'Nothing'"),
        ({"dataConverter": {"type": "MelodyConverter"}}, "has no args"),
        ({"dataConverter": {"type": "MelodyConverter", "args": {"numSteps": "x"}}}, "numSteps"),
        ({}, "no data converter None"),
    ],
)
def test_a_configuration_that_is_not_understood_is_refused(
    config: dict[str, Any], words: str
) -> None:
    with pytest.raises(ModelError) as caught:
        graphs.build(Checkpoint("x", config, small("mel_2bar_small").tensors))
    assert words in str(caught.value)

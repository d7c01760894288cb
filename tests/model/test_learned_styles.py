"""The player's own styles: their files, and which of them a model knows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from bridge.errors import ConfigError, NameUnknown
from bridge.model import library
from bridge.model.contract import GraphSpec, ModelSpec
from bridge.model.fake import SPEC
from bridge.model.styles.learned_styles import (
    LearnedStyle,
    forget_style,
    learned_presets,
    learned_styles,
    style_path,
    write_style,
)

ENCODER = "ab" * 32
KNOWN = LearnedStyle(
    name="mine", metre="3/4", tempo=120.5, swing=0.25,
    bass=(10, 0) * 32, drums=(1, 0) * 32, chords=(1,) * 8,
    encoder=ENCODER, vector=(0.5, -0.25, 0.0, 1.0), source="waltz.mid",
)  # fmt: skip


@pytest.fixture
def spec() -> ModelSpec:
    """A model of styles of four numbers with that encoder."""
    graph = GraphSpec("encoder.onnx", ENCODER.upper(), {}, {})
    return replace(SPEC, graphs={"encoder": graph}, style=4)


def test_a_style_is_read_as_it_was_written() -> None:
    path = write_style(KNOWN)
    assert path == style_path("mine")
    assert learned_styles() == {"mine": KNOWN}


def test_a_style_of_another_encoder_is_not_offered(spec: ModelSpec) -> None:
    write_style(KNOWN)
    write_style(msgspec.structs.replace(KNOWN, name="other", encoder="00"))
    write_style(msgspec.structs.replace(KNOWN, name="wide", vector=(0.0,) * 5))
    (preset,) = learned_presets(spec).values()
    assert (preset.name, preset.metre, preset.tempo, preset.swing) == ("mine", "3/4", 120.5, 0.25)
    assert np.allclose(preset.vector, KNOWN.vector)


def test_a_style_of_a_metre_that_the_model_lacks_is_not_offered(spec: ModelSpec) -> None:
    write_style(KNOWN)
    assert not learned_presets(replace(spec, metres=("4/4",)))


def test_a_forgotten_style_is_gone_and_an_unknown_one_is_named() -> None:
    write_style(KNOWN)
    assert not forget_style("mine").exists()
    with pytest.raises(NameUnknown, match="mine"):
        forget_style("mine")


@pytest.mark.parametrize("name", ["", "../x", "a b", "-x", "x" * 41, "a/b", "C:"])
def test_a_name_that_is_no_file_name_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="no name for a style"):
        style_path(name)


@pytest.mark.parametrize(
    ("old", "new"),
    [("metre: 3/4", "metre: 5/4"), ("tempo: 120.5", "tempo: 0"), ("- 0.5", "- .nan"),
     ("swing: 0.25", "swing: 2"), ("name: mine", "nam: mine")],
)  # fmt: skip
def test_a_file_that_is_wrong_is_named(old: str, new: str) -> None:
    path = write_style(KNOWN)
    text = path.read_text()
    spoiled = text.replace(old, new) if old in text else text.replace("[0.5", "[.nan")
    assert spoiled != text
    path.write_text(spoiled)
    with pytest.raises(ConfigError, match=path.name):
        learned_styles()


def test_the_shipped_models_own_styles_stand_before_learned_ones(tmp_path: Path) -> None:
    folder = library.find(library.DEFAULT)
    spec = library.read_spec(folder)
    encoder = spec.graphs["encoder"].sha256.lower()
    vector = (0.0,) * spec.style
    for name in ("rock", "mine"):
        write_style(msgspec.structs.replace(KNOWN, name=name, encoder=encoder, vector=vector))
    presets = library.read_presets(folder, spec)
    assert list(presets)[-1] == "mine"
    assert presets["rock"].metre == "4/4"

"""Our graphs encode and decode the same as magenta.js.

The references in ``magenta/`` were recorded by ``python -m tools.parity.compare --golden
tests/model/magenta`` from checkpoints of every family with few cells, whose weights are a
seed's. Where node and magenta.js are (LATENT_BRIDGE_NODE is a folder with its node_modules),
it is asked again.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("onnx", reason="the package onnx is not here")

from tools.parity.compare import compare, golden, golden_checkpoint
from tools.parity.magenta import PACKAGES, VARIABLE, Magenta, modules
from tools.parity.random_checkpoint import PUBLISHED

REFERENCES = Path(__file__).parents[1] / "magenta"


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_choice_and_code_is_that_of_magenta_js(name: str) -> None:
    reference = json.loads((REFERENCES / f"{name}.json").read_text())
    row = compare(name, golden_checkpoint(name, reference["seed"]), reference, "")
    assert row.encode <= 1e-5
    assert (row.equal, row.groove <= 1e-5) == (row.steps, True)
    assert len({str(step) for window in reference["decoded"] for step in window}) > 1


def test_a_weight_that_differs_is_seen() -> None:
    reference = json.loads((REFERENCES / "trio_4bar.json").read_text())
    row = compare("trio_4bar", golden_checkpoint("trio_4bar", 1), reference, "")
    assert not row.same
    assert row.equal < row.steps


@pytest.mark.skipif(
    modules() is None, reason=f"no magenta.js: npm i {PACKAGES}, {VARIABLE}=that folder"
)
@pytest.mark.parametrize("name", ["mel_2bar_small", "trio_4bar"])
def test_magenta_js_still_says_what_was_recorded(name: str, tmp_path: Path) -> None:
    folder = modules()
    assert folder is not None
    reference = json.loads((REFERENCES / f"{name}.json").read_text())
    with Magenta(folder, tmp_path) as peer:
        again = golden(peer, tmp_path, name, reference["seed"])
    assert again["decoded"] == reference["decoded"]
    row = compare(name, golden_checkpoint(name, reference["seed"]), again, "")
    assert row.same

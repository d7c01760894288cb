"""The list of models on the screen."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from textual.widgets import OptionList

from bridge.model import library
from bridge.model.contract import GraphSpec, GuestModel, ModelSpec
from bridge.session.messages.code_commands import UseModel
from bridge.system.strict_yaml import write_yaml
from bridge.ui.app import BridgeApp
from bridge.ui.dialogs.models import models
from bridge.ui.dialogs.picker import Picker
from bridge.ui.engine_link import MemoryLink
from bridge.ui.sample_session import snapshot_at


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A library with an imported melody model and a damaged one, and no other models."""
    place = tmp_path / "models"
    graph = GraphSpec("decoder.onnx", "0" * 64, {"z": ["N", 4]}, {"tokens": ["N", 32, 1]})
    spec = ModelSpec(
        "mel", "melody", "A melody", "Apache-2.0", 2, 16, 4, {"melody": 90}, {"decoder": graph}
    )
    (place / "mel").mkdir(parents=True)
    write_yaml(place / "mel" / library.SPEC_FILE, dataclasses.asdict(spec))
    (place / "torn").mkdir()
    (place / "torn" / library.SPEC_FILE).write_text("naem: x\n", encoding="utf-8")
    monkeypatch.setattr(library, "library_paths", lambda library=None: [place])
    return place


def test_imported_models_are_listed_with_what_they_can_do(folder: Path) -> None:
    mel, torn = models()
    assert mel.line.split() == ["mel", "melody,", "2", "bars:", "sample,", "interpolate"]
    assert mel.advice == "run: latent-bridge sample --model mel"
    assert torn.line.split() == ["torn", "damaged"]
    assert "models verify torn" in torn.advice


@pytest.mark.usefixtures("folder")
async def test_samples_are_drawn_of_the_chosen_model_and_a_damaged_one_says_what_to_do() -> None:
    link = MemoryLink(snapshot_at(0.0, 100.0, running=False))
    app = BridgeApp(link, lambda: 100.0)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        await pilot.press("I")
        assert isinstance(app.screen, Picker)
        assert app.screen.query_one(OptionList).option_count == 2
        await pilot.press("enter")
        await pilot.pause()
        app.draw()
        assert link.take() == [UseModel(GuestModel("mel", "melody", 4, 2))]
        await pilot.press("I", "down", "enter")
        await pilot.pause()
        app.draw()
        assert link.take() == []
        assert "models verify torn" in app.frame.notice

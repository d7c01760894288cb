"""The list of models on the screen."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from screens import LibraryLink, listed, screen, stopped
from textual.widgets import OptionList

from bridge.model import library
from bridge.model.contract import GraphSpec, GuestModel, ModelSpec
from bridge.session.messages.code_commands import UseModel
from bridge.session.messages.listings import ListModels, ModelList, ModelRow
from bridge.system.strict_yaml import write_yaml
from bridge.ui.dialogs.models import lines
from bridge.ui.dialogs.picker import Picker
from bridge.ui.keymap import Action

MEL = ModelRow("mel", "melody, 2 bars: sample", "run: x", GuestModel("mel", "melody", 4, 2))


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


@pytest.mark.usefixtures("folder")
async def test_samples_are_drawn_of_the_chosen_model_and_a_damaged_one_says_what_to_do() -> None:
    async with screen(None, (120, 40), LibraryLink(stopped())) as (app, link, pilot):
        app.perform(Action.MODELS)
        await pilot.pause()
        assert isinstance(app.screen, Picker)
        assert app.screen.query_one(OptionList).option_count == 2
        await pilot.press("enter")
        await pilot.pause()
        app.draw()
        assert link.take() == [UseModel(GuestModel("mel", "melody", 4, 2))]
        app.perform(Action.MODELS)
        await pilot.press("down", "enter")
        await pilot.pause()
        app.draw()
        assert link.take() == []
        assert "models verify torn" in app.frame.notice


async def test_the_library_that_play_was_given_is_the_one_on_the_screen(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / library.SPEC_FILE).write_text("naem: x\n", encoding="utf-8")
    async with screen(None, (120, 40), LibraryLink(stopped(), tmp_path)) as (app, _, pilot):
        app.perform(Action.MODELS)
        await pilot.pause()
        assert "mine" in listed(app)[0]
        assert "damaged" in listed(app)[0]


async def test_the_list_appears_when_the_engine_answers_and_keeps_what_is_typed() -> None:
    async with screen(stopped()) as (app, link, pilot):
        app.perform(Action.MODELS)
        await pilot.pause()
        await pilot.press("slash", *"mel")
        assert link.take() == [ListModels()]
        assert listed(app) == []
        link.listings.put(ModelList((MEL, ModelRow("torn", "damaged", "run: y"))))
        app.screen._look()  # type: ignore[attr-defined]
        (line,) = listed(app)
        assert line.split()[0] == "mel"
        await pilot.press("enter")
        await pilot.pause()
        assert link.take() == [UseModel(MEL.guest)]


async def test_an_empty_library_says_so_and_closes_the_list() -> None:
    async with screen(stopped()) as (app, link, pilot):
        link.listings.put(ModelList())
        app.perform(Action.MODELS)
        await pilot.pause()
        await pilot.pause()
        assert not isinstance(app.screen, Picker)
        assert "no models" in app.frame.notice


def test_the_names_of_models_stand_in_one_column() -> None:
    listing = ModelList((MEL, ModelRow("longer", "damaged", "run: y")))
    assert [*lines(listing)] == ["mel     melody, 2 bars: sample", "longer  damaged"]

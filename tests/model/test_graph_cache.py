"""Optimised graphs in the cache: the same answers, and never needed."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from bridge.model import graph_cache, library
from bridge.model.runtime import Graph
from bridge.system.resources import shipped_folder


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "graphs"
    monkeypatch.setenv(graph_cache.ENVIRONMENT, str(folder))
    return folder


@pytest.fixture
def model() -> Path:
    folder = shipped_folder("onnx") / library.DEFAULT
    if not (folder / library.SPEC_FILE).is_file():
        pytest.skip(f"the model {library.DEFAULT} is not here")
    return folder


def code_of(model: Path) -> np.ndarray:
    spec = library.read_spec(model)
    tokens = np.arange(3 * spec.steps, dtype=np.int64).reshape(1, -1, 3) % 3
    graph = Graph(model, "encoder", spec.graphs["encoder"])
    mu, _ = graph(tokens=tokens, metre=np.zeros(1, np.int64))
    return mu


def test_a_graph_of_the_cache_gives_the_same_numbers(place: Path, model: Path) -> None:
    first = code_of(model)
    (kept,) = place.iterdir()
    before = kept.stat().st_ino
    again = code_of(model)
    assert np.array_equal(first, again)
    assert [path.stat().st_ino for path in place.iterdir()] == [before], "it was not made again"


@pytest.mark.parametrize("damage", [b"", b"no graph", None])
def test_a_damaged_file_is_not_used_and_made_again(
    place: Path, model: Path, damage: bytes | None
) -> None:
    first = code_of(model)
    (kept,) = place.iterdir()
    kept.write_bytes(kept.read_bytes()[:-1] if damage is None else damage)
    assert np.array_equal(first, code_of(model))
    (again,) = place.iterdir()
    assert again.name == kept.name
    assert graph_cache.read(kept.name.split("-")[0]) == again.read_bytes()


def test_a_whole_file_that_is_no_graph_is_passed_over(place: Path, model: Path) -> None:
    first = code_of(model)
    (kept,) = place.iterdir()
    key = kept.name.split("-")[0]
    kept.unlink()
    false = graph_cache.room(key)
    assert false is not None
    false.write_bytes(b"whole, and no graph")
    graph_cache.keep(key, false)
    assert np.array_equal(first, code_of(model))


def test_a_folder_that_cannot_be_made_costs_the_cache_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv(graph_cache.ENVIRONMENT, str(tmp_path / "file" / "graphs"))
    assert code_of(model).shape[0] == 1


def test_another_version_or_machine_has_another_key(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = {graph_cache.key_of("a", "1.0"), graph_cache.key_of("a", "1.1")}
    monkeypatch.setattr("platform.node", lambda: "another machine")
    keys |= {graph_cache.key_of("a", "1.0"), graph_cache.key_of("b", "1.0")}
    assert len(keys) == 4


def test_of_many_files_those_used_last_are_kept(place: Path) -> None:
    for number in range(graph_cache.MOST_FILES + 2):
        written = graph_cache.room(f"{number:03d}")
        assert written is not None
        written.write_bytes(b"graph")
        os.utime(written, (number, number))
        graph_cache.keep(f"{number:03d}", written)
    names = sorted(path.name[:3] for path in place.iterdir())
    assert len(names) == graph_cache.MOST_FILES
    assert names[0] == "002"

"""prior: courses as code and MIDI files, onward from anchors, repeatable; wrong numbers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from bridge.cli.app import main
from bridge.files import history
from bridge.latent.code_file import from_bytes
from bridge.model.fake import FakeTrio
from bridge.model.library import find, read_prior_space, read_spec


@pytest.fixture(autouse=True)
def own_history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(history.FOLDER, str(tmp_path / "history"))


def course(out: Path, *more: str) -> np.ndarray:
    assert main(["prior", "--model", "fake", "-o", str(out), *more]) == 0
    return from_bytes(out.read_bytes(), out.suffix).codes


def test_a_seed_gives_the_same_course_and_options_another(tmp_path: Path) -> None:
    first = course(tmp_path / "a.npz", "-n", "5")
    assert first.shape == (5, 8)
    assert np.array_equal(first, course(tmp_path / "b.npz", "-n", "5"))
    others = (["--seed", "2"], ["--steps", "3"], ["--temperature", "0"], ["--normalize"])
    for number, option in enumerate(others):
        assert not np.array_equal(first, course(tmp_path / f"{number}.npz", "-n", "5", *option))


def test_it_goes_on_from_anchors_for_as_long_as_asked(tmp_path: Path) -> None:
    plain = course(tmp_path / "a.npz", "-n", "40")
    onward = course(tmp_path / "b.npz", "-n", "40", "rock", "seed:3")
    assert plain.shape == onward.shape == (40, 8)
    assert not np.array_equal(plain, onward)


def test_a_course_is_heard_and_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "course.mid"
    assert main(["prior", "--model", "fake", "-n", "3", "-o", str(out), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["codes"] == 3
    assert facts["notes"]["Drums"] > 0
    assert out.stat().st_size > 100
    assert main(["history", "list"]) == 0
    assert "prior" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["-n", "0"], "0 is not in the range"),
        (["--steps", "0"], "0 is not in the range"),
        (["--temperature", "nan"], "nan"),
        (["no such thing"], "no such thing"),
        (["-o", "x.txt"], "x.txt: write one of"),
    ],
)
def test_mistakes_are_one_line(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["prior", "--model", "fake", *arguments]) == 2
    said = capsys.readouterr().err
    assert says in said
    assert said.count("\n") == 1


def test_a_model_without_a_prior_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(FakeTrio, "prior", None)
    assert main(["prior", "--model", "fake"]) == 2
    assert "has no prior" in capsys.readouterr().err


def test_the_shipped_priors_space_is_as_wide_as_the_models_codes() -> None:
    folder = find("trio-4bar")
    spec = read_spec(folder)
    space = read_prior_space(folder, spec)
    if space is None:
        pytest.skip("this trio has no prior yet")
    assert space.width == spec.latent
    assert np.allclose(space.axes @ space.axes.T, np.eye(len(space.spread)), atol=1e-4)

"""Contents of the wheel, and the dependencies that installing it brings."""

from __future__ import annotations

import re
import tomllib
import zipfile
from pathlib import Path

import pytest

from bridge import __version__

ROOT = Path(__file__).resolve().parents[2]
BASE = {
    "mido",
    "python-rtmidi",
    "supriya-midi",
    "onnxruntime",
    "numpy",
    "textual",
    "pyyaml",
    "click",
    "msgspec",
    "platformdirs",
}
LARGEST_MODEL_BYTES = 20_000_000


def project() -> dict:
    """The [project] table."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def names(requirements: list[str]) -> set[str]:
    """The package names of requirements."""
    return {re.split(r"[^A-Za-z0-9_.-]", line)[0].lower() for line in requirements}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel of this checkout, built by its own backend."""
    builder = pytest.importorskip("hatchling.builders.wheel", reason="hatchling is in [dev]")
    folder = tmp_path_factory.mktemp("dist")
    built = list(builder.WheelBuilder(str(ROOT)).build(directory=str(folder)))
    assert len(built) == 1
    return zipfile.ZipFile(built[0])


def test_the_base_install_is_these_packages_and_no_more() -> None:
    assert names(project()["dependencies"]) == BASE


def test_every_requirement_has_a_lowest_and_a_highest_version() -> None:
    extras = project()["optional-dependencies"].values()
    lines = [*project()["dependencies"], *(line for extra in extras for line in extra)]
    open_ended = [
        line
        for line in lines
        if not line.startswith("latent-bridge") and not (">=" in line and "<" in line)
    ]
    assert open_ended == []


def test_all_is_every_extra_that_a_user_may_want_and_training_is_not() -> None:
    extras = project()["optional-dependencies"]
    assert extras["all"] == ["latent-bridge[render,import,osc,sound,web]"]
    assert "torch" in names(extras["train"])


def test_the_wheel_holds_the_program_and_nothing_beside_it(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert tops == {"bridge", f"latent_bridge-{__version__}.dist-info"}


def test_the_wheel_carries_every_file_of_models_mappings_and_forms(wheel: zipfile.ZipFile) -> None:
    inside = set(wheel.namelist())
    for folder in ("onnx", "mappings", "forms"):
        here = [path for path in (ROOT / folder).rglob("*") if path.is_file()]
        expected = {f"bridge/_data/{path.relative_to(ROOT).as_posix()}" for path in here}
        assert expected <= inside


def test_the_wheel_carries_the_style_sheet_of_the_screen(wheel: zipfile.ZipFile) -> None:
    sheets = [p.relative_to(ROOT).as_posix() for p in (ROOT / "bridge").rglob("*.tcss")]
    assert set(sheets) <= set(wheel.namelist())


def test_a_model_is_at_most_twenty_megabytes() -> None:
    for model in (ROOT / "onnx").glob("*/model.yaml"):
        size = sum(path.stat().st_size for path in model.parent.rglob("*") if path.is_file())
        assert size <= LARGEST_MODEL_BYTES, model.parent.name


def test_the_wheel_names_its_licence_and_its_command(wheel: zipfile.ZipFile) -> None:
    info = f"latent_bridge-{__version__}.dist-info"
    assert "Apache License" in wheel.read(f"{info}/licenses/LICENSE").decode()
    entry = wheel.read(f"{info}/entry_points.txt").decode()
    assert "latent-bridge = bridge.cli:main" in entry
    assert "License-Expression: Apache-2.0" in wheel.read(f"{info}/METADATA").decode()

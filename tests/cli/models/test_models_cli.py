"""styles, models and bench model on the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from model_folders import make_folder

from bridge.cli.app import main
from bridge.model import library
from bridge.system.resources import shipped_folder

needs_model = pytest.mark.skipif(
    not (shipped_folder("onnx") / library.DEFAULT / library.SPEC_FILE).is_file(),
    reason=f"the model {library.DEFAULT} is not here",
)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(arguments)
    out, err = capsys.readouterr()
    return code, out, err


def output_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    code, out, err = run(capsys, *arguments, "--json")
    assert (code, err) == (0, "")
    return json.loads(out)


def test_styles_shows_a_bar_of_each(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "styles", "--model", "fake")
    lines = out.splitlines()
    assert code == 0
    assert [line.split()[0] for line in lines] == ["style", "rock", "funk", "swing", "bossa"]
    assert lines[1].split() == [
        "rock", "4/4", "120", "0%", "x.......x.x.....", "....x.......x...", "x.x.x.x.x.x.x.x."
    ]  # fmt: skip
    assert lines[3].split()[2:4] == ["144", "60%"]


def test_styles_as_json_has_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    report = output_json(capsys, "styles", "--model", "fake")
    assert report["model"] == "fake"
    rock = report["styles"][0]
    assert (rock["name"], rock["tempo"], rock["swing"]) == ("rock", 120.0, 0.0)
    assert set(rock["drums"]) == {"kick", "snare", "hat"}
    assert {len(line) for line in rock["drums"].values()} == {16}


@pytest.mark.parametrize(
    "arguments",
    [
        ("styles", "--model", "trio-5bar"),
        ("models", "show", "trio-5bar"),
        ("models", "verify", "trio-5bar"),
        ("bench", "model", "--model", "trio-5bar"),
        ("bench", "model", "--model", "fake"),
    ],
)
def test_a_model_that_is_not_there_is_one_line_and_code_2(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1


def test_models_alone_lists_them(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    make_folder(tmp_path / "tiny")
    rows = output_json(capsys, "models", "list", "--library", str(tmp_path))["models"]
    assert rows[0]["name"] == "tiny"
    assert rows[0]["title"] == "A tiny one"
    assert run(capsys, "models") == run(capsys, "models", "list")


def test_a_damaged_specification_is_listed_with_what_is_wrong(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = make_folder(tmp_path / "tiny")
    (folder / "model.yaml").write_text("naem: x\n", encoding="utf-8")
    code, out, _ = run(capsys, "models", "list", "--library", str(tmp_path))
    assert code == 0
    assert "unknown key 'naem'" in out


def test_verify_names_the_damaged_file_and_ends_with_code_2(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = make_folder(tmp_path / "tiny")
    code, out, _ = run(capsys, "models", "verify", str(folder))
    assert code == 0
    assert "DAMAGED" not in out
    (folder / "style.onnx").write_bytes(b"x")
    code, out, err = run(capsys, "models", "verify", str(folder))
    assert code == 2
    assert "DAMAGED  style.onnx" in out
    assert "style.onnx differs from its checksum" in err
    code, out, _ = run(capsys, "models", "verify", str(folder), "--json")
    row = json.loads(out)["models"][0]
    assert (row["ok"], row["files"]["style.onnx"], row["files"]["encoder.onnx"]) == (
        False,
        False,
        True,
    )


def test_show_tells_what_a_model_is_made_of(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    make_folder(tmp_path / "tiny")
    facts = output_json(capsys, "models", "show", "tiny", "--library", str(tmp_path))
    assert facts["styles"] == ["rock", "swing"]
    assert facts["directions"] == ["density"]
    code, out, _ = run(capsys, "models", "show", "tiny", "--library", str(tmp_path))
    assert code == 0
    assert "z[N, 3], bars[K], temperature[]" in out


def test_models_do_without_onnxruntime() -> None:
    code = "import bridge.cli.models.library, sys; print('onnxruntime' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@needs_model
def test_the_shipped_model_is_whole(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "models", "verify", library.DEFAULT)
    assert (code, err) == (0, "")
    assert out.startswith(f"{library.DEFAULT}  ok")


@needs_model
def test_the_benchmark_has_its_figures_and_explains_its_floor(
    capsys: pytest.CaptureFixture[str],
) -> None:
    report = output_json(capsys, "bench", "model", "--runs", "10")
    made = ["surrogate", "decode_bar", "feel"]
    parts = {"harmony", *made, "decode_window", "chords_given", "melody_to_bar"}
    assert {f"{part}_ms" for part in parts} <= set(report)
    for part in parts:
        assert set(report[f"{part}_ms"]) == {"p50", "p99"}
    floor = report["floors_ms"]
    assert set(floor) == parts
    assert report["floor_ms"] == floor["melody_to_bar"]
    assert floor["chords_given"] == pytest.approx(sum(floor[part] for part in made), abs=1e-3)
    assert floor["melody_to_bar"] == pytest.approx(
        floor["chords_given"] + floor["harmony"], abs=1e-3
    )
    code, out, _ = run(capsys, "bench", "model", "--runs", "10")
    assert code == 0
    assert "multiply-adds" in out

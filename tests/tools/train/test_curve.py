"""tools.train.curve: the picture of two runs, from their logs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="the training extra is not installed")

from bridge.errors import ModelError
from tools.train import curve


def log(folder: Path, rows: list[dict[str, object]]) -> Path:
    folder.mkdir()
    text = "\n".join(json.dumps(row) for row in rows)
    (folder / "log.jsonl").write_text(text, encoding="utf-8")
    return folder


def test_a_figure_is_drawn_where_it_was_measured() -> None:
    rows = [{"minutes": 1, "valid": {"real.bass": 0.5}}, {"minutes": 2, "valid": {}}]
    assert curve.series(rows, "real.bass") == ([1], [0.5])


def test_two_logs_make_a_picture(tmp_path: Path) -> None:
    valid = {"real.drums": 0.4, "real.bass": 0.6}
    rows: list[dict[str, object]] = [{"minutes": 1, "step": 10, "valid": valid}]
    first, second = log(tmp_path / "a", rows), log(tmp_path / "b", rows)
    out = tmp_path / "curve.png"
    curve.main(["--two-level", str(first), "--surrogate", str(second), "-o", str(out)])
    assert out.read_bytes().startswith(b"\x89PNG")


def test_a_folder_without_a_log_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="name the run's folder"):
        curve.rows_of(tmp_path)

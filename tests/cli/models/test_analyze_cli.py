"""``latent-bridge analyze``: a table, JSON, a picture; from statistics or from files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bridge.cli import main
from bridge.model.library import DEFAULT, find, read_spec
from bridge.music.grid import TICKS_PER_BEAT
from bridge.music.notes import Note
from bridge.music.smf.gm_programs import DRUM_CHANNEL
from bridge.music.smf.midi_file import write
from bridge.music.smf.song import Song, Track


def out(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["analyze", *arguments]) == 0
    return capsys.readouterr().out


def test_the_table_begins_with_the_targets(capsys: pytest.CaptureFixture[str]) -> None:
    lines = out(capsys, "-n", "18").splitlines()
    assert "dimensions carry music" in lines[0]
    targets = [line.split()[0] for line in lines[3:19]]
    assert targets == [f"neuron:{n}" for n in range(1, 17)]
    assert len(lines) == 3 + 18


def test_the_json_ranks_all_dimensions_by_variance(capsys: pytest.CaptureFixture[str]) -> None:
    facts = json.loads(out(capsys, "--json"))
    variances = [neuron["variance"] for neuron in facts["neurons"]]
    assert len(variances) == facts["dimensions"] == read_spec(find(DEFAULT)).latent
    assert variances == sorted(variances)
    assert facts["carrying"] == sum(v < 0.5 for v in variances)
    assert "melody_pitch" in facts["neurons"][0]["information"]


def test_the_picture_is_a_png(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="the render extra is not installed")
    out(capsys, "-o", str(tmp_path / "an.png"))
    assert (tmp_path / "an.png").read_bytes().startswith(b"\x89PNG")


def test_files_are_measured_instead(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    tune = tuple(
        Note(b * TICKS_PER_BEAT, 60 + b * 5 % 12, TICKS_PER_BEAT, 90) for b in range(4 * 12)
    )
    kit = tuple(Note(b * TICKS_PER_BEAT, 36 + 2 * (b % 2), 100, 90) for b in range(4 * 12))
    path = tmp_path / "song.mid"
    write(path, Song((Track("Melody", 0, 0, tune), Track("Kit", DRUM_CHANNEL, 0, kit))))
    facts = json.loads(out(capsys, "--files", str(path), "--json"))
    assert facts["windows"] == 5
    assert facts["band"] == json.loads(out(capsys, "--json"))["band"]


def test_a_model_without_statistics_asks_for_files(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    import shutil

    from bridge.model import library

    folder = tmp_path / "bare"
    shutil.copytree(library.find(library.DEFAULT), folder)
    spec = (folder / "model.yaml").read_text(encoding="utf-8")
    (folder / "model.yaml").write_text(spec.split("  statistics:")[0], encoding="utf-8")
    assert main(["analyze", str(folder)]) == 2
    assert "--files" in capsys.readouterr().err

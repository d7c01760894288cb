"""pathway: one seed through two models, each a file of its own, repeatable to the byte."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bridge.cli.app import main
from bridge.cli.latent.walk import WALKS
from bridge.music.smf import midi_file


def way(folder: Path, *more: str) -> dict[str, bytes]:
    assert main(["pathway", "fake", "trio-4bar", "-o", str(folder), "--bars", "6", *more]) == 0
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_one_seed_drives_two_models_and_the_same_bytes_come_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = way(tmp_path / "a", "--seed", "5", "--json")
    facts = json.loads(capsys.readouterr().out)
    assert list(first) == ["fake.mid", "trio-4bar.mid"]
    assert all(notes["Drums"] > 0 for notes in facts["out"].values())
    assert way(tmp_path / "b", "--seed", "5") == first
    other = way(tmp_path / "c", "--seed", "6")
    assert all(other[name] != first[name] for name in first)


def test_the_files_are_as_long_as_each_other_and_of_one_tempo(tmp_path: Path) -> None:
    way(tmp_path, "--bpm", "90")
    songs = [midi_file.read(path) for path in sorted(tmp_path.iterdir())]
    assert {round(song.bpm, 2) for song in songs} == {90.0}
    assert len({song.end // 3840 for song in songs}) == 1


@pytest.mark.parametrize("walk", WALKS)
def test_every_walk_without_a_player_goes(walk: str, tmp_path: Path) -> None:
    assert main(["pathway", "fake", "-o", str(tmp_path), "--bars", "3", "--walk", walk]) == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--walk", "mimic"], "goes by what is played"),
        (["--walk", "brownain"], "did you mean 'brownian'"),
        (["--walk", "off"], "choose a walk"),
        (["--bars", "0"], "0 is not in the range"),
        (["nosuch"], "nosuch"),
    ],
)
def test_mistakes_are_one_line_and_leave_nothing(
    arguments: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new"
    assert main(["pathway", "fake", "-o", str(out), *arguments]) == 2
    said = capsys.readouterr().err
    assert says in said
    assert said.count("\n") == 1
    assert not out.exists()

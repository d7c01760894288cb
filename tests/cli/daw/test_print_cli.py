"""``print`` and ``daw`` on the command line."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from bridge.cli import main
from bridge.cli.daw import print_command
from bridge.live.daw import exchange
from bridge.live.daw.clips import ClipSet
from bridge.live.daw.daw import DawPosition, Printed
from bridge.music.notes import Note
from bridge.music.smf import midi_file
from bridge.music.smf.song import Song, TempoChange, TimeSignature, Track

TRACKS = (
    Track("Lead", 0, 0, (Note(0, 72, 480, 90),)),
    Track("Bass", 1, 33, (Note(960, 40, 480, 80),)),
    Track("Kit", 9, 0, (Note(2881, 36, 60, 100),)),
)


@pytest.fixture(autouse=True)
def _homes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture
def take(tmp_path: Path) -> Path:
    path = tmp_path / "my take.mid"
    midi_file.write(path, Song(TRACKS, (TempoChange(0, 97.5),), (TimeSignature(0, 3, 4),)))
    return path


class OpenDaw:
    name = "Ardour"
    printed: ClipSet | None = None

    def position(self) -> DawPosition:
        return DawPosition(bar=3, tempo=97.5, key="A minor")

    def print_clips(self, clips: ClipSet) -> Printed:
        OpenDaw.printed = clips
        return Printed(clips.name, "bars 5 to 6")

    def close(self) -> None:
        pass


def test_a_file_is_printed_by_parts_from_a_bar_of_its_metre_on(
    take: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(print_command, "open_daw", lambda name: OpenDaw())
    assert main(["print", str(take), "--at", "5"]) == 0
    clips = OpenDaw.printed
    assert clips is not None
    assert (clips.name, clips.bars, clips.start) == ("my take", 2, 4 * 2880)
    assert [c.track for c in clips.clips] == [
        "Latent Bridge Drums", "Latent Bridge Bass", "Latent Bridge Melody"
    ]  # fmt: skip
    assert "Printed into Ardour: my take, bars 5 to 6" in capsys.readouterr().out


def test_a_take_becomes_a_project(take: Path, tmp_path: Path) -> None:
    out = tmp_path / "song.dawproject"
    assert main(["print", str(take), "-o", str(out)]) == 0
    with zipfile.ZipFile(out) as archive:
        text = archive.read("project.xml").decode()
    assert 'numerator="3"' in text
    assert text.count("<Clip ") == 3


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["print"], "a session with --daw does not answer: start one with"),
        (["print", "--take", "--loop"], "give --take or --loop, not both"),
        (["print", "--at", "3"], "-o and --at are for a file"),
        (["print", "FILE", "--undo"], "--undo is for the running session"),
        (["print", "FILE", "-o", "x.als"], "its ending names no format"),
        (["print", "nothing.mid"], "cannot be read"),
        (["print", "FILE", "--daw", "reaper"], "Reaper does not answer: open Reaper"),
        (["play", "--headless", "--model", "fake", "--print-every", "4"], "--daw NAME"),
        (["accompany", "FILE", "-o", "x.rpp", "--model", "fake"], "its ending names no format"),
        (["compose", "-o", "x.flp", "--model", "fake"], "its ending names no format"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    arguments: list[str], line: str, take: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setattr(exchange, "ASK_SECONDS", 0.1)
    monkeypatch.setattr(exchange, "REPLY_SECONDS", 0.1)
    monkeypatch.setattr(print_command, "SESSION_SECONDS", 0.4)
    assert main([str(take) if a == "FILE" else a for a in arguments]) == 2
    said = capsys.readouterr().err.strip()
    assert line in said
    assert "\n" not in said


def test_a_song_whose_metre_changes_is_refused_with_the_way_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "odd.mid"
    midi_file.write(
        path, Song(TRACKS, signatures=(TimeSignature(0, 3, 4), TimeSignature(2880, 4, 4)))
    )
    assert main(["print", str(path)]) == 2
    assert "-o NAME.dawproject" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "folder"), [("ardour", "ardour7/scripts"), ("reaper", "REAPER/Scripts")]
)
def test_a_script_is_installed_whole_with_the_folder_that_we_ask_through(
    name: str, folder: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["daw", "install", name]) == 0
    text = (tmp_path / "config" / folder / "latent_bridge.lua").read_text(encoding="utf-8")
    assert "@" not in text.replace("a0@", "")
    assert str(tmp_path / "data" / "latent-bridge" / "daw" / name) in text
    assert "Now, once, in " in capsys.readouterr().out


def test_the_daws_are_listed_with_what_to_do(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "ASK_SECONDS", 0.05)
    assert main(["daw"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["ardour", "ableton", "reaper"]

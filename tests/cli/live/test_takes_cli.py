"""``latent-bridge takes``, as it is typed."""

from __future__ import annotations

import json
from pathlib import Path

import mido
import pytest

from bridge.cli import main
from bridge.files.takes.journal import MAGIC, framed
from bridge.files.takes.take_folder import takes_folder
from bridge.session.recording.take_records import (
    BandMove,
    ChordMove,
    TakeEnd,
    TakeHead,
    packed_record,
)

Output = pytest.CaptureFixture[str]


@pytest.fixture
def folder() -> Path:
    """Two takes, the second of a program that was killed."""
    found = takes_folder()
    found.mkdir(parents=True)
    for number, ends in ((1, True), (2, False)):
        head = TakeHead(100.0, style="samba", when=f"2026-11-0{number}T20:00:00+00:00")
        records = [head, ChordMove(0, "Am"), BandMove(1, 0, 40, 90), BandMove(1, 960, 40, 0)]
        records += [TakeEnd(0.6, 1)] if ends else []
        data = MAGIC + b"".join(framed(packed_record(record)) for record in records)
        (found / f"take {'ab'[number - 1]}.lbtake").write_bytes(data)
    return found


def listed(capsys: Output, *words: str) -> list[dict[str, object]]:
    assert main(["takes", "list", "--json", *words]) == 0
    return list(json.loads(capsys.readouterr().out)["takes"])


def test_takes_are_listed_and_the_recovered_are_called_so(folder: Path, capsys: Output) -> None:
    assert main(["takes"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.split() == ["1", "0:01", "1", "notes", "take", "a"]
    assert second.endswith("take b  recovered")
    rows = listed(capsys)
    assert [(row["number"], row["state"], row["style"]) for row in rows] == [
        (1, "kept", "samba"), (2, "recovered", "samba")]  # fmt: skip


def test_no_takes_are_said_with_the_folder(capsys: Output) -> None:
    assert main(["takes"]) == 0
    assert str(takes_folder()) in capsys.readouterr().out
    assert main(["takes", "play", "last"]) == 2
    assert "there are no takes" in capsys.readouterr().err


def test_an_exported_take_is_read_by_others(
    folder: Path, capsys: Output, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["takes", "export", "take a"]) == 0
    assert capsys.readouterr().out == "Written: take a.mid\n"
    file = mido.MidiFile(tmp_path / "take a.mid")
    assert [track.name for track in file.tracks[1:]] == ["Melody", "Drums", "Bass"]
    conductor = {message.type: message for message in file.tracks[0]}
    assert conductor["set_tempo"].tempo == 600_000
    assert conductor["marker"].text == "Am"
    assert conductor["time_signature"].numerator == 4
    assert [m.note for m in file.tracks[3] if m.type == "note_on" and m.velocity] == [40]


def test_another_ending_is_refused_before_any_work(folder: Path, capsys: Output) -> None:
    assert main(["takes", "export", "1", "-o", "take.mp3"]) == 2
    assert "write one of .mid, .midi, .dawproject, .wav" in capsys.readouterr().err


def test_a_take_is_renamed_deleted_and_brought_back(folder: Path, capsys: Output) -> None:
    assert main(["takes", "rename", "last", "Sunday blues"]) == 0
    assert main(["takes", "delete", "sunday"]) == 0
    assert [row["name"] for row in listed(_drained(capsys))] == ["take a"]
    assert [row["name"] for row in listed(capsys, "--trash")] == ["Sunday blues"]
    assert main(["takes", "undelete"]) == 0
    _drained(capsys)
    assert [row["name"] for row in listed(capsys)] == ["take a", "Sunday blues"]
    assert main(["takes", "undelete"]) == 2


def _drained(capsys: Output) -> Output:
    """The output so far is read and forgotten."""
    capsys.readouterr()
    return capsys

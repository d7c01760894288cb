"""Requests of the screen about takes, answered."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from bridge.files.takes.journal import MAGIC, framed
from bridge.live.devices import take_reader
from bridge.live.devices.take_reader import TakeReader
from bridge.session.messages.commands import Command
from bridge.session.messages.takes import DeleteTake, ExportTake, ListTakes, PlayTake, TakeList
from bridge.session.recording.take_records import BandMove, TakeEnd, TakeHead, packed_record

HIT = (BandMove(2, 0, 36, 100), BandMove(2, 480, 36, 0))


@pytest.fixture
def reader(tmp_path: Path) -> TakeReader:
    for number in range(3):
        when = f"2026-11-0{number + 1}T20:00:00+00:00"
        records = (TakeHead(style="rock", when=when), *HIT, TakeEnd(1.0, 1))
        data = MAGIC + b"".join(framed(packed_record(record)) for record in records)
        (tmp_path / f"take {number}.lbtake").write_bytes(data)
    return TakeReader(tmp_path, _told.append)


_told: list[Command] = []


def answered(reader: TakeReader, request: object) -> TakeList:
    found = reader.answer(request)  # type: ignore[arg-type]
    assert found is not None
    return found


def test_a_list_is_sent_again_only_when_it_has_changed(reader: TakeReader) -> None:
    first = answered(reader, ListTakes())
    assert [row.name for row in first.rows] == ["take 2", "take 1", "take 0"]
    assert reader.answer(ListTakes(first.stamp)) is None
    second = answered(reader, DeleteTake("take 1"))
    assert (len(second.rows), second.deleted) == (2, 1)
    assert second.stamp != first.stamp
    assert reader.answer(ListTakes(second.stamp)) is None  # what came of it stays on the screen


@pytest.mark.parametrize("request_", [PlayTake("no such"), DeleteTake("take"), ExportTake("x")])
def test_what_cannot_be_done_is_said_with_the_list(reader: TakeReader, request_: object) -> None:
    found = answered(reader, request_)
    assert len(found.rows) == 3
    assert "take" in found.message
    assert "\n" not in found.message


@pytest.mark.parametrize(("code", "said"), [(0, "written: "), (2, "it needs the extra")])
def test_a_wav_file_is_rendered_in_a_process_of_its_own(
    reader: TakeReader, monkeypatch: pytest.MonkeyPatch, code: int, said: str
) -> None:
    """Rendering takes the interpreter for seconds, and the band plays in this process."""
    ran: list[list[str]] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        ran.append(command)
        return subprocess.CompletedProcess(command, code, "", "latent-bridge: it needs the extra\n")

    monkeypatch.setattr(take_reader.subprocess, "run", run)
    assert answered(reader, ExportTake("take 1", "wav")).message.startswith(said)
    assert ran[0][1:6] == ["-m", "bridge", "takes", "export", "take 1"]
    assert ran[0][-1].endswith("take 1.wav")

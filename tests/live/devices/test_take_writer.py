"""The writer of takes: the disk full, the program killed, takes of before recovered."""

from __future__ import annotations

import errno
import os
import random
import signal
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from bridge.files.takes.journal import frames
from bridge.files.takes.take_file import TakeFile
from bridge.live.devices import take_writer
from bridge.live.devices.take_writer import TakeWriter
from bridge.music.notes import Part
from bridge.offline.takes import KeptTake, Takes, kept_take, take_in
from bridge.session.recording.take_records import (
    BandMove,
    RecordsLost,
    TakeEnd,
    TakeHead,
    TakeRecord,
    read_records,
)

NIGHT = datetime(2026, 11, 29, 2, 30, 12)
CHANNELS = {Part.MELODY: 0, Part.BASS: 1, Part.DRUMS: 9}


def note(number: int) -> list[BandMove]:
    """A drum hit, a quarter note after the one before."""
    return [BandMove(2, 960 * number, 36, 100), BandMove(2, 960 * number + 240, 36, 0)]


class Bench:
    """A writer whose thread is not started: each :meth:`turn` is called by the test."""

    def __init__(self, folder: Path) -> None:
        self.said: list[str] = []
        self.writer = TakeWriter(folder, self.said.append, now=lambda: NIGHT, batch=0.0, retry=0.0)

    def give(self, *records: TakeRecord) -> None:
        """Hand records over, and let the writer write once."""
        for record in records:
            self.writer.record(record)
        self.writer.turn()


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "takes")


def records_in(path: Path) -> list[TakeRecord]:
    return list(read_records(frame.content for frame in frames(path.read_bytes())))


def no_room(patch: pytest.MonkeyPatch) -> None:
    """From now on the disk is full."""

    def write(handle: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    patch.setattr(os, "write", write)


def test_a_take_is_written_from_its_first_note_on(bench: Bench) -> None:
    bench.give(TakeHead(110.0, style="samba"), *note(0))
    (path,) = bench.writer.folder.glob("*.lbtake")
    assert path.stem == "2026-11-29 02.30.12 samba"
    head, *moves = records_in(path)
    assert isinstance(head, TakeHead)
    assert head.when.startswith("2026-11-29T02:30:12")
    assert moves == note(0)
    assert kept_take(path).state == "recording"


def test_at_its_end_a_take_gets_its_length_and_the_farewell_names_it(bench: Bench) -> None:
    bench.give(TakeHead(style="samba"), *note(0), TakeEnd(134.0, 1))
    (path,) = bench.writer.folder.glob("*.lbtake")
    assert path.stem == "2026-11-29 02.30.12 samba 2m14s"
    assert bench.writer.farewell() == f"2:14 kept as {path}"
    bench.give(TakeHead(free=True), *note(0), TakeEnd(6.0, 1))
    assert bench.writer.farewell() == f"2 takes, 2:20 in all, kept in {bench.writer.folder}"


def test_where_nothing_was_played_there_is_no_file(bench: Bench) -> None:
    assert bench.writer.farewell() == "Nothing was played, so no take is kept."
    assert not bench.writer.folder.exists()


def test_a_full_disk_is_said_once_and_recording_goes_on_when_there_is_room(bench: Bench) -> None:
    bench.give(TakeHead(), *note(0))
    with pytest.MonkeyPatch.context() as patch:
        no_room(patch)
        bench.give(*note(1))
        bench.give(*note(2))
        assert len(bench.said) == 1
        assert bench.said[0].startswith("not recording: the disk is full. The band plays on")
        assert "Not all that was played is kept" in bench.writer.farewell()
    bench.give(*note(3), TakeEnd(3.0, 4))
    assert bench.said[1:] == ["recording goes on: there is room again, and nothing was lost"]
    (path,) = bench.writer.folder.glob("*.lbtake")
    assert records_in(path)[1:-1] == [move for n in range(4) for move in note(n)]


def test_a_take_that_begins_on_a_full_disk_is_written_later(bench: Bench) -> None:
    with pytest.MonkeyPatch.context() as patch:
        no_room(patch)
        bench.give(TakeHead(style="rock"), *note(0), TakeEnd(1.0, 1), TakeHead(), *note(1))
    assert list(bench.writer.folder.glob("*.lbtake")) == []
    bench.writer.turn()  # nothing new: it tries again by itself
    names = sorted(path.stem for path in bench.writer.folder.glob("*.lbtake"))
    assert names == ["2026-11-29 02.30.12 free", "2026-11-29 02.30.12 rock 0m01s"]


def test_what_a_full_disk_cannot_hold_for_long_is_lost_from_its_oldest_on(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(take_writer, "MOST_WAITING", 5)
    with pytest.MonkeyPatch.context() as patch:
        no_room(patch)
        bench.give(TakeHead(style="rock"), *(move for n in range(10) for move in note(n)))
    bench.writer.turn()
    (path,) = bench.writer.folder.glob("*.lbtake")
    head, lost, *rest = records_in(path)
    assert isinstance(head, TakeHead)
    assert isinstance(lost, RecordsLost)
    assert rest == [*note(8), *note(9)]
    assert lost.count + len(rest) == 20
    assert bench.said[-1] == "recording goes on: there is room again"


def test_a_folder_that_cannot_be_is_said_and_the_song_is_there_all_the_same(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("not a folder")
    bench = Bench(tmp_path / "file" / "takes")
    bench.give(TakeHead(), *note(0), *note(1))
    assert "cannot be written" in bench.said[0]
    take = bench.writer.take()
    assert take is not None
    assert take.count == 2


def test_the_song_of_the_take_under_way_has_all_that_was_handed_over(bench: Bench) -> None:
    assert bench.writer.song(CHANNELS) is None
    bench.give(TakeHead(90.0), *note(0))
    with pytest.MonkeyPatch.context() as patch:
        no_room(patch)
        bench.give(*note(1))
        song = bench.writer.song(CHANNELS)
    assert song is not None
    assert song.bpm == 90.0
    assert [len(track.notes) for track in song.tracks] == [0, 2, 0]


# --- after a crash ------------------------------------------------------------------------


def torn(folder: Path, name: str, *records: TakeRecord, tail: bytes = b"") -> Path:
    """The file of a take whose program was killed."""
    first, *rest = map(take_writer._frame, records)
    file = TakeFile.begin(folder, name, first)
    file.add(b"".join(rest) + tail)
    file.close()
    return file.path


def recovered(folder: Path) -> list[KeptTake]:
    return Takes(folder).recover()


def test_a_take_of_a_program_that_was_killed_is_recovered_and_said(tmp_path: Path) -> None:
    tail = take_writer._frame(note(2)[0])[:-1]
    torn(tmp_path, "night", TakeHead(style="pop"), *note(0), *note(1), tail=tail)
    assert [take.state for take in Takes(tmp_path).listed()] == ["recovered"]
    bench = Bench(tmp_path)
    bench.writer._recover()
    (take,) = Takes(tmp_path).listed()
    assert (take.name, take.state, take.notes) == ("night 0m01s", "recovered", 2)
    assert bench.said == ["recovered a take of 0:01: night 0m01s"]
    assert recovered(tmp_path) == []


def test_a_page_that_never_came_to_the_disk_loses_what_was_on_it_alone(tmp_path: Path) -> None:
    path = torn(tmp_path, "night", TakeHead(), *(m for n in range(400) for m in note(n)))
    data = bytearray(path.read_bytes())
    data[4096:8192] = bytes(4096)
    path.write_bytes(data)
    (take,) = recovered(tmp_path)
    assert 200 < take.notes < 400
    _, rest = take_in(take.path.read_bytes())
    ticks = [n.tick for n in rest.notes[Part.DRUMS]]
    assert ticks[0] == 0
    assert ticks[-1] == 399 * 960


def test_a_take_that_another_program_writes_is_left_alone(tmp_path: Path) -> None:
    file = TakeFile.begin(tmp_path, "live", take_writer._frame(TakeHead()))
    file.add(b"".join(map(take_writer._frame, note(0))))
    assert recovered(tmp_path) == []
    file.close()
    assert [take.name for take in recovered(tmp_path)] == ["live 0m00s"]


CHILD = """
import sys
from pathlib import Path
from bridge.live.devices.take_writer import TakeWriter
from bridge.session.recording.take_records import BandMove, TakeHead
writer = TakeWriter(Path(sys.argv[1]), print, batch=0.01)
writer.start()
writer.record(TakeHead())
number = 0
while True:
    writer.record(BandMove(2, 960 * number, 36, 100))
    writer.record(BandMove(2, 960 * number + 240, 36, 0))
    number += 1
    if number % 20 == 0:
        writer._flush()
        print(number, flush=True)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no kill -9 here")
def test_killed_at_any_moment_all_that_was_on_the_disk_is_there(tmp_path: Path) -> None:
    """The child says how many notes it has seen written; it is killed while it writes on."""
    dice = random.Random(17)
    for round_ in range(4):
        folder = tmp_path / str(round_)
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(folder)], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        seen = 0
        for _ in range(dice.randint(1, 12)):
            seen = int(child.stdout.readline())
        child.send_signal(signal.SIGKILL)
        child.stdout.close()
        child.wait()
        (take,) = recovered(folder)
        _, whole = take_in(take.path.read_bytes())
        ticks = [n.tick for n in whole.notes[Part.DRUMS]]
        assert len(ticks) >= seen
        assert ticks == [960 * n for n in range(len(ticks))]


def test_the_thread_writes_all_and_ends(tmp_path: Path) -> None:
    said: list[str] = []
    writer = TakeWriter(tmp_path, said.append, batch=0.01)
    writer.start()
    for record in (TakeHead(style="rock"), *note(0), TakeEnd(1.0, 1)):
        writer.record(record)
    writer.close()
    (take,) = Takes(tmp_path).listed()
    assert (take.state, take.notes, said) == ("kept", 1, [])
